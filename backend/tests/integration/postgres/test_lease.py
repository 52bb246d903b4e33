"""The lease of whoever trades: free at once after a death, taken from whoever stands still."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.adapters.postgres.lease import SILENT_SECONDS, PostgresLease

BACKEND = Path(__file__).parents[3]
PATIENCE_SECONDS = 30
# Holds the lease and beats, for half a minute at most, and says how that ended.
HOLDS = """
import sys, time
from app.adapters.postgres.lease import PostgresLease

lease = PostgresLease(url=sys.argv[1], holder="another process")
print(lease.take(), flush=True)
beats = 0
while lease.beat() and beats < 300:
    beats += 1
    time.sleep(0.1)
print("kept" if lease.beat() else "lost", lease.epoch, flush=True)
"""


@pytest.fixture
def lease(database_url: str) -> Iterator[PostgresLease]:
    lease = PostgresLease(url=database_url, holder="test")
    yield lease
    lease.give_up()


@pytest.fixture
def holder(database_url: str) -> Iterator[subprocess.Popen[str]]:
    """Yield another process, which holds the lease in epoch 1 or a later one."""
    command = [sys.executable, "-c", HOLDS, database_url]
    with subprocess.Popen(command, cwd=BACKEND, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert int(process.stdout.readline()) > 0
        yield process
        process.kill()


def seconds_until(taken: Callable[[], int | None]) -> float:
    """Return how long it takes until the lease can be had, asked for as the loop does."""
    began = time.monotonic()
    while taken() is None:
        assert time.monotonic() < began + PATIENCE_SECONDS
        time.sleep(0.25)
    return time.monotonic() - began


class TestTheLease:
    def test_is_not_given_while_its_holder_is_at_work(
        self, lease: PostgresLease, holder: subprocess.Popen[str]
    ) -> None:
        assert [lease.take() for _ in range(3)] == [None] * 3
        assert (lease.epoch, lease.beat()) == (None, False)

    def test_is_free_before_its_holder_would_count_as_silent_when_that_was_killed(
        self, lease: PostgresLease, holder: subprocess.Popen[str]
    ) -> None:
        holder.kill()
        holder.wait(PATIENCE_SECONDS)

        assert seconds_until(lease.take) < SILENT_SECONDS
        assert lease.beat()

    def test_is_taken_from_a_holder_that_stands_still_which_learns_it_when_it_wakes_up(
        self, lease: PostgresLease, holder: subprocess.Popen[str]
    ) -> None:
        os.kill(holder.pid, signal.SIGSTOP)

        assert seconds_until(lease.take) > SILENT_SECONDS - 1

        os.kill(holder.pid, signal.SIGCONT)
        assert holder.stdout is not None
        assert holder.stdout.readline() == "lost None\n"
        assert lease.beat()
