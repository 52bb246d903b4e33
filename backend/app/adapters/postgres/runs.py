"""Simulation runs; a completed one also keeps its course, compressed."""

import zlib
from typing import Any

import numpy as np
from sqlalchemy import Row, delete, insert, select, update

from app.adapters.postgres.shelf_tables import dataset, simulation_course, simulation_run
from app.adapters.postgres.transaction import Transaction, read_identity
from app.domain.book import Page
from app.domain.errors import NotFoundError
from app.simulation.kernel_layout import ROW_WIDTH
from app.simulation.run import RunRecord, RunStatus
from app.simulation.stored_course import StoredCourse

_RUN = select(simulation_run, dataset.c.digest, dataset.c.symbol).join(dataset)
_CHANGING = ("status", "done", "total", "result", "error", "started_at", "finished_at")


class Runs(Transaction):
    """The rows of `simulation_run` and `simulation_course`."""

    def add_run(self, *, run: RunRecord) -> None:
        """Store a new simulation run."""
        self._connection.execute(insert(simulation_run).values(_run_row(run)))

    def get_run(self, *, run_id: str) -> RunRecord:
        """Return a run with its result, without its course."""
        identity = read_identity(run_id, what="simulation")
        row = self._connection.execute(_RUN.where(simulation_run.c.id == identity)).first()
        if row is None:
            raise NotFoundError(what="simulation", identity=run_id)
        return _run(row)

    def list_runs(self, *, limit: int, cursor: str | None) -> Page[RunRecord]:
        """Return the runs, newest first, without their courses."""
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
        """Remove a run and its course."""
        identity = read_identity(run_id, what="simulation")
        removed = self._connection.execute(
            delete(simulation_run).where(simulation_run.c.id == identity)
        )
        if removed.rowcount == 0:
            raise NotFoundError(what="simulation", identity=run_id)

    def save_course(self, *, run_id: str, course: StoredCourse) -> None:
        """Store the course of a completed run."""
        self._connection.execute(
            insert(simulation_course).values(
                run_id=read_identity(run_id, what="simulation"),
                row_width=ROW_WIDTH,
                rows=zlib.compress(course.rows.astype("<i8").tobytes()),
                codes=zlib.compress(course.codes.tobytes()),
            )
        )

    def load_course(self, *, run_id: str) -> StoredCourse | None:
        """Return the course of a completed run; None where this version cannot read it."""
        query = select(simulation_course.c.rows, simulation_course.c.codes).where(
            simulation_course.c.run_id == read_identity(run_id, what="simulation"),
            simulation_course.c.row_width == ROW_WIDTH,
        )
        row = self._connection.execute(query).first()
        if row is None:
            return None
        rows = np.frombuffer(zlib.decompress(row.rows), "<i8").reshape(-1, ROW_WIDTH)
        return StoredCourse(
            rows=rows.astype(np.int64),
            codes=np.frombuffer(zlib.decompress(row.codes), np.uint8),
        )


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
