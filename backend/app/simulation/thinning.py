"""Fewer points of a curve that still show every extreme."""

from collections.abc import Sequence
from decimal import Decimal


def thinned(values: Sequence[str], points: int | None) -> list[int]:
    """Return the indices to keep, ascending: at most `points` of them, or all for None.

    The curve is cut into equal buckets; of each the lowest and the highest value stay, and the
    first and last point of the curve stay, so that drawdowns keep their depth.
    """
    if points is None or len(values) <= points:
        return list(range(len(values)))
    numbers = [Decimal(value) for value in values]
    buckets = max((points - 2) // 2, 1)
    kept = {0, len(values) - 1}
    for bucket in range(buckets):
        inside = range(bucket * len(values) // buckets, (bucket + 1) * len(values) // buckets)
        if points > 3:
            kept.add(min(inside, key=numbers.__getitem__))
            kept.add(max(inside, key=numbers.__getitem__))
    return sorted(kept)
