"""A position may be protected: limits on the fall of its value, and the marks they are taken from.

Positions of the version before are not: both limits are off. The audit trail names two more kinds.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "202611250800"
down_revision: str | None = "202611250600"

_CHECKS = {
    "max_drawdown": "max_drawdown BETWEEN 10000 AND 900000",
    "max_daily_loss": "max_daily_loss BETWEEN 5000 AND 500000",
    "marks_are_for_limits": "marks IS NULL OR num_nonnulls(max_drawdown, max_daily_loss) > 0",
}
_KINDS = (
    "kind IN ('opened', 'renamed', 'strategy_changed', 'started', 'paused', 'halted', "
    "'halt_resolved', 'archived', 'protections_changed', 'protection_reset', 'cash_moved', "
    "'anchor_set', 'decided', 'filled', 'order_changed', 'busted', 'adopted')"
)


def upgrade() -> None:
    op.add_column("position", sa.Column("max_drawdown", sa.BigInteger))
    op.add_column("position", sa.Column("max_daily_loss", sa.BigInteger))
    op.add_column("position", sa.Column("marks", JSONB))
    for name, condition in _CHECKS.items():
        op.create_check_constraint(op.f(f"position_{name}_check"), "position", condition)
    op.drop_constraint(op.f("audit_event_kind_check"), "audit_event")
    op.create_check_constraint(op.f("audit_event_kind_check"), "audit_event", _KINDS)
