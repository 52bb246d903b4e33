from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.budget import (
    Allowance,
    Breaker,
    Budget,
    BudgetStatus,
    Failure,
    Permit,
    Wait,
    admit,
    look,
    settle,
)
from app.domain.errors import ProviderFailure

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
DOWN = Failure(cause=ProviderFailure.UNAVAILABLE, retry_after=None)


class Caller:
    """Asks, and tells how it went, at a time that a test sets."""

    def __init__(self) -> None:
        self.now = START
        self.budget = Budget(full_at=START)

    def admit(self) -> Permit | Wait:
        self.budget, answer = admit(self.budget, allowance=ALLOWANCE, now=self.now)
        return answer

    def wait(self) -> Wait:
        answer = self.admit()
        assert isinstance(answer, Wait)
        return answer

    def ask(self, *, failure: Failure | None = None, requests: int = 1) -> Permit:
        permit = self.admit()
        assert isinstance(permit, Permit)
        self.settle(permit, failure=failure, requests=requests)
        return permit

    def settle(self, permit: Permit, *, failure: Failure | None, requests: int = 1) -> None:
        self.budget = settle(
            self.budget,
            allowance=ALLOWANCE,
            now=self.now,
            permit=permit,
            requests=requests,
            failure=failure,
        )

    def look(self) -> BudgetStatus:
        return look(self.budget, allowance=ALLOWANCE, now=self.now)


@pytest.fixture
def caller() -> Caller:
    return Caller()


class TestTheBucket:
    def test_gives_a_burst_and_then_one_at_each_interval(self, caller: Caller) -> None:
        for left in (4, 3, 2, 1, 0):
            caller.ask()
            assert caller.look().left == left

        assert caller.wait() == Wait(until=START + 2 * SECOND, cause=None)
        caller.now += 2 * SECOND
        caller.ask()
        assert caller.wait().until == START + 4 * SECOND

    def test_fills_up_again_and_no_further(self, caller: Caller) -> None:
        for _ in range(5):
            caller.ask()

        caller.now += timedelta(hours=1)

        assert caller.look().left == 5

    def test_pays_afterwards_for_what_a_question_took_beyond_one_request(
        self, caller: Caller
    ) -> None:
        caller.ask(requests=3)
        assert caller.look().left == 2

        caller.ask(requests=4)
        assert caller.wait().until == START + 6 * SECOND

    @given(
        st.lists(
            st.tuples(
                st.integers(min_value=0, max_value=5_000),
                st.sampled_from([None, None, None, REFUSED, DOWN]),
            ),
            max_size=200,
        )
    )
    def test_never_gives_more_than_its_rate(self, steps: list[tuple[int, Failure | None]]) -> None:
        caller = Caller()
        given_at = []
        for milliseconds, failure in steps:
            caller.now += timedelta(milliseconds=milliseconds)
            permit = caller.admit()
            if isinstance(permit, Permit):
                given_at.append(caller.now)
                caller.settle(permit, failure=failure)

        for first, begins in enumerate(given_at):
            for last in range(first, len(given_at)):
                allowed = ALLOWANCE.burst + (given_at[last] - begins) // ALLOWANCE.interval
                assert last - first + 1 <= allowed

    def test_begins_anew_when_the_clock_was_set_back(self, caller: Caller) -> None:
        caller.ask(failure=REFUSED)

        caller.now -= timedelta(days=30)

        assert caller.admit() == Permit(probes=False)


class TestTheBreaker:
    def test_opens_at_once_on_a_refusal(self, caller: Caller) -> None:
        caller.ask(failure=REFUSED)

        expected = Wait(until=START + 60 * SECOND, cause=ProviderFailure.RATE_LIMITED)
        assert caller.wait() == expected
        assert caller.look() == BudgetStatus(
            left=0,
            burst=5,
            breaker=Breaker.OPEN,
            cause=ProviderFailure.RATE_LIMITED,
            until=START + 60 * SECOND,
        )

    def test_opens_on_failures_in_a_row(self, caller: Caller) -> None:
        caller.ask(failure=DOWN)
        caller.ask(failure=DOWN)
        caller.ask()
        caller.ask(failure=DOWN)
        assert caller.look().breaker is Breaker.CLOSED
        caller.now += 60 * SECOND
        caller.ask(failure=DOWN)
        caller.ask(failure=DOWN)

        assert caller.wait().cause is ProviderFailure.UNAVAILABLE

    def test_stays_open_for_as_long_as_the_provider_says(self, caller: Caller) -> None:
        caller.ask(failure=Failure(cause=ProviderFailure.RATE_LIMITED, retry_after=7 * SECOND))

        assert caller.wait().until == START + 7 * SECOND

    def test_lets_one_probe_through_after_its_rest(self, caller: Caller) -> None:
        caller.ask(failure=REFUSED)
        caller.now += 60 * SECOND
        assert caller.look().breaker is Breaker.HALF_OPEN

        assert caller.admit() == Permit(probes=True)
        assert caller.wait().until == caller.now + 10 * SECOND

    def test_closes_when_the_probe_is_answered_and_then_fills_slowly(self, caller: Caller) -> None:
        caller.ask(failure=REFUSED)
        caller.now += 60 * SECOND
        caller.ask()

        assert caller.look().breaker is Breaker.CLOSED
        assert caller.look().left == 0
        caller.now += 2 * SECOND
        assert caller.ask() == Permit(probes=False)

    def test_rests_twice_as_long_each_time_in_a_row_up_to_a_limit(self, caller: Caller) -> None:
        caller.ask(failure=REFUSED)
        rests = []
        for _ in range(4):
            caller.now = caller.wait().until
            caller.ask(failure=REFUSED)
            rests.append(caller.wait().until - caller.now)

        assert rests == [120 * SECOND, 240 * SECOND, 240 * SECOND, 240 * SECOND]

    def test_rests_longer_than_a_provider_says_that_refuses_again(self, caller: Caller) -> None:
        soon = Failure(cause=ProviderFailure.RATE_LIMITED, retry_after=SECOND)
        caller.ask(failure=soon)
        caller.now += SECOND
        caller.ask(failure=soon)

        assert caller.wait().until == caller.now + 120 * SECOND

    def test_gives_another_probe_when_one_is_lost(self, caller: Caller) -> None:
        caller.ask(failure=REFUSED)
        caller.now += 60 * SECOND
        caller.admit()

        caller.now += 10 * SECOND

        assert caller.admit() == Permit(probes=True)

    def test_is_not_closed_by_an_answer_to_an_earlier_question(self, caller: Caller) -> None:
        earlier = caller.admit()
        assert isinstance(earlier, Permit)
        caller.ask(failure=REFUSED)

        caller.settle(earlier, failure=None)

        assert caller.look().breaker is Breaker.OPEN

    def test_is_prolonged_and_not_tripped_again_by_an_earlier_question(
        self, caller: Caller
    ) -> None:
        earlier = caller.admit()
        assert isinstance(earlier, Permit)
        caller.ask(failure=REFUSED)

        longer = Failure(cause=ProviderFailure.RATE_LIMITED, retry_after=90 * SECOND)
        caller.settle(earlier, failure=longer)

        assert caller.wait().until == START + 90 * SECOND
        assert caller.budget.trips == 1
