"""The series of a completed run, as on the wire."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from app.domain import rules
from app.domain.decision import Decision
from app.domain.position import Position
from app.domain.record import decision_body
from app.domain.units import (
    money_text,
    price_text,
    ratio_text,
    shares_text,
    value_text,
)
from app.simulation.bars import Bars
from app.simulation.replay import Replay, Trade, moment
from app.simulation.run import RunSeries
from app.simulation.texts import amount_text, moment_text

type Item = Mapping[str, object]


def series_of(*, run: Replay, bars: Bars, holding: Sequence[Decimal]) -> RunSeries:
    """Return the trades, and a decision and the equities of robot and holding for every bar."""
    marks = tuple(zip(run.window, run.positions, run.decisions, holding, strict=True))
    return RunSeries(
        equity=tuple(_point(bars, index, position) for index, position, _, _ in marks),
        trades=tuple(_trade(bars, n, trade) for n, trade in enumerate(run.trades, start=1)),
        decisions=tuple(
            _decision(n, bars, index, decision, run.opening.strategy_version)
            for n, (index, _, decision, _) in enumerate(marks, start=1)
        ),
        holding=tuple(
            {"at": _end(bars, index), "equity": amount_text(equity)}
            for index, _, _, equity in marks
        ),
    )


def _point(bars: Bars, index: int, position: Position) -> Item:
    price = bars.closes[index]
    return {
        "at": _end(bars, index),
        "price": price_text(price),
        "equity": value_text(position.value_at(price)),
        "cash": money_text(position.cash),
        "shares": shares_text(position.shares),
        "receivable": money_text(position.receivable),
    }


def _trade(bars: Bars, number: int, trade: Trade) -> Item:
    fill, after = trade.fill, trade.position
    share = after.stock_share_at(trade.price)
    return {
        "n": number,
        "at": _end(bars, trade.bar),
        "side": fill.side.value,
        "quantity": shares_text(fill.quantity),
        "price": price_text(fill.price),
        "commission": money_text(fill.commission),
        "reason": trade.reason.value,
        "cash_after": money_text(after.cash),
        "shares_after": shares_text(after.shares),
        "stock_share_after": None if share is None else ratio_text(share),
    }


def _decision(number: int, bars: Bars, index: int, decision: Decision, version: int) -> Item:
    return decision_body(decision) | {
        "number": number,
        "at": _end(bars, index),
        "strategy_version": version,
        "rules_version": rules.RULES_VERSION,
    }


def _end(bars: Bars, index: int) -> str:
    return moment_text(moment(bars.ends[index]))
