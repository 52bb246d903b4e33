"""Every constraint, broken on purpose: the database refuses what must never be stored."""

import psycopg
import pytest

from tests.integration.postgres.broken_rows import BROKEN
from tests.integration.postgres.records import constraint_names

# Columns that may be unknown; every other one is NOT NULL.
UNKNOWN = [
    "broker_movement.position_id",
    "broker_movement.symbol",
    "corporate_action.denominator",
    "corporate_action.differs",
    "corporate_action.due_on",
    "corporate_action.note",
    "corporate_action.numerator",
    "corporate_action.paid_on",
    "corporate_action.per_share",
    "corporate_action.previous_close",
    "dataset.parent_id",
    "dataset_action.denominator",
    "dataset_action.numerator",
    "dataset_action.pay_date",
    "dataset_action.per_share",
    "dataset_fetch.dataset_id",
    "dataset_fetch.error",
    "dataset_fetch.finished_at",
    "dataset_fetch.started_at",
    "decision.price_high",
    "decision.price_low",
    "harvest.error",
    "harvest.first_session",
    "harvest.last_session",
    "harvest.succeeded_at",
    "ledger_entry.reason",
    "ledger_entry.reference",
    "position.account_id",
    "position.actions_known_at",
    "position.anchor",
    "position.archived_at",
    "position.halt_reason",
    "position.last_observed_at",
    "position.last_order_done_at",
    "position.last_price",
    "position.last_used_on",
    "position.marks",
    "position.max_daily_loss",
    "position.max_drawdown",
    "position.opening_fraction",
    "position.opening_price",
    "position.orders_on",
    "position.price_delay_minutes",
    "position.price_received_at",
    "position.price_source",
    "position.started_at",
    "position.watch",
    "position_order.broker_order_id",
    "position_order.cancel_asked_at",
    "position_order.done_at",
    "position_order.ended",
    "position_order.missed_at",
    "position_order.note",
    "position_order.sent_at",
    "robot.reason",
    "simulation_run.error",
    "simulation_run.finished_at",
    "simulation_run.result",
    "simulation_run.started_at",
    "trade.busts",
    "trade.decision_number",
    "trade.order_id",
    "trade.reason",
    "trading_lease.backend",
    "trading_lease.beat_at",
    "trading_lease.holder",
]


def change_of_last_row(table: str, change: str) -> bytes:
    return f"UPDATE {table} SET {change} WHERE ctid = (SELECT max(ctid) FROM {table})".encode()


class TestACheck:
    @pytest.mark.parametrize(("table", "change", "constraint"), BROKEN)
    def test_refuses_what_breaks_it(
        self, untriggered: psycopg.Connection, table: str, change: str, constraint: str
    ) -> None:
        with pytest.raises(psycopg.errors.CheckViolation) as refused:
            untriggered.execute(change_of_last_row(table, change))
        assert refused.value.diag.constraint_name == constraint

    def test_is_tried_here_whatever_its_table(self, filled: None, role: psycopg.Connection) -> None:
        tried = {constraint for _, _, constraint in BROKEN}
        assert constraint_names(role, "c") == tried


class TestAColumn:
    def test_is_not_null_unless_it_may_be_unknown(
        self, filled: None, role: psycopg.Connection
    ) -> None:
        nullable = role.execute(
            "SELECT table_name || '.' || column_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND is_nullable = 'YES' ORDER BY 1"
        ).fetchall()
        assert [name for (name,) in nullable] == UNKNOWN
