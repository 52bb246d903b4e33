"""A position books dividends and splits, each once by kind and ex-date."""

from pathlib import Path

from alembic import op

revision = "202611250900"
down_revision: str | None = "202611250800"

_TABLES = Path(__file__).with_name("2026_11_25_0900_corporate_actions.sql")


def upgrade() -> None:
    op.get_bind().exec_driver_sql(
        _TABLES.read_text(encoding="utf-8"), execution_options={"no_parameters": True}
    )
