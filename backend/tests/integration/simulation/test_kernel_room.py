"""The room that a compiled run is given, and what is read back of it."""

from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from app.simulation import kernel
from app.simulation.bars import Adjustment
from app.simulation.kernel import Course
from app.simulation.kernel_arrays import Memory
from app.simulation.kernel_records import replay_of
from app.simulation.prepared import PreparedBars, prepare
from app.simulation.request import parse_request
from tests.integration.simulation.parity import MODELS, SOURCE, Execution, compare
from tests.integration.simulation.recorded import BUNDLED, read_daily
from tests.unit.simulation.runs import body, hourly


@pytest.fixture(scope="module")
def coke() -> PreparedBars:
    return prepare(read_daily(BUNDLED / "KO.csv", Adjustment.SPLIT))


def columns(course: Course) -> list[list[object]]:
    return [column.tolist() for column in (course.rows, course.codes, course.equity)]


class TestMemory:
    @pytest.mark.parametrize("execution", MODELS[:3], ids=["close", "next_open", "touch"])
    def test_grows_with_the_changes_of_a_run(
        self, execution: Execution, coke: PreparedBars, code_folder: Path
    ) -> None:
        request = body(coke.bars, execution=dict(execution), cash_rate="0.03")
        course, _ = compare(coke, request, code_folder, Random(1))
        assert len(course.rows) > 2 * 1024

    def test_holds_any_run_after_another(self, coke: PreparedBars, code_folder: Path) -> None:
        memory = Memory()
        for execution in (*MODELS, *MODELS[::-1]):
            for cash_rate, start in (("0.03", "2000-01-03"), ("0", "2015-01-02")):
                request = parse_request(
                    body(coke.bars, execution=dict(execution), cash_rate=cash_rate, start=start)
                )
                kept, fresh = (
                    kernel.run(prepared=coke, request=request, code_folder=code_folder, memory=room)
                    for room in (memory, None)
                )
                assert columns(kept) == columns(fresh)


class TestReplayOf:
    def test_makes_one_position_of_equal_ones_in_a_row(self, code_folder: Path) -> None:
        bars = hourly(*((session, hour, "10") for session in range(3) for hour in (10, 17, 18)))
        course = kernel.run(
            prepared=prepare(bars), request=parse_request(body(bars)), code_folder=code_folder
        )
        positions = list(replay_of(course, source=SOURCE).positions)
        shared = [before is after for before, after in pairwise(positions)]
        assert shared == [True, True, False, True, True, False, True, True]

    def test_reads_back_an_order_that_waits_over_a_night(self, code_folder: Path) -> None:
        bars = hourly(
            (0, 10, "100"), (0, 15, "110"), (0, 17, "111"), (0, 18, "109"), (1, 10, "112")
        )
        course, run = compare(
            prepare(bars),
            body(bars, execution={"model": "next_open"}),
            code_folder,
            Random(1),
        )
        assert [(trade.decided, trade.bar) for trade in run.trades] == [(1, 4)]
        read = replay_of(course, source=SOURCE)
        assert [held.order_in_flight for held in read.positions] == [False, True, True, True, False]
        assert tuple(read.records) == run.records
