"""What a provider told about the past, for a while, inside one process."""

import threading
import time

from app.domain.history import History


class MemoryHistoryCache:
    """Keeps answers until they expire or the process ends."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[float, History]] = {}

    def get(self, *, question: str) -> History | None:
        """Return the answer to `question`, or None."""
        with self._lock:
            expires, history = self._kept.get(question, (0.0, None))
            return history if time.monotonic() < expires else None

    def put(self, *, question: str, history: History, ttl_seconds: int) -> None:
        """Keep the answer to `question` for `ttl_seconds`, at least 1."""
        assert ttl_seconds >= 1, "an answer is kept for a second at least"
        now = time.monotonic()
        with self._lock:
            self._kept = {asked: entry for asked, entry in self._kept.items() if now < entry[0]}
            self._kept[question] = (now + ttl_seconds, history)
