"""The private services of one state folder, shared by every command that works on it."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from app.adapters.embedded.postgres import find_cluster
from app.adapters.embedded.valkey import find_server


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedServices:
    """Where the services answer; `redis_url` is None on a machine without Valkey and Redis."""

    database_url: str
    redis_url: str | None


@contextmanager
def embedded_services(*, state: Path, durable: bool = True) -> Iterator[EmbeddedServices]:
    """Run the services of `state` while the block runs.

    Services that run already are joined. Those that this call started end with the block,
    unless another process has joined them meanwhile.

    Raises
    ------
    EmbeddedServiceError
        When one does not start.
    """
    state.mkdir(parents=True, exist_ok=True)
    with _locked(state / "services.lock", fcntl.LOCK_EX):
        started = _start(state=state, durable=durable)
        # Taken before the first lock is given back, so that nobody stops what we are about to use.
        users = _open_lock(state / "services.users", fcntl.LOCK_SH)
    try:
        yield EmbeddedServices(
            database_url=find_cluster(state=state).url(),
            redis_url=find_server(state=state).url(),
        )
    finally:
        users.close()
        if started:
            _stop_unless_used(state)


@contextmanager
def joined_services(*, state: Path) -> Iterator[None]:
    """Keep others from ending the running services of `state` while the block runs.

    A process that is killed leaves by that: its lock goes with it.
    """
    state.mkdir(parents=True, exist_ok=True)
    with _locked(state / "services.users", fcntl.LOCK_SH):
        yield


def stop_services(*, state: Path) -> tuple[str, ...]:
    """Stop the services of `state`, used or not, and return the names of those that ran."""
    if not state.exists():
        return ()
    with _locked(state / "services.lock", fcntl.LOCK_EX):
        return _stop(state)


def _start(*, state: Path, durable: bool) -> bool:
    has_started_postgres = find_cluster(state=state, durable=durable).start()
    has_started_valkey = find_server(state=state).start()
    return has_started_postgres or has_started_valkey


def _stop(state: Path) -> tuple[str, ...]:
    had_valkey = find_server(state=state).stop()
    had_postgres = find_cluster(state=state).stop()
    return (("Valkey",) if had_valkey else ()) + (("PostgreSQL",) if had_postgres else ())


def _stop_unless_used(state: Path) -> None:
    with _locked(state / "services.lock", fcntl.LOCK_EX):
        try:
            users = _open_lock(state / "services.users", fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        with users:
            _stop(state)


@contextmanager
def _locked(path: Path, kind: int) -> Iterator[None]:
    with _open_lock(path, kind):
        yield


def _open_lock(path: Path, kind: int) -> IO[bytes]:
    # The kernel gives a lock back when its file is closed, by us or by the end of the process.
    file = path.open("ab")
    try:
        fcntl.flock(file, kind)
    except BlockingIOError:
        file.close()
        raise
    return file
