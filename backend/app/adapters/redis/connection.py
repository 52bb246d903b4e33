"""How Redis or Valkey is reached, and what is said when it is away."""

import logging
import threading

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

KEY_PREFIX = "vb:1:"
AWAY = (RedisError, OSError)

_TIMEOUT_SECONDS = 0.25

_log = logging.getLogger(__name__)


def connect(url: str) -> Redis:
    """Return a client for `url` (`redis://…`) that never makes its caller wait for long."""
    return Redis.from_url(
        url,
        socket_timeout=_TIMEOUT_SECONDS,
        socket_connect_timeout=_TIMEOUT_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )


class Outage:
    """Logs the beginning and the end of an outage once each, not every missed call.

    `what` is away; `meanwhile` says what happens until it is back.
    """

    def __init__(self, *, what: str, meanwhile: str) -> None:
        self._what = what
        self._meanwhile = meanwhile
        self._lock = threading.Lock()
        self._lasts = False

    def begins(self, error: Exception) -> None:
        """Say that `what` is away, unless that was said already."""
        with self._lock:
            first, self._lasts = not self._lasts, True
        if first:
            _log.warning("%s is away (%s). %s", self._what, type(error).__name__, self._meanwhile)

    def ends(self) -> None:
        """Say that `what` is back, if it was away."""
        with self._lock:
            last, self._lasts = self._lasts, False
        if last:
            _log.info("%s is back.", self._what)
