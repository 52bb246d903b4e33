"""A process of the robot from within, and the nursery that it is forked from.

It is built of the same pieces as the product's process, and does what it is told, a round at a
time: so a seed says which round and which failpoint is its last.
"""

import json
import os
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, override

from app.adapters.market.calendar import ExchangeCalendar
from app.adapters.postgres.store import PostgresStore
from app.adapters.redis.events import RedisEventStream
from app.services.announce import AnnouncingStore
from tests.builders import NOW
from tests.fault.nursery import Being, Fate, Line, Word
from tests.fault.robot import Robot, guarded
from tests.fault.shared_clock import SharedClock

CALENDAR = ExchangeCalendar(start=date(2024, 1, 2), end=date(2024, 12, 31))


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where the simulated broker listens."""

    url: str


class MortalRobot(Robot):
    """A robot whose end is the end of its process."""

    def __init__(self, *, line: Line, threaded: bool, **built: Any) -> None:
        super().__init__(**built)
        self.fate = Fate()
        self._line = line
        self._threaded = threaded
        self._meeting = threading.Lock()

    @override
    def do(self, pieces: Sequence[Callable[[], object]]) -> None:
        """Do all at once, as the loop does them, where the processes of this life have threads."""
        if not self._threaded:
            super().do(pieces)
            return
        with ThreadPoolExecutor(max_workers=len(pieces)) as pool:
            list(pool.map(guarded, pieces))  # which raises what nobody foresaw

    @override
    def meet_fate(self, name: str) -> None:
        with self._meeting:
            if name not in self.dies_at:
                return  # another thread met it
            self.dies_at = ()
            self._line.tell(Word(at=name))
            os.kill(os.getpid(), signal.SIGSTOP if self.fate.stops else signal.SIGKILL)


def born(line: Line, being: Being) -> MortalRobot:
    """Return the robot of this process."""
    clock = SharedClock(path=Path(being.clock))
    store = AnnouncingStore(
        store=PostgresStore(url=being.database_url), events=RedisEventStream(url=being.redis_url)
    )
    return MortalRobot(
        line=line,
        threaded=being.threaded,
        store=store,
        url=being.database_url,
        clock=clock,
        calendar=CALENDAR,
        alpaca=Address(url=being.alpaca_url),
        monotonic=clock.monotonic,
        timeout_seconds=being.timeout_seconds,
    )


def live(line: Line, being: Being) -> None:
    """Do rounds until the other end is gone; an error that nobody foresaw is told to it."""
    robot = born(line, being)
    while (asked := line.hear()) is not None:
        robot.fate = Fate(**asked["fate"])
        robot.dies_at = robot.fate.at
        try:
            robot.work(position_id=asked["position_id"], reconciles=asked["reconciles"])
        except Exception:  # noqa: BLE001 - it fails the test, which stands in another process
            line.tell(Word(failed=traceback.format_exc()))
        else:
            line.tell(Word())


def nurse(end: socket.socket) -> None:
    """Fork a process for each request, until the other end is gone."""
    CALENDAR.phase(at=NOW)  # built once, for all that are born here
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    while True:
        request, ends, _, _ = socket.recv_fds(end, 65_536, 1)
        if not request:
            break
        pid = os.fork()
        if pid == 0:
            end.close()
            try:
                live(Line(socket.socket(fileno=ends[0])), Being(**json.loads(request)))
            finally:
                os._exit(0)
        os.close(ends[0])
        end.sendall(str(pid).encode())


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as given:
        nurse(given)
    os.killpg(0, signal.SIGKILL)  # also those that were stopped, and this one
