"""The series of a run are no longer kept.

Runs of the version before keep their result; they are run again to see their curves.
"""

from alembic import op

revision = "202611250231"
down_revision: str | None = "202611250230"


def upgrade() -> None:
    op.drop_table("simulation_series")
