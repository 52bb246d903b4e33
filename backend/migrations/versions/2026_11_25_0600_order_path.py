"""Orders travel to a broker and back: their way, fills without us, the lease, the accounts."""

from pathlib import Path

from alembic import op

revision = "202611250600"
down_revision: str | None = "202611250500"

_TABLES = Path(__file__).with_name("2026_11_25_0600_order_path.sql")


def upgrade() -> None:
    op.get_bind().exec_driver_sql(
        _TABLES.read_text(encoding="utf-8"), execution_options={"no_parameters": True}
    )
