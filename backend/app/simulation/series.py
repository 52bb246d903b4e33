"""The series of a completed run, as on the wire; an item is made when it is asked for."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

import numpy as np

from app.domain import rules
from app.domain.record import decision_body
from app.domain.units import (
    money_text,
    price_text,
    ratio_text,
    shares_text,
    value_text,
)
from app.simulation import kernel_layout as at
from app.simulation.bars import Bars
from app.simulation.curve import closing_bars, curve_of
from app.simulation.kernel import Course
from app.simulation.lazy import Lazy
from app.simulation.market import moment
from app.simulation.metrics import Undefined
from app.simulation.replay import Record, Replay, Trade
from app.simulation.rolling import rolling_statistics
from app.simulation.texts import amount_text, moment_text, statistic_text

type Item = Mapping[str, object]
type Items = Sequence[Item]


def equity_items(*, course: Course) -> Items:
    """Return the robot's equity at the close of every bar, oldest first."""
    bars, window, rows = course.prepared.bars, course.window, course.rows
    later = at.PLACES * (np.arange(window.start, window.stop) + 1)
    held = np.searchsorted(rows[:, at.MOMENT], later) - 1

    def point(place: int) -> Item:
        index = window[place]
        row = rows[held[place]].tolist()
        return {
            "at": _end(bars, index),
            "price": price_text(bars.closes[index]),
            "equity": value_text(int(course.equity[place])),
            "cash": money_text(row[at.CASH]),
            "shares": shares_text(row[at.SHARES]),
            "receivable": money_text(row[at.RECEIVABLE]),
        }

    return Lazy(count=len(window), make=point)


def holding_items(*, run: Replay, bars: Bars, holding: Sequence[Decimal]) -> Items:
    """Return the equity of holding at the close of every bar, oldest first."""

    def point(place: int) -> Item:
        return {"at": _end(bars, run.window[place]), "equity": amount_text(holding[place])}

    return Lazy(count=len(run.window), make=point)


def trade_items(*, run: Replay) -> Items:
    """Return the trades, oldest first."""
    trades = run.trades
    return Lazy(count=len(trades), make=lambda place: _trade(place + 1, trades[place]))


def decision_items(*, run: Replay) -> Items:
    """Return the decisions, oldest first."""
    version = run.opening.strategy_version

    def decision(place: int) -> Item:
        return _decision(place + 1, run.records[place], version)

    return Lazy(count=len(run.records), make=decision)


def rolling_items(*, run: Replay, bars: Bars) -> Items:
    """Return the rolling statistics at every point of the curve, oldest first.

    Each names in `undefined` why those of its statistics are null that are.
    """
    return tuple(_rolling(run, bars))


def _trade(number: int, trade: Trade) -> Item:
    fill, after = trade.fill, trade.position
    return {
        "n": number,
        "at": moment_text(trade.at),
        "side": fill.side.value,
        "quantity": shares_text(fill.quantity),
        "price": price_text(fill.price),
        "commission": money_text(fill.commission),
        "reason": trade.reason.value,
        "cash_after": money_text(after.cash),
        "shares_after": shares_text(after.shares),
        "stock_share_after": ratio_text(after.stock_share_at(trade.price) or 0),
    }


def _decision(number: int, record: Record, version: int) -> Item:
    return decision_body(record.decision) | {
        "number": number,
        "at": moment_text(record.at),
        "strategy_version": version,
        "rules_version": rules.RULES_VERSION,
    }


def _rolling(run: Replay, bars: Bars) -> Iterator[Item]:
    values = [point.equity for point in curve_of(run=run, bars=bars)]
    closes = (_end(bars, index) for index in closing_bars(run=run, bars=bars))
    moments = (moment_text(run.opened.at), *closes)
    for moment_of, statistics in zip(moments, rolling_statistics(values), strict=True):
        item: dict[str, object] = {"at": moment_of}
        undefined: dict[str, str] = {}
        for name, statistic in statistics.items():
            if isinstance(statistic, Undefined):
                item[name] = None
                undefined[name] = statistic.reason
            else:
                item[name] = statistic_text(statistic)
        yield item | {"undefined": undefined}


def _end(bars: Bars, index: int) -> str:
    return moment_text(moment(bars.ends[index]))
