"""What both budgets promise, and the shared one without its server too."""

import logging
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from redis import Redis

from app.adapters.market.yahoo_access import ProviderBudget
from app.adapters.memory.budget import MemoryBudget
from app.adapters.redis.budget import RedisBudget
from app.domain.budget import Allowance, Breaker, Failure, Permit, Wait
from app.domain.errors import ProviderFailure
from tests.fakes.clock import FakeClock

START = datetime(2025, 6, 2, 14, tzinfo=UTC)
SECOND = timedelta(seconds=1)
ALLOWANCE = Allowance(
    burst=5,
    interval=2 * SECOND,
    failures_max=3,
    rest=60 * SECOND,
    rest_max=240 * SECOND,
    probe=10 * SECOND,
)
REFUSED = Failure(cause=ProviderFailure.RATE_LIMITED, retry_after=None)
KEY = "vb:1:budget:yahoo"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(at=START)


@pytest.fixture
def server(redis_url: str) -> Iterator[Redis]:
    with Redis.from_url(redis_url) as server:
        server.flushdb()
        yield server


@pytest.fixture
def opened(clock: FakeClock) -> Iterator[Callable[[str], RedisBudget]]:
    """Yield a way to open a budget as another process would."""
    budgets: list[RedisBudget] = []

    def opened(url: str) -> RedisBudget:
        budget = RedisBudget(url=url, provider="yahoo", allowance=ALLOWANCE, now=clock.now)
        budgets.append(budget)
        return budget

    yield opened
    for budget in budgets:
        budget.close()


def nobody() -> str:
    """Return the URL of a server that is not there."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        return f"redis://127.0.0.1:{closed.getsockname()[1]}/0"


@pytest.fixture(params=["memory", "redis", "redis that is away"])
def budget(
    request: pytest.FixtureRequest, clock: FakeClock, opened: Callable[[str], RedisBudget]
) -> ProviderBudget:
    match request.param:
        case "memory":
            return MemoryBudget(allowance=ALLOWANCE, now=clock.now)
        case "redis":
            request.getfixturevalue("server")
            return opened(request.getfixturevalue("redis_url"))
        case _:
            return opened(nobody())


def ask(budget: ProviderBudget, *, failure: Failure | None = None) -> Permit | Wait:
    answer = budget.admit()
    if isinstance(answer, Permit):
        budget.settle(permit=answer, requests=1, failure=failure)
    return answer


class TestABudget:
    def test_gives_a_burst_and_then_one_at_each_interval(
        self, budget: ProviderBudget, clock: FakeClock
    ) -> None:
        assert [ask(budget) for _ in range(5)] == [Permit(probes=False)] * 5
        assert ask(budget) == Wait(until=START + 2 * SECOND, cause=None)

        clock.advance(2 * SECOND)

        assert ask(budget) == Permit(probes=False)
        assert isinstance(ask(budget), Wait)

    def test_opens_rests_probes_and_closes(self, budget: ProviderBudget, clock: FakeClock) -> None:
        ask(budget, failure=REFUSED)
        until = START + 60 * SECOND
        assert ask(budget) == Wait(until=until, cause=ProviderFailure.RATE_LIMITED)
        assert (budget.look().breaker, budget.look().until) == (Breaker.OPEN, until)

        clock.advance(60 * SECOND)
        probe = budget.admit()
        assert probe == Permit(probes=True)
        assert isinstance(budget.admit(), Wait)
        assert budget.look().breaker is Breaker.HALF_OPEN

        assert isinstance(probe, Permit)
        budget.settle(permit=probe, requests=1, failure=None)
        assert budget.look().breaker is Breaker.CLOSED

    def test_keeps_the_time_that_a_provider_asks_for(
        self, budget: ProviderBudget, clock: FakeClock
    ) -> None:
        wait = Failure(cause=ProviderFailure.RATE_LIMITED, retry_after=17 * SECOND)
        ask(budget, failure=wait)

        answer = ask(budget)

        assert isinstance(answer, Wait)
        assert answer.until == START + 17 * SECOND

    def test_is_one_for_many_threads(self, budget: ProviderBudget) -> None:
        ready = threading.Barrier(20)
        answers: list[Permit | Wait] = []

        def admit() -> None:
            ready.wait(timeout=10)
            answers.append(budget.admit())

        threads = [threading.Thread(target=admit) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sum(isinstance(answer, Permit) for answer in answers) == 5


class TestTheSharedBudget:
    def test_is_one_for_many_processes(
        self, server: Redis, redis_url: str, opened: Callable[[str], RedisBudget]
    ) -> None:
        one, other = opened(redis_url), opened(redis_url)

        answers = [ask(one), ask(other), ask(one), ask(other), ask(one), ask(other)]

        assert [isinstance(answer, Permit) for answer in answers] == [True] * 5 + [False]

    def test_opens_for_all_when_one_is_refused(
        self, server: Redis, redis_url: str, opened: Callable[[str], RedisBudget]
    ) -> None:
        one, other = opened(redis_url), opened(redis_url)
        ask(one, failure=REFUSED)

        answer = ask(other)

        assert isinstance(answer, Wait)
        assert answer.cause is ProviderFailure.RATE_LIMITED

    def test_goes_on_with_what_it_saw_when_the_server_lost_it(
        self, server: Redis, redis_url: str, opened: Callable[[str], RedisBudget]
    ) -> None:
        budget = opened(redis_url)
        ask(budget, failure=REFUSED)

        server.flushdb()

        assert isinstance(ask(budget), Wait)
        assert server.get(KEY) is not None

    @pytest.mark.parametrize("kept", [b"", b"{}", b"null", b"[", b'{"full_at": 1}', b"\xff"])
    def test_takes_what_is_none_of_ours_for_nothing(
        self,
        server: Redis,
        redis_url: str,
        opened: Callable[[str], RedisBudget],
        kept: bytes,
    ) -> None:
        budget = opened(redis_url)
        server.set(KEY, kept)

        assert ask(budget) == Permit(probes=False)

    def test_expires_when_nobody_asks(
        self, server: Redis, redis_url: str, opened: Callable[[str], RedisBudget]
    ) -> None:
        ask(opened(redis_url))

        assert 0 < int(str(server.ttl(KEY))) <= 2 * 86_400

    def test_says_once_that_its_server_is_away(
        self, opened: Callable[[str], RedisBudget], caplog: pytest.LogCaptureFixture
    ) -> None:
        budget = opened(nobody())
        with caplog.at_level(logging.INFO):
            for _ in range(3):
                ask(budget)

        [record] = caplog.records
        assert "shared request budget is away" in record.getMessage()
