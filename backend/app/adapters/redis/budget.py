"""A provider's budget in Redis or Valkey, shared between processes.

While the server is away, and when it lost what it kept, this process goes on with what it saw last:
each process then spares the provider for itself. No decision depends on it.
"""

import json
import threading
from collections.abc import Callable
from datetime import datetime

from redis.exceptions import WatchError

from app.adapters.redis.connection import AWAY, KEY_PREFIX, Outage, connect
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
from app.domain.errors import ProviderFailure

# Longer than any rest; a budget that nobody touched for so long is full again.
_KEPT_SECONDS = 2 * 86_400


class RedisBudget:
    """Keeps the budget of `provider` at `url`; it begins with a full bucket.

    All processes have to be given the same allowance, and clocks that agree.
    """

    def __init__(
        self, *, url: str, provider: str, allowance: Allowance, now: Callable[[], datetime]
    ) -> None:
        self._redis = connect(url)
        self._key = f"{KEY_PREFIX}budget:{provider}"
        self._allowance = allowance
        self._now = now
        self._lock = threading.Lock()
        self._seen = Budget(full_at=now())
        self._outage = Outage(
            what="The shared request budget",
            meanwhile="Until it is back, each process keeps a budget of its own.",
        )

    def close(self) -> None:
        """Give the connections back."""
        self._redis.close()

    def admit(self) -> Permit | Wait:
        """Return whether one request may be made now."""
        return self._change(lambda kept: admit(kept, allowance=self._allowance, now=self._now()))

    def settle(self, *, permit: Permit, requests: int, failure: Failure | None) -> None:
        """Record how a permitted question ended and how many requests it took."""

        def settled(kept: Budget) -> tuple[Budget, None]:
            after = settle(
                kept,
                allowance=self._allowance,
                now=self._now(),
                permit=permit,
                requests=requests,
                failure=failure,
            )
            return after, None

        self._change(settled)

    def look(self) -> BudgetStatus:
        """Return what is left, and the breaker's state."""
        kept = self._change(lambda kept: (kept, kept))
        return look(kept, allowance=self._allowance, now=self._now())

    def _change[T](self, change: Callable[[Budget], tuple[Budget, T]]) -> T:
        """Apply `change` to what is kept, atomically, and return what it answers."""
        with self._lock:  # the threads of one process do not contend at the server
            try:
                self._seen, answer = self._change_kept(change)
            except AWAY as error:
                self._outage.begins(error)
                self._seen, answer = change(self._seen)
            else:
                self._outage.ends()
            return answer

    def _change_kept[T](self, change: Callable[[Budget], tuple[Budget, T]]) -> tuple[Budget, T]:
        with self._redis.pipeline() as pipe:
            while True:
                pipe.watch(self._key)  # type: ignore[no-untyped-call]  # redis-py: in part typed
                kept = _budget(pipe.get(self._key)) or self._seen
                after, answer = change(kept)
                pipe.multi()
                pipe.set(self._key, _json(after), ex=_KEPT_SECONDS)
                try:
                    pipe.execute()
                except WatchError:
                    continue  # another process was faster: look again
                return after, answer


def _json(budget: Budget) -> str:
    return json.dumps(
        {
            "full_at": budget.full_at.isoformat(),
            "failures": budget.failures,
            "trips": budget.trips,
            "cause": budget.cause,
            "open_until": budget.open_until and budget.open_until.isoformat(),
            "probe_until": budget.probe_until and budget.probe_until.isoformat(),
        }
    )


def _budget(kept: object) -> Budget | None:
    """Return the budget that was kept; None when there is none, or none of ours."""
    if not isinstance(kept, bytes):
        return None
    try:
        match json.loads(kept):
            case {
                "full_at": str(full_at),
                "failures": int(failures),
                "trips": int(trips),
                "cause": cause,
                "open_until": open_until,
                "probe_until": probe_until,
            }:
                return Budget(
                    full_at=datetime.fromisoformat(full_at),
                    failures=failures,
                    trips=trips,
                    cause=None if cause is None else ProviderFailure(cause),
                    open_until=_moment(open_until),
                    probe_until=_moment(probe_until),
                )
            case _:
                return None
    except (ValueError, TypeError):
        return None


def _moment(text: object) -> datetime | None:
    return None if text is None else datetime.fromisoformat(str(text))
