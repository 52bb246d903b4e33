"""A provider's budget inside one process, for a product without Redis."""

import threading
from collections.abc import Callable
from datetime import datetime

from app.domain.budget import (
    Allowance,
    Budget,
    BudgetStatus,
    Failure,
    Permit,
    Wait,
    admit,
    look,
    settle,
)


class MemoryBudget:
    """Keeps the budget until the process ends; it begins with a full bucket."""

    def __init__(self, *, allowance: Allowance, now: Callable[[], datetime]) -> None:
        self._allowance = allowance
        self._now = now
        self._lock = threading.Lock()
        self._kept = Budget(full_at=now())

    def admit(self) -> Permit | Wait:
        """Return whether one request may be made now."""
        with self._lock:
            self._kept, answer = admit(self._kept, allowance=self._allowance, now=self._now())
            return answer

    def settle(self, *, permit: Permit, requests: int, failure: Failure | None) -> None:
        """Record how a permitted question ended and how many requests it took."""
        with self._lock:
            self._kept = settle(
                self._kept,
                allowance=self._allowance,
                now=self._now(),
                permit=permit,
                requests=requests,
                failure=failure,
            )

    def look(self) -> BudgetStatus:
        """Return what is left, and the breaker's state."""
        with self._lock:
            return look(self._kept, allowance=self._allowance, now=self._now())
