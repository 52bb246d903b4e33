"""Jobs that fetch datasets from the provider, with their progress."""

from typing import Any

from sqlalchemy import Row, insert, select, update

from app.adapters.postgres.archive_tables import dataset_fetch
from app.adapters.postgres.transaction import Transaction, read_identity
from app.domain.book import Page
from app.domain.errors import NotFoundError
from app.simulation.archive import FetchRecord
from app.simulation.bars import Adjustment, Resolution
from app.simulation.run import RunStatus

_WHAT = "fetch"
_CHANGING = ("status", "done", "total", "error", "dataset_id", "started_at", "finished_at")
_LIVE = (RunStatus.QUEUED.value, RunStatus.RUNNING.value)


class Fetches(Transaction):
    """The rows of `dataset_fetch`."""

    def add_fetch(self, *, fetch: FetchRecord) -> None:
        """Store a new job that fetches a dataset."""
        self._connection.execute(insert(dataset_fetch).values(_row(fetch)))

    def get_fetch(self, *, fetch_id: str) -> FetchRecord:
        """Return a job that fetches a dataset."""
        identity = read_identity(fetch_id, what=_WHAT)
        query = select(dataset_fetch).where(dataset_fetch.c.id == identity)
        row = self._connection.execute(query).first()
        if row is None:
            raise NotFoundError(what=_WHAT, identity=fetch_id)
        return _fetch(row)

    def list_fetches(self, *, limit: int, cursor: str | None) -> Page[FetchRecord]:
        """Return the jobs that fetch datasets, newest first."""
        return self._page(
            select(dataset_fetch),
            along=dataset_fetch.c.sequence,
            limit=limit,
            cursor=cursor,
            read=_fetch,
        )

    def list_live_fetches(self) -> tuple[FetchRecord, ...]:
        """Return the jobs that are queued or running."""
        query = select(dataset_fetch).where(dataset_fetch.c.status.in_(_LIVE))
        return tuple(_fetch(row) for row in self._connection.execute(query).all())

    def save_fetch(self, *, fetch: FetchRecord) -> None:
        """Store the changed status, progress, dataset or error of a job."""
        values = {name: value for name, value in _row(fetch).items() if name in _CHANGING}
        changed = self._connection.execute(
            update(dataset_fetch)
            .where(dataset_fetch.c.id == read_identity(fetch.id, what=_WHAT))
            .values(values)
        )
        if changed.rowcount == 0:
            raise NotFoundError(what=_WHAT, identity=fetch.id)


def _row(fetch: FetchRecord) -> dict[str, object]:
    return {
        "id": read_identity(fetch.id, what=_WHAT),
        "symbol": fetch.symbol,
        "resolution": fetch.resolution.value,
        "adjustment": fetch.adjustment.value,
        "first_date": fetch.start,
        "last_date": fetch.end,
        "status": fetch.status.value,
        "done": fetch.done,
        "total": fetch.total,
        "error": fetch.error,
        "dataset_id": fetch.dataset_id,
        "created_at": fetch.created_at,
        "started_at": fetch.started_at,
        "finished_at": fetch.finished_at,
    }


def _fetch(row: Row[Any]) -> FetchRecord:
    return FetchRecord(
        id=str(row.id),
        symbol=row.symbol,
        resolution=Resolution(row.resolution),
        adjustment=Adjustment(row.adjustment),
        start=row.first_date,
        end=row.last_date,
        status=RunStatus(row.status),
        done=row.done,
        total=row.total,
        error=row.error,
        dataset_id=row.dataset_id,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
    )
