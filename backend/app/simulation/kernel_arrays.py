"""The arrays that go into a compiled run, and those that come out of it."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.simulation import kernel_layout as at

type Integers = NDArray[np.int64]
type Bytes = NDArray[np.uint8]

_ROWS = 1024  # changes for which there is room from the beginning


class Columns(NamedTuple):
    """The bars: prices in ticks, times in epoch seconds, exchange dates, and which are closed.

    `lows` and `highs` are the ends of what is evaluated of a bar: of its close alone, or of its
    way. `lowest` and `highest` are those of blocks of bars, empty to look at every bar; `closed`
    is empty where every bar is open.
    """

    opens: Integers
    highs: Integers
    lows: Integers
    closes: Integers
    starts: Integers
    ends: Integers
    dates: Integers
    closed: Bytes
    lowest: Integers
    highest: Integers


class Events(NamedTuple):
    """What happens before the first bar of some sessions, oldest first.

    `bars` and `days` are that bar and the calendar days since the session before; the items
    booked there are those from `starts` of it up to that of the next one. An item is its kind
    and three numbers: a split with its ratio and the session's first open, a dividend with its
    number, amount and the close before it, or a payment with the number of its dividend.
    """

    bars: Integers
    days: Integers
    starts: Integers
    items: Integers


class Memory:
    """Room for the columns of a run, taken again by each run that is given it.

    A course made in it lasts until the next one is; what it saves is the time to get fresh pages.
    """

    def __init__(self) -> None:
        self.rows: Integers = np.empty((_ROWS, at.ROW_WIDTH), np.int64)
        self._codes: Bytes = np.empty(0, np.uint8)
        self._equity: Integers = np.empty(0, np.int64)

    def widen(self, *, most_orders: int) -> None:
        """Make room for twice as many rows, and for what a bar with `most_orders` can add."""
        wider = np.empty((2 * len(self.rows) + 2 * most_orders, at.ROW_WIDTH), np.int64)
        wider[: len(self.rows)] = self.rows
        self.rows = wider

    def codes(self, bars: int) -> Bytes:
        """Return room for the codes of `bars`, each 0."""
        if len(self._codes) < bars:
            self._codes = np.zeros(bars, np.uint8)
            return self._codes
        codes = self._codes[:bars]
        codes.fill(0)
        return codes

    def equity(self, bars: int) -> Integers:
        """Return room for the equity of `bars`."""
        if len(self._equity) < bars:
            self._equity = np.empty(bars, np.int64)
        return self._equity[:bars]
