"""Child processes: what they return, and every way in which they end."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from app.adapters.processes.compute import ComputePool
from app.domain.errors import ConflictError, DomainError, InvalidInputError, NotFoundError
from app.simulation.progress import PartialCurve
from app.simulation.simulate import simulate
from tests.integration.simulation import work
from tests.unit.simulation.runs import daily, request, unheard

BACKEND = Path(__file__).parents[3]
DIGEST = "d" * 64


@pytest.fixture
def pool(code_folder: Path) -> Iterator[ComputePool]:
    pool = ComputePool(max_workers=2, code_folder=code_folder)
    yield pool
    pool.close()


def never() -> bool:
    return False


def is_alive(process_id: int) -> bool:
    """Return whether a process runs; one that ended and waits to be collected does not."""
    try:
        state = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def eventually(condition: Callable[[], bool], *, seconds: float = 5) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


class TestRun:
    def test_gives_the_result_that_this_process_computes(
        self, pool: ComputePool, code_folder: Path
    ) -> None:
        bars = daily("100", "103", "97", "90")
        wanted = request(bars)
        heard: list[tuple[int, int, PartialCurve]] = []
        computed = pool.run(
            bars=bars,
            request=wanted,
            dataset_digest=DIGEST,
            on_progress=lambda done, total, curve=(): heard.append((done, total, curve)),
            cancelled=never,
        )
        assert computed is not None
        result, course = simulate(
            bars=bars,
            request=wanted,
            dataset_digest=DIGEST,
            code_folder=code_folder,
            on_progress=unheard,
        )
        assert computed[0] == result
        assert np.array_equal(computed[1].rows, course.rows)
        assert np.array_equal(computed[1].codes, course.codes)
        assert [(done, total, len(curve)) for done, total, curve in heard] == [(0, 4, 0), (4, 4, 4)]
        final, points = result["final"], heard[-1][2]
        assert isinstance(final, dict)
        assert points[-1] == {"at": "2024-01-05T21:00:00Z", "equity": final["equity"]}

    def test_raises_what_the_simulation_refuses(self, pool: ComputePool) -> None:
        bars = daily("100", "103")
        wanted = request(bars, opening={"cash": "0", "shares": "0"})
        with pytest.raises(InvalidInputError) as raised:
            pool.run(
                bars=bars,
                request=wanted,
                dataset_digest=DIGEST,
                on_progress=unheard,
                cancelled=never,
            )
        assert [error.field for error in raised.value.errors] == ["opening"]


class TestCompute:
    def test_works_in_another_process(self, pool: ComputePool) -> None:
        process_id = pool.compute(work.own_process, on_progress=unheard, cancelled=never)
        assert process_id is not None
        assert process_id != os.getpid()
        assert not is_alive(process_id)

    @pytest.mark.parametrize("stubborn", [work.last_long, work.ignore_requests_to_end])
    def test_is_cancelled_within_a_second(
        self, pool: ComputePool, stubborn: Callable[..., None]
    ) -> None:
        processes: list[int] = []
        asked_at: list[float] = []

        def cancelled() -> bool:
            if processes and not asked_at:
                asked_at.append(time.monotonic())
            return bool(processes)

        assert (
            pool.compute(
                stubborn,
                on_progress=lambda process_id, *_: processes.append(process_id),
                cancelled=cancelled,
            )
            is None
        )
        assert time.monotonic() - asked_at[0] < 1
        assert not is_alive(processes[0])

    def test_is_cancelled_while_it_waits_for_its_turn(self, code_folder: Path) -> None:
        pool = ComputePool(max_workers=1, code_folder=code_folder)
        processes: list[int] = []
        with ThreadPoolExecutor(max_workers=1) as thread:
            first = thread.submit(
                pool.compute,
                work.last_long,
                on_progress=lambda process_id, *_: processes.append(process_id),
                cancelled=never,
            )
            assert eventually(lambda: bool(processes))
            second = pool.compute(work.own_process, on_progress=unheard, cancelled=lambda: True)
            assert second is None
            assert not first.done()
            pool.close()
            assert first.result() is None

    def test_says_that_its_process_was_killed(self, pool: ComputePool) -> None:
        with pytest.raises(DomainError, match="stopped from outside, by SIGKILL"):
            pool.compute(work.be_killed, on_progress=unheard, cancelled=never)

    def test_says_that_its_process_ended(self, pool: ComputePool) -> None:
        with pytest.raises(DomainError, match="ended with code 3"):
            pool.compute(work.exit_with_a_code, on_progress=unheard, cancelled=never)

    def test_says_that_memory_ran_out(self, pool: ComputePool) -> None:
        with pytest.raises(DomainError, match="needed more memory than there is"):
            pool.compute(work.run_out_of_memory, on_progress=unheard, cancelled=never)

    def test_goes_on_after_a_death(self, pool: ComputePool) -> None:
        for _ in range(3):
            with pytest.raises(DomainError):
                pool.compute(work.be_killed, on_progress=unheard, cancelled=never)
        assert pool.compute(work.own_process, on_progress=unheard, cancelled=never) is not None

    def test_raises_domain_errors_with_all_they_carry(self, pool: ComputePool) -> None:
        with pytest.raises(NotFoundError, match="There is no dataset 0123") as missing:
            pool.compute(work.find_nothing, on_progress=unheard, cancelled=never)
        assert (missing.value.what, missing.value.identity) == ("dataset", "0123")
        with pytest.raises(ConflictError, match="It is busy") as conflict:
            pool.compute(work.conflict, on_progress=unheard, cancelled=never)
        assert conflict.value.reason == "busy"

    def test_stops_the_process_when_the_listener_raises(self, pool: ComputePool) -> None:
        processes: list[int] = []

        def listen(process_id: int, _total: int, _curve: PartialCurve = ()) -> None:
            processes.append(process_id)
            raise ConnectionResetError("the listener's own trouble")

        with pytest.raises(ConnectionResetError, match="own trouble"):
            pool.compute(work.last_long, on_progress=listen, cancelled=never)
        assert not is_alive(processes[0])


class TestClose:
    def test_leaves_no_process_behind(self, code_folder: Path) -> None:
        pool = ComputePool(max_workers=2, code_folder=code_folder)
        processes: list[int] = []
        with ThreadPoolExecutor(max_workers=2) as threads:
            running = [
                threads.submit(
                    pool.compute,
                    work.last_long,
                    on_progress=lambda process_id, *_: processes.append(process_id),
                    cancelled=never,
                )
                for _ in range(2)
            ]
            assert eventually(lambda: len(processes) == 2)
            pool.close()
            assert not any(is_alive(process_id) for process_id in processes)
            assert [run.result() for run in running] == [None, None]
        assert pool.compute(work.own_process, on_progress=unheard, cancelled=never) is None


class TestParent:
    def test_takes_its_child_along_when_it_is_killed(self) -> None:
        script = (
            "from pathlib import Path\n"
            "from app.adapters.processes.compute import ComputePool\n"
            "from tests.integration.simulation.work import last_long\n"
            "pool = ComputePool(max_workers=1, code_folder=Path('no-code'))\n"
            "pool.compute(last_long, cancelled=lambda: False,\n"
            "    on_progress=lambda process_id, *_: print(process_id, flush=True))\n"
        )
        parent = subprocess.Popen(
            [sys.executable, "-c", script], cwd=BACKEND, stdout=subprocess.PIPE, text=True
        )
        assert parent.stdout is not None
        with parent.stdout:
            child = int(parent.stdout.readline())
            try:
                assert is_alive(child)
                parent.kill()
                parent.wait()
                assert eventually(lambda: not is_alive(child), seconds=1)
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
