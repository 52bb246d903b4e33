"""One call for all processes that ask the same question at the same time, through Redis or Valkey.

The first to take the lock of a question asks; the others wait for what it leaves. Without the
server everybody asks for himself.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import cast

from redis.exceptions import LockError
from redis.lock import Lock

from app.adapters.redis.connection import AWAY, KEY_PREFIX, Outage, connect

_LOOKS_EVERY_SECONDS = 0.02
# A process that died keeps the others for as long as its lease; one that lives renews it.
_LEASE_SECONDS = 0.6
_RENEWS_EVERY_SECONDS = 0.15
_LEFT_FOR_SECONDS = 5  # long enough for every waiting process to look


class RedisFlights:
    """Lets the first process that asks a question do the work while the others wait.

    `call_seconds` is how long a call may take; nobody waits longer for it. A process that died
    keeps the others for less than a second. Nothing outlives its call: whoever asks after it asks
    anew.
    """

    def __init__(self, *, url: str, call_seconds: float) -> None:
        self._redis = connect(url)
        self._call_seconds = call_seconds
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
        deadline = time.monotonic() + self._call_seconds
        while time.monotonic() < deadline:
            try:
                # Its token is for the thread that renews it too.
                lock = self._redis.lock(
                    name, timeout=_LEASE_SECONDS, blocking=False, thread_local=False
                )
                leads = lock.acquire()
                left = None if leads else self._wait(name, until=deadline)
            except AWAY as error:
                self._outage.begins(error)
                return call()
            self._outage.ends()
            if leads:
                try:
                    with self._renewed(lock):
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

    @contextmanager
    def _renewed(self, lock: Lock) -> Iterator[None]:
        """Renew the lease of `lock` while the block lasts, for as long as a call may take."""
        ended = threading.Event()
        deadline = time.monotonic() + self._call_seconds

        def renew() -> None:
            while not ended.wait(_RENEWS_EVERY_SECONDS) and time.monotonic() < deadline:
                try:
                    lock.reacquire()
                except LockError:
                    return  # the lease ended before it was renewed; the others ask themselves
                except AWAY as error:
                    self._outage.begins(error)

        renewing = threading.Thread(target=renew, daemon=True)
        renewing.start()
        try:
            yield
        finally:
            ended.set()
            renewing.join()

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
