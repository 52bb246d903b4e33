"""Observations from Alpaca's market data."""

from datetime import UTC, datetime

import pytest

from app.adapters.broker.alpaca_market import AlpacaMarket
from app.domain.errors import ProviderError, ProviderFailure
from app.domain.observation import Observation
from app.services.ports import Market
from tests.integration.broker.alpaca_server import (
    CANARY,
    HTML_401,
    HTML_404,
    NOW,
    AlpacaServer,
    Ending,
    Reply,
    json_reply,
    refusal,
)

PATH = "/v2/stocks/KO/snapshot"


def snapshot(**changed: object) -> dict[str, object]:
    return {
        "symbol": "KO",
        "latestTrade": {"t": "2026-10-08T15:29:58.448432206Z", "p": 86.8781, "s": 200},
        "latestQuote": {"t": "2026-10-08T15:29:58.547942Z", "ap": 86.88, "bp": 86.87},
        "dailyBar": {"t": "2026-10-08T04:00:00Z", "c": 86.87, "v": 31749},
        "prevDailyBar": {"t": "2026-10-07T04:00:00Z", "c": 85.82, "v": 73839},
    } | changed


def observe(server: AlpacaServer, reply: Reply) -> Observation:
    server.answer(PATH, reply)
    market = AlpacaMarket(
        data_url=server.base_url, credentials=CANARY, timeout_seconds=0.4, now=lambda: NOW
    )
    observer: Market = market
    try:
        return observer.observe(symbol="KO")
    finally:
        market.close()
        assert [(r.path, r.parameters) for r in server.requests] == [(PATH, {"feed": "iex"})]


class TestObservation:
    def test_is_the_last_trade_with_the_quote_around_it(self, server: AlpacaServer) -> None:
        assert observe(server, json_reply(snapshot())) == Observation(
            symbol="KO",
            price=868_781,
            bid=868_700,
            ask=868_800,
            previous_close=858_200,
            currency="USD",
            observed_at=datetime(2026, 10, 8, 15, 29, 58, 448432, tzinfo=UTC),
            received_at=NOW,
            source="Alpaca (iex)",
            volume=31_749,
            delay_minutes=0,
        )

    @pytest.mark.parametrize("quote", [None, {"bp": 0, "ap": 0}, {"bp": 86.88, "ap": 86.87}])
    def test_has_no_quote_where_there_is_none(self, server: AlpacaServer, quote: object) -> None:
        observed = observe(server, json_reply(snapshot(latestQuote=quote)))
        assert (observed.bid, observed.ask) == (None, None)

    def test_knows_the_previous_close_before_the_open(self, server: AlpacaServer) -> None:
        trade = {"t": "2026-10-09T09:00:00Z", "p": 87}
        observed = observe(server, json_reply(snapshot(latestTrade=trade)))
        assert (observed.previous_close, observed.volume) == (868_700, None)

    @pytest.mark.parametrize(
        ("reply", "code"),
        [
            (HTML_401, ProviderFailure.UNAVAILABLE),
            (HTML_404, ProviderFailure.UNAVAILABLE),
            (Reply(status=504), ProviderFailure.UNAVAILABLE),
            (Reply(delay_seconds=5), ProviderFailure.UNAVAILABLE),
            (Reply(ending=Ending.SILENT), ProviderFailure.UNAVAILABLE),
            (Reply(body=b'{"latest'), ProviderFailure.UNAVAILABLE),
            (json_reply(snapshot(symbol="PEP")), ProviderFailure.UNAVAILABLE),
            (
                json_reply(snapshot(latestTrade={"t": "2026-10-08T15:29:58Z", "p": -1})),
                ProviderFailure.UNAVAILABLE,
            ),
            (
                Reply(body=b'{"latestTrade":{"t":"2026-10-08T15:29:58Z","p":NaN}}'),
                ProviderFailure.UNAVAILABLE,
            ),
            (json_reply({"symbol": "KO"}), ProviderFailure.NO_DATA),
            (Reply(status=429), ProviderFailure.RATE_LIMITED),
            (refusal("invalid symbol: KO", status=400), ProviderFailure.UNKNOWN_SYMBOL),
            (refusal("not found", status=404, code=40_410_000), ProviderFailure.UNKNOWN_SYMBOL),
        ],
    )
    def test_is_refused_with_the_reason(
        self, server: AlpacaServer, reply: Reply, code: ProviderFailure
    ) -> None:
        with pytest.raises(ProviderError) as raised:
            observe(server, reply)
        assert raised.value.code is code
