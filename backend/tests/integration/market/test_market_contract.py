"""What every market promises, the one of the tests included."""

from datetime import UTC, datetime
from typing import Protocol

import pytest

from app.adapters.market.yahoo import YahooMarket
from app.domain.errors import ProviderError
from app.services.ports import Market
from tests.fakes.market import FakeMarket
from tests.yahoo_replay import Answer, YahooReplay

AT = datetime(2024, 3, 8, 20, 59, 59, tzinfo=UTC)


class Stage(Protocol):
    market: Market

    def show(self, *, bid: str | None, ask: str | None) -> None: ...

    def refuse(self) -> None: ...


class YahooStage:
    def __init__(self, *, yahoo: YahooReplay, market: YahooMarket) -> None:
        self.market: Market = market
        self._yahoo = yahoo

    def show(self, *, bid: str | None, ask: str | None) -> None:
        self._yahoo.quote("KO", price="59.459999", at=AT, bid=bid, ask=ask, previous_close="59.21")

    def refuse(self) -> None:
        self._yahoo.script("KO", Answer(status=429, body=b"", headers={"Retry-After": "17"}))


class FakeStage:
    def __init__(self) -> None:
        self._fake = FakeMarket()
        self.market: Market = self._fake

    def show(self, *, bid: str | None, ask: str | None) -> None:
        self._fake.show(
            symbol="KO", price="59.459999", at=AT, bid=bid, ask=ask, previous_close="59.21"
        )

    def refuse(self) -> None:
        self._fake.fail(symbol="KO", code="RATE_LIMITED", retry_after_seconds=17)


@pytest.fixture(params=["yahoo", "fake"])
def stage(request: pytest.FixtureRequest, yahoo: YahooReplay, market: YahooMarket) -> Stage:
    return YahooStage(yahoo=yahoo, market=market) if request.param == "yahoo" else FakeStage()


class TestAMarket:
    def test_shows_a_trade_in_ticks_with_its_quote(self, stage: Stage) -> None:
        stage.show(bid="59.45", ask="59.47")

        seen = stage.market.observe(symbol="KO")

        assert (seen.symbol, seen.price, seen.bid, seen.ask) == ("KO", 594600, 594500, 594700)
        assert (seen.previous_close, seen.observed_at) == (592100, AT)
        assert (seen.currency, seen.source) == ("USD", "yahoo")

    def test_shows_none_where_there_is_no_bid_or_ask(self, stage: Stage) -> None:
        stage.show(bid=None, ask=None)

        seen = stage.market.observe(symbol="KO")

        assert (seen.bid, seen.ask) == (None, None)

    def test_knows_no_symbol_that_is_not_listed(self, stage: Stage) -> None:
        with pytest.raises(ProviderError) as caught:
            stage.market.observe(symbol="NOPE")

        assert (caught.value.provider, caught.value.code) == ("yahoo", "UNKNOWN_SYMBOL")

    def test_says_when_to_ask_again(self, stage: Stage) -> None:
        stage.refuse()

        with pytest.raises(ProviderError) as caught:
            stage.market.observe(symbol="KO")

        assert (caught.value.code, caught.value.retry_after_seconds) == ("RATE_LIMITED", 17)
