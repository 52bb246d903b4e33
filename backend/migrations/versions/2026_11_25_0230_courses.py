"""A run keeps its course in columns, from which every series follows."""

import sqlalchemy as sa
from alembic import op

revision = "202611250230"
down_revision: str | None = "202611250200"


def upgrade() -> None:
    op.create_table(
        "simulation_course",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("row_width", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.LargeBinary(), nullable=False),
        sa.Column("codes", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["simulation_run.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id"),
        sa.CheckConstraint("row_width >= 1", name=op.f("simulation_course_row_width_check")),
    )
