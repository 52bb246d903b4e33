"""A run also keeps its rolling statistics, and its result says more.

Runs of the version before lack what a result now holds; their inputs are kept to run them again.
"""

from alembic import op

revision = "202611250030"
down_revision: str | None = "202611241200"


def upgrade() -> None:
    check = op.f("simulation_series_name_check")
    op.drop_constraint(check, "simulation_series")
    op.create_check_constraint(
        check,
        "simulation_series",
        "name IN ('equity', 'trades', 'decisions', 'holding', 'rolling')",
    )
    op.execute(
        "UPDATE simulation_run SET status = 'failed', result = NULL, "
        "error = 'An earlier version made this result, without attribution. Run it again.' "
        "WHERE status = 'completed'"
    )
