"""The positions that a compiled run has held, rebuilt from its rows one by one."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import numpy as np

from app.domain import entitlement
from app.domain.position import Position
from app.simulation import kernel_layout as at
from app.simulation.kernel import Course
from app.simulation.kernel_arrays import Events
from app.simulation.market import moment
from app.simulation.run import ExecutionModel


class Past:
    """The positions that a run has held, rebuilt from its rows."""

    def __init__(self, course: Course) -> None:
        self.course = course
        self.bars = course.prepared.bars
        self._moments = course.rows[:, at.MOMENT].tolist()
        evaluated = course.codes != at.SESSION_CLOSED
        places = np.where(evaluated, np.arange(len(evaluated)), -1)
        self._evaluated = np.maximum.accumulate(places)
        self._splits = list(_splits(course.events))

    def row(self, index: int) -> list[int]:
        """Return a row as plain numbers."""
        numbers: list[int] = self.course.rows[index].tolist()
        return numbers

    def row_before(self, bar: int, place: int) -> int:
        """Return the index of the row that holds just before `place` in `bar`."""
        return bisect_left(self._moments, at.PLACES * bar + place) - 1

    def evaluated(self, bar: int) -> int | None:
        """Return the last bar up to `bar` that was evaluated."""
        start = self.course.window.start
        place = int(self._evaluated[bar - start]) if bar >= start else -1
        return start + place if place >= 0 else None

    def position(self, index: int, *, used: int | None) -> Position:
        """Return the position of the row `index`; its last used price is one of the bar `used`."""
        row = self.row(index)
        position = replace(
            self.course.opening,
            shares=row[at.SHARES],
            cash=row[at.CASH],
            receivable=row[at.RECEIVABLE],
            anchor=row[at.ANCHOR] or None,
            orders_today=row[at.ORDERS_TODAY],
            orders_on=date.fromordinal(row[at.ORDERS_ON]) if row[at.ORDERS_ON] else None,
            last_order_done_at=None if row[at.DONE_AT] == at.NEVER else moment(row[at.DONE_AT]),
            order_in_flight=row[at.WAITING] != 0,
        )
        if used is None:
            return position
        price, seconds = self._used(used, index)
        return replace(
            position,
            last_price=self._split_adjusted(price, used, row[at.MOMENT] // at.PLACES),
            last_used_on=self.bars.session(used),
            last_observed_at=moment(seconds),
        )

    def _used(self, bar: int, index: int) -> tuple[int, int]:
        """Return the last price of `bar` that was used up to the row `index`, and its time."""
        if self.course.request.model is not ExecutionModel.TOUCH:
            return self.bars.closes[bar], self.bars.ends[bar]
        inside = at.PLACES * bar + at.INSIDE
        last = bisect_right(self._moments, inside, hi=index + 1) - 1
        if self._moments[last] == inside:
            return self.row(last)[at.ASKED], self.bars.ends[bar]
        return self.bars.opens[bar], self.bars.starts[bar]

    def _split_adjusted(self, price: int, used: int, bar: int) -> int:
        """Return the price of `used` in the shares of `bar`."""
        for booked, numerator, denominator in self._splits:
            if used < booked <= bar:
                price = entitlement.split_anchor(price, numerator, denominator)
        return price


def _splits(events: Events) -> Iterator[tuple[int, int, int]]:
    """Yield the splits that were booked: the bar that each came before, and its ratio."""
    spans = zip(events.bars, events.starts[:-1], events.starts[1:], strict=True)
    for bar, start, stop in spans:
        for kind, numerator, denominator, _ in events.items[start:stop].tolist():
            if kind == at.SPLIT:
                yield int(bar), numerator, denominator
