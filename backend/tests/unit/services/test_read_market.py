"""The market as the use cases see it: one question to the provider serves many."""

from datetime import date, timedelta

import pytest

from app.adapters.market.calendar import ExchangeCalendar
from app.adapters.memory.observations import MemoryObservationCache
from app.domain.errors import ProviderError, ProviderFailure, UnavailableError
from app.services.ports import ObservationCache
from app.services.read_health import Dependency, ReadHealth
from app.services.read_market import CacheUse, Outage, ReadMarket
from tests.builders import NOW, SYMBOL, an_observation, later
from tests.fakes.clock import FakeClock
from tests.fakes.market import FakeMarket
from tests.fakes.no_cache import NoCache
from tests.fakes.no_store import NoStore


def reading(
    market: FakeMarket, cache: ObservationCache, clock: FakeClock | None = None
) -> ReadMarket:
    return ReadMarket(
        market=market,
        cache=cache,
        calendar=ExchangeCalendar(start=date(2024, 1, 2), end=date(2024, 12, 31)),
        clock=clock or FakeClock(at=NOW),
    )


class TestObserving:
    def test_asks_the_provider_once_for_all_who_look_together(self) -> None:
        market = FakeMarket()
        shown = market.show(symbol=SYMBOL, price="60", at=NOW)
        read = reading(market, MemoryObservationCache(ring=10))
        assert [read.observe(symbol=SYMBOL) for _ in range(3)] == [shown] * 3
        assert market.asked[SYMBOL] == 1

    def test_asks_each_time_without_a_cache_and_sees_the_same(self) -> None:
        market = FakeMarket()
        shown = market.show(symbol=SYMBOL, price="60", at=NOW)
        read = reading(market, NoCache())
        assert [read.observe(symbol=SYMBOL) for _ in range(3)] == [shown] * 3
        assert market.asked[SYMBOL] == 3

    def test_shares_an_answer_for_five_seconds_and_remembers_it_for_longer(self) -> None:
        market, clock = FakeMarket(), FakeClock(at=NOW)
        read = reading(market, MemoryObservationCache(ring=10), clock)
        first = market.show(symbol=SYMBOL, price="60", at=NOW)
        read.observe(symbol=SYMBOL)
        second = market.show(symbol=SYMBOL, price="60.1", at=later(4.999))
        clock.advance(timedelta(seconds=4.999))
        assert read.observe(symbol=SYMBOL) == first
        clock.advance(timedelta(seconds=0.001))
        assert read.last_seen(symbol=SYMBOL) == first
        assert read.observe(symbol=SYMBOL) == second
        assert read.ticks(symbol=SYMBOL) == (first, second)
        assert read.cache_use == CacheUse(hits=1, misses=2)

    def test_does_not_share_what_arrived_after_its_own_clock(self) -> None:
        market, cache = FakeMarket(), MemoryObservationCache(ring=10)
        cache.put(observation=an_observation(received_at=later(1)), ttl_seconds=60)
        shown = market.show(symbol=SYMBOL, price="60", at=NOW)
        assert reading(market, cache).observe(symbol=SYMBOL) == shown

    def test_keeps_no_failure(self) -> None:
        market = FakeMarket()
        read = reading(market, MemoryObservationCache(ring=10))
        market.fail(symbol=SYMBOL, code="UNAVAILABLE")
        with pytest.raises(ProviderError):
            read.observe(symbol=SYMBOL)
        shown = market.show(symbol=SYMBOL, price="60", at=NOW)
        assert read.observe(symbol=SYMBOL) == shown


class TestAnOutage:
    def test_lasts_from_the_first_failure_to_the_next_answer(self) -> None:
        market, clock = FakeMarket(), FakeClock(at=NOW)
        read = reading(market, NoCache(), clock)
        market.fail(symbol=SYMBOL, code="RATE_LIMITED", retry_after_seconds=300)
        for _ in range(2):
            with pytest.raises(ProviderError):
                read.observe(symbol=SYMBOL)
            clock.advance(timedelta(seconds=10))
        assert read.outage == Outage(
            since=NOW,
            asked_at=later(10),
            code=ProviderFailure.RATE_LIMITED,
            message="The market of this test answers RATE_LIMITED.",
            retry_at=later(310),
        )
        market.show(symbol=SYMBOL, price="60", at=NOW)
        read.observe(symbol=SYMBOL)
        assert read.outage is None

    @pytest.mark.parametrize("code", ["NO_DATA", "UNKNOWN_SYMBOL"])
    def test_is_none_where_the_provider_answers_about_a_symbol(self, code: str) -> None:
        market = FakeMarket()
        read = reading(market, NoCache())
        for failing in ("UNAVAILABLE", code):
            market.fail(symbol=SYMBOL, code=failing)
            with pytest.raises(ProviderError):
                read.observe(symbol=SYMBOL)
        assert read.outage is None


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
