"""Simulation runs: started, followed, cancelled and removed."""

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from app.domain.announcement import AnnouncementKind
from app.domain.book import Page, StoredAnswer
from app.domain.errors import DomainError, UnavailableError
from app.services.once import Ticket, once
from app.services.ports import Announcer, Clock, Compute, Ids, Shelf, Store
from app.simulation.opening import opened
from app.simulation.progress import PartialCurve
from app.simulation.request import parse_request, request_body
from app.simulation.run import RunRecord, RunStatus, SimulationRequest
from app.simulation.sessions import window_of

_log = logging.getLogger(__name__)
_LIVE = {RunStatus.QUEUED, RunStatus.RUNNING}
_BETWEEN_REPORTS = timedelta(milliseconds=250)


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """A run, and while it is computed the curve so far."""

    run: RunRecord
    partial_curve: PartialCurve


class RunSimulation:
    """Runs simulations in child processes, each followed by a thread of its own."""

    def __init__(
        self, *, store: Store, compute: Compute, clock: Clock, ids: Ids, events: Announcer
    ) -> None:
        self._store = store
        self._compute = compute
        self._clock = clock
        self._ids = ids
        self._events = events
        self._cancelled: dict[str, threading.Event] = {}
        self._curves: dict[str, PartialCurve] = {}

    def submit(
        self, *, body: Mapping[str, object], ticket: Ticket[RunRecord] | None = None
    ) -> RunRecord | StoredAnswer:
        """Return a new run, queued; `body` is the request as on the wire.

        Raises
        ------
        InvalidInputError, NotFoundError
            When a field is out of range, or there is no such dataset.
        """
        request = parse_request(body)
        with self._store.shelf() as shelf:
            run = once(shelf, ticket, lambda: self._queue(shelf, body, request))
        if isinstance(run, RunRecord):
            self._tell(run)
            self._cancelled[run.id] = threading.Event()
            follow = threading.Thread(target=self._follow, args=(run, request), daemon=True)
            follow.start()
        return run

    def _queue(
        self, shelf: Shelf, body: Mapping[str, object], request: SimulationRequest
    ) -> RunRecord:
        dataset = shelf.get_dataset(dataset_id=str(body.get("dataset_id", "")))
        bars = shelf.load_bars(dataset_id=dataset.id)
        opened(bars=bars, index=window_of(bars=bars, request=request).start, request=request)
        run = RunRecord(
            id=self._ids.new(),
            dataset_id=dataset.id,
            dataset_digest=dataset.digest,
            symbol=dataset.symbol,
            status=RunStatus.QUEUED,
            done=0,
            total=dataset.bars,
            request=request_body(request),
            result=None,
            error=None,
            created_at=self._clock.now(),
            started_at=None,
            finished_at=None,
        )
        shelf.add_run(run=run)
        return run

    def _follow(self, run: RunRecord, request: SimulationRequest) -> None:
        """Carry a run to its end, whatever that is; its inputs are kept."""
        cancelled = self._cancelled[run.id]
        try:
            self._compute_and_store(run, request, cancelled)
        except DomainError as error:
            _log.warning("simulation %s failed: %s", run.id, error)
            self._finish(run, RunStatus.FAILED, str(error))
        finally:
            self._curves.pop(run.id, None)
            del self._cancelled[run.id]

    def _compute_and_store(
        self, run: RunRecord, request: SimulationRequest, cancelled: threading.Event
    ) -> None:
        with self._store.shelf() as shelf:
            bars = shelf.load_bars(dataset_id=run.dataset_id)
        started = replace(run, status=RunStatus.RUNNING, started_at=self._clock.now())
        self._save(started)
        told_at = self._clock.now()

        def on_progress(done: int, total: int, curve: PartialCurve = ()) -> None:
            nonlocal told_at
            self._curves[run.id] = curve
            now = self._clock.now()
            if now - told_at >= _BETWEEN_REPORTS:
                told_at = now
                self._save(replace(started, done=done, total=total))

        computed = self._compute.run(
            bars=bars,
            request=request,
            dataset_digest=run.dataset_digest,
            on_progress=on_progress,
            cancelled=cancelled.is_set,
        )
        if computed is None:
            self._finish(started, RunStatus.CANCELLED, None)
            return
        result, course = computed
        total = result["bars"]
        assert isinstance(total, int), "a result counts its bars"
        completed = replace(
            started,
            status=RunStatus.COMPLETED,
            done=total,
            total=total,
            result=result,
            finished_at=self._clock.now(),
        )
        with self._store.shelf() as shelf:
            shelf.save_course(run_id=run.id, course=course)
            shelf.save_run(run=completed)
        self._tell(completed)

    def _save(self, run: RunRecord) -> None:
        with self._store.shelf() as shelf:
            shelf.save_run(run=run)
        self._tell(run)

    def _tell(self, run: RunRecord) -> None:
        self._events.publish(
            kind=AnnouncementKind.JOB,
            body={
                "id": run.id,
                "job": "simulation",
                "status": run.status.value,
                "done": run.done,
                "total": run.total,
                "curve": self._curves.get(run.id, ()),
            },
        )

    def _finish(self, run: RunRecord, status: RunStatus, error: str | None) -> None:
        try:
            self._save(replace(run, status=status, error=error, finished_at=self._clock.now()))
        except UnavailableError as unavailable:
            _log.error("simulation %s ended as %s unsaved: %s", run.id, status, unavailable)

    def recover(self) -> None:
        """Mark the runs as failed that an earlier process left behind; their inputs are kept."""
        with self._store.shelf() as shelf:
            for run in shelf.list_live_runs():
                shelf.save_run(
                    run=replace(
                        run,
                        status=RunStatus.FAILED,
                        error="The service stopped while this run was going. Run it again.",
                        finished_at=self._clock.now(),
                    )
                )

    def get(self, *, run_id: str) -> Followed:
        """Return one run, with the curve so far while it is computed."""
        with self._store.shelf() as shelf:
            run = shelf.get_run(run_id=run_id)
        running = run.status is RunStatus.RUNNING
        return Followed(run=run, partial_curve=self._curves.get(run_id, ()) if running else ())

    def list(self, *, limit: int, cursor: str | None) -> Page[RunRecord]:
        """Return the runs, newest first."""
        with self._store.shelf() as shelf:
            return shelf.list_runs(limit=limit, cursor=cursor)

    def remove(self, *, run_id: str, only_cancel: bool = False) -> RunRecord:
        """Cancel a run that is going, within a second; remove one that has ended.

        With `only_cancel` a run that has ended meanwhile stays.
        """
        with self._store.shelf() as shelf:
            run = shelf.get_run(run_id=run_id)
            if run.status not in _LIVE:
                if not only_cancel:
                    shelf.delete_run(run_id=run_id)
                return run
        event = self._cancelled.get(run_id)
        if event is not None:
            event.set()
        return run
