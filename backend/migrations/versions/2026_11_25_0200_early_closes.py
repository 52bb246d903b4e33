"""A dataset keeps the early closes of its sessions.

Those of the version before have none: their bars after an early close stay regular, and so do the
digests of their runs. Importing the file again makes a dataset that knows them.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "202611250200"
down_revision: str | None = "202611250030"


def upgrade() -> None:
    none = sa.text("'{}'::jsonb")
    op.add_column("dataset", sa.Column("early_closes", JSONB, nullable=False, server_default=none))
    op.alter_column("dataset", "early_closes", server_default=None)
    for name, condition in (
        ("early_closes", "jsonb_typeof(early_closes) = 'object'"),
        ("daily_bars_know_no_hours", "resolution <> '1d' OR early_closes = '{}'"),
    ):
        op.create_check_constraint(op.f(f"dataset_{name}_check"), "dataset", condition)
