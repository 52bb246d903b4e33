"""One call for all processes that ask the same question at the same time, through Redis or Valkey.

The first to take the lock of a question asks; the others wait for what it leaves. Without the
server everybody asks for himself.
"""

import time
from collections.abc import Callable
from typing import cast

from redis.exceptions import LockError
from redis.lock import Lock

from app.adapters.redis.connection import AWAY, KEY_PREFIX, Outage, connect

_LOOKS_EVERY_SECONDS = 0.02
_LEFT_FOR_SECONDS = 5  # long enough for every waiting process to look


class RedisFlights:
    """Lets the first process that asks a question do the work while the others wait.

    `lease_seconds` is how long a call may take; a process that died keeps the others no longer.
    Nothing outlives its call: whoever asks after it asks anew.
    """

    def __init__(self, *, url: str, lease_seconds: float) -> None:
        self._redis = connect(url)
        self._lease_seconds = lease_seconds
        self._outage = Outage(
            what="The cache that lets processes ask together",
            meanwhile="Until it is back, each process asks the provider for itself.",
        )

    def close(self) -> None:
        """Give the connections back."""
        self._redis.close()

    def run(self, *, key: str, call: Callable[[], bytes]) -> bytes:
        """Return what `call` returns, in every process that asked for `key` meanwhile.

        An exception of `call` is raised where it was called; the others then ask themselves.
        """
        name = f"{KEY_PREFIX}flight:{key}"
        deadline = time.monotonic() + self._lease_seconds
        while time.monotonic() < deadline:
            try:
                lock = self._redis.lock(name, timeout=self._lease_seconds, blocking=False)
                leads = lock.acquire()
                left = None if leads else self._wait(name, until=deadline)
            except AWAY as error:
                self._outage.begins(error)
                return call()
            self._outage.ends()
            if leads:
                try:
                    return self._lead(name, token=lock.local.token, call=call)
                finally:
                    self._release(lock)
            if left is not None:
                return left
        return call()

    def _lead(self, name: str, *, token: bytes, call: Callable[[], bytes]) -> bytes:
        outcome = call()
        try:
            self._redis.set(_left(name, token), outcome, ex=_LEFT_FOR_SECONDS)
        except AWAY as error:
            self._outage.begins(error)
        return outcome

    def _release(self, lock: Lock) -> None:
        try:
            lock.release()
        except LockError:
            pass  # it took longer than the lease; the lock is somebody else's by now
        except AWAY as error:
            self._outage.begins(error)

    def _wait(self, name: str, *, until: float) -> bytes | None:
        """Return what the process that leads now leaves; None when it leaves nothing."""
        token = self._read(name)
        while token is not None and time.monotonic() < until:
            leads = self._read(name) == token
            # It leaves its outcome before it gives the lock back, so this look comes second.
            left = self._read(_left(name, token))
            if left is not None or not leads:
                return left
            time.sleep(_LOOKS_EVERY_SECONDS)
        return None

    def _read(self, name: str) -> bytes | None:
        return cast("bytes | None", self._redis.get(name))


def _left(name: str, token: bytes) -> str:
    return f"{name}:{token.decode()}"
