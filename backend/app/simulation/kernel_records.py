"""Positions, decisions and trades of a compiled run, read back one by one as `replay` has them."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from app.domain import entitlement
from app.domain.decision import Decision, ProposalReason, Side
from app.domain.order import Fill
from app.domain.position import Position
from app.domain.session import RECORDED_GATES, Day
from app.simulation import kernel_layout as at
from app.simulation.kernel import Course
from app.simulation.market import Market, moment
from app.simulation.replay import Trade
from app.simulation.sessions import phase_of


def decision_at(course: Course, bar: int, *, source: str) -> Decision:
    """Return the decision at the close of `bar`, made by `step` on the position as it then was."""
    bars = course.prepared.bars
    day = Day(
        date=bars.session(bar),
        phase=phase_of(bars, bar),
        now=moment(bars.ends[bar]),
        trading_halted=False,
        gates=RECORDED_GATES,
        what_if=False,
    )
    market = Market(symbol=bars.symbol, source=source, strategy=course.request.strategy, day=day)
    return market.ask(position_before(course, bar), bars.closes[bar]).decision


def position_before(course: Course, bar: int) -> Position:
    """Return the position at the close of `bar`, before its evaluation."""
    return _position(course, 2 * bar, _used(course, bar - 1), bar)


def position_after(course: Course, bar: int) -> Position:
    """Return the position after the evaluation of `bar`, and its fill."""
    return _position(course, 2 * bar + 1, _used(course, bar), bar)


def trades_of(course: Course) -> Iterator[Trade]:
    """Yield the trades, oldest first."""
    bars = course.prepared.bars
    for row in course.trades.tolist():
        bar = row[at.MOMENT] // 2
        reason = at.REASONS[row[at.CODE] % at.SELLS]
        assert isinstance(reason, ProposalReason), "a trade was proposed"
        yield Trade(
            decided=bar,
            bar=bar,
            at=moment(bars.ends[bar]),
            reason=reason,
            price=bars.closes[bar],
            fill=Fill(
                side=Side.SELL if row[at.CODE] >= at.SELLS else Side.BUY,
                quantity=row[at.QUANTITY],
                price=row[at.PRICE],
                commission=row[at.COMMISSION],
            ),
            position=position_after(course, bar),
        )


def _used(course: Course, bar: int) -> int | None:
    """Return the last bar up to `bar` that was evaluated."""
    start = course.window.start
    while bar >= start and course.codes[bar - start] == at.SESSION_CLOSED:
        bar -= 1
    return bar if bar >= start else None


def _position(course: Course, when: int, used: int | None, bar: int) -> Position:
    """Return the position of the last row up to `when`, whose last used price is that of `used`."""
    bars = course.prepared.bars
    row = course.rows[bisect_right(course.rows[:, at.MOMENT], when) - 1].tolist()
    position = replace(
        course.opening,
        shares=row[at.SHARES],
        cash=row[at.CASH],
        receivable=row[at.RECEIVABLE],
        anchor=row[at.ANCHOR] or None,
        orders_today=row[at.ORDERS_TODAY],
        orders_on=date.fromordinal(row[at.ORDERS_ON]) if row[at.ORDERS_ON] else None,
        last_order_done_at=None if row[at.DONE_AT] == at.NEVER else moment(row[at.DONE_AT]),
    )
    if used is None:
        return position
    return replace(
        position,
        last_price=_split_adjusted(course, used, bar),
        last_used_on=bars.session(used),
        last_observed_at=moment(bars.ends[used]),
    )


def _split_adjusted(course: Course, used: int, bar: int) -> int:
    """Return the close of `used` in the shares of `bar`."""
    price, events = course.prepared.bars.closes[used], course.events
    for event in range(bisect_right(events.bars, used), bisect_right(events.bars, bar)):
        for item in events.items[events.starts[event] : events.starts[event + 1]].tolist():
            kind, numerator, denominator, _ = item
            if kind == at.SPLIT:
                price = entitlement.split_anchor(price, numerator, denominator)
    return price
