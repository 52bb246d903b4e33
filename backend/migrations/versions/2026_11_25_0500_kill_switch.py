"""The kill switch keeps a chain of its own, and no order passes it, however slow its way was."""

from pathlib import Path

from alembic import op

revision = "202611250500"
down_revision: str | None = "202611250400"

_TABLES = Path(__file__).with_name("2026_11_25_0500_kill_switch.sql")


def upgrade() -> None:
    op.get_bind().exec_driver_sql(
        _TABLES.read_text(encoding="utf-8"), execution_options={"no_parameters": True}
    )
