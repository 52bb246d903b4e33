"""A simulation run as it is followed: what is stored of it, shown of it and told of it."""

import threading
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from app.adapters.ids import RandomIds
from app.adapters.postgres.store import PostgresStore
from app.domain.errors import ConflictError, DomainError, NotFoundError
from app.services.read_simulation import ReadSimulation
from app.services.run_simulation import RunSimulation
from app.simulation.bars import Bars
from app.simulation.kernel_layout import ROW_WIDTH
from app.simulation.progress import OnProgress
from app.simulation.run import RunRecord, SimulationRequest
from app.simulation.stored_course import StoredCourse
from tests.builders import NOW
from tests.fakes.clock import FakeClock
from tests.fakes.events import FakeEvents
from tests.integration.postgres.test_shelf import a_dataset, recorded

PATIENCE_SECONDS = 10
BODY: dict[str, Any] = {
    "start": "2010-01-04",
    "end": "2010-12-31",
    "opening": {"cash": "5000", "shares": "100"},
    "execution": {"model": "close"},
}
CURVE = ({"at": "2010-01-04T21:00:00Z", "equity": "10700"},)
COURSE = StoredCourse(rows=np.zeros((1, ROW_WIDTH), np.int64), codes=np.zeros(252, np.uint8))


class HeldCompute:
    """Satisfies `Compute`; reports when told to, and ends as told."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.go = threading.Event()
        self.error: DomainError | None = None
        self.report: OnProgress

    def run(
        self,
        *,
        bars: Bars,
        request: SimulationRequest,
        dataset_digest: str,
        on_progress: OnProgress,
        cancelled: Callable[[], bool],
    ) -> tuple[Mapping[str, object], StoredCourse] | None:
        self.report = on_progress
        self.asked.set()
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self.go.wait(0.01):
            assert time.monotonic() < deadline
            if cancelled():
                return None
        if self.error is not None:
            raise self.error
        return {"bars": len(COURSE.codes)}, COURSE


class Lab:
    """Simulations on a real database, with a computation that a test holds in its hands."""

    def __init__(self, store: PostgresStore) -> None:
        dataset = a_dataset(recorded("KO"))
        with store.shelf() as shelf:
            shelf.add_dataset(dataset=dataset)
        self.clock, self.compute, self.events = FakeClock(at=NOW), HeldCompute(), FakeEvents()
        self.simulations = RunSimulation(
            store=store,
            compute=self.compute,
            clock=self.clock,
            ids=RandomIds(),
            events=self.events,
        )
        run = self.simulations.submit(body=BODY | {"dataset_id": dataset.record.id})
        assert isinstance(run, RunRecord)
        self.run = run
        assert self.compute.asked.wait(PATIENCE_SECONDS)

    def end(self) -> RunRecord:
        """Let the computation end, and return the run once it has."""
        self.compute.go.set()
        return self.ended()

    def ended(self) -> RunRecord:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (run := self.simulations.get(run_id=self.run.id).run).finished_at is None:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        while self.told()[-1][0] in {"queued", "running"}:  # what is stored is told right after
            assert time.monotonic() < deadline
            time.sleep(0.01)
        return run

    def told(self) -> list[tuple[object, object, object]]:
        """Return status, done and curve of every event of the run."""
        return [
            (body["status"], body["done"], body["curve"])
            for kind, body in list(self.events.told)
            if (kind, body["id"], body["job"]) == ("job", self.run.id, "simulation")
        ]


@pytest.fixture
def lab(store: PostgresStore) -> Lab:
    return Lab(store)


class TestARun:
    def test_is_told_from_the_queue_to_its_end(self, lab: Lab) -> None:
        lab.clock.advance(timedelta(seconds=1))
        lab.compute.report(100, 252, CURVE)
        run = lab.end()
        assert (run.status, run.done, run.total) == ("completed", 252, 252)
        assert lab.told() == [
            ("queued", 0, ()),
            ("running", 0, ()),
            ("running", 100, CURVE),
            ("completed", 252, CURVE),
        ]

    def test_shows_its_curve_while_it_is_computed(self, lab: Lab) -> None:
        assert lab.simulations.get(run_id=lab.run.id).partial_curve == ()
        lab.compute.report(100, 252, CURVE)
        followed = lab.simulations.get(run_id=lab.run.id)
        assert (followed.run.status, followed.partial_curve) == ("running", CURVE)
        lab.end()
        assert lab.simulations.get(run_id=lab.run.id).partial_curve == ()

    def test_is_told_four_times_a_second_at_most(self, lab: Lab) -> None:
        for done in range(100):
            lab.clock.advance(timedelta(milliseconds=10))
            lab.compute.report(done, 252)
        assert [done for _, done, _ in lab.told()] == [0, 0, 24, 49, 74, 99]
        lab.end()

    def test_keeps_its_inputs_and_the_reason_when_it_fails(self, lab: Lab) -> None:
        lab.compute.error = DomainError("The process was stopped from outside, by SIGKILL.")
        run = lab.end()
        assert (run.status, run.result) == ("failed", None)
        assert run.error == "The process was stopped from outside, by SIGKILL."
        assert run.request == lab.run.request
        assert lab.told()[-1] == ("failed", 0, ())

    def test_is_cancelled(self, lab: Lab) -> None:
        lab.simulations.remove(run_id=lab.run.id)
        assert lab.ended().status == "cancelled"
        assert lab.told()[-1] == ("cancelled", 0, ())

    def test_that_ended_before_it_is_cancelled_keeps_its_result(self, lab: Lab) -> None:
        run = lab.end()
        assert lab.simulations.remove(run_id=run.id, only_cancel=True).status == "completed"
        assert lab.simulations.get(run_id=run.id).run.result == run.result
        lab.simulations.remove(run_id=run.id)
        with pytest.raises(NotFoundError):
            lab.simulations.get(run_id=run.id)


class TestItsSeries:
    def test_are_there_once_it_is_completed(self, lab: Lab, store: PostgresStore) -> None:
        reading = ReadSimulation(store=store)
        with pytest.raises(ConflictError) as raised:
            reading.trades(run_id=lab.run.id)
        assert raised.value.reason == "simulation_running"
        lab.end()
        assert len(reading.decisions(run_id=lab.run.id)) == 252

    def test_are_not_there_where_an_earlier_version_kept_none(
        self, lab: Lab, store: PostgresStore
    ) -> None:
        run = lab.end()
        with store.shelf() as shelf:
            shelf.delete_run(run_id=run.id)
            shelf.add_run(run=run)
        with pytest.raises(ConflictError, match="Run it again") as raised:
            ReadSimulation(store=store).decisions(run_id=lab.run.id)
        assert raised.value.reason == "simulation_of_an_earlier_version"
