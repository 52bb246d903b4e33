"""Work for child processes that ends in every way but well."""

import os
import signal
import time
from typing import NoReturn

from app.domain.errors import ConflictError, NotFoundError
from app.simulation.progress import OnProgress


def own_process(*, on_progress: OnProgress) -> int:
    on_progress(1, 1)
    return os.getpid()


def last_long(*, on_progress: OnProgress) -> None:
    """Tell the process id as progress, and then compute without end."""
    on_progress(os.getpid(), 0)
    while True:
        sum(range(10_000))


def ignore_requests_to_end(*, on_progress: OnProgress) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    on_progress(os.getpid(), 0)
    time.sleep(60)


def be_killed(*, on_progress: OnProgress) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def exit_with_a_code(*, on_progress: OnProgress) -> NoReturn:
    raise SystemExit(3)


def run_out_of_memory(*, on_progress: OnProgress) -> bytearray:
    return bytearray(2**62)


def find_nothing(*, on_progress: OnProgress) -> NoReturn:
    raise NotFoundError(what="dataset", identity="0123")


def conflict(*, on_progress: OnProgress) -> NoReturn:
    raise ConflictError(reason="busy", message="It is busy.")
