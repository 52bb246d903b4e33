"""What both ways to ask together promise, and the shared one without its server."""

import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from redis import Redis

from app.adapters.market.single_flight import SingleFlight
from app.adapters.market.yahoo_access import Flights
from app.adapters.redis.flights import RedisFlights
from app.domain.errors import ProviderError, ProviderFailure
from tests.integration.market.test_budget_contract import nobody

BACKEND = Path(__file__).parents[3]
CALL_SECONDS = 5.0
CALLS_FOR_EVER = """
import sys, time
from app.adapters.redis.flights import RedisFlights

def call():
    print("calls", flush=True)
    time.sleep(60)

RedisFlights(url=sys.argv[1], call_seconds=60).run(key="KO", call=call)
"""
NOT_NOW = ProviderError(
    provider="yahoo",
    code=ProviderFailure.UNAVAILABLE,
    message="It does not answer.",
    retry_after_seconds=30,
)


@pytest.fixture
def server(redis_url: str) -> Iterator[Redis]:
    with Redis.from_url(redis_url) as server:
        server.flushdb()
        yield server


@pytest.fixture
def shared(redis_url: str, server: Redis) -> Iterator[RedisFlights]:
    flights = RedisFlights(url=redis_url, call_seconds=CALL_SECONDS)
    yield flights
    flights.close()


@pytest.fixture(params=["memory", "redis"])
def flights(request: pytest.FixtureRequest) -> Flights:
    if request.param == "memory":
        return SingleFlight[bytes]()
    shared: RedisFlights = request.getfixturevalue("shared")
    return shared


class Call:
    """A call that ends when told, and counts."""

    def __init__(self, outcome: bytes | ProviderError = b"answer") -> None:
        self.outcome = outcome
        self.begun = threading.Event()
        self.may_end = threading.Event()
        self.count = 0

    def __call__(self) -> bytes:
        self.count += 1
        self.begun.set()
        assert self.may_end.wait(timeout=10)
        if isinstance(self.outcome, ProviderError):
            raise self.outcome
        return self.outcome


def together(flights: Flights, call: Callable[[], bytes], *, times: int) -> list[threading.Thread]:
    threads = [
        threading.Thread(target=lambda: flights.run(key="KO", call=call), daemon=True)
        for _ in range(times)
    ]
    for thread in threads:
        thread.start()
    return threads


class TestFlights:
    def test_ask_once_for_all_who_ask_together(self, flights: Flights) -> None:
        call, answers = Call(), []

        def run() -> None:
            answers.append(flights.run(key="KO", call=call))

        threads = [threading.Thread(target=run, daemon=True) for _ in range(12)]
        for thread in threads:
            thread.start()
        assert call.begun.wait(timeout=10)
        time.sleep(0.2)  # the others are waiting by now
        call.may_end.set()
        for thread in threads:
            thread.join(timeout=10)

        assert answers == [b"answer"] * 12
        assert call.count == 1

    def test_ask_anew_afterwards(self, flights: Flights) -> None:
        call = Call()
        call.may_end.set()

        flights.run(key="KO", call=call)
        call.outcome = b"another"

        assert flights.run(key="KO", call=call) == b"another"
        assert call.count == 2

    def test_do_not_let_one_question_wait_for_another(self, flights: Flights) -> None:
        slow = Call()
        [waiting] = together(flights, slow, times=1)
        assert slow.begun.wait(timeout=10)

        assert flights.run(key="MSFT", call=lambda: b"other") == b"other"

        slow.may_end.set()
        waiting.join(timeout=10)

    def test_raise_what_the_call_raised_and_keep_nothing_of_it(self, flights: Flights) -> None:
        call = Call(NOT_NOW)
        call.may_end.set()

        with pytest.raises(ProviderError):
            flights.run(key="KO", call=call)
        call.outcome = b"answer"

        assert flights.run(key="KO", call=call) == b"answer"


class TestTheSharedFlights:
    def test_leave_nothing_behind_but_for_moments(
        self, shared: RedisFlights, server: Redis
    ) -> None:
        shared.run(key="KO", call=lambda: b"answer")

        kept = server.keys("*")
        assert isinstance(kept, list)
        assert len(kept) == 1
        assert 0 < int(str(server.ttl(kept[0]))) <= 5

    def test_wait_less_than_a_second_for_a_process_that_was_killed(
        self, shared: RedisFlights, redis_url: str
    ) -> None:
        with subprocess.Popen(
            [sys.executable, "-c", CALLS_FOR_EVER, redis_url],
            cwd=BACKEND,
            stdout=subprocess.PIPE,
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"calls\n"
            process.kill()
        killed_at = time.monotonic()

        assert shared.run(key="KO", call=lambda: b"answer") == b"answer"

        assert time.monotonic() - killed_at < 1

    def test_wait_for_a_process_that_lives_however_long_its_call_may_take(
        self, shared: RedisFlights, redis_url: str
    ) -> None:
        other, call = RedisFlights(url=redis_url, call_seconds=CALL_SECONDS), Call()
        [leading] = together(other, call, times=1)
        assert call.begun.wait(timeout=10)
        answers: list[bytes] = []
        waiting = threading.Thread(
            target=lambda: answers.append(shared.run(key="KO", call=lambda: b"its own")),
            daemon=True,
        )
        waiting.start()
        time.sleep(1.5)  # more than twice the lease

        call.may_end.set()
        for thread in (leading, waiting):
            thread.join(timeout=10)

        assert answers == [b"answer"]
        other.close()

    def test_ask_for_themselves_when_another_takes_longer_than_a_call_may(
        self, server: Redis, redis_url: str
    ) -> None:
        server.set("vb:1:flight:KO", "its token")
        flights = RedisFlights(url=redis_url, call_seconds=0.3)

        assert flights.run(key="KO", call=lambda: b"answer") == b"answer"
        flights.close()

    def test_lose_nothing_when_the_server_is_flushed_meanwhile(
        self, shared: RedisFlights, server: Redis
    ) -> None:
        def call() -> bytes:
            server.flushdb()
            return b"answer"

        assert shared.run(key="KO", call=call) == b"answer"

    def test_ask_for_themselves_and_say_so_once_without_a_server(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        flights = RedisFlights(url=nobody(), call_seconds=CALL_SECONDS)
        with caplog.at_level(logging.INFO):
            answers = [flights.run(key="KO", call=lambda: b"answer") for _ in range(3)]

        assert answers == [b"answer"] * 3
        [record] = caplog.records
        assert "ask together is away" in record.getMessage()
        flights.close()
