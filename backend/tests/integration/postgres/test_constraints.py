"""Every constraint, broken on purpose: the database refuses what must never be stored."""

import psycopg
import pytest

from tests.integration.postgres.records import constraint_names

# (table, change, constraint): the change breaks this constraint of an otherwise valid row.
BROKEN = [
    ("position", "name = ''", "position_name_check"),
    ("position", "name = repeat('x', 201)", "position_name_check"),
    ("position", "symbol = ''", "position_symbol_check"),
    ("position", "broker = 'other'", "position_broker_check"),
    ("position", "status = 'stopped'", "position_status_check"),
    ("position", "shares = -1", "position_shares_check"),
    ("position", "cash = -1", "position_cash_check"),
    ("position", "receivable = -1", "position_receivable_check"),
    ("position", "anchor = 0", "position_anchor_check"),
    ("position", "orders_today = -1, orders_on = now()", "position_orders_today_check"),
    (
        "position",
        "orders_today = 1, orders_on = NULL",
        "position_orders_counted_on_a_date_check",
    ),
    (
        "position",
        "last_price = 0, last_used_on = now(), last_observed_at = now()",
        "position_last_price_check",
    ),
    (
        "position",
        "last_price = 1, last_used_on = NULL, last_observed_at = now()",
        "position_last_price_has_its_date_check",
    ),
    (
        "position",
        "last_price = 1, last_used_on = now(), last_observed_at = NULL",
        "position_last_price_was_observed_check",
    ),
    ("position", "strategy_version = 0", "position_strategy_version_check"),
    ("position", "opening_cash = -1", "position_opening_cash_check"),
    ("position", "opening_shares = -1", "position_opening_shares_check"),
    ("position", "opening_price = 0", "position_opening_price_check"),
    ("position", "price_delay_minutes = -1", "position_price_delay_minutes_check"),
    (
        "position",
        "opening_fraction = 1000001, opening_shares = 0",
        "position_opening_fraction_check",
    ),
    (
        "position",
        "opening_fraction = 500000, opening_price = 1",
        "position_opening_value_is_split_once_check",
    ),
    ("position", "status = 'halted'", "position_halted_for_a_reason_check"),
    ("position", "halt_reason = 'why'", "position_halted_for_a_reason_check"),
    ("position", "status = 'running'", "position_running_was_started_check"),
    (
        "position",
        "status = 'running', started_at = now(), archived_at = now()",
        "position_archived_is_at_rest_check",
    ),
    (
        "position",
        "order_in_flight = true, archived_at = now()",
        "position_archived_is_at_rest_check",
    ),
    ("position", "decisions = -1", "position_decisions_check"),
    ("position", "trades = -1", "position_trades_check"),
    ("position", "ledger_entries = -1", "position_ledger_entries_check"),
    ("position", "events = -1", "position_events_check"),
    ("position", "chain_head = 'x'", "position_chain_head_check"),
    ("strategy_version", "version = 0", "strategy_version_version_check"),
    ("decision", "number = 0", "decision_number_check"),
    ("decision", "rules_version = ''", "decision_rules_version_check"),
    ("decision", """outcome = '{"kind": "maybe", "reason": "x"}'""", "decision_kind_check"),
    ("decision", "checks = 0", "decision_checks_check"),
    ("decision", "last_at = at - interval '1 second'", "decision_last_at_check"),
    ("decision", "price_low = 0", "decision_price_low_check"),
    ("decision", "price_low = NULL, price_high = 0", "decision_price_high_check"),
    ("decision", "price_low = NULL", "decision_price_range_check"),
    ("decision", "price_low = price_high + 1", "decision_price_range_check"),
    ("position_order", "side = 'short'", "position_order_side_check"),
    ("position_order", "quantity = 0", "position_order_quantity_check"),
    ("position_order", "limit_price = 0", "position_order_limit_price_check"),
    ("position_order", "reason = 'mood'", "position_order_reason_check"),
    ("position_order", "state = 'lost'", "position_order_state_check"),
    ("position_order", "state = 'open'", "position_order_live_until_done_check"),
    ("position_order", "done_at = NULL", "position_order_live_until_done_check"),
    ("trade", "number = 0", "trade_number_check"),
    ("trade", "side = 'short'", "trade_side_check"),
    ("trade", "quantity = 0", "trade_quantity_check"),
    ("trade", "price = 0", "trade_price_check"),
    ("trade", "commission = -1", "trade_commission_check"),
    ("trade", "reason = 'mood'", "trade_reason_check"),
    ("trade", "cash_after = -1", "trade_cash_after_check"),
    ("trade", "shares_after = -1", "trade_shares_after_check"),
    ("trade", "stock_share_after = 1000001", "trade_stock_share_after_check"),
    ("ledger_entry", "number = 0", "ledger_entry_number_check"),
    ("ledger_entry", "kind = 'gift'", "ledger_entry_kind_check"),
    ("ledger_entry", "cash_after = -1", "ledger_entry_cash_after_check"),
    ("ledger_entry", "shares_after = -1", "ledger_entry_shares_after_check"),
    ("ledger_entry", "receivable_after = -1", "ledger_entry_receivable_after_check"),
    ("ledger_entry", "kind = 'opening', shares = -1", "ledger_entry_opening_check"),
    (
        "ledger_entry",
        "kind = 'opening', shares = 0, cash = 1",
        "ledger_entry_opening_value_is_split_check",
    ),
    ("ledger_entry", "kind = 'buy', shares = 1, cash = 0", "ledger_entry_buy_check"),
    ("ledger_entry", "kind = 'sell', shares = 1", "ledger_entry_sell_check"),
    ("ledger_entry", "kind = 'commission', cash = 1", "ledger_entry_commission_check"),
    ("ledger_entry", "kind = 'deposit', cash = 0", "ledger_entry_deposit_check"),
    ("ledger_entry", "kind = 'withdrawal', cash = 1", "ledger_entry_withdrawal_check"),
    ("audit_event", "number = 0", "audit_event_number_check"),
    ("audit_event", "kind = 'guessed'", "audit_event_kind_check"),
    ("audit_event", "body = '[]'", "audit_event_body_check"),
    ("audit_event", "body = '{'", "audit_event_body_check"),
    ("audit_event", "previous = upper(repeat('a', 64))", "audit_event_previous_check"),
    ("audit_event", "hash = repeat('a', 63)", "audit_event_hash_check"),
    ("robot", "id = false", "robot_id_check"),
    ("robot", "halted = true, reason = NULL", "robot_halted_for_a_reason_check"),
    ("switch_event", "number = 0", "switch_event_number_check"),
    ("switch_event", "kind = 'guessed'", "switch_event_kind_check"),
    ("switch_event", "body = '[]'", "switch_event_body_check"),
    ("switch_event", "previous = upper(repeat('a', 64))", "switch_event_previous_check"),
    ("switch_event", "hash = repeat('a', 63)", "switch_event_hash_check"),
    ("request", "key = ''", "request_key_check"),
    ("request", "digest = ''", "request_digest_check"),
    ("request", "status = 99", "request_status_check"),
    ("dataset", "id = repeat('b', 16)", "dataset_id_check"),
    ("dataset", "id = repeat('X', 16), digest = repeat('X', 64)", "dataset_digest_check"),
    ("dataset", "symbol = ''", "dataset_symbol_check"),
    ("dataset", "resolution = '2m'", "dataset_resolution_check"),
    ("dataset", "adjustment = 'all'", "dataset_adjustment_check"),
    ("dataset", "first_session = last_session + 1", "dataset_period_check"),
    ("dataset", "bars = 0", "dataset_bars_check"),
    ("dataset", "sessions = 0", "dataset_sessions_check"),
    ("dataset", "dividends = -1", "dataset_dividends_check"),
    ("dataset", "splits = -1", "dataset_splits_check"),
    ("dataset", r"bar_volumes = '\x00'", "dataset_columns_are_full_check"),
    ("dataset", "resolution = '1h', early_closes = '[]'", "dataset_early_closes_check"),
    (
        "dataset",
        """early_closes = '{"2024-07-03": 1720026000}'""",
        "dataset_daily_bars_know_no_hours_check",
    ),
    ("dataset", "parent_id = id", "dataset_parent_check"),
    ("dataset_action", "symbol = ''", "dataset_action_symbol_check"),
    ("dataset_action", "kind = 'merger', per_share = NULL", "dataset_action_kind_check"),
    ("dataset_action", "per_share = 0", "dataset_action_per_share_check"),
    ("dataset_action", "per_share = NULL", "dataset_action_dividend_check"),
    ("dataset_action", "pay_date = ex_date - 1", "dataset_action_pay_date_check"),
    ("dataset_action", "numerator = 0, denominator = 1", "dataset_action_numerator_check"),
    ("dataset_action", "numerator = 1, denominator = 0", "dataset_action_denominator_check"),
    ("dataset_action", "numerator = 2, denominator = 1", "dataset_action_split_check"),
    (
        "dataset_action",
        "kind = 'split', per_share = NULL, numerator = 2, denominator = 1, pay_date = ex_date",
        "dataset_action_paid_check",
    ),
    ("simulation_run", "status = 'asleep', finished_at = now()", "simulation_run_status_check"),
    ("simulation_run", "done = -1", "simulation_run_done_check"),
    ("simulation_run", "done = total + 1", "simulation_run_progress_check"),
    (
        "simulation_run",
        "status = 'completed', finished_at = now()",
        "simulation_run_completed_with_a_result_check",
    ),
    ("simulation_run", "result = '{}'", "simulation_run_completed_with_a_result_check"),
    (
        "simulation_run",
        "status = 'failed', finished_at = now()",
        "simulation_run_failed_with_an_error_check",
    ),
    ("simulation_run", "finished_at = now()", "simulation_run_finished_check"),
    ("simulation_course", "row_width = 0", "simulation_course_row_width_check"),
    ("dataset_fetch", "symbol = ''", "dataset_fetch_symbol_check"),
    ("dataset_fetch", "resolution = '2m'", "dataset_fetch_resolution_check"),
    ("dataset_fetch", "adjustment = 'all'", "dataset_fetch_adjustment_check"),
    ("dataset_fetch", "first_date = last_date + 1", "dataset_fetch_dates_check"),
    ("dataset_fetch", "status = 'asleep', finished_at = now()", "dataset_fetch_status_check"),
    ("dataset_fetch", "done = -1", "dataset_fetch_done_check"),
    ("dataset_fetch", "done = total + 1", "dataset_fetch_progress_check"),
    (
        "dataset_fetch",
        "status = 'completed', finished_at = now()",
        "dataset_fetch_completed_with_a_dataset_check",
    ),
    (
        "dataset_fetch",
        "status = 'failed', finished_at = now()",
        "dataset_fetch_failed_with_an_error_check",
    ),
    ("dataset_fetch", "finished_at = now()", "dataset_fetch_finished_check"),
    ("archived_session", "symbol = ''", "archived_session_symbol_check"),
    ("archived_session", "resolution = '2m'", "archived_session_resolution_check"),
    ("archived_session", "digest = ''", "archived_session_digest_check"),
    ("archived_session", "source = ''", "archived_session_source_check"),
    ("archived_session", "reads = 0", "archived_session_reads_check"),
    ("archived_session", "bars = 0", "archived_session_bars_check"),
    ("archived_session", r"bar_opens = '\x00'", "archived_session_columns_are_full_check"),
    ("harvest", "symbol = ''", "harvest_symbol_check"),
    ("harvest", "resolution = '2m'", "harvest_resolution_check"),
    ("harvest", "first_session = last_session + 1", "harvest_period_check"),
    (
        "harvest",
        "succeeded_at = attempted_at + interval '1 second'",
        "harvest_succeeded_check",
    ),
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
        assert [name for (name,) in nullable] == [
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
            "position.anchor",
            "position.archived_at",
            "position.halt_reason",
            "position.last_observed_at",
            "position.last_order_done_at",
            "position.last_price",
            "position.last_used_on",
            "position.opening_fraction",
            "position.opening_price",
            "position.orders_on",
            "position.price_delay_minutes",
            "position.price_received_at",
            "position.price_source",
            "position.started_at",
            "position.watch",
            "position_order.done_at",
            "robot.reason",
            "simulation_run.error",
            "simulation_run.finished_at",
            "simulation_run.result",
            "simulation_run.started_at",
        ]
