"""Simulation runs; a completed one also keeps its series, compressed."""

import json
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from app.adapters.postgres.shelf_tables import dataset, simulation_run, simulation_series
from app.adapters.postgres.transaction import Transaction, read_identity
from app.domain.book import Page
from app.domain.errors import NotFoundError
from app.simulation.run import RunRecord, RunSeries, RunStatus, SeriesName

_RUN = select(simulation_run, dataset.c.digest, dataset.c.symbol).join(dataset)
_CHANGING = ("status", "done", "total", "result", "error", "started_at", "finished_at")


class Runs(Transaction):
    """The rows of `simulation_run` and `simulation_series`."""

    def add_run(self, *, run: RunRecord) -> None:
        """Store a new simulation run."""
        self._connection.execute(insert(simulation_run).values(_run_row(run)))

    def get_run(self, *, run_id: str) -> RunRecord:
        """Return a run with its result, without its series."""
        identity = read_identity(run_id, what="simulation")
        row = self._connection.execute(_RUN.where(simulation_run.c.id == identity)).first()
        if row is None:
            raise NotFoundError(what="simulation", identity=run_id)
        return _run(row)

    def list_runs(self, *, limit: int, cursor: str | None) -> Page[RunRecord]:
        """Return the runs, newest first, without their series."""
        return self._page(
            _RUN, along=simulation_run.c.sequence, limit=limit, cursor=cursor, read=_run
        )

    def list_live_runs(self) -> tuple[RunRecord, ...]:
        """Return the runs that are queued or running."""
        live = (RunStatus.QUEUED.value, RunStatus.RUNNING.value)
        rows = self._connection.execute(_RUN.where(simulation_run.c.status.in_(live))).all()
        return tuple(_run(row) for row in rows)

    def save_run(self, *, run: RunRecord) -> None:
        """Store the changed status, progress, result or error of a run."""
        values = {name: value for name, value in _run_row(run).items() if name in _CHANGING}
        changed = self._connection.execute(
            update(simulation_run)
            .where(simulation_run.c.id == read_identity(run.id, what="simulation"))
            .values(values)
        )
        if changed.rowcount == 0:
            raise NotFoundError(what="simulation", identity=run.id)

    def delete_run(self, *, run_id: str) -> None:
        """Remove a run and its series."""
        identity = read_identity(run_id, what="simulation")
        removed = self._connection.execute(
            delete(simulation_run).where(simulation_run.c.id == identity)
        )
        if removed.rowcount == 0:
            raise NotFoundError(what="simulation", identity=run_id)

    def save_series(self, *, run_id: str, series: RunSeries) -> None:
        """Store the series of a completed run."""
        identity = read_identity(run_id, what="simulation")
        self._connection.execute(
            insert(simulation_series),
            [
                {"run_id": identity, "name": name.value, "items": _pack(getattr(series, name))}
                for name in SeriesName
            ],
        )

    def load_series(self, *, run_id: str, name: SeriesName) -> tuple[Mapping[str, object], ...]:
        """Return one series of a completed run, oldest first, as wire items."""
        identity = read_identity(run_id, what="simulation")
        packed = self._connection.execute(
            select(simulation_series.c["items"]).where(
                simulation_series.c.run_id == identity, simulation_series.c.name == name.value
            )
        ).scalar()
        if packed is None:
            raise NotFoundError(what=f"series {name.value} of simulation", identity=run_id)
        return _unpack(packed)


def _run_row(run: RunRecord) -> dict[str, object]:
    return {
        "id": read_identity(run.id, what="simulation"),
        "dataset_id": run.dataset_id,
        "status": run.status.value,
        "done": run.done,
        "total": run.total,
        "request": dict(run.request),
        "result": None if run.result is None else dict(run.result),
        "error": run.error,
        "created_at": run.created_at,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
    }


def _run(row: Row[Any]) -> RunRecord:
    return RunRecord(
        id=str(row.id),
        dataset_id=row.dataset_id,
        dataset_digest=row.digest,
        symbol=row.symbol,
        status=RunStatus(row.status),
        done=row.done,
        total=row.total,
        request=row.request,
        result=row.result,
        error=row.error,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
    )


def _pack(items: Sequence[Mapping[str, object]]) -> bytes:
    text = json.dumps(items, separators=(",", ":"), ensure_ascii=False, default=dict)
    return zlib.compress(text.encode())


def _unpack(packed: bytes) -> tuple[Mapping[str, object], ...]:
    return tuple(json.loads(zlib.decompress(packed)))
