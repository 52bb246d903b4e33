"""Asks Yahoo Finance no more often than it bears, and once for all who ask together."""

import math
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from tenacity import Retrying, retry_if_result, stop_after_attempt, wait_random_exponential

from app.adapters.market.single_flight import SingleFlight
from app.adapters.market.yahoo_answer import Answer, Question, answer_bytes, read_answer
from app.adapters.market.yahoo_failures import over_budget, rate_limited, resting, unavailable
from app.adapters.market.yahoo_refusals import Refusals
from app.domain.budget import Allowance, BudgetStatus, Failure, Permit, Wait
from app.domain.errors import ProviderError, ProviderFailure

if TYPE_CHECKING:
    from app.adapters.market.yahoo_client import YahooClient

# Yahoo publishes no limit. This is far below what its users report as borne, and more than a watch
# on thirty symbols a minute needs.
ALLOWANCE = Allowance(
    burst=60,
    interval=timedelta(seconds=2),
    failures_max=5,
    rest=timedelta(seconds=60),
    rest_max=timedelta(minutes=30),
    probe=timedelta(seconds=30),
)

_ATTEMPTS = 3
_FIRST_PAUSE_SECONDS_MAX = 0.5
_PAUSE_SECONDS_MAX = 4.0
_RETRY_AFTER_SECONDS_MAX = 86_400
_TOO_MANY = b"Too Many Requests"
_DOWN = b"Will be right back"


class ProviderBudget(Protocol):
    """Keeps how often the provider may be asked; shared by all processes where there is Redis."""

    def admit(self) -> Permit | Wait:
        """Return whether one request may be made now."""
        ...

    def settle(self, *, permit: Permit, requests: int, failure: Failure | None) -> None:
        """Record how a permitted question ended and how many requests it took."""
        ...

    def look(self) -> BudgetStatus:
        """Return what is left, and the breaker's state."""
        ...


class Flights(Protocol):
    """Lets one of those who ask the same question at the same time ask for all of them."""

    def run(self, *, key: str, call: Callable[[], bytes]) -> bytes:
        """Return what `call` returned to whoever made it."""
        ...


class YahooAccess:
    """The way to Yahoo Finance that all questions of this process take.

    `base_url` None means Yahoo's own hosts; otherwise every request goes to that URL. `cache_dir`
    keeps the provider's cookie. `timeout_seconds` limits one question, its attempts and the pauses
    between them included. `flights` None means that no other process asks the same provider.
    """

    def __init__(
        self,
        *,
        base_url: str | None,
        cache_dir: Path,
        timeout_seconds: float,
        now: Callable[[], datetime],
        sleep: Callable[[float], None],
        budget: ProviderBudget,
        flights: Flights | None,
    ) -> None:
        assert timeout_seconds > 0, "a question has a time limit"
        self._base_url = base_url
        self._cache_dir = cache_dir
        self._timeout_seconds = timeout_seconds
        self._now = now
        self._sleep = sleep
        self._budget = budget
        self._flights = flights
        self._refusals = Refusals(allowance=ALLOWANCE, now=now)
        self._asking = SingleFlight[Answer]()
        self._opening = threading.Lock()
        self._opened: YahooClient | None = None
        self._last_outage: str | None = None

    def ask(self, question: Question) -> Answer:
        """Return an answer that is neither a refusal to answer nor an outage.

        Raises
        ------
        ProviderError
            RATE_LIMITED or UNAVAILABLE, with when to ask again.
        """
        answer = self._asking.run(key=question.key, call=lambda: self._ask_together(question))
        error = _outage(answer, symbol=question.symbol)
        if error is not None:
            raise error
        return answer

    def budget(self) -> BudgetStatus:
        """Return what is left of the requests, and the breaker's state."""
        return self._budget.look()

    def _ask_together(self, question: Question) -> Answer:
        if self._flights is None:
            return self._ask_patiently(question)
        shared = self._flights.run(
            key=f"yahoo:{question.key}", call=lambda: answer_bytes(self._ask_patiently(question))
        )
        return read_answer(shared)

    def _ask_patiently(self, question: Question) -> Answer:
        """Ask again what may pass, with full jitter, each attempt on the budget."""
        try:
            client = self._client()
        except OSError as error:
            raise unavailable(
                symbol=question.symbol,
                reason=(
                    f"the folder for its cookie, {self._cache_dir}, cannot be written"
                    f" ({error.strerror})"
                ),
            ) from error
        retrying = Retrying(
            retry=retry_if_result(lambda answer: answer.passes),
            stop=stop_after_attempt(_ATTEMPTS),
            wait=wait_random_exponential(
                multiplier=_FIRST_PAUSE_SECONDS_MAX, max=_PAUSE_SECONDS_MAX
            ),
            sleep=self._sleep,
            retry_error_callback=lambda state: state.outcome and state.outcome.result(),
        )
        with client.in_time():
            answer = retrying(self._ask_once, client, question)
        assert isinstance(answer, Answer)
        return answer

    def _ask_once(self, client: "YahooClient", question: Question) -> Answer:
        symbol = question.symbol
        own = self._refusals.admit(symbol=symbol)
        if isinstance(own, Wait):
            raise self._held_back(own, symbol=symbol)
        permit = self._budget.admit()
        if isinstance(permit, Wait):
            raise self._held_back(permit, symbol=symbol)
        answer = client.ask(question)
        failure = _failure(answer)
        if failure is not None and not _is_refusal(failure):
            self._last_outage = _reason(answer)
        self._budget.settle(permit=permit, requests=answer.requests, failure=failure)
        # A probe that is refused says nothing about its symbol: Yahoo refuses all of them.
        if failure is None or (_is_refusal(failure) and not permit.probes):
            self._refusals.settle(symbol=symbol, permit=own, failure=failure)
        return answer

    def _held_back(self, wait: Wait, *, symbol: str) -> ProviderError:
        seconds = max(1, math.ceil((wait.until - self._now()).total_seconds()))
        match wait.cause:
            case None:
                return over_budget(symbol=symbol, retry_after_seconds=seconds)
            case ProviderFailure.RATE_LIMITED:
                return rate_limited(symbol=symbol, retry_after_seconds=seconds)
            case _:
                return resting(symbol=symbol, reason=self._last_outage, retry_after_seconds=seconds)

    def _client(self) -> "YahooClient":
        # Imported with the first question, as most commands ask none.
        from app.adapters.market.yahoo_client import YahooClient

        with self._opening:
            if self._opened is None:
                self._opened = YahooClient(
                    base_url=self._base_url,
                    cache_dir=self._cache_dir,
                    timeout_seconds=self._timeout_seconds,
                    now=self._now,
                )
            return self._opened


def _failure(answer: Answer) -> Failure | None:
    """Return how the provider failed; None when it answered, whatever it said."""
    if answer.status == 429 or _TOO_MANY in answer.body:
        seconds = answer.retry_after_seconds
        wait = timedelta(seconds=min(seconds, _RETRY_AFTER_SECONDS_MAX)) if seconds else None
        return Failure(cause=ProviderFailure.RATE_LIMITED, retry_after=wait)
    if _is_down(answer):
        return Failure(cause=ProviderFailure.UNAVAILABLE, retry_after=None)
    return None


def _is_refusal(failure: Failure) -> bool:
    return failure.cause is ProviderFailure.RATE_LIMITED


def _is_down(answer: Answer) -> bool:
    status = answer.status
    return status is None or status >= 500 or status in {401, 403} or _DOWN in answer.body


def _outage(answer: Answer, *, symbol: str) -> ProviderError | None:
    """Return the error for an answer in which the provider does not speak of the symbol at all."""
    failure = _failure(answer)
    if failure is None:
        return None
    if _is_refusal(failure):
        wait = failure.retry_after or ALLOWANCE.rest
        return rate_limited(symbol=symbol, retry_after_seconds=int(wait.total_seconds()))
    return unavailable(symbol=symbol, reason=_reason(answer))


def _reason(answer: Answer) -> str:
    match answer.status:
        case None:
            return answer.problem
        case 401 | 403 as status:
            return f"it does not accept our cookie or crumb ({status})"
        case 200:
            return "it shows its maintenance page"
        case status:
            return f"it answered with status {status}"
