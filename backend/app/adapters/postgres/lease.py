"""The lease of whoever trades: a lock that ends with its connection, an epoch and a heartbeat."""

import hashlib
import threading
from contextlib import suppress

import psycopg

from app.domain.errors import UnavailableError

CONNECT_SECONDS = 5
# A holder that has not said anything for so long stands still; its lock is taken away.
SILENT_SECONDS = 5
_KEY = int.from_bytes(hashlib.sha256(b"trading lease").digest()[:8], signed=True)
_LOCK = "SELECT pg_try_advisory_lock(%s)"
_TAKE = """
UPDATE trading_lease
SET epoch = epoch + 1, holder = %s, backend = pg_backend_pid(), beat_at = clock_timestamp()
RETURNING epoch
"""
_BEAT = "UPDATE trading_lease SET beat_at = clock_timestamp() WHERE epoch = %s"
# Only the connection that still holds the lock: its number may be another's by now.
_TAKE_AWAY = """
SELECT pg_terminate_backend(l.pid) FROM pg_locks AS l, trading_lease AS t
WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND (l.classid::bigint << 32 | l.objid::bigint) = %s AND l.pid = t.backend
    AND t.beat_at < clock_timestamp() - make_interval(secs => %s)
"""


class PostgresLease:
    """Satisfies `Lease` on the database at `url`; `holder` says who holds it, for people.

    The lock is the connection's, so it is free the moment the process is gone.
    """

    def __init__(self, *, url: str, holder: str) -> None:
        self._url = url
        self._holder = holder
        self._lock = threading.Lock()
        self._connection: psycopg.Connection | None = None
        self._epoch: int | None = None

    @property
    def epoch(self) -> int | None:
        """Return the epoch that this process trades in, or None while another one does."""
        return self._epoch

    def take(self) -> int | None:
        """Return the epoch that begins now, or None while another process holds the lease.

        Raises
        ------
        UnavailableError
            When the database is away.
        """
        with self._lock:
            try:
                return self._take()
            except psycopg.Error as error:
                self._drop()
                raise _away() from error

    def _take(self) -> int | None:
        if self._connection is None:
            self._connection = psycopg.connect(
                self._url,
                autocommit=True,
                connect_timeout=CONNECT_SECONDS,
                application_name="volatility-balancing lease",
                options="-c statement_timeout=5s -c timezone=UTC",
            )
        taken = self._connection.execute(_LOCK, (_KEY,)).fetchone()
        if taken is None or not taken[0]:
            self._connection.execute(_TAKE_AWAY, (_KEY, SILENT_SECONDS))
            return None
        row = self._connection.execute(_TAKE, (self._holder,)).fetchone()
        assert row is not None, "the database keeps the one row of the lease"
        self._epoch = int(row[0])
        return self._epoch

    def beat(self) -> bool:
        """Say that this process is at work; False when the lease is lost."""
        with self._lock:
            if self._connection is None or self._epoch is None:
                return False
            try:
                kept = self._connection.execute(_BEAT, (self._epoch,)).rowcount == 1
            except psycopg.Error:
                kept = False
            if not kept:
                self._drop()
            return kept

    def give_up(self) -> None:
        """Let another process have the lease."""
        with self._lock:
            self._drop()

    def _drop(self) -> None:
        self._epoch = None
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(psycopg.Error):
                connection.close()


def _away() -> UnavailableError:
    return UnavailableError(
        what="database",
        message="The database does not answer, so nobody can trade.",
        retry_after_seconds=CONNECT_SECONDS,
    )
