"""Datasets fetched from the provider: jobs, versions with a parent, an archive of sessions."""

from pathlib import Path

from alembic import op

revision = "202611250300"
down_revision: str | None = "202611250231"

_TABLES = Path(__file__).with_name("2026_11_25_0300_archive.sql")


def upgrade() -> None:
    op.get_bind().exec_driver_sql(
        _TABLES.read_text(encoding="utf-8"), execution_options={"no_parameters": True}
    )
