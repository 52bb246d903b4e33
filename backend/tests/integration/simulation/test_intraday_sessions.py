"""Recorded intraday bars: half days, changes of clocks, and longer bars made of them."""

import csv
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import groupby
from zoneinfo import ZoneInfo

import pytest

from app.adapters.market.calendar import ExchangeCalendar
from app.domain.observation import MarketPhase
from app.services.shelve_dataset import sessions_of, with_early_closes
from app.simulation.bars import Adjustment, Bars, Finding, Resolution
from app.simulation.prepared import prepare
from app.simulation.quality import assess
from app.simulation.resample import resample
from app.simulation.sessions import phase_of
from tests.builders import ticks
from tests.integration.simulation.recorded import read_intraday, shared, shared_files

NEW_YORK = ZoneInfo("America/New_York")
HALF_DAYS = (date(2025, 11, 28), date(2025, 12, 24))
RECENT = ("SPY", "NKE")
OLDER = ("SPY", "AAPL", "IBM")
CALENDAR = ExchangeCalendar(start=date(2010, 1, 1), end=date(2026, 12, 31))
HALF_HOUR, HOUR, DAY = Resolution.HALF_HOUR, Resolution.HOUR, Resolution.DAY


@cache
def recent(symbol: str) -> Bars:
    """Return half a year of minutes with two half days and both changes of clocks."""
    path = shared(f"intraday_1min_2025_26/{symbol}.csv")
    bars = read_intraday(path, symbol=symbol, adjustment=Adjustment.SPLIT)
    return with_early_closes(bars, calendar=CALENDAR)


@cache
def older(symbol: str) -> Bars:
    """Return some days of minutes from 04:00 to 20:00."""
    paths = shared_files(f"intraday_1m_lean/{symbol}", "*_trade.csv")
    bars = read_intraday(*paths, symbol=symbol, adjustment=Adjustment.RAW)
    return with_early_closes(bars, calendar=CALENDAR)


def report(bars: Bars) -> Mapping[str, Finding]:
    now = datetime(2026, 11, 1, tzinfo=UTC)
    found = assess(bars, sessions=sessions_of(bars, calendar=CALENDAR), now=now)
    return {finding.code: finding for finding in found}


def local(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, NEW_YORK).replace(tzinfo=None)


def merged_one_by_one(bars: Bars, resolution: Resolution) -> Iterator[tuple[int, ...]]:
    """Yield session, open, high, low, close and volume of longer bars, told by local times."""
    closes = {session: local(at).time() for session, at in bars.early_closes.items()}

    def place(index: int) -> tuple[int, int, int]:
        at = local(bars.starts[index])
        opening = datetime.combine(at.date(), time(9, 30))
        closing = datetime.combine(at.date(), closes.get(bars.sessions[index], time(16)))
        part = (at >= opening) + (at >= closing)
        begin = (datetime.combine(at.date(), time(4)), opening, closing)[part]
        return bars.sessions[index], part, int((at - begin).total_seconds()) // resolution.seconds

    for (session, _, _), group in groupby(range(len(bars)), place):
        found = list(group)
        yield (
            session,
            bars.opens[found[0]],
            max(bars.highs[i] for i in found),
            min(bars.lows[i] for i in found),
            bars.closes[found[-1]],
            sum(bars.volumes[i] for i in found),
        )


def rows(bars: Bars) -> list[tuple[int, ...]]:
    columns = bars.columns()
    names = ("sessions", "opens", "highs", "lows", "closes", "volumes")
    return list(zip(*(columns[name] for name in names), strict=True))


class TestHalfDays:
    @pytest.mark.parametrize("symbol", RECENT)
    def test_are_known_from_the_calendar(self, symbol: str) -> None:
        closes = {date.fromordinal(s): local(at) for s, at in recent(symbol).early_closes.items()}
        assert closes == {on: datetime.combine(on, time(13)) for on in HALF_DAYS}

    def test_make_the_stray_bars_after_their_close_extended(self) -> None:
        bars = recent("SPY")
        late = [i for i in range(len(bars)) if phase_of(bars, i) is MarketPhase.EXTENDED]
        assert [local(bars.starts[index]).isoformat(" ", "minutes") for index in late] == [
            "2025-11-28 13:01",
            "2025-11-28 13:07",
            "2025-11-28 13:08",
            "2025-12-24 13:02",
            "2025-12-24 13:04",
            "2025-12-24 13:07",
        ]
        assert prepare(bars).extended.nonzero()[0].tolist() == late

    def test_have_their_stray_bars_in_the_quality_report(self) -> None:
        found = report(recent("SPY"))
        assert set(found) == {"after_early_close"}
        assert found["after_early_close"].place.startswith("2025-11-28T18:01Z, 2025-11-28T18:07Z")
        assert "6 of 49885 bars" in found["after_early_close"].message
        assert "after_early_close" not in report(recent("NKE"))

    @pytest.mark.parametrize("symbol", RECENT)
    def test_end_with_a_short_hour(self, symbol: str) -> None:
        hours = resample(recent(symbol), resolution=HOUR)
        for on in HALF_DAYS:
            regular = [
                (local(hours.starts[i]).time(), local(hours.ends[i]).time())
                for i in range(len(hours))
                if hours.session(i) == on and phase_of(hours, i) is MarketPhase.REGULAR
            ]
            assert [start for start, _ in regular] == [time(hour, 30) for hour in (9, 10, 11, 12)]
            assert regular[-1] == (time(12, 30), time(13))


class TestExtendedHours:
    def test_are_told_from_regular_ones_on_every_recorded_bar(self) -> None:
        bars = older("SPY")
        regular = [time(9, 30) <= local(start).time() < time(16) for start in bars.starts]
        assert [phase_of(bars, i) is MarketPhase.REGULAR for i in range(len(bars))] == regular
        assert regular.count(True) == 7 * 390

    def test_lie_between_4_and_20(self) -> None:
        assert not {"outside_hours", "after_early_close"} & set(report(older("SPY")))


class TestSessionsInTheReport:
    def test_are_complete_on_half_a_year_of_minutes(self) -> None:
        assert len(set(recent("NKE").sessions)) == 129
        assert not {"missing_sessions", "extra_sessions"} & set(report(recent("NKE")))

    def test_are_missing_between_files_of_some_days(self) -> None:
        missing = report(older("SPY"))["missing_sessions"]  # 2013-10-11, then 2023-08-03
        assert missing.place.startswith("2013-10-14, 2013-10-15, ")


class TestLongerBars:
    @pytest.mark.parametrize("symbol", OLDER)
    def test_open_and_close_a_day_as_the_daily_record_does(self, symbol: str) -> None:
        recorded = daily_record(symbol)
        days = resample(older(symbol), resolution=DAY)
        compared = [i for i in range(len(days)) if days.session(i) in recorded]
        assert len(compared) >= 3
        for index in compared:
            row = recorded[days.session(index)]
            assert days.opens[index] == ticks(row["open"])
            assert days.closes[index] == ticks(row["close"])
            for extremes, name in ((days.highs, "high"), (days.lows, "low")):
                assert abs(extremes[index] - ticks(row[name])) <= ticks("0.07")

    @pytest.mark.parametrize("symbol", ["SPY", "AAPL"])
    def test_hold_the_volume_and_the_prices_of_the_hourly_record(self, symbol: str) -> None:
        # The record's hours are those of the clock; the one labelled 09:00 is half an hour.
        halves = resample(older(symbol), resolution=HALF_HOUR)
        by_start = {
            local(start): row for start, row in zip(halves.starts, rows(halves), strict=True)
        }
        hours, away = 0, 0
        with shared(f"intraday_1h_lean/{symbol}.csv").open(newline="") as file:
            for hour in csv.DictReader(file):
                label = datetime.fromisoformat(hour["time_et"])
                both = [
                    by_start[at]
                    for at in (label, label + timedelta(minutes=30))
                    if at in by_start and at.time() >= time(9, 30)
                ]
                if both:
                    _, opens, highs, lows, closes, volumes = zip(*both, strict=True)
                    prices = (opens[0], max(highs), min(lows), closes[-1])
                    recorded = [ticks(hour[name]) for name in ("open", "high", "low", "close")]
                    assert sum(volumes) == int(hour["volume"])
                    # each record leaves out some prints of the other
                    away += sum(
                        price != pytest.approx(other, rel=2e-4)
                        for price, other in zip(prices, recorded, strict=True)
                    )
                    hours += 1
        assert hours == {"SPY": 42, "AAPL": 21}[symbol]
        assert away <= 2

    @pytest.mark.parametrize("resolution", list(Resolution)[1:-1])
    def test_are_those_that_local_times_tell(self, resolution: Resolution) -> None:
        for bars in (older("SPY"), older("AAPL"), recent("SPY")):
            merged = resample(bars, resolution=resolution)
            assert rows(merged) == list(merged_one_by_one(bars, resolution))

    def test_are_the_same_by_any_way(self) -> None:
        for bars in (older("AAPL"), recent("SPY")):
            by_steps = bars
            for resolution in list(Resolution)[1:]:
                by_steps = resample(by_steps, resolution=resolution)
                assert by_steps == resample(bars, resolution=resolution)

    @pytest.mark.parametrize("symbol", RECENT)
    def test_have_a_report_of_their_own(self, symbol: str) -> None:
        found = report(resample(recent(symbol), resolution=HOUR))
        assert set(found) <= {"after_early_close"}


def daily_record(symbol: str) -> Mapping[date, dict[str, str]]:
    with shared(f"daily_raw/{symbol}.csv").open(newline="") as file:
        return {date.fromisoformat(row["date"]): row for row in csv.DictReader(file)}
