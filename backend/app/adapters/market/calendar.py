"""Sessions of the New York Stock Exchange, from exchange_calendars, with extended hours added.

Regular hours and half days come from the XNYS calendar. Extended trading runs from 04:00 to 20:00
New York time, to 17:00 on half days; exchange_calendars does not hold it.
"""

import threading
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from app.adapters.market.kept_schedule import kept_schedule
from app.adapters.market.schedule import EXTENDED_OPEN, NEW_YORK, Schedule, build_schedule
from app.domain.errors import FieldError, InvalidInputError
from app.domain.observation import MarketPhase
from app.domain.session import TradingSession

_CLOSE = time(16)
_SATURDAY = 5
_ANNOUNCED = "Announced by the exchange"


class ExchangeCalendar:
    """The exchange's days from `start` to `end`, both included.

    The bounds are explicit, because those of exchange_calendars move with today. The calendar is
    built when first asked (pandas costs more than a second), or read from `file` where an earlier
    process kept it; a question after that is a bisection.
    """

    def __init__(self, *, start: date, end: date, file: Path | None = None) -> None:
        assert start < end, "the calendar covers at least two days"
        self._start = start
        self._end = end
        self._file = file
        self._building = threading.Lock()
        self._built: Schedule | None = None

    def phase(self, *, at: datetime) -> MarketPhase:
        """Return the part of the exchange's day that `at` (UTC) belongs to; openings included.

        Raises
        ------
        InvalidInputError
            When `at` lies outside the calendar.
        """
        on = self.session_date(at=at)
        now = MarketPhase.CLOSED
        for session in self._from(on, count=1):
            for moment, phase in _changes(session):
                now = phase if moment <= at else now
        return now

    def session_date(self, *, at: datetime) -> date:
        """Return the exchange's calendar date at `at` (UTC), whether or not it trades that day.

        Raises
        ------
        InvalidInputError
            When `at` lies outside the calendar.
        """
        assert at.utcoffset() == timedelta(0), "moments are in UTC"
        on = at.astimezone(NEW_YORK).date()
        if not self._start <= on <= self._end:
            raise self._outside(field="at", value=at.isoformat())
        return on

    def next_change(self, *, at: datetime) -> tuple[MarketPhase, datetime]:
        """Return the next phase after `at` (UTC) and the moment it begins.

        Raises
        ------
        InvalidInputError
            When `at`, or the next change, lies outside the calendar.
        """
        for session in self.upcoming(at=at, count=1):
            for moment, phase in _changes(session):
                if moment > at:
                    return phase, moment
        raise self._outside(field="at", value=f"the next change after {at.isoformat()}")

    def sessions(self, *, start: date, end: date) -> tuple[date, ...]:
        """Return the dates from `start` to `end`, both included, on which the exchange trades.

        Raises
        ------
        InvalidInputError
            When a bound lies outside the calendar.
        """
        dates = self._schedule().dates
        return tuple(dates[index] for index in self._between(start, end))

    def early_closes(self, *, start: date, end: date) -> Mapping[date, datetime]:
        """Return the sessions from `start` to `end` that close before 16:00, with their close.

        Raises
        ------
        InvalidInputError
            When a bound lies outside the calendar.
        """
        schedule = self._schedule()
        return {
            schedule.dates[index]: _moment(schedule.dates[index], schedule.hours[index].closes)
            for index in self._between(start, end)
            if schedule.hours[index].closes < _CLOSE
        }

    def _between(self, start: date, end: date) -> range:
        for field, on in (("start", start), ("end", end)):
            if not self._start <= on <= self._end:
                raise self._outside(field=field, value=on.isoformat())
        dates = self._schedule().dates
        return range(bisect_left(dates, start), bisect_right(dates, end))

    def upcoming(self, *, at: datetime, count: int) -> tuple[TradingSession, ...]:
        """Return the next `count` sessions, one under way at `at` (UTC) included.

        There are fewer where the calendar ends.

        Raises
        ------
        InvalidInputError
            When `at` lies outside the calendar.
        """
        on = self.session_date(at=at)
        # One more than asked for, as the first may have ended.
        found = self._from(on, count=count + 1)
        return tuple(session for session in found if session.extended_closes_at > at)[:count]

    def holiday(self, *, at: datetime) -> str | None:
        """Return why the exchange does not trade on the date of `at` (UTC), or None if it does.

        Raises
        ------
        InvalidInputError
            When `at` lies outside the calendar.
        """
        on = self.session_date(at=at)
        dates = self._schedule().dates
        place = bisect_left(dates, on)
        if place < len(dates) and dates[place] == on:
            return None
        if on.weekday() >= _SATURDAY:
            return "Weekend"
        return self._schedule().holidays.get(on, _ANNOUNCED)

    def _outside(self, *, field: str, value: str) -> InvalidInputError:
        return InvalidInputError(
            FieldError(
                field=field,
                message=f"{value} is outside the exchange calendar",
                allowed=f"{self._start} to {self._end}",
            )
        )

    def _from(self, on: date, *, count: int) -> tuple[TradingSession, ...]:
        """Return the first `count` sessions on and after the date `on`."""
        schedule = self._schedule()
        first = bisect_left(schedule.dates, on)
        places = range(first, min(first + count, len(schedule.dates)))
        return tuple(_session(schedule, place) for place in places)

    def _schedule(self) -> Schedule:
        with self._building:
            if self._built is None:
                bounds = {"start": self._start, "end": self._end}
                self._built = (
                    build_schedule(**bounds)
                    if self._file is None
                    else kept_schedule(file=self._file, **bounds)
                )
            return self._built


def _session(schedule: Schedule, place: int) -> TradingSession:
    on, hours = schedule.dates[place], schedule.hours[place]
    return TradingSession(
        date=on,
        extended_opens_at=_moment(on, EXTENDED_OPEN),
        opens_at=_moment(on, hours.opens),
        closes_at=_moment(on, hours.closes),
        extended_closes_at=_moment(on, hours.extended_close),
        early_close=_early_close(on) if hours.is_half_day else None,
    )


def _early_close(on: date) -> str:
    """Return why the exchange closes early on the half day `on`."""
    match (on.month, on.day):
        case (7, _):
            return "Before Independence Day"
        case (11, _):
            return "Day after Thanksgiving"
        case (12, 24):
            return "Christmas Eve"
        case _:
            return _ANNOUNCED


def _changes(session: TradingSession) -> tuple[tuple[datetime, MarketPhase], ...]:
    return (
        (session.extended_opens_at, MarketPhase.EXTENDED),
        (session.opens_at, MarketPhase.REGULAR),
        (session.closes_at, MarketPhase.EXTENDED),
        (session.extended_closes_at, MarketPhase.CLOSED),
    )


def _moment(on: date, local: time) -> datetime:
    return datetime.combine(on, local, NEW_YORK).astimezone(UTC)
