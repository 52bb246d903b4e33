"""The bars of a dataset as the kernel reads them, prepared once for many runs."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from app.domain import rules
from app.domain.errors import FieldError, InvalidInputError
from app.domain.observation import MarketPhase
from app.domain.units import price_text
from app.simulation.bars import Bars, Resolution
from app.simulation.market import moment
from app.simulation.pyramid import block_extremes
from app.simulation.sessions import phase_of

type Integers = NDArray[np.int64]

_NEW_YORK = ZoneInfo("America/New_York")
_DAY = 86_400
_OPEN, _CLOSE = 34_200, 57_600  # seconds of the day: 09:30 and 16:00


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PreparedBars:
    """Bars as int64 arrays that share the memory of their columns, and what follows from them.

    Of each session, `first_bars` has the index of its first bar, `session_dates` its exchange
    date as an ordinal, `regular_closes` the index of its last regular bar, -1 for none, and
    `closing_prices` the close there.
    `extended` marks the bars outside regular hours with 1; `is_regular` tells that there are
    none. `lowest` and `highest` are the closes of blocks of 64 bars.
    """

    bars: Bars
    closes: Integers
    ends: Integers
    dates: Integers
    first_bars: Integers
    session_dates: Integers
    regular_closes: Integers
    closing_prices: Integers
    extended: NDArray[np.uint8]
    is_regular: bool
    lowest: Integers
    highest: Integers


def prepare(bars: Bars) -> PreparedBars:
    """Return `bars` as the kernel reads them.

    Raises
    ------
    InvalidInputError
        When a close is outside the range in which the arithmetic is exact, or the bars overlap.
    """
    closes, ends, dates = (_view(bars, name) for name in ("closes", "ends", "sessions"))
    lowest, highest = block_extremes(closes)
    _check(ends, int(lowest.min()), int(highest.max()))
    first_bars = np.concatenate(([0], np.flatnonzero(np.diff(dates)) + 1))
    extended = _extended(bars, first_bars)
    regular = np.where(extended, -1, np.arange(len(bars)))
    regular_closes = np.maximum.reduceat(regular, first_bars)
    return PreparedBars(
        bars=bars,
        closes=closes,
        ends=ends,
        dates=dates,
        first_bars=first_bars,
        session_dates=dates[first_bars],
        regular_closes=regular_closes,
        closing_prices=closes[regular_closes],
        extended=extended,
        is_regular=not extended.any(),
        lowest=lowest,
        highest=highest,
    )


def _view(bars: Bars, column: str) -> Integers:
    return np.frombuffer(bars.columns()[column], dtype=np.int64)


def _check(ends: Integers, lowest: int, highest: int) -> None:
    if lowest < 1 or highest > rules.PRICE_MAX:
        raise InvalidInputError(
            FieldError(
                field="dataset.close",
                message=f"goes from {price_text(lowest)} to {price_text(highest)}",
                allowed=f"from 0.0001 to {price_text(rules.PRICE_MAX)}",
            )
        )
    overlapping = np.flatnonzero(np.diff(ends) <= 0)
    if overlapping.size:
        raise InvalidInputError(
            FieldError(
                field="dataset.timestamp",
                message=f"has a bar that ends no later than the one before, bar {overlapping[0]}",
                allowed="bars that end one after another",
            )
        )


def _extended(bars: Bars, first_bars: Integers) -> NDArray[np.uint8]:
    """Return 1 for each bar outside regular hours, as `phase_of` tells for one.

    The offset of New York is taken twice a session; only where it changes in between, and that
    is at night, every bar is asked for.
    """
    extended = np.zeros(len(bars), dtype=np.uint8)
    if bars.resolution is Resolution.DAY:
        return extended
    starts = _view(bars, "starts")
    stops = np.append(first_bars[1:], len(bars))
    offsets = np.array([_offset(int(starts[first])) for first in first_bars])
    last_offsets = np.array([_offset(int(starts[stop - 1])) for stop in stops])
    clock = (starts + np.repeat(offsets, stops - first_bars)) % _DAY
    extended[(clock < _OPEN) | (clock >= _CLOSE)] = 1
    for session in np.flatnonzero(offsets != last_offsets):
        for bar in range(first_bars[session], stops[session]):
            extended[bar] = phase_of(bars, bar) is not MarketPhase.REGULAR
    return extended


def _offset(seconds: int) -> int:
    offset = moment(seconds).astimezone(_NEW_YORK).utcoffset()
    assert offset is not None, "a time in a zone has an offset"
    return int(offset.total_seconds())
