import csv
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from app.adapters.market.calendar import ExchangeCalendar
from app.domain.errors import InvalidInputError
from app.domain.observation import MarketPhase
from app.services.ports import Calendar

SESSIONS = Path(__file__).parents[3] / "recordings" / "calendar" / "xnys_sessions_1998_2026.csv"
NEW_YORK = ZoneInfo("America/New_York")
REGULAR, EXTENDED, CLOSED = MarketPhase.REGULAR, MarketPhase.EXTENDED, MarketPhase.CLOSED
A_MOMENT = timedelta(microseconds=1)


@pytest.fixture(scope="module")
def calendar() -> ExchangeCalendar:
    return ExchangeCalendar(start=date(1998, 1, 1), end=date(2027, 12, 31))


def new_york(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK).astimezone(UTC)


class TestPhase:
    @pytest.mark.parametrize(
        ("on", "regular_close", "extended_close"),
        [
            ("2025-11-26", "16:00", "20:00"),
            ("2025-11-28", "13:00", "17:00"),  # the day after Thanksgiving
            ("2025-12-24", "13:00", "17:00"),  # Christmas Eve
            ("2025-03-07", "16:00", "20:00"),  # the last session in winter time
            ("2025-03-10", "16:00", "20:00"),  # the first one in summer time
            ("2025-10-31", "16:00", "20:00"),
            ("2025-11-03", "16:00", "20:00"),
        ],
    )
    def test_changes_at_the_hours_of_new_york(
        self, calendar: ExchangeCalendar, on: str, regular_close: str, extended_close: str
    ) -> None:
        changes = [
            ("04:00", CLOSED, EXTENDED),
            ("09:30", EXTENDED, REGULAR),
            (regular_close, REGULAR, EXTENDED),
            (extended_close, EXTENDED, CLOSED),
        ]
        for at, before, after in changes:
            moment = new_york(f"{on}T{at}")
            assert calendar.phase(at=moment - A_MOMENT) is before
            assert calendar.phase(at=moment) is after

    @pytest.mark.parametrize(
        ("utc", "phase"),
        [
            ("2025-03-07T14:29", EXTENDED),
            ("2025-03-07T14:30", REGULAR),
            ("2025-03-10T13:29", EXTENDED),
            ("2025-03-10T13:30", REGULAR),
        ],
    )
    def test_moves_an_hour_in_utc_with_summer_time(
        self, calendar: ExchangeCalendar, utc: str, phase: MarketPhase
    ) -> None:
        assert calendar.phase(at=datetime.fromisoformat(utc).replace(tzinfo=UTC)) is phase

    @pytest.mark.parametrize(
        "on",
        [
            "2025-11-27",  # Thanksgiving
            "2025-12-25",
            "2026-01-01",
            "2025-04-18",  # Good Friday
            "2022-06-20",  # the first Juneteenth that closed the exchange, observed on Monday
            "2025-01-09",  # mourning for President Carter
            "2012-10-29",  # Hurricane Sandy
            "2001-09-11",
            "2001-09-14",
            "2025-11-29",  # Saturday
            "2025-11-30",
        ],
    )
    def test_is_closed_all_day_on_holidays_and_weekends(
        self, calendar: ExchangeCalendar, on: str
    ) -> None:
        for hour in range(24):
            assert calendar.phase(at=new_york(f"{on}T{hour:02}:00")) is CLOSED

    def test_knew_no_juneteenth_before_2022(self, calendar: ExchangeCalendar) -> None:
        assert calendar.phase(at=new_york("2020-06-19T12:00")) is REGULAR

    def test_is_closed_before_the_first_session(self, calendar: ExchangeCalendar) -> None:
        assert calendar.phase(at=new_york("1998-01-01T12:00")) is CLOSED

    @pytest.mark.parametrize("at", ["1997-12-31T23:59:59", "2028-01-01T00:00"])
    def test_is_an_error_outside_the_calendar(self, calendar: ExchangeCalendar, at: str) -> None:
        with pytest.raises(InvalidInputError) as caught:
            calendar.phase(at=new_york(at))

        assert "1998-01-01 to 2027-12-31" in str(caught.value)


class TestSessionDate:
    @pytest.mark.parametrize(
        ("utc", "on"),
        [
            ("2025-07-01T03:59:59", date(2025, 6, 30)),
            ("2025-07-01T04:00:00", date(2025, 7, 1)),
            ("2025-01-02T04:59:59", date(2025, 1, 1)),
            ("2025-01-02T05:00:00", date(2025, 1, 2)),
        ],
    )
    def test_is_the_date_in_new_york(self, calendar: ExchangeCalendar, utc: str, on: date) -> None:
        assert calendar.session_date(at=datetime.fromisoformat(utc).replace(tzinfo=UTC)) == on

    def test_takes_moments_in_utc_only(self, calendar: ExchangeCalendar) -> None:
        with pytest.raises(AssertionError):
            calendar.session_date(at=datetime(2025, 7, 1, 12, tzinfo=NEW_YORK))


class TestNextChange:
    @pytest.mark.parametrize(
        ("at", "phase", "change"),
        [
            ("2025-11-26T03:59", EXTENDED, "2025-11-26T04:00"),
            ("2025-11-26T04:00", REGULAR, "2025-11-26T09:30"),
            ("2025-11-26T12:00", EXTENDED, "2025-11-26T16:00"),
            ("2025-11-26T16:00", CLOSED, "2025-11-26T20:00"),
            ("2025-11-26T20:00", EXTENDED, "2025-11-28T04:00"),  # over Thanksgiving
            ("2025-11-28T13:00", CLOSED, "2025-11-28T17:00"),
            ("2025-11-28T17:00", EXTENDED, "2025-12-01T04:00"),  # over the weekend
            ("2001-09-10T20:00", EXTENDED, "2001-09-17T04:00"),
        ],
    )
    def test_is_the_next_phase_and_its_beginning(
        self, calendar: ExchangeCalendar, at: str, phase: MarketPhase, change: str
    ) -> None:
        assert calendar.next_change(at=new_york(at)) == (phase, new_york(change))

    def test_is_an_error_when_it_lies_outside_the_calendar(
        self, calendar: ExchangeCalendar
    ) -> None:
        with pytest.raises(InvalidInputError):
            calendar.next_change(at=new_york("2027-12-31T20:00"))


class TestSessions:
    def test_are_all_sessions_of_the_recorded_calendar(self, calendar: ExchangeCalendar) -> None:
        with SESSIONS.open(newline="") as lines:
            rows = list(csv.DictReader(lines))

        recorded = tuple(date.fromisoformat(row["date"]) for row in rows)
        assert len(recorded) == 7294
        assert calendar.sessions(start=date(1998, 1, 1), end=date(2026, 12, 31)) == recorded
        for row in rows:
            opens = new_york(f"{row['date']}T{row['open_et']}")
            closes = new_york(f"{row['date']}T{row['close_et']}")
            assert calendar.phase(at=opens - A_MOMENT) is EXTENDED
            assert calendar.next_change(at=opens) == (EXTENDED, closes)
            assert calendar.session_date(at=opens) == date.fromisoformat(row["date"])

    def test_include_both_bounds(self, calendar: ExchangeCalendar) -> None:
        assert calendar.sessions(start=date(2025, 11, 26), end=date(2025, 12, 1)) == (
            date(2025, 11, 26),
            date(2025, 11, 28),
            date(2025, 12, 1),
        )

    def test_are_none_over_a_weekend(self, calendar: ExchangeCalendar) -> None:
        assert calendar.sessions(start=date(2025, 11, 29), end=date(2025, 11, 30)) == ()

    @pytest.mark.parametrize(
        ("start", "end", "field"),
        [
            (date(1997, 12, 31), date(2025, 1, 1), "start"),
            (date(2025, 1, 1), date(2028, 1, 1), "end"),
        ],
    )
    def test_are_an_error_outside_the_calendar(
        self, calendar: ExchangeCalendar, start: date, end: date, field: str
    ) -> None:
        with pytest.raises(InvalidInputError) as caught:
            calendar.sessions(start=start, end=end)

        assert caught.value.errors[0].field == field


class TestEarlyCloses:
    def test_are_those_of_the_recorded_calendar(self, calendar: ExchangeCalendar) -> None:
        with SESSIONS.open(newline="") as lines:
            early = {
                date.fromisoformat(row["date"]): new_york(f"{row['date']}T{row['close_et']}")
                for row in csv.DictReader(lines)
                if row["close_et"] < "16:00"
            }
        assert len(early) > 60
        assert calendar.early_closes(start=date(1998, 1, 1), end=date(2026, 12, 31)) == early

    def test_include_both_bounds(self, calendar: ExchangeCalendar) -> None:
        first, last = date(2025, 11, 28), date(2025, 12, 24)
        assert list(calendar.early_closes(start=first, end=last)) == [first, last]
        assert calendar.early_closes(start=date(2025, 11, 29), end=date(2025, 12, 23)) == {}

    def test_are_an_error_outside_the_calendar(self, calendar: ExchangeCalendar) -> None:
        with pytest.raises(InvalidInputError):
            calendar.early_closes(start=date(1997, 12, 31), end=date(2025, 1, 1))


class TestTheCalendar:
    def test_satisfies_the_port(self, calendar: ExchangeCalendar) -> None:
        port: Calendar = calendar

        assert port.phase(at=datetime.combine(date(2025, 7, 1), time(15), UTC)) is REGULAR


class TestTheUpcomingSessions:
    def test_name_half_days_and_skip_holidays(self, calendar: ExchangeCalendar) -> None:
        found = calendar.upcoming(at=new_york("2026-11-25T21:00"), count=3)
        assert [(session.date.isoformat(), session.early_close) for session in found] == [
            ("2026-11-27", "Day after Thanksgiving"),
            ("2026-11-30", None),
            ("2026-12-01", None),
        ]
        half_day = found[0]
        assert half_day.opens_at == new_york("2026-11-27T09:30")
        assert half_day.closes_at == new_york("2026-11-27T13:00")
        assert half_day.extended_opens_at == new_york("2026-11-27T04:00")
        assert half_day.extended_closes_at == new_york("2026-11-27T17:00")

    @pytest.mark.parametrize(
        ("at", "first"),
        [
            ("2026-11-25T00:00", "2026-11-25"),
            ("2026-11-25T12:00", "2026-11-25"),
            ("2026-11-25T19:59", "2026-11-25"),
            ("2026-11-25T20:00", "2026-11-27"),
        ],
    )
    def test_begin_with_the_one_under_way(
        self, calendar: ExchangeCalendar, at: str, first: str
    ) -> None:
        (session,) = calendar.upcoming(at=new_york(at), count=1)
        assert session.date.isoformat() == first

    def test_are_fewer_where_the_calendar_ends(self, calendar: ExchangeCalendar) -> None:
        found = calendar.upcoming(at=new_york("2027-12-30T12:00"), count=5)
        assert [session.date.day for session in found] == [30, 31]

    def test_close_early_for_a_reason_that_is_known(self, calendar: ExchangeCalendar) -> None:
        every = calendar.upcoming(at=new_york("1998-01-01T12:00"), count=100_000)
        half_days = {str(s.date): s.early_close for s in every if s.early_close is not None}
        with SESSIONS.open(encoding="utf-8") as rows:
            recorded = {r["date"] for r in csv.DictReader(rows) if r["close_et"] == "13:00"}
        assert {day for day in half_days if day < "2027"} == recorded
        named = {"Before Independence Day", "Day after Thanksgiving", "Christmas Eve"}
        assert {day for day, why in half_days.items() if why not in named} == {
            "1999-12-31", "2003-12-26",
        }  # fmt: skip


class TestAHoliday:
    @pytest.mark.parametrize(
        ("on", "name"),
        [
            ("2026-11-26", "Thanksgiving"),
            ("2026-11-25", None),
            ("2026-11-27", None),
            ("2026-11-28", "Weekend"),
            ("2025-01-09", "Announced by the exchange"),
            ("2026-07-03", "July 4th"),
        ],
    )
    def test_says_why_the_exchange_does_not_trade(
        self, calendar: ExchangeCalendar, on: str, name: str | None
    ) -> None:
        assert calendar.holiday(at=new_york(f"{on}T12:00")) == name

    def test_is_not_known_outside_of_the_calendar(self, calendar: ExchangeCalendar) -> None:
        with pytest.raises(InvalidInputError, match="1998-01-01 to 2027-12-31"):
            calendar.holiday(at=new_york("2028-01-03T12:00"))
        with pytest.raises(InvalidInputError, match="1998-01-01 to 2027-12-31"):
            calendar.upcoming(at=new_york("1997-12-31T12:00"), count=1)
