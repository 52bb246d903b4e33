"""The lowest and highest close of blocks of bars, by which the kernel passes quiet times."""

import numpy as np
from numpy.typing import NDArray

BLOCK_BITS = 6
_BLOCK = 1 << BLOCK_BITS


def block_extremes(closes: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the lowest and the highest close of each block of 64 bars; the last may be shorter."""
    missing = -len(closes) % _BLOCK
    blocks = np.pad(closes, (0, missing), mode="edge").reshape(-1, _BLOCK)
    return blocks.min(axis=1), blocks.max(axis=1)
