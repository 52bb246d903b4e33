import threading
import time
from concurrent.futures import CancelledError

import pytest

from app.adapters.market.single_flight import SingleFlight
from app.adapters.market.yahoo_failures import no_data
from app.domain.errors import ProviderError


class Call:
    """A call that ends when told, and counts."""

    def __init__(self, outcome: int | Exception) -> None:
        self._outcome = outcome
        self.begun = threading.Event()
        self.may_end = threading.Event()
        self.count = 0

    def __call__(self) -> int:
        self.count += 1
        self.begun.set()
        assert self.may_end.wait(timeout=10)
        if isinstance(self._outcome, Exception):
            raise self._outcome
        return self._outcome


def together(call: Call, *, times: int) -> list[object]:
    """Return what `times` threads get that ask while the first call is under way."""
    flights = SingleFlight[int]()
    outcomes: list[object] = []

    def run() -> None:
        try:
            outcomes.append(flights.run(key="KO", call=call))
        except (ProviderError, CancelledError, ZeroDivisionError) as error:
            outcomes.append(type(error))

    # Daemons, so that a thread left waiting fails the test instead of hanging it.
    leader = threading.Thread(target=run, daemon=True)
    leader.start()
    assert call.begun.wait(timeout=10)
    followers = [threading.Thread(target=run, daemon=True) for _ in range(times)]
    for follower in followers:
        follower.start()
    time.sleep(0.1)  # lets the followers arrive at the flight
    call.may_end.set()
    for thread in (leader, *followers):
        thread.join(timeout=5)
        assert not thread.is_alive(), "a thread was left waiting"
    return outcomes


class TestRun:
    def test_calls_once_for_all_who_ask_meanwhile(self) -> None:
        call = Call(595200)

        assert together(call, times=20) == [595200] * 21
        assert call.count == 1

    def test_raises_the_error_of_the_provider_in_every_thread(self) -> None:
        error = no_data(symbol="KO", reason="it shows no trade")
        call = Call(error)

        assert together(call, times=20) == [ProviderError] * 21
        assert call.count == 1

    def test_leaves_nobody_waiting_after_a_bug(self) -> None:
        outcomes = together(Call(ZeroDivisionError()), times=20)

        assert sorted(map(str, outcomes)) == sorted(
            map(str, [ZeroDivisionError, *[CancelledError] * 20])
        )

    def test_calls_anew_once_the_first_call_is_over(self) -> None:
        flights = SingleFlight[int]()
        answers = iter([1, 2])

        assert [flights.run(key="KO", call=lambda: next(answers)) for _ in range(2)] == [1, 2]

    def test_calls_anew_after_an_error(self) -> None:
        flights = SingleFlight[int]()
        error = no_data(symbol="KO", reason="it shows no trade")

        def fail() -> int:
            raise error

        with pytest.raises(ProviderError):
            flights.run(key="KO", call=fail)
        assert flights.run(key="KO", call=lambda: 595200) == 595200
