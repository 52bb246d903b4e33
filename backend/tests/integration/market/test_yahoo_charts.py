"""Every recorded chart and known error body of Yahoo, asked for as a history."""

import json
from datetime import date

import pytest

from app.adapters.market.yahoo import YahooMarket
from app.domain.errors import ProviderError
from app.domain.history import History, HistoryBar
from app.simulation.bars import Resolution
from tests.fakes.clock import FakeClock
from tests.integration.market.recorded_charts import READ, REFUSED, Read, Refused, replayed
from tests.integration.market.test_yahoo_recordings import QUOTE_FILES
from tests.yahoo_replay import RECORDINGS, Answer, YahooReplay, chart_path

# when, code, words of the message
ERROR_BODIES = {
    "unknown or delisted symbol, chart endpoint": ("UNKNOWN_SYMBOL", "lists no symbol"),
    "window entirely before listing / no session in window": ("NO_DATA", "it has no bars from"),
    "1m request spanning more than 8 days": ("RANGE", "Only 8 days worth"),
    "rate limited (chart, quote, getcrumb)": ("RATE_LIMITED", "no more requests"),
    "rate limited at the edge": ("RATE_LIMITED", "no more requests"),
    "quote endpoint, unknown/delisted symbol": ("UNAVAILABLE", "not a chart"),
    "Yahoo down page": ("UNAVAILABLE", "maintenance page"),
}
KNOWN = json.loads((RECORDINGS / "error_bodies.json").read_bytes())["bodies"]


def fetched(market: YahooMarket, symbol: str, case: Read | Refused) -> History:
    return market.fetch(
        symbol=symbol,
        resolution=case.resolution,
        start=case.start,
        end=case.end,
        on_progress=lambda done, total: None,
    )


def prices(bar: HistoryBar) -> tuple[int | None, ...]:
    return bar.open, bar.high, bar.low, bar.close


class TestARecordedChart:
    @pytest.mark.parametrize("case", READ, ids=[case.file for case in READ])
    def test_of_a_us_share_or_etf_becomes_its_history(
        self, yahoo: YahooReplay, market: YahooMarket, clock: FakeClock, case: Read
    ) -> None:
        clock.set(case.read_at)
        answer = replayed(case.file, symbol=case.symbol, resolution=case.resolution)
        yahoo.script(chart_path(case.symbol), answer)

        history = fetched(market, case.symbol, case)

        assert (history.symbol, history.currency) == (case.symbol, "USD")
        assert (history.source, history.received_at) == ("yahoo", case.read_at)
        assert (history.exchange_timezone, history.resolution) == (
            "America/New_York",
            case.resolution,
        )
        assert len(history.bars) == case.bars
        assert prices(history.bars[0]) == case.first
        assert prices(history.bars[-1]) == case.last
        assert (len(history.dividends), len(history.splits)) == (case.dividends, case.splits)
        assert sum(not bar.final for bar in history.bars) == case.pending

    @pytest.mark.parametrize(
        "case", REFUSED, ids=[f"{case.file} for {case.symbol}" for case in REFUSED]
    )
    def test_of_anything_else_becomes_a_typed_error(
        self, yahoo: YahooReplay, market: YahooMarket, clock: FakeClock, case: Refused
    ) -> None:
        clock.set(case.read_at)
        answer = replayed(case.file, symbol=case.symbol, resolution=case.resolution)
        yahoo.script(chart_path(case.symbol), answer)

        with pytest.raises(ProviderError) as caught:
            fetched(market, case.symbol, case)

        assert caught.value.code == case.code
        assert case.words in str(caught.value)
        assert case.symbol in str(caught.value)

    def test_is_in_a_table_like_every_recording(self) -> None:
        recorded = {
            path.relative_to(RECORDINGS).as_posix()
            for path in RECORDINGS.rglob("*")
            if path.is_file()
        }
        charts = {case.file for case in READ} | {case.file for case in REFUSED}
        apart = {"PROVENANCE.md", "error_bodies.json", "daily/KO-closes.csv"}
        assert recorded == charts | QUOTE_FILES | apart


class TestAKnownErrorBody:
    @pytest.mark.parametrize("known", KNOWN, ids=[known["when"] for known in KNOWN])
    def test_becomes_a_typed_error(
        self, yahoo: YahooReplay, market: YahooMarket, known: dict[str, str | int]
    ) -> None:
        status = int(known["status"])
        yahoo.script(chart_path("KO"), Answer(status=status, body=str(known["body"]).encode()))

        with pytest.raises(ProviderError) as caught:
            market.fetch(
                symbol="KO",
                resolution=Resolution.MINUTE,
                start=date(2026, 7, 30),
                end=date(2026, 7, 31),
                on_progress=lambda done, total: None,
            )

        code, words = ERROR_BODIES[str(known["when"])]
        assert caught.value.code == code
        assert words in str(caught.value)
        assert caught.value.retry_after_seconds > 0
