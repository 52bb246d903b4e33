"""Which bars are regular and which extended: half days, and the days around a change of clocks."""

from array import array
from dataclasses import replace
from datetime import UTC, date, datetime, time
from itertools import chain

import pytest

from app.domain.decision import Gate, Proposed
from app.domain.observation import MarketPhase
from app.simulation.bars import Bars, Resolution, content_digest
from app.simulation.hours import extended_hours, regular_hours
from app.simulation.prepared import prepare
from app.simulation.sessions import phase_of, sessions_of
from tests.builders import ticks
from tests.price_files import NEW_YORK, flat, minutes_at
from tests.unit.simulation.runs import run

HALF_DAY, USUAL_DAY = date(2025, 11, 28), date(2025, 12, 1)
# The sessions around both changes of clocks; in UTC the opening moves by an hour.
AROUND_CHANGES = {
    date(2025, 3, 7): 14,
    date(2025, 3, 10): 13,
    date(2025, 10, 31): 13,
    date(2025, 11, 3): 14,
}


def epoch(on: date, local: str) -> int:
    return int(datetime.combine(on, time.fromisoformat(local), NEW_YORK).timestamp())


def minutes(*at: tuple[date, str], prices: tuple[str, ...] = ()) -> Bars:
    """Return a minute bar at each New York time; the half day closes at 13:00."""
    return minutes_at(
        *(f"{on} {local}" for on, local in at),
        rows=[flat(price) for price in prices],
        early_closes=[f"{HALF_DAY} 13:00"],
    )


def phases(bars: Bars) -> list[str]:
    return [phase_of(bars, index).value for index in range(len(bars))]


class TestABar:
    @pytest.mark.parametrize(("on", "utc_hour"), AROUND_CHANGES.items())
    def test_is_regular_by_the_clocks_of_new_york(self, on: date, utc_hour: int) -> None:
        bars = minutes((on, "09:29"), (on, "09:30"), (on, "15:59"), (on, "16:00"))
        assert phases(bars) == ["extended", "regular", "regular", "extended"]
        assert bars.start_at(1) == datetime.combine(on, time(utc_hour, 30), UTC)

    def test_is_extended_after_an_early_close(self) -> None:
        at = ("12:59", "13:00", "13:07", "15:59")
        bars = minutes(*((HALF_DAY, local) for local in at), (USUAL_DAY, "13:00"))
        assert phases(bars) == ["regular", "extended", "extended", "extended", "regular"]

    def test_belongs_to_the_session_of_its_start_whenever_it_closes(self) -> None:
        minute = minutes((HALF_DAY, "12:30"))
        hour = replace(
            minute,
            resolution=Resolution.HOUR,
            ends=array("q", (start + 3600 for start in minute.starts)),
        )
        assert phases(hour) == ["regular"]
        first = run(hour).records[0]
        assert first.at.astimezone(NEW_YORK).time() == time(13, 30)
        assert first.decision.reason is not Gate.SESSION_CLOSED

    def test_is_told_alike_one_by_one_and_all_at_once(self) -> None:
        times = ("04:00", "09:29", "09:30", "12:59", "13:00", "15:59", "16:00", "19:59")
        days = (*AROUND_CHANGES, HALF_DAY, USUAL_DAY)
        bars = minutes(*chain.from_iterable(((on, at) for at in times) for on in sorted(days)))
        extended = [phase == MarketPhase.EXTENDED for phase in phases(bars)]
        assert prepare(bars).extended.tolist() == extended
        assert extended.count(False) == 4 * len(days) - 2

    def test_closes_its_session_where_it_is_the_last_regular_one(self) -> None:
        bars = minutes((HALF_DAY, "12:58"), (HALF_DAY, "12:59"), (HALF_DAY, "13:07"))
        (session,) = sessions_of(bars=bars, window=range(3), pay_lag_days=0)
        assert session.close == 1
        assert prepare(bars).regular_closes.tolist() == [1]


class TestHours:
    def test_end_at_17_on_a_half_day(self) -> None:
        bars = minutes((HALF_DAY, "10:00"), (USUAL_DAY, "10:00"))
        for on, closes, ends in ((HALF_DAY, "13:00", "17:00"), (USUAL_DAY, "16:00", "20:00")):
            session = on.toordinal()
            assert regular_hours(bars, session) == (epoch(on, "09:30"), epoch(on, closes))
            assert extended_hours(bars, session) == (epoch(on, "04:00"), epoch(on, ends))


class TestTheDigest:
    def test_covers_the_early_closes(self) -> None:
        known = minutes((HALF_DAY, "10:00"))
        assert content_digest(known) != content_digest(replace(known, early_closes={}))


class TestMaxPerDay:
    """Orders are counted by the date of the exchange, which differs from UTC in the evening."""

    WINTER_EVENING = ((USUAL_DAY, "18:00"), (USUAL_DAY, "18:58"), (USUAL_DAY, "19:30"))
    NEXT_MORNING = ((date(2025, 12, 2), "04:00"),)

    def test_counts_an_evening_that_is_tomorrow_in_utc(self) -> None:
        bars = minutes(
            *self.WINTER_EVENING, *self.NEXT_MORNING, prices=("100", "104", "109", "114")
        )
        assert bars.start_at(1).date() != bars.start_at(2).date()
        done = run(bars, strategy={"sessions": "extended", "orders": {"max_per_day": 1}})
        reasons = [record.decision.reason.value for record in done.records]
        assert reasons == ["anchor_set", "trigger", "max_per_day", "trigger"]
        assert [isinstance(record.decision, Proposed) for record in done.records] == [
            False,
            True,
            False,
            True,
        ]

    def test_counts_both_sides_of_an_early_close(self) -> None:
        bars = minutes(
            (HALF_DAY, "12:58"),
            (HALF_DAY, "12:59"),
            (HALF_DAY, "13:07"),
            (USUAL_DAY, "09:30"),
            prices=("100", "104", "109", "114"),
        )
        orders = {"orders": {"max_per_day": 1}}
        extended = run(bars, strategy={"sessions": "extended", **orders})
        regular = run(bars, strategy=orders)
        assert [r.decision.reason.value for r in extended.records][1:3] == [
            "trigger",
            "max_per_day",
        ]
        assert [r.decision.reason.value for r in regular.records][1:3] == [
            "trigger",
            "session_closed",
        ]
        assert [trade.fill.price for trade in regular.trades] == [ticks("104"), ticks("114")]
