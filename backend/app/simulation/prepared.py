"""The bars of a dataset as the kernel reads them, prepared once for many runs."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.domain import rules
from app.domain.errors import FieldError, InvalidInputError
from app.domain.units import price_text
from app.simulation.bars import Bars, Resolution
from app.simulation.hours import regular_hours
from app.simulation.pyramid import Blocks, blocks_of

type Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PreparedBars:
    """Bars as int64 arrays that share the memory of their columns, and what follows from them.

    Of each session, `first_bars` has the index of its first bar, `session_dates` its exchange
    date as an ordinal, `regular_closes` the index of its last regular bar, -1 for none, and
    `closing_prices` the close there.
    `extended` marks the bars outside regular hours with 1; `is_regular` tells that there are
    none. `close_blocks` and `range_blocks` are the extremes of blocks of 64 bars: of their closes,
    and of their lows and highs.
    """

    bars: Bars
    opens: Integers
    highs: Integers
    lows: Integers
    closes: Integers
    starts: Integers
    ends: Integers
    dates: Integers
    first_bars: Integers
    session_dates: Integers
    regular_closes: Integers
    closing_prices: Integers
    extended: NDArray[np.uint8]
    is_regular: bool
    close_blocks: Blocks
    range_blocks: Blocks


def prepare(bars: Bars) -> PreparedBars:
    """Return `bars` as the kernel reads them.

    Raises
    ------
    InvalidInputError
        When a price is outside the range in which the arithmetic is exact, or the bars overlap.
    """
    prices = opens, highs, lows, closes = _views(bars, "opens", "highs", "lows", "closes")
    starts, ends, dates = _views(bars, "starts", "ends", "sessions")
    for column in prices:
        _check_prices(int(column.min()), int(column.max()))
    _check_ends(ends)
    first_bars = np.concatenate(([0], np.flatnonzero(np.diff(dates)) + 1))
    extended = _extended(bars, first_bars)
    regular = np.where(extended, -1, np.arange(len(bars)))
    regular_closes = np.maximum.reduceat(regular, first_bars)
    return PreparedBars(
        bars=bars,
        opens=opens,
        highs=highs,
        lows=lows,
        closes=closes,
        starts=starts,
        ends=ends,
        dates=dates,
        first_bars=first_bars,
        session_dates=dates[first_bars],
        regular_closes=regular_closes,
        closing_prices=closes[regular_closes],
        extended=extended,
        is_regular=not extended.any(),
        close_blocks=blocks_of(closes, closes),
        range_blocks=blocks_of(lows, highs),
    )


def _views(bars: Bars, *columns: str) -> list[Integers]:
    return [np.frombuffer(bars.columns()[column], dtype=np.int64) for column in columns]


def _check_prices(lowest: int, highest: int) -> None:
    if lowest < 1 or highest > rules.PRICE_MAX:
        raise InvalidInputError(
            FieldError(
                field="dataset.price",
                message=f"goes from {price_text(lowest)} to {price_text(highest)}",
                allowed=f"from 0.0001 to {price_text(rules.PRICE_MAX)}",
            )
        )


def _check_ends(ends: Integers) -> None:
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
    """Return 1 for each bar outside regular hours, as `phase_of` tells for one."""
    extended = np.zeros(len(bars), dtype=np.uint8)
    if bars.resolution is Resolution.DAY:
        return extended
    hours = np.array([regular_hours(bars, bars.sessions[first]) for first in first_bars])
    opens, closes = np.repeat(hours, np.diff(first_bars, append=len(bars)), axis=0).T
    (starts,) = _views(bars, "starts")
    extended[(starts < opens) | (starts >= closes)] = 1
    return extended
