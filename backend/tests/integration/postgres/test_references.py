"""Every foreign key, broken on purpose: nothing refers to what is not there."""

import psycopg
import pytest

from tests.integration.postgres.records import constraint_names

# (statement, constraint): the statement refers to a row that is not there.
REFERENCES = [
    (
        "INSERT INTO strategy_version SELECT gen_random_uuid(), version, body, created_at, reason"
        " FROM strategy_version",
        "strategy_version_position_id_fkey",
    ),
    ("UPDATE decision SET strategy_version = 9", "decision_position_id_strategy_version_fkey"),
    (
        "INSERT INTO position_order SELECT gen_random_uuid(), position_id, 9, side, quantity,"
        " limit_price, reason, state, created_at, done_at, filled, extended, sent_at,"
        " broker_order_id, misses, missed_at, cancel_asked_at, ended, note FROM position_order",
        "position_order_position_id_decision_number_fkey",
    ),
    ("UPDATE trade SET order_id = gen_random_uuid()", "trade_order_id_fkey"),
    ("UPDATE trade SET decision_number = 9", "trade_position_id_decision_number_fkey"),
    (
        "UPDATE ledger_entry SET position_id = gen_random_uuid()",
        "ledger_entry_position_id_fkey",
    ),
    ("UPDATE audit_event SET position_id = gen_random_uuid()", "audit_event_position_id_fkey"),
    (
        "UPDATE corporate_action SET position_id = gen_random_uuid()",
        "corporate_action_position_id_fkey",
    ),
    (
        "UPDATE broker_movement SET position_id = gen_random_uuid()",
        "broker_movement_position_id_fkey",
    ),
    ("UPDATE dataset_action SET dataset_id = 'none'", "dataset_action_dataset_id_fkey"),
    ("UPDATE dataset SET parent_id = 'none'", "dataset_parent_id_fkey"),
    (
        "UPDATE dataset_fetch SET dataset_id = 'none', status = 'completed', finished_at = now()",
        "dataset_fetch_dataset_id_fkey",
    ),
    ("UPDATE simulation_run SET dataset_id = 'none'", "simulation_run_dataset_id_fkey"),
    ("UPDATE simulation_course SET run_id = gen_random_uuid()", "simulation_course_run_id_fkey"),
    ("UPDATE position SET strategy_version = 9", "position_id_strategy_version_fkey"),
]


class TestAForeignKey:
    @pytest.mark.parametrize(("statement", "constraint"), REFERENCES)
    def test_refuses_what_refers_to_nothing(
        self, untriggered: psycopg.Connection, statement: str, constraint: str
    ) -> None:
        untriggered.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(psycopg.errors.ForeignKeyViolation) as refused:
            untriggered.execute(statement.encode())
        assert refused.value.diag.constraint_name == constraint

    def test_is_tried_here_whatever_its_table(self, filled: None, role: psycopg.Connection) -> None:
        assert constraint_names(role, "f") == {constraint for _, constraint in REFERENCES}
