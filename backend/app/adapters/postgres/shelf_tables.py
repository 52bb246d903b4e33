"""The tables of datasets and simulation runs; `migrations/` creates them, a test compares them."""

from sqlalchemy import (
    Column,
    Date,
    ForeignKey,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
)

from app.adapters.postgres import columns
from app.adapters.postgres.columns import metadata

BAR_COLUMNS = ("starts", "ends", "sessions", "opens", "highs", "lows", "closes", "volumes")
RESOLUTIONS = ("1m", "5m", "15m", "30m", "1h", "1d")
ADJUSTMENTS = ("raw", "split")
COLUMNS_ARE_FULL = " AND ".join(f"octet_length(bar_{name}) = 8 * bars" for name in BAR_COLUMNS)


def bar_columns() -> tuple[Column[bytes], ...]:
    """Return the columns of bars: one int64 a bar, little-endian, oldest first."""
    return tuple(Column(f"bar_{name}", LargeBinary, nullable=False) for name in BAR_COLUMNS)


dataset = Table(
    "dataset",
    metadata,
    Column("id", Text, primary_key=True),
    columns.sequence(),
    columns.digest("digest", unique=True),
    columns.title("symbol"),
    columns.one_of("resolution", RESOLUTIONS),
    columns.one_of("adjustment", ADJUSTMENTS),
    Column("first_session", Date, nullable=False),
    Column("last_session", Date, nullable=False),
    columns.whole("bars", low=1),
    columns.whole("sessions", low=1),
    columns.whole("dividends", low=0),
    columns.whole("splits", low=0),
    columns.document("provenance"),
    columns.document("findings"),
    # The moment in epoch seconds by session.
    columns.document("early_closes"),
    columns.moment("created_at"),
    Column("parent_id", Text, ForeignKey("dataset.id")),
    *bar_columns(),
    columns.check("id", "id = left(digest, 16)"),
    columns.check("early_closes", "jsonb_typeof(early_closes) = 'object'"),
    columns.check("daily_bars_know_no_hours", "resolution <> '1d' OR early_closes = '{}'"),
    columns.check("period", "first_session <= last_session"),
    columns.check("columns_are_full", COLUMNS_ARE_FULL),
    columns.check("parent", "parent_id <> id"),
    Index(None, "symbol", "sequence"),
)

dataset_action = Table(
    "dataset_action",
    metadata,
    Column("dataset_id", Text, ForeignKey("dataset.id"), nullable=False),
    columns.title("symbol"),
    columns.one_of("kind", ("dividend", "split")),
    Column("ex_date", Date, nullable=False),
    columns.whole("per_share", low=1, nullable=True),
    Column("pay_date", Date),
    columns.whole("numerator", low=1, nullable=True),
    columns.whole("denominator", low=1, nullable=True),
    columns.check("pay_date", "pay_date >= ex_date"),
    columns.check("dividend", "(kind = 'dividend') = (per_share IS NOT NULL)"),
    columns.check("paid", "kind = 'dividend' OR pay_date IS NULL"),
    columns.check(
        "split", "num_nonnulls(numerator, denominator) = CASE kind WHEN 'split' THEN 2 ELSE 0 END"
    ),
    PrimaryKeyConstraint("dataset_id", "symbol", "kind", "ex_date"),
)

simulation_run = Table(
    "simulation_run",
    metadata,
    Column("id", Uuid, primary_key=True),
    columns.sequence(),
    Column("dataset_id", Text, ForeignKey("dataset.id"), nullable=False),
    columns.one_of("status", ("queued", "running", "completed", "failed", "cancelled")),
    columns.whole("done", low=0),
    columns.whole("total"),
    columns.document("request"),
    columns.document("result", nullable=True),
    columns.words("error", nullable=True),
    columns.moment("created_at"),
    columns.moment("started_at", nullable=True),
    columns.moment("finished_at", nullable=True),
    columns.check("progress", "done <= total"),
    columns.check("completed_with_a_result", "(status = 'completed') = (result IS NOT NULL)"),
    columns.check("failed_with_an_error", "status <> 'failed' OR error IS NOT NULL"),
    columns.check("finished", "(status IN ('queued', 'running')) = (finished_at IS NULL)"),
)

simulation_course = Table(
    "simulation_course",
    metadata,
    Column("run_id", Uuid, ForeignKey("simulation_run.id", ondelete="CASCADE"), primary_key=True),
    # Rows of so many little-endian int64, and one byte a decision, each compressed by zlib.
    columns.whole("row_width", low=1),
    Column("rows", LargeBinary, nullable=False),
    Column("codes", LargeBinary, nullable=False),
)
