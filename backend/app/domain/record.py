"""The canonical record of a step: its inputs and its decision as plain JSON values."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from app.domain.decision import Decision, Fall, Hold, Numbers, Proposed, Refused, Sizing, kind_of
from app.domain.observation import Observation
from app.domain.position import Position
from app.domain.protection import UNPROTECTED, marks_body, protections_body
from app.domain.session import Day
from app.domain.units import (
    TICKS_PER_USD,
    exact,
    money_text,
    price_text,
    ratio_text,
    shares_text,
    value_text,
)
from app.domain.watch import Mark, Sight, Suspect, Watch


def decision_body(decision: Decision) -> dict[str, object]:
    """Return the decision as the wire and the audit trail write it."""
    body: dict[str, object] = {"kind": kind_of(decision), "reason": decision.reason.value}
    match decision:
        case Hold():
            body |= _sizing_body(None) | {"side": None, "binding": None}
        case Refused(side=side, sizing=sizing, binding=binding):
            body |= _sizing_body(sizing)
            body["side"] = side.value if side else None
            body["binding"] = binding.value if binding else None
        case Proposed(sizing=sizing):
            body |= _sizing_body(sizing) | {"side": sizing.side.value, "binding": None}
    body |= _numbers_body(decision.numbers)
    body["blocked_by"] = [gate.value for gate in decision.blocked_by]
    return body


def _sizing_body(sizing: Sizing | None) -> dict[str, object]:
    if sizing is None:
        return {
            "cause": None,
            "quantity": None,
            "worst_price": None,
            "raw_quantity": None,
            "bounds": [],
            "trims": [],
            "commission": None,
        }
    return {
        "cause": sizing.cause.value,
        "quantity": shares_text(sizing.quantity),
        "worst_price": price_text(sizing.worst_price),
        "raw_quantity": shares_text(sizing.raw_quantity),
        "bounds": [
            {"rule": bound.rule.value, "quantity": shares_text(bound.quantity)}
            for bound in sizing.bounds
        ],
        "trims": [
            {
                "rule": trim.rule.value,
                "before": shares_text(trim.before),
                "after": shares_text(trim.after),
            }
            for trim in sizing.trims
        ],
        "commission": money_text(sizing.commission),
    }


def _numbers_body(numbers: Numbers) -> dict[str, object]:
    falls = [_fall_body(fall) for fall in numbers.falls]
    # Said only where there are any, so that the records of earlier versions read the same.
    return ({"falls": falls} if falls else {}) | {
        "reference_price": _price(numbers.price),
        "anchor_price": _price(numbers.anchor),
        "sell_at": _price(numbers.sell_at),
        "buy_at": _price(numbers.buy_at),
        "value": None if numbers.value is None else value_text(numbers.value),
        "stock_share": None if numbers.stock_share is None else ratio_text(numbers.stock_share),
    }


def _fall_body(fall: Fall) -> dict[str, str]:
    return {
        "gate": fall.gate.value,
        "limit": ratio_text(fall.limit),
        "mark": value_text(fall.mark),
        "value": value_text(fall.value),
        "lowest": value_text(fall.lowest),
        "fall": ratio_text(fall.part),
    }


def position_body(position: Position) -> dict[str, object]:
    """Return the state that a decision depends on; protections only where there are any."""
    body: dict[str, object] = {
        "symbol": position.symbol,
        "broker": position.broker.value,
        "status": position.status.value,
        "shares": shares_text(position.shares),
        "cash": money_text(position.cash),
        "receivable": money_text(position.receivable),
        "anchor_price": _price(position.anchor),
        "orders_today": position.orders_today,
        "orders_on": position.orders_on.isoformat() if position.orders_on else None,
        "last_price": _price(position.last_price),
        "last_used_on": position.last_used_on.isoformat() if position.last_used_on else None,
        "last_observed_at": _moment(position.last_observed_at),
        "last_order_done_at": _moment(position.last_order_done_at),
        "order_in_flight": position.order_in_flight,
        "strategy_version": position.strategy_version,
        "watch": watch_body(position.watch),
    }
    if position.protections != UNPROTECTED:
        marks = position.marks
        body["protections"] = protections_body(position.protections)
        body["marks"] = None if marks is None else marks_body(marks)
    return body


def watch_body(watch: Watch) -> dict[str, object]:
    """Return what earlier looks left behind; `read_watch` reads it back."""
    mark, sight, suspect = watch.mark, watch.sight, watch.suspect
    return {
        "squares": list(watch.squares),
        "mark": mark
        and {"price": price_text(mark.price), "observed_at": _moment(mark.observed_at)},
        "sight": sight
        and {
            "price": price_text(sight.price),
            "observed_at": _moment(sight.observed_at),
            "volume": sight.volume,
            "since": _moment(sight.since),
        },
        "suspect": suspect
        and {
            "price": price_text(suspect.price),
            "observed_at": _moment(suspect.observed_at),
            "confirmations": suspect.confirmations,
        },
    }


def read_watch(body: Mapping[str, Any]) -> Watch:
    """Return the watch that `watch_body` wrote."""
    mark, sight, suspect = body["mark"], body["sight"], body["suspect"]
    return Watch(
        squares=tuple(body["squares"]),
        mark=mark and Mark(**_trade(mark)),
        sight=sight
        and Sight(
            **_trade(sight), volume=sight["volume"], since=datetime.fromisoformat(sight["since"])
        ),
        suspect=suspect and Suspect(**_trade(suspect), confirmations=suspect["confirmations"]),
    )


def _trade(body: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "price": exact(Decimal(body["price"]), TICKS_PER_USD),
        "observed_at": datetime.fromisoformat(body["observed_at"]),
    }


def observation_body(observation: Observation) -> dict[str, object]:
    """Return what the market showed."""
    return {
        "symbol": observation.symbol,
        "price": _price(observation.price),
        "bid": _price(observation.bid),
        "ask": _price(observation.ask),
        "previous_close": _price(observation.previous_close),
        "currency": observation.currency,
        "observed_at": _moment(observation.observed_at),
        "received_at": _moment(observation.received_at),
        "source": observation.source,
        "volume": observation.volume,
        "delay_minutes": observation.delay_minutes,
        "market_phase": observation.market_phase and observation.market_phase.value,
    }


def repeats_body(
    *, checks: int, last_at: datetime, low: int | None, high: int | None
) -> dict[str, object]:
    """Return how often equal refusals were counted on a decision, until when, at which prices."""
    return {
        "checks": checks,
        "last_at": moment_text(last_at),
        "price_low": _price(low),
        "price_high": _price(high),
    }


def day_body(day: Day) -> dict[str, object]:
    """Return the circumstances of the decision."""
    # Said only where there is one, so that the records of earlier versions read the same.
    lot: dict[str, object] = {} if day.lot is None else {"lot": shares_text(day.lot)}
    return lot | {
        "date": day.date.isoformat(),
        "phase": day.phase.value,
        "now": _moment(day.now),
        "trading_halted": day.trading_halted,
        "gates": [gate.value for gate in day.gates],
        "what_if": day.what_if,
    }


def _price(ticks: int | None) -> str | None:
    return None if ticks is None else price_text(ticks)


def moment_text(at: datetime) -> str:
    """Return RFC 3339 in UTC, to the microsecond, always in the same form."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _moment(at: datetime | None) -> str | None:
    return None if at is None else moment_text(at)
