"""First tables, and the invariants that the database keeps by itself.

The SQL stands beside this file: `…_tables.sql` and `…_invariants.sql`.
"""

from pathlib import Path

from alembic import op

revision = "202611241200"
down_revision: str | None = None

_STATEMENTS = tuple(
    Path(__file__).with_name(f"2026_11_24_1200_{part}.sql") for part in ("tables", "invariants")
)


def upgrade() -> None:
    for path in _STATEMENTS:
        # Without parameters the driver sends the text as it is, percent signs included.
        op.get_bind().exec_driver_sql(
            path.read_text(encoding="utf-8"), execution_options={"no_parameters": True}
        )
