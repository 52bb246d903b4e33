"""The tables of positions and their books.

`migrations/` creates them, with the triggers that keep a book true; a test compares the two.
"""

from sqlalchemy import (
    TIMESTAMP,
    BigInteger,
    Boolean,
    Column,
    Computed,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from app.adapters.postgres import columns
from app.adapters.postgres.columns import metadata
from app.domain.book import LedgerKind
from app.domain.decision import ProposalReason, Side
from app.domain.events import EventKind
from app.domain.order import OrderEnd, OrderState
from app.domain.position import Broker, Status
from app.domain.trading import SwitchKind

LIVE = "('new', 'open', 'unknown')"

position = Table(
    "position",
    metadata,
    Column("id", Uuid, primary_key=True),
    columns.sequence(),
    columns.title("name"),
    columns.title("symbol"),
    columns.one_of("broker", Broker),
    columns.one_of("status", Status),
    columns.whole("shares", low=0),
    columns.whole("cash", low=0),
    columns.whole("receivable", low=0),
    columns.price("anchor", nullable=True),
    columns.whole("orders_today", low=0),
    Column("orders_on", Date),
    columns.price("last_price", nullable=True),
    Column("last_used_on", Date),
    columns.moment("last_observed_at", nullable=True),
    columns.moment("last_order_done_at", nullable=True),
    Column("order_in_flight", Boolean, nullable=False),
    columns.whole("strategy_version", low=1),
    columns.document("watch", nullable=True),
    columns.between("max_drawdown", low=10_000, high=900_000),
    columns.between("max_daily_loss", low=5_000, high=500_000),
    columns.document("marks", nullable=True),
    columns.whole("opening_cash", low=0),
    columns.whole("opening_shares", low=0),
    columns.price("opening_price", nullable=True),
    columns.ppm("opening_fraction", nullable=True),
    columns.words("account_id", nullable=True),
    columns.whole("shares_beside", low=0),
    columns.words("halt_reason", nullable=True),
    columns.words("price_source", nullable=True),
    columns.moment("price_received_at", nullable=True),
    columns.whole("price_delay_minutes", low=0, nullable=True),
    columns.whole("decisions", low=0),
    columns.whole("trades", low=0),
    columns.whole("ledger_entries", low=0),
    columns.whole("events", low=0),
    columns.digest("chain_head"),
    columns.moment("created_at"),
    columns.moment("started_at", nullable=True),
    columns.moment("archived_at", nullable=True),
    columns.moment("actions_known_at", nullable=True),
    columns.check("orders_counted_on_a_date", "orders_today = 0 OR orders_on IS NOT NULL"),
    columns.check("last_price_has_its_date", "num_nonnulls(last_price, last_used_on) <> 1"),
    columns.check("last_price_was_observed", "last_price IS NULL OR last_observed_at IS NOT NULL"),
    columns.check("halted_for_a_reason", "(status = 'halted') = (halt_reason IS NOT NULL)"),
    columns.check("account_of_a_broker", "(broker = 'paper') = (account_id IS NULL)"),
    columns.check("running_was_started", "status <> 'running' OR started_at IS NOT NULL"),
    columns.check(
        "marks_are_for_limits",
        "marks IS NULL OR num_nonnulls(max_drawdown, max_daily_loss) > 0",
    ),
    columns.check(
        "opening_value_is_split_once",
        "opening_fraction IS NULL OR (opening_price IS NULL AND opening_shares = 0)",
    ),
    columns.check(
        "archived_is_at_rest",
        "archived_at IS NULL OR (status <> 'running' AND NOT order_in_flight)",
    ),
    Index(
        "position_one_a_symbol_with_real_money_idx",
        "account_id",
        "symbol",
        unique=True,
        postgresql_where=text("broker = 'alpaca-live' AND archived_at IS NULL"),
    ),
    ForeignKeyConstraint(
        ["id", "strategy_version"],
        ["strategy_version.position_id", "strategy_version.version"],
        deferrable=True,
        initially="DEFERRED",
        use_alter=True,
    ),
)

strategy_version = Table(
    "strategy_version",
    metadata,
    Column("position_id", Uuid, ForeignKey("position.id"), nullable=False),
    columns.whole("version", low=1),
    columns.document("body"),
    columns.moment("created_at"),
    columns.words("reason"),
    PrimaryKeyConstraint("position_id", "version"),
)

decision = Table(
    "decision",
    metadata,
    Column("position_id", Uuid, nullable=False),
    columns.whole("number", low=1),
    columns.moment("at"),
    columns.whole("strategy_version"),
    columns.title("rules_version"),
    Column(
        "kind",
        Text,
        Computed("(outcome ->> 'kind'::text)", persisted=True),
        columns.check("kind", "kind IN ('hold', 'refused', 'proposed')"),
        nullable=False,
    ),
    Column(
        "reason", Text, Computed("(outcome ->> 'reason'::text)", persisted=True), nullable=False
    ),
    columns.document("outcome"),
    columns.document("before"),
    columns.document("after"),
    columns.document("observation"),
    columns.document("day"),
    columns.whole("checks", low=1),
    columns.moment("last_at"),
    columns.price("price_low", nullable=True),
    columns.price("price_high", nullable=True),
    columns.check(
        "price_range", "num_nulls(price_low, price_high) <> 1 AND price_low <= price_high"
    ),
    columns.check("last_at", "last_at >= at"),
    PrimaryKeyConstraint("position_id", "number"),
    ForeignKeyConstraint(
        ["position_id", "strategy_version"],
        ["strategy_version.position_id", "strategy_version.version"],
    ),
    Index(None, "position_id", "kind", "number"),
)

position_order = Table(
    "position_order",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("position_id", Uuid, nullable=False),
    columns.whole("decision_number"),
    columns.one_of("side", Side),
    columns.whole("quantity", low=1),
    columns.price("limit_price"),
    columns.one_of("reason", ProposalReason),
    columns.one_of("state", OrderState),
    columns.moment("created_at"),
    columns.moment("done_at", nullable=True),
    columns.whole("filled", low=0),
    Column("extended", Boolean, nullable=False),
    columns.moment("sent_at", nullable=True),
    Column("broker_order_id", Text, unique=True),
    columns.whole("misses", low=0),
    columns.moment("missed_at", nullable=True),
    columns.moment("cancel_asked_at", nullable=True),
    columns.one_of("ended", OrderEnd, nullable=True),
    columns.words("note", nullable=True),
    columns.check("live_until_done", f"(state IN {LIVE}) = (done_at IS NULL)"),
    columns.check("ends_for_a_reason", f"(state IN {LIVE}) = (ended IS NULL)"),
    columns.check("not_overfilled", "filled <= quantity"),
    columns.check("open_at_a_broker", "state <> 'open' OR broker_order_id IS NOT NULL"),
    columns.check("missed", "(misses = 0) = (missed_at IS NULL)"),
    UniqueConstraint("position_id", "decision_number"),
    ForeignKeyConstraint(
        ["position_id", "decision_number"], ["decision.position_id", "decision.number"]
    ),
    Index(
        "position_order_one_live_idx",
        "position_id",
        unique=True,
        postgresql_where=text(f"state IN {LIVE}"),
    ),
)

trade = Table(
    "trade",
    metadata,
    Column("position_id", Uuid, nullable=False),
    columns.whole("number", low=1),
    Column("fill_id", Text, nullable=False, unique=True),
    Column("order_id", Uuid, ForeignKey("position_order.id")),
    columns.whole("decision_number", nullable=True),
    columns.moment("at"),
    columns.one_of("side", Side),
    columns.whole("quantity", low=1),
    columns.price("price"),
    columns.whole("commission", low=0),
    columns.one_of("reason", ProposalReason, nullable=True),
    columns.whole("cash_after", low=0),
    columns.whole("shares_after", low=0),
    columns.ppm("stock_share_after"),
    Column("busts", Text, unique=True),
    columns.check("of_an_order", "num_nonnulls(order_id, decision_number, reason) IN (0, 3)"),
    PrimaryKeyConstraint("position_id", "number"),
    ForeignKeyConstraint(
        ["position_id", "decision_number"],
        ["position_order.position_id", "position_order.decision_number"],
    ),
)

ledger_entry = Table(
    "ledger_entry",
    metadata,
    Column("position_id", Uuid, ForeignKey("position.id"), nullable=False),
    columns.whole("number", low=1),
    columns.moment("at"),
    columns.one_of("kind", LedgerKind),
    columns.whole("cash"),
    columns.whole("shares"),
    columns.whole("receivable"),
    columns.whole("cash_after", low=0),
    columns.whole("shares_after", low=0),
    columns.whole("receivable_after", low=0),
    columns.words("reference", nullable=True),
    columns.words("reason", nullable=True),
    columns.check("opening", "kind <> 'opening' OR shares >= 0 AND receivable = 0"),
    columns.check("opening_value_is_split", "kind <> 'opening' OR number = 1 OR cash <= 0"),
    columns.check("buy", "kind <> 'buy' OR shares > 0 AND cash < 0 AND receivable = 0"),
    columns.check("sell", "kind <> 'sell' OR shares < 0 AND cash >= 0 AND receivable = 0"),
    columns.check(
        "commission", "kind <> 'commission' OR cash <= 0 AND shares = 0 AND receivable = 0"
    ),
    columns.check("deposit", "kind <> 'deposit' OR cash > 0 AND shares = 0 AND receivable = 0"),
    columns.check(
        "withdrawal", "kind <> 'withdrawal' OR cash < 0 AND shares = 0 AND receivable = 0"
    ),
    columns.check("bust", "kind <> 'bust' OR shares <> 0 AND receivable = 0"),
    columns.check("adopted", "kind <> 'adopted' OR shares <> 0 AND cash = 0 AND receivable = 0"),
    columns.check("dividend", "kind <> 'dividend' OR receivable > 0 AND cash = 0 AND shares = 0"),
    columns.check(
        "dividend_paid",
        "kind <> 'dividend_paid' OR cash > 0 AND receivable = -cash AND shares = 0",
    ),
    columns.check(
        "dividend_difference",
        "kind <> 'dividend_difference' OR cash <> 0 AND shares = 0 AND receivable = 0"
        " AND reason IS NOT NULL",
    ),
    columns.check("split", "kind <> 'split' OR shares <> 0 AND cash = 0 AND receivable = 0"),
    columns.check(
        "split_remainder",
        "kind <> 'split_remainder' OR cash > 0 AND shares = 0 AND receivable = 0",
    ),
    columns.check("fee", "kind <> 'fee' OR cash <> 0 AND shares = 0 AND receivable = 0"),
    Index(
        "ledger_entry_once_an_action_idx",
        "position_id",
        "kind",
        "reference",
        unique=True,
        postgresql_where=text(
            "kind IN ('dividend', 'dividend_paid', 'split', 'split_remainder', 'fee')"
        ),
    ),
    PrimaryKeyConstraint("position_id", "number"),
)

audit_event = Table(
    "audit_event",
    metadata,
    Column("position_id", Uuid, ForeignKey("position.id"), nullable=False),
    columns.whole("number", low=1),
    columns.moment("at"),
    columns.one_of("kind", EventKind),
    Column("body", Text, columns.check("body", "body IS JSON OBJECT"), nullable=False),
    columns.digest("previous"),
    columns.digest("hash"),
    PrimaryKeyConstraint("position_id", "number"),
)

robot = Table(
    "robot",
    metadata,
    # One row: the kill switch.
    Column("id", Boolean, columns.check("id", "id"), primary_key=True, server_default=text("true")),
    Column("halted", Boolean, nullable=False),
    columns.words("reason", nullable=True),
    columns.moment("changed_at"),
    columns.check("halted_for_a_reason", "NOT halted OR reason IS NOT NULL"),
)

trading_lease = Table(
    "trading_lease",
    metadata,
    # One row: who trades, and for how many changes of hands.
    Column("id", Boolean, columns.check("id", "id"), primary_key=True, server_default=text("true")),
    columns.whole("epoch", low=0),
    columns.words("holder", nullable=True),
    columns.whole("backend", nullable=True),
    columns.moment("beat_at", nullable=True),
)

broker_account = Table(
    "broker_account",
    metadata,
    Column(
        "broker",
        Text,
        columns.check("broker", "broker IN ('alpaca-paper', 'alpaca-live')"),
        primary_key=True,
    ),
    columns.title("account_id"),
    Column("armed", Boolean, nullable=False),
    columns.moment("fills_since"),
)

switch_event = Table(
    "switch_event",
    metadata,
    Column("number", BigInteger, columns.check("number", "number >= 1"), primary_key=True),
    columns.moment("at"),
    columns.one_of("kind", SwitchKind),
    Column("body", Text, columns.check("body", "body IS JSON OBJECT"), nullable=False),
    columns.digest("previous"),
    columns.digest("hash"),
)

request = Table(
    "request",
    metadata,
    Column(
        "key", Text, columns.check("key", "char_length(key) BETWEEN 1 AND 255"), primary_key=True
    ),
    columns.digest("digest"),
    Column(
        "status",
        SmallInteger,
        columns.check("status", "status BETWEEN 100 AND 599"),
        nullable=False,
    ),
    columns.words("body"),
    Column("answered_at", TIMESTAMP(timezone=True), nullable=False, server_default=text("now()")),
)
