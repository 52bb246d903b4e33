"""The quality report over recorded data: what is wrong is flagged at its place, all else explained.

`split_ratio` of the files that are not bundled is in the prices already, except in `daily_raw`.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.adapters.market.calendar import ExchangeCalendar
from app.adapters.market.csv import read_csv
from app.simulation.bars import Adjustment, Bars, Finding, Resolution, Severity
from app.simulation.quality import assess
from tests.integration.simulation.recorded import (
    BUNDLED,
    read_adjusted_table,
    read_daily,
    shared,
)

NOW = datetime(2026, 11, 25, tzinfo=UTC)
YFINANCE_TESTS = Path(__file__).parents[2] / "recordings" / "yahoo" / "yfinance-tests"

# Trades off the exchange, reported late or in error: the recorder kept every print, so that high
# or low of a day can be one that nobody could have traded on the exchange. Open and close, which
# come from the exchange's auctions, are not among them.
OFF_EXCHANGE_PRINTS = "stray_print"


@pytest.fixture
def report(calendar: ExchangeCalendar) -> "Report":
    return Report(calendar)


class Report:
    """Findings by code."""

    def __init__(self, calendar: ExchangeCalendar) -> None:
        self._calendar = calendar

    def of(self, bars: Bars) -> Mapping[str, Finding]:
        sessions = self._calendar.sessions(start=bars.session(0), end=bars.session(len(bars) - 1))
        return {f.code: f for f in assess(bars, sessions=sessions, now=NOW)}


def above_info(found: Mapping[str, Finding]) -> set[str]:
    return {code for code, finding in found.items() if finding.severity is not Severity.INFO}


class TestSpinOffsBookedAsSplits:
    @pytest.mark.parametrize(
        ("symbol", "last_rescaled"),
        [
            ("T", "2022-04-08"),  # Warner Bros. Discovery left on 2022-04-11
            ("GE", "2023-01-03"),  # GE HealthCare left on 2023-01-04
        ],
    )
    def test_are_flagged_up_to_the_day_before(
        self, report: Report, symbol: str, last_rescaled: str
    ) -> None:
        bars = read_adjusted_table(shared(f"daily_quirky/{symbol}.csv"))
        found = report.of(bars)["rescaled_prices"]
        assert found.severity is Severity.WARNING
        assert found.place == f"2001-04-09 to {last_rescaled}"
        assert "spin-off" in found.message


class TestBadPrints:
    def test_of_ibm_is_the_first_of_its_report(self, report: Report) -> None:
        found = report.of(read_daily(shared("daily_raw/IBM.csv"), Adjustment.RAW))["stray_print"]
        assert found.place.startswith("2002-12-23, ")
        assert "most of all 2002-12-23 has open 159.58, high 159.58" in found.message

    def test_of_ea_is_flagged_at_its_quarter_of_an_hour(self, report: Report) -> None:
        table = (YFINANCE_TESTS / "EA-15m-no-bad-divs.csv").read_text().splitlines()
        rows = [line.split(",") for line in table[1:]]
        kept = ["timestamp,open,high,low,close,volume"]
        kept += [",".join([row[0].replace(" ", "T"), *row[1:5], row[6]]) for row in rows]
        bars = read_csv(
            "\n".join(kept).encode(),
            symbol="EA",
            resolution=Resolution.QUARTER_HOUR,
            adjustment=Adjustment.SPLIT,
            timezone="America/New_York",
        )
        found = report.of(bars)["stray_print"]
        assert found.severity is Severity.WARNING
        assert "2026-05-26T08:00Z" in found.place.split(", ")


class TestGoodData:
    def test_of_ko_has_no_finding(self, report: Report) -> None:
        assert report.of(read_daily(BUNDLED / "KO.csv", Adjustment.SPLIT)) == {}

    def test_of_msft_has_jumps_after_earnings_alone(self, report: Report) -> None:
        found = report.of(read_daily(BUNDLED / "MSFT.csv", Adjustment.SPLIT))
        assert set(found) == {"jump"}
        assert found["jump"].severity is Severity.INFO
        assert len(found["jump"].place.split(", ")) == 5

    def test_of_aapl_has_off_exchange_prints_alone(self, report: Report) -> None:
        found = report.of(read_daily(shared("daily_raw/AAPL.csv"), Adjustment.RAW))
        assert above_info(found) == {OFF_EXCHANGE_PRINTS}
        assert found["stray_print"].message.startswith("With a price more than 8 usual moves")
        assert (
            "11 of 5849 bars, most of all 2009-09-21 has open 184.44, high 185.16, low 10.59"
            in (found["stray_print"].message)
        )

    def test_of_spy_has_off_exchange_prints_alone(self, report: Report) -> None:
        found = report.of(read_daily(shared("daily_raw/SPY.csv"), Adjustment.RAW))
        assert above_info(found) == {OFF_EXCHANGE_PRINTS}
        assert "47 of 5849 bars, most of all 2002-04-02 has open 113.98, high 144.12" in (
            found["stray_print"].message
        )

    @pytest.mark.parametrize(
        ("symbol", "place"),
        [
            ("AAPL", "1998-01-02"),  # the first bar rises by a fifth, with no close before it
            ("SPY", "2000-12-18"),  # opened with a print of 111, 21 dollars below the close
        ],
    )
    def test_has_one_doubtful_open_or_close_beside_the_prints(
        self, report: Report, symbol: str, place: str
    ) -> None:
        bars = read_daily(shared(f"daily_raw/{symbol}.csv"), Adjustment.RAW)
        for index in range(len(bars)):
            opened, closed = bars.opens[index], bars.closes[index]
            bars.highs[index], bars.lows[index] = max(opened, closed), min(opened, closed)
        found = report.of(bars)
        assert above_info(found) == {OFF_EXCHANGE_PRINTS}
        assert found["stray_print"].place == place

    @pytest.mark.parametrize("symbol", ["AAPL", "SPY", "IBM", "AIG"])
    def test_has_no_dividend_or_split_that_is_doubted(self, report: Report, symbol: str) -> None:
        found = report.of(read_daily(shared(f"daily_raw/{symbol}.csv"), Adjustment.RAW))
        assert not [c for c in found if c.startswith(("dividend", "split", "odd", "action"))]

    def test_has_no_doubt_about_dividends_of_a_third_of_the_price(self, report: Report) -> None:
        found = report.of(read_adjusted_table(shared("daily_splitadj/ZIM.csv")))
        assert found == {}
