"""A position keeps what judges its next price, and where the last one came from.

Positions of the version before have seen nothing yet, and do not know when their price arrived.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "202611250400"
down_revision: str | None = "202611250300"


def upgrade() -> None:
    op.add_column("position", sa.Column("watch", JSONB))
    op.add_column("position", sa.Column("price_received_at", sa.TIMESTAMP(timezone=True)))
    op.add_column("position", sa.Column("price_delay_minutes", sa.BigInteger))
    op.create_check_constraint(
        op.f("position_price_delay_minutes_check"), "position", "price_delay_minutes >= 0"
    )
