"""The arrays that go into a compiled run."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

type Integers = NDArray[np.int64]
type Bytes = NDArray[np.uint8]


class Columns(NamedTuple):
    """The bars: closes in ticks, ends in epoch seconds, exchange dates, and which are closed.

    `lowest` and `highest` are the closes of blocks of bars, empty to look at every bar.
    """

    closes: Integers
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
