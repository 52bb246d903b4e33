"""When the simulated exchange is open; a test with holidays passes a function of its own."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

NEW_YORK = ZoneInfo("America/New_York")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """The exchange's state at a moment, as the broker's clock tells it."""

    is_open: bool
    next_open: datetime
    next_close: datetime


type HoursAt = Callable[[datetime], Hours]


def always_open(at: datetime) -> Hours:
    """Return hours of an exchange that closes in eight hours, whenever it is asked."""
    close = at.astimezone(NEW_YORK).replace(microsecond=0) + timedelta(hours=8)
    return Hours(is_open=True, next_open=close + timedelta(hours=16), next_close=close)


def weekdays(at: datetime) -> Hours:
    """Return the regular hours of New York, Monday to Friday, without holidays."""
    local = at.astimezone(NEW_YORK)
    days = [local.date() + timedelta(days=n) for n in range(8)]
    sessions = [
        (
            datetime.combine(day, time(9, 30), NEW_YORK),
            datetime.combine(day, time(16), NEW_YORK),
        )
        for day in days
        if day.weekday() < 5
    ]
    return Hours(
        is_open=any(opens <= local < closes for opens, closes in sessions),
        next_open=min(opens for opens, _ in sessions if opens > local),
        next_close=min(closes for _, closes in sessions if closes > local),
    )
