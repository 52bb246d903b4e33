"""The smallest change, by somebody with all rights, in any column of the audit trail: found."""

from collections.abc import Iterator

import psycopg
import pytest

from app.adapters.postgres.store import PostgresStore
from app.services.halt_trading import HaltTrading
from tests.integration.services.desk import Desk
from tests.integration.services.recorded_day import recorded_day

# Another text of the same length, by one bit of one character.
LETTER = "overlay({0} PLACING chr(ascii(substr({0}, {1}, 1)) # 1) FROM {1} FOR 1)"
HEX = "overlay({0} PLACING translate(substr({0}, 9, 1), '0123456789abcdef', '1032547698badcfe')"
HEX += " FROM 9 FOR 1)"
DIGIT = """regexp_replace({0}::text, '[0-9](?=[^0-9]*$)',
    ((substring({0}::text from '([0-9])[^0-9]*$'))::int # 1)::text)::jsonb"""
EARLIER, LATER = "{0} - interval '1 microsecond'", "{0} + interval '1 microsecond'"
LINK = {
    "number": "{0} # 1024",
    "at": EARLIER,
    "kind": LETTER.replace("{1}", "3"),
    "body": LETTER.replace("{1}", "12"),
    "previous": HEX,
    "hash": HEX,
}
BODIES = ("outcome", "before", "after", "observation", "day")
COLUMNS = {
    "audit_event": LINK | {"position_id": "gen_random_uuid()"},
    "switch_event": LINK,
    "robot": {"halted": "NOT {0}", "reason": LETTER.replace("{1}", "2"), "changed_at": EARLIER},
    "decision": dict.fromkeys(BODIES, DIGIT)
    | {
        "position_id": "gen_random_uuid()",
        "number": "{0} # 1024",
        "at": EARLIER,
        "strategy_version": "{0} # 2",
        "rules_version": LETTER.replace("{1}", "1"),
        "checks": "{0} # 1024",
        "last_at": LATER,
        "price_low": "{0} - 1",
        "price_high": "{0} + 1",
    },
}
# What the database makes of other columns, or holds one value of.
FIXED = {("decision", "kind"), ("decision", "reason"), ("robot", "id")}


@pytest.fixture(scope="module")
def root(superuser_url: str, database_url: str) -> Iterator[psycopg.Connection]:
    """Yield a connection that neither triggers nor foreign keys nor the words of a kind hold."""
    name = database_url.rpartition("/")[2]
    url = f"{superuser_url.rpartition('/')[0]}/{name}"
    with psycopg.connect(url, autocommit=True) as superuser:
        superuser.execute("SET session_replication_role = replica")
        for table in ("audit_event", "switch_event"):
            superuser.execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_kind_check".encode())
        yield superuser


def findings(store: PostgresStore) -> list[str]:
    return [check.finding for check in store.verify_audit() if check.finding is not None]


def places(root: psycopg.Connection, table: str, position_id: str) -> list[tuple[str, str]]:
    """Return rows to change, each by its address and the place that a finding has to name."""
    match table:
        case "robot":
            query = "SELECT ctid::text, 'kill switch' FROM robot"
        case "switch_event":
            query = "SELECT ctid::text, 'event ' || number FROM switch_event"
        case "audit_event":
            query = """SELECT ctid::text, 'event ' || number FROM audit_event
                WHERE position_id = %(id)s AND number IN (1, 20,
                (SELECT events FROM position WHERE id = %(id)s))"""
        case _:  # one that was repeated, and one that was not; what follows tells of both
            query = """SELECT DISTINCT ON (least(checks, 2)) ctid::text, 'ecision ' || number
                FROM decision WHERE position_id = %(id)s AND number BETWEEN 5 AND 30"""
    return root.execute(query.encode(), {"id": position_id}).fetchall()


def flipped(
    root: psycopg.Connection, store: PostgresStore, table: str, column: str, at: str
) -> list[str]:
    """Return what is found while one column of the row at `at` is another."""
    changed = COLUMNS[table][column].replace("{0}", column)
    change = f"UPDATE {table} SET {column} = {{}} WHERE ctid = %s RETURNING ctid::text"
    read = f"SELECT {column}::text, pg_typeof({column})::text FROM {table} WHERE ctid = %s"
    kept, kind = root.execute(read.encode(), (at,)).fetchone() or ("", "")
    (moved,) = root.execute(change.format(changed).encode(), (at,)).fetchone() or ("",)
    found = findings(store)
    assert root.execute(change.format(f"%s::{kind}").encode(), (kept, moved)).rowcount == 1
    return found


class TestOneFlippedByte:
    def test_is_tried_in_every_column(self, root: psycopg.Connection) -> None:
        columns = root.execute(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND table_name = ANY(%s)",
            (list(COLUMNS),),
        ).fetchall()
        tried = {(table, column) for table, of in COLUMNS.items() for column in of}
        assert set(columns) == tried | FIXED

    def test_is_found_with_its_place(self, desk: Desk, root: psycopg.Connection) -> None:
        switch = HaltTrading(store=desk.store, clock=desk.clock)
        switch.halt(reason="smoke")
        switch.resume(reason="no fire")
        position_id = recorded_day(desk, seed=1, looks=35)
        assert findings(desk.store) == []
        tried = 0
        for table, columns in COLUMNS.items():
            for column in columns:
                for number in range(len(places(root, table, position_id))):
                    # A change moves the row, so that it is looked for again.
                    at, place = sorted(
                        places(root, table, position_id), key=lambda found: found[1]
                    )[number]
                    found = flipped(root, desk.store, table, column, at)
                    assert len(found) == 1, (table, column, place, found)
                    assert place in found[0], (table, column, place, found)
                    tried += 1
        assert tried > 50
        assert findings(desk.store) == []
