"""The days and regular hours of the New York Stock Exchange, from exchange_calendars."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from itertools import pairwise
from zoneinfo import ZoneInfo

NEW_YORK = ZoneInfo("America/New_York")
_EXCHANGE = "XNYS"
# Extended trading surrounds the regular hours, with a part before and a part after them.
EXTENDED_OPEN = time(4)
HALF_DAY_CLOSE = time(13)
EXTENDED_CLOSE = time(20)
HALF_DAY_EXTENDED_CLOSE = time(17)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """The regular hours of a session, by the clocks of New York."""

    opens: time
    closes: time

    def __post_init__(self) -> None:
        assert EXTENDED_OPEN < self.opens < self.closes < self.extended_close

    @property
    def is_half_day(self) -> bool:
        """Return whether the session closes early."""
        return self.closes <= HALF_DAY_CLOSE

    @property
    def extended_close(self) -> time:
        """Return when extended trading ends."""
        return HALF_DAY_EXTENDED_CLOSE if self.is_half_day else EXTENDED_CLOSE


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """The dates of the sessions, ascending, each with its hours in the same place.

    `holidays` names the days without a session that are no weekend.
    """

    dates: Sequence[date]
    hours: Sequence[Hours]
    holidays: Mapping[date, str]

    def __post_init__(self) -> None:
        assert len(self.dates) == len(self.hours) > 0
        assert all(a < b for a, b in pairwise(self.dates))


def build_schedule(*, start: date, end: date) -> Schedule:
    """Return the schedule of the days from `start` to `end`, both included."""
    # Imported when it is needed, because pandas costs half a second.
    import exchange_calendars

    with warnings.catch_warnings():
        # exchange_calendars 4.13 still calls what pandas 3.1 deprecates.
        warnings.simplefilter("ignore", DeprecationWarning)
        exchange = exchange_calendars.get_calendar(_EXCHANGE, start=start, end=end)
    rows = tuple(exchange.schedule.itertuples())
    named = exchange.regular_holidays.holidays(start, end, return_name=True)
    return Schedule(
        dates=tuple(row.Index.date() for row in rows),
        hours=tuple(
            Hours(
                opens=row.open.to_pydatetime().astimezone(NEW_YORK).time(),
                closes=row.close.to_pydatetime().astimezone(NEW_YORK).time(),
            )
            for row in rows
        ),
        holidays={on.date(): str(name) for on, name in named.items()},
    )
