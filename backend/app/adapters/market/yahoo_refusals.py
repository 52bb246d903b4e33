"""Leaves alone a symbol that Yahoo Finance refuses while it answers for others."""

import threading
from collections.abc import Callable
from datetime import datetime

from app.domain.budget import Allowance, Budget, Failure, Permit, Wait, admit, settle


class Refusals:
    """A breaker for each symbol that was refused, so that it does not open that of all again.

    Kept in this process only: another one finds out for itself with one request.
    """

    def __init__(self, *, allowance: Allowance, now: Callable[[], datetime]) -> None:
        self._allowance = allowance
        self._now = now
        self._lock = threading.Lock()
        self._kept: dict[str, Budget] = {}

    def admit(self, *, symbol: str) -> Permit | Wait:
        """Return whether `symbol` may be asked for now, as far as it alone is concerned."""
        with self._lock:
            kept = self._kept.get(symbol)
            if kept is None:
                return Permit(probes=False)
            self._kept[symbol], answer = admit(kept, allowance=self._allowance, now=self._now())
            return answer

    def settle(self, *, symbol: str, permit: Permit, failure: Failure | None) -> None:
        """Record how a question about `symbol` ended."""
        with self._lock:
            kept = self._kept.pop(symbol, Budget(full_at=self._now()))
            if failure is not None:
                self._kept[symbol] = settle(
                    kept,
                    allowance=self._allowance,
                    now=self._now(),
                    permit=permit,
                    requests=1,
                    failure=failure,
                )
