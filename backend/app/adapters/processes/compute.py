"""Pure computation in child processes, so that it can be stopped and cannot take us down."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from threading import BoundedSemaphore, Event
from typing import cast

from app.adapters.processes.messages import (
    Finished,
    Message,
    OutOfMemory,
    Progress,
    Ready,
    Refused,
    Work,
)
from app.domain.errors import DomainError
from app.simulation.bars import Bars
from app.simulation.progress import OnProgress
from app.simulation.run import SimulationRequest
from app.simulation.simulate import simulate
from app.simulation.stored_course import StoredCourse

_BACKEND = Path(__file__).parents[3]
_CHILD = "app.adapters.processes.child"
_POLL_SECONDS = 0.1
_PATIENCE_SECONDS = 0.5
_LAST_SECONDS = 5.0
_OUT_OF_MEMORY = "The computation needed more memory than there is. Choose fewer bars."


class ComputePool:
    """Runs simulations in at most `max_workers` child processes at a time, one process a run.

    The caller's thread waits and hears the progress, so any number of threads may call. The
    children keep machine code inside `code_folder`.
    """

    def __init__(self, *, max_workers: int, code_folder: Path) -> None:
        self._code_folder = code_folder
        self._max_workers = max_workers
        self._slots = BoundedSemaphore(max_workers)
        self._closed = Event()

    def run(
        self,
        *,
        bars: Bars,
        request: SimulationRequest,
        dataset_digest: str,
        on_progress: OnProgress,
        cancelled: Callable[[], bool],
    ) -> tuple[Mapping[str, object], StoredCourse] | None:
        """Return the result and the course, or None when `cancelled` said so meanwhile.

        `cancelled` is asked about ten times a second; a second later at most the process is
        gone. A closed pool counts as cancelled.

        Raises
        ------
        DomainError
            What the simulation raised, or that its process died.
        """
        work = partial(
            simulate,
            bars=bars,
            request=request,
            dataset_digest=dataset_digest,
            code_folder=self._code_folder,
        )
        return self.compute(work, on_progress=on_progress, cancelled=cancelled)

    def compute[T](
        self, work: Work[T], *, on_progress: OnProgress, cancelled: Callable[[], bool]
    ) -> T | None:
        """Return what `work` returns, computed in a child process, or None when cancelled.

        `work` and its result are pickled; `on_progress` and `cancelled` are called here.

        Raises
        ------
        DomainError
            What the work raised, or that its process died.
        """

        def stopped() -> bool:
            return self._closed.is_set() or cancelled()

        while not self._slots.acquire(timeout=_POLL_SECONDS):
            if stopped():
                return None
        try:
            with _child() as child:
                return cast("T | None", child.outcome(work, on_progress, stopped))
        finally:
            self._slots.release()

    def close(self) -> None:
        """Stop all work, and wait a few seconds at most until its processes are gone."""
        self._closed.set()
        for _ in range(self._max_workers):
            self._slots.acquire(timeout=_LAST_SECONDS)


class _Child:
    """A running child process and our end of the pipe to it."""

    def __init__(
        self, *, process: subprocess.Popen[bytes], connection: "Connection[Work[object], Message]"
    ) -> None:
        self._process = process
        self._connection = connection

    def outcome(
        self, work: Work[object], on_progress: OnProgress, stopped: Callable[[], bool]
    ) -> object:
        while not stopped():
            if not self._connection.poll(_POLL_SECONDS):
                continue
            with self._death_explained():
                message = self._connection.recv()
            match message:
                case Ready():  # only now: sending would wait for it, deaf to a wish to stop
                    with self._death_explained():
                        self._connection.send(work)
                case Progress(done=done, total=total, curve=curve):
                    on_progress(done, total, curve)
                case Finished(value=value):
                    return value
                case Refused():
                    raise message.error()
                case OutOfMemory():
                    raise DomainError(_OUT_OF_MEMORY)
        return None

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(timeout=_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    @contextmanager
    def _death_explained(self) -> Iterator[None]:
        try:
            yield
        except (EOFError, BrokenPipeError, ConnectionResetError):
            raise DomainError(_last_words(self._process.wait())) from None


@contextmanager
def _child() -> Iterator[_Child]:
    ours, theirs = Pipe()
    with ours:
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-m", _CHILD, str(theirs.fileno())],
                cwd=_BACKEND,
                stdin=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
            )
        child = _Child(process=process, connection=ours)
        try:
            yield child
        finally:
            child.stop()


def _last_words(code: int) -> str:
    if code < 0:
        name = signal.Signals(-code).name
        return f"The process of the computation was stopped from outside, by {name}. Run it again."
    return f"The process of the computation ended with code {code}; its log says why."
