"""The child process: `python -m app.adapters.processes.child FD` does one piece of work."""

import os
import signal
import sys
from multiprocessing.connection import Connection
from threading import Thread

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
from app.simulation.progress import PartialCurve

_NICENESS = 5  # trading and answers come before computing


def main() -> None:
    """Receive the work, do it, and send progress and outcome to the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent, which stops us
    os.nice(_NICENESS)
    connection: Connection[Message, Work[object]] = Connection(int(sys.argv[1]))
    connection.send(Ready())
    work = connection.recv()
    Thread(target=_exit_with_the_parent, args=(connection,), daemon=True).start()

    def report(done: int, total: int, curve: PartialCurve = ()) -> None:
        connection.send(Progress(done=done, total=total, curve=curve))

    try:
        connection.send(Finished(value=work(on_progress=report)))
    except DomainError as error:
        connection.send(
            Refused(kind=type(error), arguments=error.args, attributes=dict(vars(error)))
        )
    except MemoryError:
        connection.send(OutOfMemory())


def _exit_with_the_parent(connection: "Connection[Message, Work[object]]") -> None:
    """Wait for the end of the pipe: the parent never sends twice, so it is gone."""
    try:
        connection.recv()
    except (EOFError, OSError):
        os._exit(1)


if __name__ == "__main__":
    main()
