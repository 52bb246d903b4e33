"""Facts stay: refused by trigger to everybody, and out of reach of the product's own role."""

import psycopg
import pytest

FACTS = {
    "audit_event": "body = '{}'",
    "switch_event": "body = '{}'",
    "ledger_entry": "cash = 1",
    "trade": "price = 1",
    "strategy_version": "body = '{}'",
    "dataset": "symbol = 'MSFT'",
    "dataset_action": "per_share = 1",
    "decision": "outcome = '{}'",
    "position_order": "quantity = 1",
    "position": "symbol = 'MSFT'",
    "corporate_action": "kind = 'split'",
    "broker_movement": "amount = 1",
}
KEPT = [*FACTS, "robot"]


class TestAFact:
    @pytest.mark.parametrize(("table", "change"), FACTS.items())
    def test_is_never_changed(self, superuser: psycopg.Connection, table: str, change: str) -> None:
        with pytest.raises(psycopg.errors.RestrictViolation, match="added once and kept"):
            superuser.execute(f"UPDATE {table} SET {change}".encode())

    @pytest.mark.parametrize("table", KEPT)
    def test_is_never_deleted(self, superuser: psycopg.Connection, table: str) -> None:
        with pytest.raises(psycopg.errors.RestrictViolation, match="DELETE on"):
            superuser.execute(f"DELETE FROM {table}".encode())

    @pytest.mark.parametrize("table", KEPT)
    def test_is_never_truncated(self, superuser: psycopg.Connection, table: str) -> None:
        with pytest.raises(psycopg.errors.RestrictViolation, match="TRUNCATE on"):
            superuser.execute(f"TRUNCATE {table} CASCADE".encode())

    @pytest.mark.parametrize("table", ["audit_event", "switch_event", "ledger_entry", "trade"])
    @pytest.mark.parametrize(
        "verb", ["UPDATE {} SET number = NULL", "DELETE FROM {}", "TRUNCATE {}"]
    )
    def test_is_out_of_reach_of_the_product(
        self, role: psycopg.Connection, table: str, verb: str
    ) -> None:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            role.execute(verb.format(table).encode())

    def test_is_kept_by_a_product_without_special_rights(self, role: psycopg.Connection) -> None:
        row = role.execute(
            "SELECT rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls"
            " FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        assert row == (False,) * 5
