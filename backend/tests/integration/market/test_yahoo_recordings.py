"""Every recorded answer of Yahoo's quote endpoint, and what it must become."""

import json
from datetime import UTC, datetime

import pytest

from app.adapters.market.yahoo import YahooMarket
from app.domain.errors import ProviderError
from tests.yahoo_replay import RECORDINGS, Answer, YahooReplay, recording

NODE = "node-yahoo-finance2"
RUST = "yfinance-rs"

# file, symbol, price, time of the trade (UTC), bid, ask, previous close; prices in ticks
OBSERVED = [
    (
        f"{NODE}/2021-quote-AAPL.json",
        "AAPL",
        1366800,
        "2021-02-06T00:59:58",
        1366800,
        1367000,
        1371850,
    ),
    (f"{NODE}/2021-quote-BFLY.json", "BFLY", 231500, "2021-02-17T11:28:31", 233000, None, 225000),
    (
        f"{NODE}/quote-AAPL-BABA.json",
        "AAPL",
        2446400,
        "2025-02-15T00:59:58",
        2444400,
        2533700,
        2415300,
    ),
    (
        f"{NODE}/quote-AAPL-BABA.json",
        "BABA",
        1248100,
        "2025-02-15T00:59:59",
        1247500,
        1249700,
        1195400,
    ),
    (f"{NODE}/quote-AAPL.json", "AAPL", 2446400, "2025-02-15T00:59:58", 2444400, 2533700, 2415300),
    (f"{NODE}/quote-ABBV.json", "ABBV", 1930000, "2025-02-15T00:58:46", 1926000, 1938900, 1934500),
    (f"{NODE}/quote-AFRAF.json", "AFRAF", 84600, "2025-02-14T20:00:00", 87900, 93700, None),
    (f"{NODE}/quote-AMZN.json", "AMZN", 2286000, "2025-02-15T00:59:54", 2286300, 2358100, 2303700),
    (f"{NODE}/quote-BABA.json", "BABA", 1248100, "2025-02-15T00:59:59", 1247500, 1249700, 1195400),
    (f"{NODE}/quote-BFLY.json", "BFLY", 48600, "2025-02-15T00:59:00", 47700, 48700, 46500),
    (f"{NODE}/quote-CRON.json", "CRON", 19900, "2025-02-15T00:40:12", 17200, 22700, 20000),
    (f"{NODE}/quote-EPAC.json", "EPAC", 461400, "2025-02-14T23:16:33", 461400, 484200, 453000),
    (f"{NODE}/quote-QQQ.json", "QQQ", 5381300, "2025-02-15T00:59:51", 5381000, 5382200, 5359000),
    (f"{NODE}/quote-SOHO.json", "SOHO", 8401, "2025-02-14T21:00:00", None, None, 8363),
    (
        f"{RUST}/quote_v7_AAPL.json",
        "AAPL",
        2707500,
        "2025-10-29T23:59:56",
        2557200,
        2698600,
        2690000,
    ),
    (
        f"{RUST}/quote_v7_AAPL-MSFT.json",
        "AAPL",
        2707500,
        "2025-10-29T23:59:56",
        2557200,
        2698600,
        2690000,
    ),
    (
        f"{RUST}/quote_v7_AAPL-MSFT.json",
        "MSFT",
        5200000,
        "2025-10-29T23:59:59",
        5408900,
        5425600,
        5420700,
    ),
]

# file, symbol, code, words of the message
REFUSED = [
    (f"{NODE}/2021-quote-OCDO.L.json", "OCDO.L", "NO_DATA", "only USD symbols are supported"),
    (f"{NODE}/quote-0P000071W8.TO.json", "0P000071W8.TO", "NO_DATA", "'CAD'"),
    (
        f"{NODE}/quote-AAPL220121C00025000.json",
        "AAPL220121C00025000",
        "UNKNOWN_SYMBOL",
        "no symbol",
    ),
    (f"{NODE}/quote-ADH.json", "ADH", "NO_DATA", "currency is None"),
    (f"{NODE}/quote-APS.AX.json", "APS.AX", "UNKNOWN_SYMBOL", "no symbol"),
    (f"{NODE}/quote-AZT.OL.json", "AZT.OL", "NO_DATA", "'NOK'"),
    (f"{NODE}/quote-BRKS.json", "BRKS", "UNKNOWN_SYMBOL", "no symbol"),
    (f"{NODE}/quote-BTC-USD.json", "BTC-USD", "NO_DATA", "'CRYPTOCURRENCY'"),
    (f"{NODE}/quote-EURUSD=X.json", "EURUSD=X", "NO_DATA", "'CURRENCY'"),
    (f"{NODE}/quote-GC=F.json", "GC=F", "NO_DATA", "'FUTURE'"),
    (f"{NODE}/quote-MSFT-fields-beta.json", "MSFT", "NO_DATA", "currency is None"),
    (f"{NODE}/quote-OCDO.L.json", "OCDO.L", "NO_DATA", "'GBp'"),
    (f"{NODE}/quote-ORSTED.CO.json", "ORSTED.CO", "NO_DATA", "'DKK'"),
    (f"{NODE}/quote-SI.json", "SI", "UNKNOWN_SYMBOL", "no symbol"),
    (f"{NODE}/quote-SIMP.json", "SIMP", "UNKNOWN_SYMBOL", "no symbol"),
    (f"{NODE}/quote-SIX.json", "SIX", "UNKNOWN_SYMBOL", "no symbol"),
    (f"{NODE}/quote-TSLA-fields-symbol-shortName.json", "TSLA", "NO_DATA", "currency is None"),
    (f"{NODE}/quote-TSLA-fields-symbol.json", "TSLA", "NO_DATA", "currency is None"),
    (f"{NODE}/quote-WSKT.JK.json", "WSKT.JK", "NO_DATA", "'IDR'"),
    (f"{NODE}/quote-ZRC-USD.json", "ZRC-USD", "NO_DATA", "'CRYPTOCURRENCY'"),
    (f"{NODE}/quote-^VXAPL.json", "^VXAPL", "NO_DATA", "'INDEX'"),
    (f"{NODE}/error-404-quoteSummary-assetProfile-ADH.json", "ADH", "UNKNOWN_SYMBOL", "no symbol"),
    (f"{NODE}/chart-AAPL.json", "AAPL", "UNAVAILABLE", "not a quote"),
    (f"{RUST}/quote_v7_GS2C.DE.json", "GS2C.DE", "NO_DATA", "'EUR'"),
    (f"{RUST}/quote_v7_GS2C.json", "GS2C", "UNKNOWN_SYMBOL", "no symbol"),
    # A recording of one symbol is no answer about another.
    (f"{NODE}/quote-AAPL.json", "KO", "UNAVAILABLE", "another symbol"),
]

QUOTE_FILES = {row[0] for row in OBSERVED} | {row[0] for row in REFUSED}

ERROR_BODIES = json.loads((RECORDINGS / "error_bodies.json").read_bytes())["bodies"]
ERROR_CODES = {
    "unknown or delisted symbol, chart endpoint": "UNKNOWN_SYMBOL",
    "window entirely before listing / no session in window": "NO_DATA",
    "1m request spanning more than 8 days": "RANGE",
    "rate limited (chart, quote, getcrumb)": "RATE_LIMITED",
    "rate limited at the edge": "RATE_LIMITED",
    "quote endpoint, unknown/delisted symbol": "UNKNOWN_SYMBOL",
    "Yahoo down page": "UNAVAILABLE",
}


class TestARecordedAnswer:
    @pytest.mark.parametrize(
        ("name", "symbol", "price", "at", "bid", "ask", "previous_close"), OBSERVED
    )
    def test_of_a_us_share_or_etf_becomes_its_latest_trade(
        self,
        yahoo: YahooReplay,
        market: YahooMarket,
        name: str,
        symbol: str,
        price: int,
        at: str,
        bid: int | None,
        ask: int | None,
        previous_close: int | None,
    ) -> None:
        yahoo.script(symbol, recording(name))

        seen = market.observe(symbol=symbol)

        assert (seen.symbol, seen.price, seen.bid, seen.ask) == (symbol, price, bid, ask)
        assert seen.previous_close == previous_close
        assert seen.observed_at == datetime.fromisoformat(at).replace(tzinfo=UTC)
        assert (seen.currency, seen.source) == ("USD", "yahoo")

    @pytest.mark.parametrize(("name", "symbol", "code", "words"), REFUSED)
    def test_of_anything_else_becomes_a_typed_error(
        self,
        yahoo: YahooReplay,
        market: YahooMarket,
        name: str,
        symbol: str,
        code: str,
        words: str,
    ) -> None:
        yahoo.script(symbol, recording(name))

        with pytest.raises(ProviderError) as caught:
            market.observe(symbol=symbol)

        assert caught.value.code == code
        assert words in str(caught.value)
        assert symbol in str(caught.value)


class TestAKnownErrorBody:
    @pytest.mark.parametrize("known", ERROR_BODIES, ids=[known["when"] for known in ERROR_BODIES])
    def test_becomes_a_typed_error(
        self, yahoo: YahooReplay, market: YahooMarket, known: dict[str, object]
    ) -> None:
        body, status = str(known["body"]).encode(), known["status"]
        assert isinstance(status, int)
        yahoo.script("KO", Answer(status=status, body=body))

        with pytest.raises(ProviderError) as caught:
            market.observe(symbol="KO")

        assert caught.value.code == ERROR_CODES[str(known["when"])]
        assert caught.value.retry_after_seconds > 0
