"""Where the robot's processes are born: forked from one that has imported everything.

    with Nursery() as nursery:
        process = nursery.bear(Being(database_url=…, clock=path, …))
        process.send(Round(position_id=…, reconciles=True, fate=Fate(at=("noted",))))
        process.hear()              # Word.WORKED, or a word that it met its fate, or None: dead

A birth takes some tens of milliseconds. The nursery has one thread, so that a fork is whole.
"""

import json
import os
import signal
import socket
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ANSWER_SECONDS_MAX = 60
_BACKEND = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Being:
    """What a process of the robot is told at its birth.

    `clock` is the path of the shared clock, `timeout_seconds` how long the broker is waited for.
    One that is `threaded` does all pieces of a round at once.
    """

    database_url: str
    redis_url: str
    alpaca_url: str
    clock: str
    timeout_seconds: float
    threaded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What happens to a process at the first of these failpoints: it `stops`, or is killed."""

    at: tuple[str, ...] = ()
    stops: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """A round of work that a process is asked for."""

    position_id: str
    reconciles: bool
    fate: Fate


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What a process says: that it did its round, meets its fate `at`, or `failed`."""

    at: str | None = None
    failed: str | None = None


class Line:
    """One end of a line of JSON texts between two processes."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._file = end.makefile("rb")

    def tell(self, what: Any) -> None:
        self._end.sendall(json.dumps(asdict(what)).encode() + b"\n")

    def hear(self) -> dict[str, Any] | None:
        """Return what the other end said, or None when it is gone."""
        try:
            text = self._file.readline()
        except ConnectionResetError:
            return None
        heard: dict[str, Any] | None = json.loads(text) if text.endswith(b"\n") else None
        return heard

    def close(self) -> None:
        self._file.close()
        self._end.close()


class Process:
    """A process of the robot, from outside."""

    def __init__(self, *, pid: int, line: Line) -> None:
        self.pid = pid
        self._line = line

    def send(self, work: Round) -> None:
        """Ask for a round; a process that is dead by now does not answer."""
        try:
            self._line.tell(work)
        except BrokenPipeError:
            return

    def hear(self) -> Word | None:
        """Return its answer, or None when it is dead.

        Raises
        ------
        TimeoutError
            When it neither answers nor dies.
        """
        heard = self._line.hear()
        return None if heard is None else Word(**heard)

    def wake(self) -> None:
        """Let it go on after it was stopped."""
        os.kill(self.pid, signal.SIGCONT)

    def kill(self) -> None:
        """End it as kill −9 does."""
        try:
            os.kill(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            return

    def bury(self) -> None:
        """End it, and wait until it is gone."""
        self.kill()
        while self._line.hear() is not None:
            pass
        self._line.close()


class Nursery:
    """The process that forks the others; a context manager."""

    def __enter__(self) -> Self:
        self._end, theirs = socket.socketpair()
        with theirs:
            self._server = subprocess.Popen(
                [sys.executable, "-m", "tests.fault.incarnation", str(theirs.fileno())],
                cwd=_BACKEND,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,  # with a group of its own, that it ends in the end
                # One thread only, also in what pandas brings along.
                env=os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
            )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._end.close()
        self._server.wait(timeout=10)

    def bear(self, being: Being) -> Process:
        """Return a new process of the robot."""
        ours, theirs = socket.socketpair()
        ours.settimeout(ANSWER_SECONDS_MAX)
        with theirs:
            socket.send_fds(self._end, [json.dumps(asdict(being)).encode()], [theirs.fileno()])
        pid = int(self._end.recv(64))
        return Process(pid=pid, line=Line(ours))
