"""A market that shows what a test told it to show."""

import threading
from collections import Counter
from datetime import datetime
from decimal import Decimal

from app.domain.errors import ProviderError, ProviderFailure
from app.domain.observation import Observation
from app.domain.units import TICKS_PER_USD, half_up


class FakeMarket:
    """Satisfies `Market`; a symbol that was never shown is an unknown symbol.

    market.show(symbol="KO", price="59.52", at=moment)
    market.fail(symbol="KO", code="RATE_LIMITED", retry_after_seconds=300)
    market.asked["KO"]      # how often it was observed
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._outcomes: dict[str, Observation | ProviderError] = {}
        self.asked = Counter[str]()

    def show(
        self,
        *,
        symbol: str,
        price: str | None,
        at: datetime,
        bid: str | None = None,
        ask: str | None = None,
        previous_close: str | None = None,
        received_at: datetime | None = None,
    ) -> Observation:
        observation = Observation(
            symbol=symbol,
            price=_ticks(price),
            bid=_ticks(bid),
            ask=_ticks(ask),
            previous_close=_ticks(previous_close),
            currency="USD",
            observed_at=at,
            received_at=received_at or at,
            source="yahoo",
        )
        with self._lock:
            self._outcomes[symbol] = observation
        return observation

    def fail(self, *, symbol: str, code: str, retry_after_seconds: int = 60) -> None:
        with self._lock:
            self._outcomes[symbol] = _failure(code, retry_after_seconds)

    def observe(self, *, symbol: str) -> Observation:
        with self._lock:
            self.asked[symbol] += 1
            outcome = self._outcomes.get(symbol, _failure("UNKNOWN_SYMBOL", 3600))
        if isinstance(outcome, ProviderError):
            raise outcome
        return outcome


def _failure(code: str, retry_after_seconds: int) -> ProviderError:
    return ProviderError(
        provider="yahoo",
        code=ProviderFailure(code),
        message=f"The market of this test answers {code}.",
        retry_after_seconds=retry_after_seconds,
    )


def _ticks(price: str | None) -> int | None:
    return None if price is None else half_up(Decimal(price), TICKS_PER_USD)
