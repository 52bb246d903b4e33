"""Reading back what `record` wrote: the inputs of a decision, as `step` takes them."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from app.domain.decision import Gate
from app.domain.observation import MarketPhase, Observation
from app.domain.position import Broker, Position, Status
from app.domain.protection import UNPROTECTED, read_marks, read_protections
from app.domain.record import read_watch
from app.domain.session import Day
from app.domain.units import MICROS_PER_USD, TICKS_PER_USD, UNITS_PER_SHARE, exact


def read_position(body: Mapping[str, Any]) -> Position:
    """Return the position that `position_body` wrote."""
    protections, marks = body.get("protections"), body.get("marks")
    return Position(
        symbol=body["symbol"],
        broker=Broker(body["broker"]),
        status=Status(body["status"]),
        shares=exact(Decimal(body["shares"]), UNITS_PER_SHARE),
        cash=exact(Decimal(body["cash"]), MICROS_PER_USD),
        receivable=exact(Decimal(body["receivable"]), MICROS_PER_USD),
        anchor=_price(body["anchor_price"]),
        orders_today=body["orders_today"],
        orders_on=_date(body["orders_on"]),
        last_price=_price(body["last_price"]),
        last_used_on=_date(body["last_used_on"]),
        last_observed_at=_moment(body["last_observed_at"]),
        last_order_done_at=_moment(body["last_order_done_at"]),
        order_in_flight=body["order_in_flight"],
        strategy_version=body["strategy_version"],
        watch=read_watch(body["watch"]),
        protections=UNPROTECTED if protections is None else read_protections(protections),
        marks=None if marks is None else read_marks(marks),
    )


def read_observation(body: Mapping[str, Any]) -> Observation:
    """Return the observation that `observation_body` wrote."""
    phase = body["market_phase"]
    return Observation(
        symbol=body["symbol"],
        price=_price(body["price"]),
        bid=_price(body["bid"]),
        ask=_price(body["ask"]),
        previous_close=_price(body["previous_close"]),
        currency=body["currency"],
        observed_at=datetime.fromisoformat(body["observed_at"]),
        received_at=datetime.fromisoformat(body["received_at"]),
        source=body["source"],
        volume=body["volume"],
        delay_minutes=body["delay_minutes"],
        market_phase=None if phase is None else MarketPhase(phase),
    )


def read_day(body: Mapping[str, Any]) -> Day:
    """Return the circumstances that `day_body` wrote."""
    return Day(
        date=date.fromisoformat(body["date"]),
        phase=MarketPhase(body["phase"]),
        now=datetime.fromisoformat(body["now"]),
        trading_halted=body["trading_halted"],
        gates=tuple(Gate(gate) for gate in body["gates"]),
        what_if=body["what_if"],
        lot=_shares(body.get("lot")),
    )


def _shares(text: str | None) -> int | None:
    return None if text is None else exact(Decimal(text), UNITS_PER_SHARE)


def _price(text: str | None) -> int | None:
    return None if text is None else exact(Decimal(text), TICKS_PER_USD)


def _date(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
