"""Longer bars of shorter ones, inside a session only."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

import pytest

from app.domain.errors import InvalidInputError
from app.domain.observation import MarketPhase
from app.simulation.bars import Bars, Resolution
from app.simulation.resample import resample
from app.simulation.sessions import phase_of
from tests.builders import ticks
from tests.price_files import NEW_YORK, Row, daily_bars, flat, minutes_at
from tests.unit.simulation.runs import dividend, split

FRIDAY = date(2025, 11, 28)  # closes at 13:00
MONDAY = date(2025, 12, 1)
FIVE, QUARTER, HALF, HOUR, DAY = (
    Resolution.FIVE_MINUTES,
    Resolution.QUARTER_HOUR,
    Resolution.HALF_HOUR,
    Resolution.HOUR,
    Resolution.DAY,
)


def minutes(on: date, at: Sequence[str], rows: Sequence[Row] = ()) -> Bars:
    """Return minute bars of one session at New York times."""
    early_closes = [f"{FRIDAY} 13:00"] if on == FRIDAY else []
    return minutes_at(*(f"{on} {local}" for local in at), rows=rows, early_closes=early_closes)


def spans(bars: Bars) -> list[tuple[str, str]]:
    """Return from when to when each bar lasts, in New York."""
    return [
        (
            f"{datetime.fromtimestamp(start, NEW_YORK):%H:%M}",
            f"{datetime.fromtimestamp(end, NEW_YORK):%H:%M}",
        )
        for start, end in zip(bars.starts, bars.ends, strict=True)
    ]


class TestALongerBar:
    def test_has_the_first_open_the_extremes_the_last_close_and_all_the_volume(self) -> None:
        rows = [("10", "12", "9", "11"), ("11", "11", "8", "9"), ("9", "13", "9", "12")]
        merged = resample(minutes(MONDAY, ("09:30", "09:32", "09:34"), rows), resolution=FIVE)
        assert len(merged) == 1
        prices = (merged.opens, merged.highs, merged.lows, merged.closes)
        assert [column[0] for column in prices] == [ticks(p) for p in ("10", "13", "8", "12")]
        assert merged.volumes[0] == 300
        assert (merged.resolution, merged.session(0)) == (FIVE, MONDAY)

    def test_is_absent_where_nothing_was_traded(self) -> None:
        merged = resample(minutes(MONDAY, ("09:31", "09:58", "11:00")), resolution=QUARTER)
        assert spans(merged) == [("09:30", "09:45"), ("09:45", "10:00"), ("11:00", "11:15")]

    def test_is_cut_from_the_opening_and_may_be_short_at_the_close(self) -> None:
        merged = resample(minutes(MONDAY, ("09:30", "10:29", "10:30", "15:59")), resolution=HOUR)
        assert spans(merged) == [("09:30", "10:30"), ("10:30", "11:30"), ("15:30", "16:00")]

    def test_never_mixes_regular_and_extended_trading(self) -> None:
        at = ("04:10", "09:05", "09:29", "09:30", "15:59", "16:00", "16:59", "19:59")
        merged = resample(minutes(MONDAY, at), resolution=HOUR)
        assert spans(merged) == [
            ("04:00", "05:00"),
            ("09:00", "09:30"),
            ("09:30", "10:30"),
            ("15:30", "16:00"),
            ("16:00", "17:00"),
            ("19:00", "20:00"),
        ]

    def test_ends_with_an_early_close(self) -> None:
        merged = resample(minutes(FRIDAY, ("12:31", "12:59", "13:00", "13:07")), resolution=HOUR)
        assert spans(merged) == [("12:30", "13:00"), ("13:00", "14:00")]
        assert [phase_of(merged, index) for index in range(2)] == [
            MarketPhase.REGULAR,
            MarketPhase.EXTENDED,
        ]

    def test_stays_inside_its_session(self) -> None:
        both = minutes_at(f"{FRIDAY} 12:59", f"{MONDAY} 09:30", early_closes=[f"{FRIDAY} 13:00"])
        for resolution in (FIVE, HOUR, DAY):
            merged = resample(both, resolution=resolution)
            assert list(merged.sessions) == [FRIDAY.toordinal(), MONDAY.toordinal()]

    def test_keeps_the_corporate_actions(self) -> None:
        dividends, splits = (dividend(1, "1"),), (split(1, 2, 1),)
        bars = replace(minutes(MONDAY, ("09:30",)), dividends=dividends, splits=splits)
        merged = resample(bars, resolution=DAY)
        assert (merged.dividends, merged.splits) == (dividends, splits)

    @pytest.mark.parametrize(("on", "utc_hour"), [(date(2025, 3, 7), 14), (date(2025, 3, 10), 13)])
    def test_begins_by_the_clocks_of_new_york(self, on: date, utc_hour: int) -> None:
        for resolution in (HALF, DAY):
            merged = resample(minutes(on, ("09:35",)), resolution=resolution)
            assert (merged.start_at(0).hour, merged.start_at(0).minute) == (utc_hour, 30)


class TestADay:
    def test_is_made_of_regular_trading_alone(self) -> None:
        rows = [flat("1"), flat("10"), flat("11"), flat("2")]
        merged = resample(
            minutes(FRIDAY, ("09:29", "09:30", "12:59", "13:00"), rows), resolution=DAY
        )
        assert (merged.opens[0], merged.closes[0]) == (ticks("10"), ticks("11"))
        assert (merged.lows[0], merged.highs[0]) == (ticks("10"), ticks("11"))
        assert spans(merged) == [("09:30", "16:00")]
        assert merged.early_closes == {}

    def test_needs_regular_trading(self) -> None:
        with pytest.raises(InvalidInputError, match="no bar of the dataset is in regular trading"):
            resample(minutes(FRIDAY, ("08:00", "13:00")), resolution=DAY)

    def test_takes_an_hour_that_reaches_beyond_the_close(self) -> None:
        bars = replace(minutes(MONDAY, ("14:30", "15:30")), resolution=HOUR)
        assert len(resample(bars, resolution=DAY)) == 1


class TestAResolution:
    @pytest.mark.parametrize("resolution", [Resolution.MINUTE, FIVE, QUARTER])
    def test_that_is_not_longer_is_refused(self, resolution: Resolution) -> None:
        bars = replace(minutes(MONDAY, ("09:30",)), resolution=QUARTER)
        with pytest.raises(InvalidInputError) as refused:
            resample(bars, resolution=resolution)
        (error,) = refused.value.errors
        assert (error.field, error.allowed) == ("resolution", "a longer one: 30m, 1h, 1d")

    def test_is_the_longest_by_day(self) -> None:
        with pytest.raises(InvalidInputError, match="nothing, as days are longest"):
            resample(daily_bars([flat("10")]), resolution=DAY)

    def test_that_cuts_a_bar_in_two_is_refused(self) -> None:
        bars = replace(minutes(MONDAY, ("09:30", "09:43")), resolution=FIVE)
        with pytest.raises(
            InvalidInputError, match="cuts bars in two, the first at 2025-12-01T14:43Z"
        ):
            resample(bars, resolution=QUARTER)
