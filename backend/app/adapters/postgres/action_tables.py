"""The tables of the dividends and splits of positions, and of cash that a broker moved."""

from sqlalchemy import BigInteger, Column, Date, ForeignKey, PrimaryKeyConstraint, Table, Text, Uuid

from app.adapters.postgres import columns
from app.adapters.postgres.columns import metadata
from app.domain.booked_action import ActionKind, ActionState
from app.domain.brokerage import BrokerCashKind

corporate_action = Table(
    "corporate_action",
    metadata,
    Column("position_id", Uuid, ForeignKey("position.id"), nullable=False),
    columns.sequence(),
    columns.one_of("kind", ActionKind),
    Column("ex_date", Date, nullable=False),
    columns.one_of("state", ActionState),
    columns.whole("per_share", low=1, nullable=True),
    columns.whole("numerator", low=1, nullable=True),
    columns.whole("denominator", low=1, nullable=True),
    columns.price("previous_close", nullable=True),
    columns.whole("entitled", low=0),
    columns.whole("gross", low=0),
    columns.whole("tax", low=0),
    columns.whole("net", low=0),
    Column("due_on", Date),
    Column("paid_on", Date),
    columns.title("source"),
    columns.moment("learned_at"),
    columns.words("note", nullable=True),
    columns.words("differs", nullable=True),
    columns.check("adds_up", "gross = tax + net"),
    columns.check("amount", "(kind = 'dividend') = (per_share IS NOT NULL)"),
    columns.check(
        "ratio", "num_nonnulls(numerator, denominator) = CASE kind WHEN 'split' THEN 2 ELSE 0 END"
    ),
    columns.check("split_pays_nothing", "kind <> 'split' OR gross = 0"),
    columns.check("quarantined_for_a_reason", "(state = 'quarantined') = (note IS NOT NULL)"),
    columns.check("quarantined_is_not_booked", "state <> 'quarantined' OR gross = 0"),
    columns.check("booked_is_due", "state NOT IN ('booked', 'overdue') OR due_on >= ex_date"),
    columns.check("overdue_is_a_dividend", "state <> 'overdue' OR kind = 'dividend'"),
    columns.check("paid_when_settled", "paid_on IS NULL OR state = 'settled'"),
    PrimaryKeyConstraint("position_id", "kind", "ex_date"),
)

broker_movement = Table(
    "broker_movement",
    metadata,
    Column(
        "broker",
        Text,
        columns.check("broker", "broker IN ('alpaca-paper', 'alpaca-live')"),
        nullable=False,
    ),
    columns.title("id"),
    columns.one_of("kind", BrokerCashKind),
    Column("symbol", Text),
    Column("amount", BigInteger, nullable=False),
    Column("on", Date, nullable=False),
    columns.moment("read_at"),
    Column("position_id", Uuid, ForeignKey("position.id")),
    PrimaryKeyConstraint("broker", "id"),
)
