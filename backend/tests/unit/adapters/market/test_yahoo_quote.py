import json
from datetime import UTC, datetime, timedelta
from math import inf, nan

import pytest

from app.adapters.market.yahoo_quote import read_quote
from app.domain.errors import ProviderError
from app.domain.observation import Observation

# From a recorded quote of AAPL on 2025-02-14, after hours.
AAPL: dict[str, object] = {
    "symbol": "AAPL",
    "quoteType": "EQUITY",
    "currency": "USD",
    "market": "us_market",
    "regularMarketPrice": 244.6,
    "regularMarketTime": 1739566800,
    "postMarketPrice": 244.64,
    "postMarketTime": 1739581198,
    "regularMarketPreviousClose": 241.53,
    "bid": 244.44,
    "ask": 253.37,
}
CLOSED_AT = datetime(2025, 2, 14, 21, tzinfo=UTC)
RECEIVED_AT = datetime(2025, 2, 18, 12, tzinfo=UTC)


def read(change: dict[str, object], *, received_at: datetime = RECEIVED_AT) -> Observation:
    entry = {name: value for name, value in (AAPL | change).items() if value is not ...}
    body = json.dumps({"quoteResponse": {"result": [entry], "error": None}})
    return read_quote(body=body.encode(), symbol="AAPL", received_at=received_at)


def refusal(change: dict[str, object], *, received_at: datetime = RECEIVED_AT) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        read(change, received_at=received_at)
    return caught.value


class TestReadQuote:
    def test_takes_the_newest_trade_of_the_three_sessions(self) -> None:
        before_open = int((RECEIVED_AT - timedelta(minutes=5)).timestamp())

        assert read({"postMarketPrice": ..., "postMarketTime": ...}).price == 2446000
        assert read({}).price == 2446400
        pre = read({"preMarketPrice": 245.07, "preMarketTime": before_open})
        assert (pre.price, pre.observed_at) == (2450700, RECEIVED_AT - timedelta(minutes=5))

    def test_ignores_extended_trades_older_than_the_regular_one(self) -> None:
        seen = read({"postMarketTime": 1739566799})

        assert (seen.price, seen.observed_at) == (2446000, CLOSED_AT)

    def test_takes_the_last_close_as_the_previous_one_before_the_open(self) -> None:
        before_open = int((RECEIVED_AT - timedelta(minutes=5)).timestamp())

        assert read({}).previous_close == 2415300
        assert read({"preMarketPrice": 245, "preMarketTime": before_open}).previous_close == 2446000

    @pytest.mark.parametrize(
        ("printed", "ticks"), [(244.64005, 2446401), (244.64004, 2446400), (244, 2440000)]
    )
    def test_rounds_half_up_once(self, printed: float, ticks: int) -> None:
        assert read({"postMarketPrice": printed}).price == ticks

    @pytest.mark.parametrize("none", [0, 0.0, None, ...])
    def test_shows_no_bid_where_yahoo_shows_none(self, none: object) -> None:
        seen = read({"bid": none})

        assert (seen.bid, seen.ask) == (None, 2533700)

    def test_shows_no_quote_that_is_crossed(self) -> None:
        seen = read({"bid": 253.38})

        assert (seen.bid, seen.ask) == (None, None)

    def test_shows_a_quote_that_is_locked(self) -> None:
        assert read({"bid": 253.37}).bid == 2533700

    @pytest.mark.parametrize("field", ["regularMarketPrice", "postMarketPrice"])
    @pytest.mark.parametrize(
        "value", [0, -244.6, "244.6", True, None, 1e7, 0.00001, nan, inf, [], {}]
    )
    def test_gives_no_price_when_one_is_impossible(self, field: str, value: object) -> None:
        error = refusal({field: value})

        assert error.code == "NO_DATA"
        assert field in str(error)

    @pytest.mark.parametrize("field", ["regularMarketTime", "postMarketTime"])
    @pytest.mark.parametrize("value", [0, -1, "now", True, None, 1739566800.5, 1739566800000])
    def test_gives_no_price_without_its_time(self, field: str, value: object) -> None:
        error = refusal({field: value})

        assert error.code == "NO_DATA"
        assert field in str(error)

    @pytest.mark.parametrize("field", ["bid", "ask", "regularMarketPreviousClose"])
    def test_gives_no_price_next_to_an_impossible_number(self, field: str) -> None:
        assert refusal({field: -1}).code == "NO_DATA"

    def test_gives_no_price_when_nothing_traded(self) -> None:
        nothing: dict[str, object] = {"regularMarketPrice": ..., "regularMarketTime": ...}

        assert "no trade" in str(refusal(nothing))

    def test_gives_no_price_from_the_future(self) -> None:
        traded_at = datetime.fromtimestamp(1739581198, UTC)

        assert read({}, received_at=traded_at - timedelta(seconds=60)).price == 2446400
        error = refusal({}, received_at=traded_at - timedelta(seconds=61))
        assert error.code == "NO_DATA"
        assert "clock" in str(error)

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"quoteType": "NONE"}, "UNKNOWN_SYMBOL"),
            ({"currency": "GBp"}, "NO_DATA"),
            ({"currency": ...}, "NO_DATA"),
            ({"quoteType": "INDEX"}, "NO_DATA"),
            ({"market": "gb_market"}, "NO_DATA"),
            ({"symbol": "MSFT"}, "UNAVAILABLE"),
        ],
    )
    def test_refuses_other_instruments(self, change: dict[str, object], code: str) -> None:
        assert refusal(change).code == code

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"null",
            b"[]",
            b"{}",
            b'{"quoteResponse": null}',
            b'{"quoteResponse": {"result": null, "error": null}}',
            b'{"quoteResponse": {"result": [], "error": {"code": "Internal"}}}',
            b'{"quoteResponse": {"result": [null, 5], "error": null}}',
            b'{"quoteResponse": {"result": [NaN], "error": null}}',
            b"<html>Will be right back</html>",
            b"\xff\xfe\xfd",
            b"[" * 100_000,
            b" " * 1_000_001,
        ],
        ids=lambda body: repr(body[:40]),
    )
    def test_calls_a_body_that_is_no_quote_unavailable(self, body: bytes) -> None:
        with pytest.raises(ProviderError) as caught:
            read_quote(body=body, symbol="AAPL", received_at=RECEIVED_AT)

        assert caught.value.code == "UNAVAILABLE"
