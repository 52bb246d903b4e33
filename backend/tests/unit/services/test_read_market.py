"""The market as the use cases see it: one question to the provider serves many."""

from datetime import date

import pytest

from app.adapters.market.calendar import ExchangeCalendar
from app.adapters.memory.observations import MemoryObservationCache
from app.domain.errors import ProviderError, UnavailableError
from app.services.ports import ObservationCache
from app.services.read_health import Dependency, ReadHealth
from app.services.read_market import ReadMarket
from tests.builders import NOW, SYMBOL
from tests.fakes.clock import FakeClock
from tests.fakes.market import FakeMarket
from tests.fakes.no_cache import NoCache
from tests.fakes.no_store import NoStore


def reading(market: FakeMarket, cache: ObservationCache) -> ReadMarket:
    return ReadMarket(
        market=market,
        cache=cache,
        calendar=ExchangeCalendar(start=date(2024, 1, 2), end=date(2024, 12, 31)),
        clock=FakeClock(at=NOW),
    )


class TestObserving:
    def test_asks_the_provider_once_for_all_who_look_together(self) -> None:
        market = FakeMarket()
        shown = market.show(symbol=SYMBOL, price="60", at=NOW)
        read = reading(market, MemoryObservationCache())
        assert [read.observe(symbol=SYMBOL) for _ in range(3)] == [shown] * 3
        assert market.asked[SYMBOL] == 1

    def test_asks_each_time_without_a_cache_and_sees_the_same(self) -> None:
        market = FakeMarket()
        shown = market.show(symbol=SYMBOL, price="60", at=NOW)
        read = reading(market, NoCache())
        assert [read.observe(symbol=SYMBOL) for _ in range(3)] == [shown] * 3
        assert market.asked[SYMBOL] == 3

    def test_keeps_no_failure(self) -> None:
        market = FakeMarket()
        read = reading(market, MemoryObservationCache())
        market.fail(symbol=SYMBOL, code="UNAVAILABLE")
        with pytest.raises(ProviderError):
            read.observe(symbol=SYMBOL)
        shown = market.show(symbol=SYMBOL, price="60", at=NOW)
        assert read.observe(symbol=SYMBOL) == shown


class TestHealth:
    def test_is_down_without_what_is_required_and_degraded_without_the_rest(self) -> None:
        def away() -> None:
            raise UnavailableError(what="it", message="It is away.", retry_after_seconds=1)

        health = ReadHealth(
            store=NoStore(),
            required={"database": away, "disk": lambda: None},
            optional={"cache": away},
        )
        assert health.dependencies() == (
            Dependency(name="database", state="down", detail="It is away."),
            Dependency(name="disk", state="ok", detail="answers"),
            Dependency(name="cache", state="degraded", detail="It is away."),
        )
