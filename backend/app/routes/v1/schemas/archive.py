"""Fetched datasets, their versions and the archive on the wire."""

from datetime import date, datetime
from typing import Literal

from app.routes.v1.schemas.wire import Symbol, WireModel
from app.simulation.archive import FetchRange, FetchRecord, HarvestRecord
from app.simulation.bars import Adjustment, DatasetRecord, Resolution
from app.simulation.difference import Change, Difference


class FetchIn(WireModel):
    """What to bring from the market data provider; both dates are included."""

    symbol: Symbol
    resolution: Resolution
    start: date
    end: date
    adjustment: Adjustment = Adjustment.RAW


class FetchOut(WireModel):
    """A job that makes a dataset; `done` of `total` parts are there."""

    id: str
    symbol: str
    resolution: str
    adjustment: Literal["raw", "split"]
    start: date
    end: date
    status: Literal["queued", "running", "completed", "failed", "cancelled"]
    done: int
    total: int
    error: str | None
    dataset_id: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class FetchRangeOut(WireModel):
    """The dates of which bars can be fetched; `start` null is without a limit.

    `archived_from` is the first session in our own archive of the symbol, as traded.
    """

    resolution: str
    start: date | None
    end: date
    archived_from: date | None


class FetchRangesOut(WireModel):
    """The dates of which bars can be fetched, by resolution."""

    items: list[FetchRangeOut]


class ArchivedSymbolOut(WireModel):
    """How the last daily harvest of a symbol went, and the sessions in its archive."""

    symbol: str
    resolution: str
    attempted_at: datetime
    succeeded_at: datetime | None
    first_session: date | None
    last_session: date | None
    error: str | None


class ArchiveOut(WireModel):
    """The symbols whose minute bars are kept after each close."""

    items: list[ArchivedSymbolOut]


class ChangeOut(WireModel):
    """One value that two versions tell differently; null where a version has none."""

    place: str
    what: Literal["open", "high", "low", "close", "volume", "dividend", "split"]
    before: str | None
    after: str | None


class DiffOut(WireModel):
    """What a dataset has more, less or otherwise than the version before it.

    `changes` are the first values of the `changed` bars, `actions` all dividends and splits that
    are not in both alike.
    """

    parent_id: str
    parent_created_at: datetime
    added: int
    removed: int
    changed: int
    changes: list[ChangeOut]
    actions: list[ChangeOut]


def fetch_out(fetch: FetchRecord) -> FetchOut:
    """Return a job as the wire writes it."""
    return FetchOut(
        id=fetch.id,
        symbol=fetch.symbol,
        resolution=fetch.resolution.value,
        adjustment=fetch.adjustment.value,
        start=fetch.start,
        end=fetch.end,
        status=fetch.status.value,
        done=fetch.done,
        total=fetch.total,
        error=fetch.error,
        dataset_id=fetch.dataset_id,
        created_at=fetch.created_at,
        started_at=fetch.started_at,
        finished_at=fetch.finished_at,
    )


def fetch_range_out(given: FetchRange) -> FetchRangeOut:
    """Return what can be fetched of one resolution as the wire writes it."""
    return FetchRangeOut(
        resolution=given.resolution.value,
        start=given.start,
        end=given.end,
        archived_from=given.archived_from,
    )


def archived_symbol_out(harvest: HarvestRecord) -> ArchivedSymbolOut:
    """Return an archived symbol as the wire writes it."""
    return ArchivedSymbolOut(
        symbol=harvest.symbol,
        resolution=harvest.resolution.value,
        attempted_at=harvest.attempted_at,
        succeeded_at=harvest.succeeded_at,
        first_session=harvest.first_session,
        last_session=harvest.last_session,
        error=harvest.error,
    )


def diff_out(parent: DatasetRecord, found: Difference) -> DiffOut:
    """Return a difference as the wire writes it."""
    return DiffOut(
        parent_id=parent.id,
        parent_created_at=parent.created_at,
        added=found.added,
        removed=found.removed,
        changed=found.changed,
        changes=[_change(change) for change in found.changes],
        actions=[_change(change) for change in found.actions],
    )


def _change(change: Change) -> ChangeOut:
    return ChangeOut(place=change.place, what=change.what, before=change.before, after=change.after)
