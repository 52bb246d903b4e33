"""Fewer points of a curve that still show every extreme."""

from dataclasses import dataclass
from typing import Protocol

from app.simulation.kernel_arrays import Integers


class Curve(Protocol):
    """A curve that can be asked for the extremes of its parts."""

    def __len__(self) -> int:
        """Return how many points there are."""
        ...

    def lowest(self, inside: range) -> int:
        """Return the first place of the lowest value among the places `inside`."""
        ...

    def highest(self, inside: range) -> int:
        """Return the first place of the highest value among the places `inside`."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class IntegerCurve:
    """A curve of whole numbers."""

    values: Integers

    def __len__(self) -> int:
        return len(self.values)

    def lowest(self, inside: range) -> int:
        """Return the first place of the lowest value among the places `inside`."""
        return inside.start + int(self.values[inside.start : inside.stop].argmin())

    def highest(self, inside: range) -> int:
        """Return the first place of the highest value among the places `inside`."""
        return inside.start + int(self.values[inside.start : inside.stop].argmax())


def thinned(curve: Curve, points: int | None) -> list[int]:
    """Return the places to keep, ascending: at most `points` of them, or all for None.

    The curve is cut into equal buckets; of each the lowest and the highest value stay, and the
    first and last point of the curve stay, so that drawdowns keep their depth.
    """
    count = len(curve)
    if points is None or count <= points:
        return list(range(count))
    buckets = max((points - 2) // 2, 1)
    kept = {0, count - 1}
    for bucket in range(buckets):
        inside = range(bucket * count // buckets, (bucket + 1) * count // buckets)
        if points > 3:
            kept.add(curve.lowest(inside))
            kept.add(curve.highest(inside))
    return sorted(kept)
