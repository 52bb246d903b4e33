"""The verifier: silent on a whole book, and it finds what was done behind the database's back."""

import psycopg
import pytest

from app.adapters.postgres.store import PostgresStore
from app.domain.book import PositionRecord
from app.domain.errors import NotFoundError
from app.domain.events import EventKind
from tests.integration.postgres.records import new_id, open_position, page_of, sell

OURS = "position_id = %(id)s"
# (what somebody with all rights did, what the verifier says)
TAMPERED = [
    (f"UPDATE audit_event SET body = '{{}}' WHERE {OURS} AND number = 2", "event 2 was edited"),
    (f"UPDATE audit_event SET kind = 'paused' WHERE {OURS} AND number = 1", "event 1 was edited"),
    (f"DELETE FROM audit_event WHERE {OURS} AND number = 2", "Audit event 2 is missing"),
    (
        f"DELETE FROM audit_event WHERE {OURS} AND number = (SELECT max(number) FROM audit_event"
        f" WHERE {OURS})",
        "Audit event 5 is missing: there should be 5",
    ),
    (
        f"UPDATE audit_event SET number = CASE number WHEN 2 THEN 3 ELSE 2 END + 100"
        f" WHERE {OURS} AND number IN (2, 3)",
        "Audit event 2 is missing",
    ),
    (
        f"UPDATE audit_event SET previous = repeat('a', 64) WHERE {OURS} AND number = 3",
        "event 3 does not name the hash",
    ),
    ("UPDATE position SET cash = cash + 1 WHERE id = %(id)s", "The position's cash is"),
    ("UPDATE position SET shares = shares - 1 WHERE id = %(id)s", "The position's shares is"),
    ("UPDATE position SET receivable = 1 WHERE id = %(id)s", "The position's receivable is"),
    ("UPDATE position SET trades = 7 WHERE id = %(id)s", "counts 7 of its trade rows"),
    ("UPDATE position SET order_in_flight = true WHERE id = %(id)s", "an order is in flight"),
    (
        f"UPDATE ledger_entry SET cash = cash + 1 WHERE {OURS} AND number = 2",
        "entry 2 does not add",
    ),
    (f"DELETE FROM ledger_entry WHERE {OURS} AND number = 2", "Ledger entry 2 is missing"),
    (f"UPDATE trade SET price = price + 1 WHERE {OURS} AND number = 2", "is not what the ledger"),
    (f"UPDATE trade SET commission = 0 WHERE {OURS} AND number = 1", "is not what the ledger"),
    (f"DELETE FROM trade WHERE {OURS} AND number = 2", "The trades make 2 ledger entries"),
    (f"UPDATE trade SET side = 'buy' WHERE {OURS} AND number = 1", "Trade 1 is not of the order"),
    (
        "UPDATE position_order SET state = 'unknown', done_at = NULL, ended = NULL"
        f" WHERE {OURS}"
        " AND decision_number = 1",
        "an order is in flight",
    ),
    (f"UPDATE position_order SET filled = 1 WHERE {OURS}", "says 1 filled, its trades"),
    (
        f"UPDATE position_order SET quantity = 1, filled = 1 WHERE {OURS}",
        "filled beyond its quantity",
    ),
    (
        f"UPDATE decision SET day = day || '{{\"what_if\": true}}' WHERE {OURS} AND number = 2",
        "Decision 2 is not what its audit event says",
    ),
    (
        f'UPDATE decision SET outcome = outcome || \'{{"kind": "hold"}}\''
        f" WHERE {OURS} AND number = 1",
        "An order refers to decision 1, which proposed none",
    ),
]


def traded(store: PostgresStore) -> PositionRecord:
    """Return a position with two trades."""
    opened = open_position(store)
    for _ in range(2):
        sell(store, opened.id)
    return opened


class TestVerifyBook:
    def test_is_silent_on_a_whole_book(self, store: PostgresStore) -> None:
        assert store.verify_book(position_id=traded(store).id) == ()

    def test_is_silent_on_a_new_book(self, store: PostgresStore) -> None:
        assert store.verify_book(position_id=open_position(store).id) == ()

    def test_reads_more_than_a_page(self, store: PostgresStore) -> None:
        opened = open_position(store)
        with page_of(store, opened.id) as (_, journal):
            for number in range(1001):
                journal.log(EventKind.RENAMED, {"name": str(number)})
        assert store.verify_book(position_id=opened.id) == ()

    @pytest.mark.parametrize(("done", "found"), TAMPERED)
    def test_finds_what_was_changed(
        self, store: PostgresStore, superuser: psycopg.Connection, done: str, found: str
    ) -> None:
        position = traded(store)
        # As on a replica, neither triggers nor foreign keys are asked.
        superuser.execute("SET session_replication_role = replica")
        assert superuser.execute(done.encode(), {"id": position.id}).rowcount > 0
        superuser.commit()
        findings = store.verify_book(position_id=position.id)
        assert any(found in finding for finding in findings), findings

    def test_does_not_find_an_unknown_position(self, store: PostgresStore) -> None:
        with pytest.raises(NotFoundError):
            store.verify_book(position_id=new_id())
