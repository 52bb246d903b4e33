"""The hours of the exchange on the sessions of a dataset, in epoch seconds."""

from datetime import date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

from app.simulation.bars import Bars

_NEW_YORK = ZoneInfo("America/New_York")
_OPEN, _CLOSE = time(9, 30), time(16)
_EXTENDED_OPEN, _EXTENDED_CLOSE = time(4), time(20)
_HALF_DAY_CLOSE, _HALF_DAY_EXTENDED_CLOSE = time(13), time(17)


def regular_hours(bars: Bars, session: int) -> tuple[int, int]:
    """Return when regular trading opens and closes on `session`, an ordinal."""
    opens, closes = _usual_hours(session)
    return opens, bars.early_closes.get(session, closes)


def extended_hours(bars: Bars, session: int) -> tuple[int, int]:
    """Return when extended trading opens and closes on `session`: 04:00 to 20:00.

    It ends at 17:00 on a half day, which closes at 13:00 or before.
    """
    early = bars.early_closes.get(session)
    is_half_day = early is not None and early <= _moment(session, _HALF_DAY_CLOSE)
    closes = _HALF_DAY_EXTENDED_CLOSE if is_half_day else _EXTENDED_CLOSE
    return _moment(session, _EXTENDED_OPEN), _moment(session, closes)


@lru_cache(maxsize=8)  # bars of one session come together
def _usual_hours(session: int) -> tuple[int, int]:
    return _moment(session, _OPEN), _moment(session, _CLOSE)


def _moment(session: int, local: time) -> int:
    return int(datetime.combine(date.fromordinal(session), local, _NEW_YORK).timestamp())
