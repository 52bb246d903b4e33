"""The lowest and highest price of blocks of bars, by which the kernel passes quiet times."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

BLOCK_BITS = 6
_BLOCK = 1 << BLOCK_BITS


class Blocks(NamedTuple):
    """The lowest and the highest price of each block of 64 bars; the last may be shorter."""

    lowest: NDArray[np.int64]
    highest: NDArray[np.int64]


def blocks_of(lows: NDArray[np.int64], highs: NDArray[np.int64]) -> Blocks:
    """Return the extremes of the blocks of bars whose own are `lows` and `highs`."""
    starts = np.arange(0, len(lows), _BLOCK)
    return Blocks(
        lowest=np.minimum.reduceat(lows, starts), highest=np.maximum.reduceat(highs, starts)
    )
