"""Longer bars made of shorter ones, inside a session only."""

from array import array
from dataclasses import replace

import numpy as np

from app.domain.errors import FieldError, InvalidInputError
from app.simulation.bars import Bars, Resolution
from app.simulation.findings import bar_place
from app.simulation.hours import extended_hours, regular_hours
from app.simulation.prepared import Integers


def resample(bars: Bars, *, resolution: Resolution) -> Bars:
    """Return `bars` merged into those of a longer `resolution`, with their corporate actions.

    A bar belongs to where it starts. The hours before regular trading, regular trading and the
    hours after it are each cut from their own beginning, 04:00, 09:30 and the close, so that they
    never meet in one bar and the last bar of each may be short. Daily bars are made of regular
    trading alone. A bar has the first open, the highest high, the lowest low, the last close and
    the sum of the volumes; where there is nothing to merge there is no bar.

    Raises
    ------
    InvalidInputError
        When `resolution` is not longer, bars lie across the cuts, or none is in regular trading.
    """
    _check_longer(bars, resolution)
    is_daily = resolution is Resolution.DAY
    starts, ends, kept = _days(bars) if is_daily else _cuts(bars, resolution)
    firsts = np.concatenate(([0], np.flatnonzero(np.diff(starts)) + 1))
    lasts = np.append(firsts[1:], len(starts)) - 1

    def merged(name: str) -> Integers:
        return _column(bars, name)[kept]

    return replace(
        bars,
        resolution=resolution,
        starts=_stored(starts[firsts]),
        ends=_stored(ends[firsts]),
        sessions=_stored(merged("sessions")[firsts]),
        opens=_stored(merged("opens")[firsts]),
        highs=_stored(np.maximum.reduceat(merged("highs"), firsts)),
        lows=_stored(np.minimum.reduceat(merged("lows"), firsts)),
        closes=_stored(merged("closes")[lasts]),
        volumes=_stored(np.add.reduceat(merged("volumes"), firsts)),
        early_closes={} if is_daily else bars.early_closes,
    )


def _check_longer(bars: Bars, resolution: Resolution) -> None:
    longer = [each.value for each in Resolution if each.seconds > bars.resolution.seconds]
    if resolution.value not in longer:
        message = f"is {resolution}, and the bars of the dataset are {bars.resolution}"
        allowed = f"a longer one: {', '.join(longer)}" if longer else "nothing, as days are longest"
        raise InvalidInputError(FieldError(field="resolution", message=message, allowed=allowed))


def _days(bars: Bars) -> tuple[Integers, Integers, Integers]:
    """Return start and end of the day of each regular bar, and the indexes of those bars."""
    starts = _column(bars, "starts")
    _, opens, closes = _hours(bars)
    kept = np.flatnonzero((opens <= starts) & (starts < closes))
    if not kept.size:
        message = f"is {Resolution.DAY}, and no bar of the dataset is in regular trading"
        allowed = "a dataset with bars from 09:30 on in New York"
        raise InvalidInputError(FieldError(field="resolution", message=message, allowed=allowed))
    days = opens[kept]
    return days, days + Resolution.DAY.seconds, kept


def _cuts(bars: Bars, resolution: Resolution) -> tuple[Integers, Integers, Integers]:
    """Return start and end of the longer bar of each bar, and the indexes of all of them."""
    starts = _column(bars, "starts")
    early, opens, closes = _hours(bars)
    is_before, is_after = starts < opens, starts >= closes
    begins = np.select([is_before, is_after], [early, closes], opens)
    cuts = starts - (starts - begins) % resolution.seconds
    whole = cuts + resolution.seconds
    across = np.flatnonzero((starts + bars.resolution.seconds) > whole)
    if across.size:
        where = bar_place(bars)(int(across[0]))
        message = f"is {resolution}, which cuts bars in two, the first at {where}"
        allowed = "bars that begin in step with 04:00, 09:30 and the close in New York"
        raise InvalidInputError(FieldError(field="resolution", message=message, allowed=allowed))
    ends = np.select([is_before, is_after], [np.minimum(whole, opens), whole], closes)
    return cuts, np.minimum(whole, ends), np.arange(len(bars))


def _hours(bars: Bars) -> tuple[Integers, Integers, Integers]:
    """Return of each bar's session the extended and the regular opening, and the regular close."""
    sessions = _column(bars, "sessions")
    firsts = np.concatenate(([0], np.flatnonzero(np.diff(sessions)) + 1))
    hours = [
        (extended_hours(bars, session)[0], *regular_hours(bars, session))
        for session in sessions[firsts].tolist()
    ]
    early, opens, closes = np.repeat(hours, np.diff(firsts, append=len(bars)), axis=0).T
    return early, opens, closes


def _column(bars: Bars, name: str) -> Integers:
    return np.frombuffer(bars.columns()[name], dtype=np.int64)


def _stored(column: Integers) -> array[int]:
    return array("q", column.astype(np.int64).tobytes())
