"""What both caches of the past promise, and that equal questions reach the provider once."""

import json
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from redis import Redis

from app.adapters.memory.history import MemoryHistoryCache
from app.adapters.redis.history import RedisHistoryCache
from app.domain.corporate_action import Dividend, Split
from app.domain.errors import ProviderError, ProviderFailure
from app.domain.history import History, HistoryBar
from app.services.ports import HistoryCache
from app.services.read_history import SharedHistory
from app.simulation.bars import Adjustment, Resolution
from tests.fakes.history import FakeHistory
from tests.integration.simulation.recorded import BUNDLED, read_daily

KEY = "vb:1:history:1:KO"
BAR = HistoryBar(
    start=datetime(2012, 8, 10, 13, 30, tzinfo=UTC),
    open=394_850,
    high=395_000,
    low=None,
    close=394_900,
    volume=13_000_000,
    final=True,
)
KO = History(
    symbol="KO",
    currency="USD",
    exchange_timezone="America/New_York",
    resolution="1d",
    bars=(BAR, replace(BAR, start=datetime(2012, 8, 13, 13, 30, tzinfo=UTC), final=False)),
    dividends=(
        Dividend(ex_date=date(2012, 9, 12), per_share=255_000, pay_date=None),
        Dividend(ex_date=date(2012, 11, 28), per_share=255_000, pay_date=date(2012, 12, 17)),
    ),
    splits=(Split(ex_date=date(2012, 8, 13), numerator=2, denominator=1),),
    source="yahoo",
    received_at=datetime(2024, 3, 8, 21, 0, 1, 250_000, tzinfo=UTC),
)


@pytest.fixture
def server(redis_url: str) -> Iterator[Redis]:
    with Redis.from_url(redis_url) as server:
        server.flushdb()
        yield server


@pytest.fixture
def shared(redis_url: str, server: Redis) -> Iterator[RedisHistoryCache]:
    cache = RedisHistoryCache(url=redis_url)
    yield cache
    cache.close()


@pytest.fixture(params=["memory", "redis"])
def cache(request: pytest.FixtureRequest) -> HistoryCache:
    if request.param == "memory":
        return MemoryHistoryCache()
    shared: RedisHistoryCache = request.getfixturevalue("shared")
    return shared


class TestAHistoryCache:
    def test_gives_back_what_was_put_in_and_nothing_else(self, cache: HistoryCache) -> None:
        assert cache.get(question="KO") is None
        cache.put(question="KO", history=KO, ttl_seconds=60)

        assert cache.get(question="KO") == KO
        assert cache.get(question="MSFT") is None

    def test_forgets_in_time(self, cache: HistoryCache) -> None:
        cache.put(question="KO", history=KO, ttl_seconds=1)
        time.sleep(1.2)

        assert cache.get(question="KO") is None

    def test_refuses_to_keep_for_no_time(self, cache: HistoryCache) -> None:
        with pytest.raises(AssertionError):
            cache.put(question="KO", history=KO, ttl_seconds=0)


class TestTheSharedCache:
    @pytest.mark.parametrize(
        "change",
        [
            {"bars": [[0, 1]]},
            {"bars": [[0, -1, 1, 1, 1, 0, True]]},
            {"bars": [[60, 1, 1, 1, 1, 0, True], [0, 1, 1, 1, 1, 0, True]]},
            {"splits": [["2012-08-13", 0, 1]]},
            {"dividends": [["yesterday", 1, None]]},
            {"received_at": "2024-03-08T21:00:01"},
        ],
    )
    def test_takes_what_is_no_history_of_ours_for_nothing(
        self, shared: RedisHistoryCache, server: Redis, change: dict[str, object]
    ) -> None:
        shared.put(question="KO", history=KO, ttl_seconds=60)
        kept = server.get(KEY)
        assert isinstance(kept, bytes)
        server.set(KEY, json.dumps(json.loads(kept) | change))

        assert shared.get(question="KO") is None

    @pytest.mark.parametrize("kept", [b"", b"[]", b"{}", b"\xff", b"[" * 5000])
    def test_takes_garbage_for_nothing(
        self, shared: RedisHistoryCache, server: Redis, kept: bytes
    ) -> None:
        server.set(KEY, kept)

        assert shared.get(question="KO") is None

    def test_is_empty_without_its_server(self) -> None:
        with socket.socket() as nobody_listens:
            nobody_listens.bind(("127.0.0.1", 0))
            cache = RedisHistoryCache(url=f"redis://127.0.0.1:{nobody_listens.getsockname()[1]}/0")
            cache.put(question="KO", history=KO, ttl_seconds=60)

            assert cache.get(question="KO") is None
        cache.close()


class TestEqualQuestions:
    @pytest.fixture
    def provider(self) -> FakeHistory:
        return FakeHistory(now=lambda: KO.received_at)

    def test_reach_the_provider_once(self, provider: FakeHistory, cache: HistoryCache) -> None:
        provider.give(read_daily(BUNDLED / "KO.csv", Adjustment.SPLIT))
        history = SharedHistory(provider=provider, cache=cache)
        first, again = (ask(history, date(2020, 12, 31)) for _ in range(2))

        assert first == again
        assert len(first.bars) == 253
        assert len(provider.asked) == 1
        assert ask(history, date(2020, 6, 30)) != first
        assert len(provider.asked) == 2

    def test_that_fail_are_asked_each_time(self, provider: FakeHistory) -> None:
        provider.fail(code=ProviderFailure.UNAVAILABLE)
        history = SharedHistory(provider=provider, cache=MemoryHistoryCache())
        for _ in range(2):
            with pytest.raises(ProviderError):
                ask(history, date(2020, 12, 31))

        assert len(provider.asked) == 2


def ask(history: SharedHistory, end: date) -> History:
    return history.fetch(
        symbol="KO",
        resolution=Resolution.DAY,
        start=date(2020, 1, 2),
        end=end,
        on_progress=lambda _done, _total: None,
    )
