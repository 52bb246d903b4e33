"""The tables of fetches, harvests and archived sessions; `migrations/` creates them too."""

from sqlalchemy import Column, Date, ForeignKey, PrimaryKeyConstraint, Table, Text, Uuid

from app.adapters.postgres import columns
from app.adapters.postgres.columns import metadata
from app.adapters.postgres.shelf_tables import (
    ADJUSTMENTS,
    COLUMNS_ARE_FULL,
    RESOLUTIONS,
    bar_columns,
)

dataset_fetch = Table(
    "dataset_fetch",
    metadata,
    Column("id", Uuid, primary_key=True),
    columns.sequence(),
    columns.title("symbol"),
    columns.one_of("resolution", RESOLUTIONS),
    columns.one_of("adjustment", ADJUSTMENTS),
    Column("first_date", Date, nullable=False),
    Column("last_date", Date, nullable=False),
    columns.one_of("status", ("queued", "running", "completed", "failed", "cancelled")),
    columns.whole("done", low=0),
    columns.whole("total"),
    columns.words("error", nullable=True),
    Column("dataset_id", Text, ForeignKey("dataset.id")),
    columns.moment("created_at"),
    columns.moment("started_at", nullable=True),
    columns.moment("finished_at", nullable=True),
    columns.check("dates", "first_date <= last_date"),
    columns.check("progress", "done <= total"),
    columns.check("completed_with_a_dataset", "(status = 'completed') = (dataset_id IS NOT NULL)"),
    columns.check("failed_with_an_error", "status <> 'failed' OR error IS NOT NULL"),
    columns.check("finished", "(status IN ('queued', 'running')) = (finished_at IS NULL)"),
)

archived_session = Table(
    "archived_session",
    metadata,
    columns.title("symbol"),
    columns.one_of("resolution", RESOLUTIONS),
    Column("session", Date, nullable=False),
    columns.digest("digest"),
    columns.title("source"),
    columns.moment("received_at"),
    columns.whole("reads", low=1),
    columns.whole("bars", low=1),
    *bar_columns(),
    columns.check("columns_are_full", COLUMNS_ARE_FULL),
    PrimaryKeyConstraint("symbol", "resolution", "session", "digest"),
)

harvest = Table(
    "harvest",
    metadata,
    columns.title("symbol"),
    columns.one_of("resolution", RESOLUTIONS),
    columns.moment("attempted_at"),
    columns.moment("succeeded_at", nullable=True),
    Column("first_session", Date),
    Column("last_session", Date),
    columns.words("error", nullable=True),
    columns.check("period", "first_session <= last_session"),
    columns.check("succeeded", "succeeded_at <= attempted_at"),
    PrimaryKeyConstraint("symbol", "resolution"),
)
