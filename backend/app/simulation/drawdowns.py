"""The table of drawdowns: every fall of the equity below a peak until it is back there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Fall:
    """A fall from a peak: a negative fraction, and the indexes of peak, trough and recovery.

    `recovery` is None when the equity was not back at the peak by the end.
    """

    depth: float
    peak: int
    trough: int
    recovery: int | None


def deepest_falls(values: Sequence[int], *, limit: int) -> tuple[Fall, ...]:
    """Return the `limit` deepest falls, the deepest first; of equally deep ones the earlier.

    A fall starts at the last peak before it. Where the equity stood still at its peak, that is
    the first moment since it got there.
    """
    falls: list[Fall] = []
    peak = trough = 0
    for index, value in enumerate(values):
        if value < values[peak]:
            if trough == peak or value < values[trough]:
                trough = index
        elif trough != peak:
            falls.append(_fall(values, peak, trough, index))
            peak = trough = index
        elif value > values[peak]:
            peak = trough = index
    if trough != peak:
        falls.append(_fall(values, peak, trough, None))
    return tuple(sorted(falls, key=lambda fall: fall.depth)[:limit])


def days_under(fall: Fall, dates: Sequence[date]) -> int:
    """Return the calendar days from the peak to the recovery, or to the end without one."""
    return (dates[-1 if fall.recovery is None else fall.recovery] - dates[fall.peak]).days


def _fall(values: Sequence[int], peak: int, trough: int, recovery: int | None) -> Fall:
    depth = (values[trough] - values[peak]) / values[peak]
    return Fall(depth=depth, peak=peak, trough=trough, recovery=recovery)
