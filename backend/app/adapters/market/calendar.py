"""Sessions of the New York Stock Exchange, from exchange_calendars, with extended hours added.

Regular hours and half days come from the XNYS calendar. Extended trading runs from 04:00 to 20:00
New York time, to 17:00 on half days; exchange_calendars does not hold it.
"""

import threading
import warnings
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.domain.errors import FieldError, InvalidInputError
from app.domain.observation import MarketPhase
from app.domain.session import TradingSession

_EXCHANGE = "XNYS"
_NEW_YORK = ZoneInfo("America/New_York")
_EXTENDED_OPEN = time(4)
_EXTENDED_CLOSE = time(20)
_CLOSE = time(16)
_HALF_DAY_CLOSE = time(13)
_HALF_DAY_EXTENDED_CLOSE = time(17)
_SATURDAY = 5
_ANNOUNCED = "Announced by the exchange"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Schedule:
    """Sessions, and every change of phase with the phase that begins there; all ascending.

    `holidays` names the days without a session that are no weekend.
    """

    dates: Sequence[date]
    sessions: Sequence[TradingSession]
    changes_at: Sequence[datetime]
    phases: Sequence[MarketPhase]
    holidays: Mapping[date, str]

    def __post_init__(self) -> None:
        assert len(self.changes_at) == len(self.phases) == 4 * len(self.sessions)
        assert all(a < b for a, b in zip(self.changes_at, self.changes_at[1:], strict=False))


class ExchangeCalendar:
    """The exchange's days from `start` to `end`, both included.

    The bounds are explicit, because those of exchange_calendars move with today. The calendar is
    built when first asked (pandas costs more than a second); a question after that is a bisection.
    """

    def __init__(self, *, start: date, end: date) -> None:
        assert start < end, "the calendar covers at least two days"
        self._start = start
        self._end = end
        self._building = threading.Lock()
        self._built: _Schedule | None = None

    def phase(self, *, at: datetime) -> MarketPhase:
        """Return the part of the exchange's day that `at` (UTC) belongs to; openings included.

        Raises
        ------
        InvalidInputError
            When `at` lies outside the calendar.
        """
        self.session_date(at=at)
        schedule = self._schedule()
        index = bisect_right(schedule.changes_at, at) - 1
        return schedule.phases[index] if index >= 0 else MarketPhase.CLOSED

    def session_date(self, *, at: datetime) -> date:
        """Return the exchange's calendar date at `at` (UTC), whether or not it trades that day.

        Raises
        ------
        InvalidInputError
            When `at` lies outside the calendar.
        """
        assert at.utcoffset() == timedelta(0), "moments are in UTC"
        on = at.astimezone(_NEW_YORK).date()
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
        self.session_date(at=at)
        schedule = self._schedule()
        index = bisect_right(schedule.changes_at, at)
        if index == len(schedule.changes_at):
            raise self._outside(field="at", value=f"the next change after {at.isoformat()}")
        return schedule.phases[index], schedule.changes_at[index]

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
        found = (schedule.sessions[index] for index in self._between(start, end))
        return {
            session.date: session.closes_at
            for session in found
            if session.closes_at < _moment(session.date, _CLOSE)
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
        self.session_date(at=at)
        schedule = self._schedule()
        # Four changes a session; the last of them ends it.
        first = bisect_right(schedule.changes_at, at) // 4
        return tuple(schedule.sessions[first : first + count])

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

    def _schedule(self) -> _Schedule:
        with self._building:
            if self._built is None:
                self._built = _build(start=self._start, end=self._end)
            return self._built


def _build(*, start: date, end: date) -> _Schedule:
    # Imported when first needed, because pandas costs more than a second.
    import exchange_calendars

    with warnings.catch_warnings():
        # exchange_calendars 4.13 still calls what pandas 3.1 deprecates.
        warnings.simplefilter("ignore", DeprecationWarning)
        exchange = exchange_calendars.get_calendar(_EXCHANGE, start=start, end=end)
    sessions = tuple(
        _session(row.Index.date(), row.open.to_pydatetime(), row.close.to_pydatetime())
        for row in exchange.schedule.itertuples()
    )
    changes = [change for session in sessions for change in _changes(session)]
    named = exchange.regular_holidays.holidays(start, end, return_name=True)
    return _Schedule(
        dates=tuple(session.date for session in sessions),
        sessions=sessions,
        changes_at=tuple(at for at, _ in changes),
        phases=tuple(phase for _, phase in changes),
        holidays={on.date(): str(name) for on, name in named.items()},
    )


def _session(on: date, opens: datetime, closes: datetime) -> TradingSession:
    half_day = closes.astimezone(_NEW_YORK).time() <= _HALF_DAY_CLOSE
    last = _HALF_DAY_EXTENDED_CLOSE if half_day else _EXTENDED_CLOSE
    return TradingSession(
        date=on,
        extended_opens_at=_moment(on, _EXTENDED_OPEN),
        opens_at=opens,
        closes_at=closes,
        extended_closes_at=_moment(on, last),
        early_close=_early_close(on) if half_day else None,
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
    return datetime.combine(on, local, _NEW_YORK).astimezone(UTC)
