"""A clock that runs on from within a regular session, whenever the tests run."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.adapters.clock import SystemClock
from app.adapters.market.calendar import ExchangeCalendar

OFFSET_VARIABLE = "VB_TEST_CLOCK_OFFSET_SECONDS"
_NEW_YORK = ZoneInfo("America/New_York")
# Hours away from every opening and closing, those of half days included.
_LATE_MORNING = time(10, 30)


class SessionClock:
    """Satisfies `Clock`: the machine's clock, set back by a fixed offset."""

    def __init__(self, *, offset_seconds: int) -> None:
        self._offset = timedelta(seconds=offset_seconds)

    def now(self) -> datetime:
        return SystemClock().now() - self._offset


def offset_to_a_session() -> int:
    """Return the seconds from the late morning of the last full session before today until now."""
    now = SystemClock().now()
    calendar = ExchangeCalendar(start=date(now.year - 1, 1, 2), end=date(now.year, 12, 31))
    yesterday = now.astimezone(_NEW_YORK).date() - timedelta(days=1)
    last = calendar.sessions(start=yesterday - timedelta(days=14), end=yesterday)[-1]
    morning = datetime.combine(last, _LATE_MORNING, _NEW_YORK).astimezone(UTC)
    return int((now - morning).total_seconds())
