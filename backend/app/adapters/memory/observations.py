"""The latest observations inside one process, for a product without Redis."""

import threading
import time

from app.domain.observation import Observation


class MemoryObservationCache:
    """Keeps observations until they expire or the process ends."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[float, Observation]] = {}

    def get(self, *, symbol: str) -> Observation | None:
        """Return the cached observation, or None."""
        with self._lock:
            expires, observation = self._kept.get(symbol, (0.0, None))
            return observation if time.monotonic() < expires else None

    def put(self, *, observation: Observation, ttl_seconds: int) -> None:
        """Keep `observation` for `ttl_seconds`, at least 1."""
        assert ttl_seconds >= 1, "an observation is kept for a second at least"
        now = time.monotonic()
        with self._lock:
            self._kept = {
                symbol: (expires, kept)
                for symbol, (expires, kept) in self._kept.items()
                if now < expires
            }
            self._kept[observation.symbol] = (now + ttl_seconds, observation)
