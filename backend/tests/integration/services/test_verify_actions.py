"""The verifier over dividends and splits: silent on a whole book, and it finds what was changed."""

from typing import LiteralString

import psycopg
import pytest

from app.adapters.postgres.store import PostgresStore
from app.simulation.bars import Adjustment, Bars
from tests.builders import ticks, usd
from tests.integration.services.announced_desk import AnnouncedDesk, at
from tests.integration.simulation.recorded import read_daily, shared

TAMPERED: list[tuple[LiteralString, str]] = [
    ("UPDATE corporate_action SET net = net - 1, tax = tax + 1 WHERE kind = 'dividend'", "trail"),
    ("UPDATE corporate_action SET previous_close = 1 WHERE kind = 'dividend'", "trail"),
    ("UPDATE corporate_action SET per_share = 1 WHERE kind = 'dividend'", "audit trail"),
    ("UPDATE corporate_action SET source = 'me' WHERE kind = 'dividend'", "audit trail"),
    ("UPDATE corporate_action SET paid_on = NULL WHERE kind = 'dividend'", "audit trail"),
    ("UPDATE corporate_action SET paid_on = paid_on + 1 WHERE kind = 'dividend'", "audit trail"),
    ("UPDATE corporate_action SET numerator = 8 WHERE kind = 'split'", "audit trail"),
    ("UPDATE corporate_action SET entitled = 1 WHERE kind = 'split'", "split 2014-06-09"),
    ("DELETE FROM corporate_action WHERE kind = 'split'", "is missing"),
    ("DELETE FROM corporate_action WHERE kind = 'dividend'", "is missing"),
    ("UPDATE ledger_entry SET reference = 'x' WHERE kind = 'dividend'", "what the ledger booked"),
    ("UPDATE ledger_entry SET shares = 1 WHERE kind = 'split'", "what the ledger booked"),
    ("DELETE FROM audit_event WHERE kind = 'dividend_paid'", "Audit event"),
    ("UPDATE audit_event SET body = '{}' WHERE kind = 'split_booked'", "Audit event"),
]


@pytest.fixture(scope="module")
def aapl() -> Bars:
    return read_daily(shared("daily_raw/AAPL.csv"), Adjustment.RAW)


def booked(store: PostgresStore, aapl: Bars) -> str:
    """Return a position whose split and dividend of 2014 are booked and paid."""
    desk = AnnouncedDesk(store=store, bars=aapl, opened=at("2014-06-06"))
    position_id = desk.run(cash=usd("64557"), anchor=ticks("645.57"))
    for day in ("2014-06-09", "2014-08-07", "2014-09-08"):
        desk.on(at(day), position_id)
    assert desk.kinds(position_id) == ["split", "dividend", "dividend_paid"]
    return position_id


class TestTheVerifier:
    def test_is_silent_on_what_was_booked(self, store: PostgresStore, aapl: Bars) -> None:
        assert store.verify_book(position_id=booked(store, aapl)) == ()

    @pytest.mark.parametrize(("done", "found"), TAMPERED)
    def test_finds_what_was_changed(
        self,
        store: PostgresStore,
        aapl: Bars,
        superuser_url: str,
        database_url: str,
        done: LiteralString,
        found: str,
    ) -> None:
        position_id = booked(store, aapl)
        name = database_url.rpartition("/")[2]
        with psycopg.connect(f"{superuser_url.rpartition('/')[0]}/{name}") as connection:
            # As on a replica, neither triggers nor foreign keys are asked.
            connection.execute("SET session_replication_role = replica")
            changed = connection.execute(f"{done} AND position_id = %(id)s", {"id": position_id})
            assert changed.rowcount > 0
        findings = store.verify_book(position_id=position_id)
        assert any(found in finding for finding in findings), findings
