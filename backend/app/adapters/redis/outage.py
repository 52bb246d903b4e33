"""Telling an outage once."""

import logging
import threading


class Outage:
    """Logs the beginning and the end of an outage once each, not every missed call.

    `what` is away, and `meaning` says what that leads to.
    """

    def __init__(self, *, log: logging.Logger, what: str, meaning: str) -> None:
        self._log = log
        self._what = what
        self._meaning = meaning
        self._lock = threading.Lock()
        self._lasts = False

    def begins(self, error: Exception) -> None:
        """Log that `what` is away, unless that is known."""
        with self._lock:
            first, self._lasts = not self._lasts, True
        if first:
            self._log.warning(
                "The %s is away (%s). %s", self._what, type(error).__name__, self._meaning
            )

    def ends(self) -> None:
        """Log that `what` is back, if it was away."""
        with self._lock:
            last, self._lasts = self._lasts, False
        if last:
            self._log.info("The %s is back.", self._what)
