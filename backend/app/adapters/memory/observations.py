"""The latest observations inside one process, for a product without Redis."""

import threading
import time
from datetime import datetime

from app.domain.observation import Observation


class MemoryObservationCache:
    """Keeps observations until they expire or the process ends.

    `ring` is how many of the latest prices of a symbol are kept beside its last observation.
    """

    def __init__(self, *, ring: int) -> None:
        assert ring >= 1, "a ring keeps a price at least"
        self._ring = ring
        self._lock = threading.Lock()
        self._latest: dict[str, tuple[float, Observation]] = {}
        self._rings: dict[str, tuple[float, dict[datetime, Observation]]] = {}

    def get(self, *, symbol: str) -> Observation | None:
        """Return the last observation of `symbol`, or None."""
        with self._lock:
            expires, observation = self._latest.get(symbol, (0.0, None))
            return observation if time.monotonic() < expires else None

    def ticks(self, *, symbol: str) -> tuple[Observation, ...]:
        """Return the latest observations with a price, one a trade, oldest first."""
        with self._lock:
            expires, ring = self._rings.get(symbol, (0.0, {}))
            kept = ring if time.monotonic() < expires else {}
            return tuple(kept[at] for at in sorted(kept))

    def put(self, *, observation: Observation, ttl_seconds: int) -> None:
        """Keep `observation` for `ttl_seconds`, at least 1."""
        assert ttl_seconds >= 1, "an observation is kept for a second at least"
        now = time.monotonic()
        symbol, expires = observation.symbol, now + ttl_seconds
        with self._lock:
            self._latest = _alive(self._latest, now)
            self._rings = _alive(self._rings, now)
            self._latest[symbol] = (expires, observation)
            if observation.price is not None:
                _, ring = self._rings.get(symbol, (0.0, {}))
                ring[observation.observed_at] = observation
                latest = sorted(ring)[-self._ring :]
                self._rings[symbol] = (expires, {at: ring[at] for at in latest})


def _alive[T](kept: dict[str, tuple[float, T]], now: float) -> dict[str, tuple[float, T]]:
    return {symbol: entry for symbol, entry in kept.items() if now < entry[0]}
