"""Simulation runs: started, followed, cancelled, read and removed."""

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace

from app.domain.book import Page, StoredAnswer
from app.domain.errors import (
    ConflictError,
    DomainError,
    UnavailableError,
)
from app.services.once import Ticket, once
from app.services.ports import Clock, Compute, Ids, Shelf, Store
from app.simulation.opening import opened
from app.simulation.request import parse_request, request_body
from app.simulation.run import RunRecord, RunStatus, SeriesName, SimulationRequest
from app.simulation.sessions import window_of
from app.simulation.thinning import thinned

_log = logging.getLogger(__name__)
_LIVE = {RunStatus.QUEUED, RunStatus.RUNNING}


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves:
    """The robot's curve and that of holding, oldest first."""

    equity: tuple[Mapping[str, object], ...]
    holding: tuple[Mapping[str, object], ...]


class RunSimulation:
    """Runs simulations in child processes, each followed by a thread of its own."""

    def __init__(self, *, store: Store, compute: Compute, clock: Clock, ids: Ids) -> None:
        self._store = store
        self._compute = compute
        self._clock = clock
        self._ids = ids
        self._cancelled: dict[str, threading.Event] = {}

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
            del self._cancelled[run.id]

    def _compute_and_store(
        self, run: RunRecord, request: SimulationRequest, cancelled: threading.Event
    ) -> None:
        with self._store.shelf() as shelf:
            bars = shelf.load_bars(dataset_id=run.dataset_id)
        started = replace(run, status=RunStatus.RUNNING, started_at=self._clock.now())
        self._save(started)

        def on_progress(done: int, total: int) -> None:
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
        result, series = computed
        total = len(series.equity)
        finished = self._clock.now()
        with self._store.shelf() as shelf:
            shelf.save_series(run_id=run.id, series=series)
            shelf.save_run(
                run=replace(
                    started,
                    status=RunStatus.COMPLETED,
                    done=total,
                    total=total,
                    result=result,
                    finished_at=finished,
                )
            )

    def _save(self, run: RunRecord) -> None:
        with self._store.shelf() as shelf:
            shelf.save_run(run=run)

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

    def get(self, *, run_id: str) -> RunRecord:
        """Return one run."""
        with self._store.shelf() as shelf:
            return shelf.get_run(run_id=run_id)

    def list(self, *, limit: int, cursor: str | None) -> Page[RunRecord]:
        """Return the runs, newest first."""
        with self._store.shelf() as shelf:
            return shelf.list_runs(limit=limit, cursor=cursor)

    def remove(self, *, run_id: str) -> RunRecord:
        """Cancel a run that is going, within a second; remove one that has ended."""
        with self._store.shelf() as shelf:
            run = shelf.get_run(run_id=run_id)
            if run.status not in _LIVE:
                shelf.delete_run(run_id=run_id)
                return run
        event = self._cancelled.get(run_id)
        if event is not None:
            event.set()
        return run

    def curves(self, *, run_id: str, points: int | None) -> Curves:
        """Return the curves of a completed run; `points` thins them, keeping every extreme.

        Raises
        ------
        ConflictError
            When the run is not completed.
        """
        return Curves(
            equity=_thinned(self._series(run_id, SeriesName.EQUITY), points),
            holding=_thinned(self._series(run_id, SeriesName.HOLDING), points),
        )

    def rolling(self, *, run_id: str) -> tuple[Mapping[str, object], ...]:
        """Return the rolling statistics of a completed run, oldest first."""
        return self._series(run_id, SeriesName.ROLLING)

    def trades(self, *, run_id: str) -> tuple[Mapping[str, object], ...]:
        """Return the trades of a completed run, oldest first."""
        return self._series(run_id, SeriesName.TRADES)

    def decisions(self, *, run_id: str) -> tuple[Mapping[str, object], ...]:
        """Return the decisions of a completed run, oldest first."""
        return self._series(run_id, SeriesName.DECISIONS)

    def _series(self, run_id: str, name: SeriesName) -> tuple[Mapping[str, object], ...]:
        with self._store.shelf() as shelf:
            run = shelf.get_run(run_id=run_id)
            if run.status is not RunStatus.COMPLETED:
                raise ConflictError(
                    reason=f"simulation_{run.status.value}",
                    message=f"This simulation is {run.status.value}; "
                    "only a completed one has curves, trades and decisions.",
                )
            return shelf.load_series(run_id=run_id, name=name)


def _thinned(
    curve: tuple[Mapping[str, object], ...], points: int | None
) -> tuple[Mapping[str, object], ...]:
    kept = thinned([str(point["equity"]) for point in curve], points)
    return tuple(curve[index] for index in kept)
