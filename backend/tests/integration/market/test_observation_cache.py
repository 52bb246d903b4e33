"""What both observation caches promise, and what the shared one does without its server."""

import json
import logging
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from redis import Redis

from app.adapters.memory.observations import MemoryObservationCache
from app.adapters.redis.observations import RedisObservationCache
from app.domain.observation import MarketPhase, Observation
from app.services.ports import ObservationCache

KO = Observation(
    symbol="KO",
    price=594600,
    bid=594500,
    ask=None,
    previous_close=592100,
    currency="USD",
    observed_at=datetime(2024, 3, 8, 20, 59, 59, tzinfo=UTC),
    received_at=datetime(2024, 3, 8, 21, 0, 1, 250_000, tzinfo=UTC),
    source="yahoo",
    volume=7_000_000,
    delay_minutes=15,
    market_phase=MarketPhase.REGULAR,
)
MSFT = replace(KO, symbol="MSFT", price=4062200, bid=None)
KEY = "vb:1:observation:2:KO"
TICKS = "vb:1:ticks:1:KO"
RING = 3
SECOND = timedelta(seconds=1)


@pytest.fixture
def server(redis_url: str) -> Iterator[Redis]:
    with Redis.from_url(redis_url) as server:
        server.flushdb()
        yield server


@pytest.fixture
def shared(redis_url: str, server: Redis) -> Iterator[RedisObservationCache]:
    cache = RedisObservationCache(url=redis_url, ring=RING)
    yield cache
    cache.close()


@pytest.fixture(params=["memory", "redis"])
def cache(request: pytest.FixtureRequest) -> ObservationCache:
    if request.param == "memory":
        return MemoryObservationCache(ring=RING)
    shared: RedisObservationCache = request.getfixturevalue("shared")
    return shared


class TestAnObservationCache:
    def test_is_empty_at_first(self, cache: ObservationCache) -> None:
        assert cache.get(symbol="KO") is None

    def test_gives_back_what_was_put_in(self, cache: ObservationCache) -> None:
        cache.put(observation=KO, ttl_seconds=60)
        cache.put(observation=MSFT, ttl_seconds=60)

        assert cache.get(symbol="KO") == KO
        assert cache.get(symbol="MSFT") == MSFT

    def test_keeps_the_last_one_of_a_symbol(self, cache: ObservationCache) -> None:
        newer = replace(KO, price=595200)
        cache.put(observation=KO, ttl_seconds=60)
        cache.put(observation=newer, ttl_seconds=60)

        assert cache.get(symbol="KO") == newer

    def test_forgets_in_time(self, cache: ObservationCache) -> None:
        cache.put(observation=KO, ttl_seconds=1)
        cache.put(observation=MSFT, ttl_seconds=60)
        time.sleep(1.2)

        assert cache.get(symbol="KO") is None
        assert cache.ticks(symbol="KO") == ()
        assert cache.get(symbol="MSFT") == MSFT

    def test_refuses_to_keep_for_no_time(self, cache: ObservationCache) -> None:
        with pytest.raises(AssertionError):
            cache.put(observation=KO, ttl_seconds=0)

    def test_keeps_the_latest_prices_of_a_symbol_oldest_first(
        self, cache: ObservationCache
    ) -> None:
        shown = [replace(KO, observed_at=KO.observed_at + n * SECOND) for n in range(5)]
        for observation in (shown[1], shown[0], MSFT, *shown[2:]):
            cache.put(observation=observation, ttl_seconds=60)

        assert cache.ticks(symbol="KO") == tuple(shown[2:])
        assert cache.ticks(symbol="MSFT") == (MSFT,)
        assert cache.ticks(symbol="PEP") == ()

    def test_keeps_a_trade_that_is_seen_again_once(self, cache: ObservationCache) -> None:
        again = replace(KO, received_at=KO.received_at + SECOND)
        for observation in (KO, again):
            cache.put(observation=observation, ttl_seconds=60)

        assert cache.ticks(symbol="KO") == (again,)

    def test_keeps_no_tick_without_a_price(self, cache: ObservationCache) -> None:
        cache.put(observation=replace(KO, price=None), ttl_seconds=60)

        assert cache.ticks(symbol="KO") == ()

    def test_serves_many_threads(self, cache: ObservationCache) -> None:
        wrong: list[object] = []

        def use(observation: Observation) -> None:
            for _ in range(50):
                cache.put(observation=observation, ttl_seconds=60)
                if (kept := cache.get(symbol=observation.symbol)) != observation:
                    wrong.append(kept)

        named = [replace(KO, symbol=f"KO{n}", price=594600 + n) for n in range(16)]
        threads = [threading.Thread(target=use, args=(each,)) for each in named]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert wrong == []


class TestTheSharedCache:
    def test_writes_readable_json_with_an_expiry(
        self, shared: RedisObservationCache, server: Redis
    ) -> None:
        shared.put(observation=KO, ttl_seconds=60)

        kept = server.get(KEY)
        assert isinstance(kept, bytes)
        assert json.loads(kept) == {
            "symbol": "KO",
            "price": "59.46",
            "bid": "59.45",
            "ask": None,
            "previous_close": "59.21",
            "currency": "USD",
            "observed_at": "2024-03-08T20:59:59+00:00",
            "received_at": "2024-03-08T21:00:01.250000+00:00",
            "source": "yahoo",
            "volume": 7_000_000,
            "delay_minutes": 15,
            "market_phase": "regular",
        }
        assert server.ttl(KEY) in {59, 60}

    def test_is_seen_by_another_process(
        self, shared: RedisObservationCache, redis_url: str
    ) -> None:
        other = RedisObservationCache(url=redis_url, ring=RING)
        shared.put(observation=KO, ttl_seconds=60)

        assert other.get(symbol="KO") == KO
        other.close()

    def test_may_be_flushed_at_any_time(self, shared: RedisObservationCache, server: Redis) -> None:
        shared.put(observation=KO, ttl_seconds=60)
        server.flushall()

        assert shared.get(symbol="KO") is None
        assert shared.ticks(symbol="KO") == ()

    @pytest.mark.parametrize(
        "change",
        [
            {"symbol": "MSFT"},
            {"price": 59.46},
            {"price": "NaN"},
            {"price": "-59.46"},
            {"price": "0"},
            {"price": "59.46001"},
            {"bid": "free"},
            {"observed_at": "yesterday"},
            {"observed_at": "2024-03-08T20:59:59"},
            {"observed_at": "2024-03-08T15:59:59-05:00"},
            {"source": None},
            {"volume": -1},
            {"volume": "many"},
            {"delay_minutes": 0.5},
            {"market_phase": "asleep"},
        ],
    )
    def test_takes_what_is_no_observation_of_ours_for_nothing(
        self, shared: RedisObservationCache, server: Redis, change: dict[str, object]
    ) -> None:
        shared.put(observation=KO, ttl_seconds=60)
        kept = server.get(KEY)
        assert isinstance(kept, bytes)
        other = json.dumps(json.loads(kept) | change)
        server.set(KEY, other)
        server.zadd(TICKS, {other: 1})

        assert shared.get(symbol="KO") is None
        assert shared.ticks(symbol="KO") == (KO,)

    @pytest.mark.parametrize("kept", [b"", b"not json", b"\xff\xfe", b"[]", b"{}", b"[" * 5000])
    def test_takes_garbage_for_nothing(
        self, shared: RedisObservationCache, server: Redis, kept: bytes
    ) -> None:
        server.set(KEY, kept)

        assert shared.get(symbol="KO") is None

    def test_takes_a_key_of_another_kind_for_nothing(
        self, shared: RedisObservationCache, server: Redis
    ) -> None:
        for key in (KEY, TICKS):
            server.lpush(key, "a list")

        assert shared.get(symbol="KO") is None
        assert shared.ticks(symbol="KO") == ()


class TestTheSharedCacheWithoutItsServer:
    def test_is_empty_and_says_so_once(self, caplog: pytest.LogCaptureFixture) -> None:
        with socket.socket() as nobody_listens:
            nobody_listens.bind(("127.0.0.1", 0))
            port = nobody_listens.getsockname()[1]
            cache = RedisObservationCache(url=f"redis://127.0.0.1:{port}/0", ring=RING)

            for _ in range(3):
                cache.put(observation=KO, ttl_seconds=60)
                assert cache.get(symbol="KO") is None
                assert cache.ticks(symbol="KO") == ()

        cache.close()
        assert [record.levelno for record in caplog.records] == [logging.WARNING]
        assert "cache is away" in caplog.text

    def test_does_not_wait_for_one_that_hangs(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            cache = RedisObservationCache(
                url=f"redis://127.0.0.1:{silent.getsockname()[1]}/0", ring=RING
            )
            started = time.monotonic()

            assert cache.get(symbol="KO") is None
            assert time.monotonic() - started < 1
            cache.close()

    def test_is_itself_again_once_the_server_answers(
        self, redis_url: str, server: Redis, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO)
        cache = RedisObservationCache(url=redis_url, ring=RING)
        cache.put(observation=KO, ttl_seconds=60)
        try:
            server.config_set("maxclients", 1)
            server.client_kill_filter(_type="normal", skipme=True)
            lost = cache.get(symbol="KO")
        finally:
            server.config_set("maxclients", 10_000)

        assert lost is None
        assert cache.get(symbol="KO") == KO
        assert [record.levelno for record in caplog.records] == [logging.WARNING, logging.INFO]
        cache.close()
