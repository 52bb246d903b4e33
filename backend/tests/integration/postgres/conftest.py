"""A store on a database of the module's own, and the same database with all rights."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from app.adapters.embedded import postgres as embedded
from app.adapters.postgres.schema import metadata
from app.adapters.postgres.store import PostgresStore
from app.services.halt_trading import HaltTrading
from tests.builders import NOW
from tests.fakes.clock import FakeClock
from tests.integration.postgres.records import open_position, sell

ROLE = sql.Identifier(embedded.ROLE)
SHELF = r"""
INSERT INTO dataset (
    id, digest, symbol, resolution, adjustment, first_session, last_session, bars, sessions,
    dividends, splits, provenance, findings, early_closes, created_at, bar_starts, bar_ends,
    bar_sessions, bar_opens, bar_highs, bar_lows, bar_closes, bar_volumes
) SELECT
    repeat('a', 16), repeat('a', 64), 'KO', '1d', 'raw', date '2024-06-11', date '2024-06-11', 1, 1,
    1, 0, '{}', '[]', '{}', now(), b, b, b, b, b, b, b, b
FROM (VALUES ('\x0000000000000000'::bytea)) AS eight (b);
INSERT INTO dataset_action (dataset_id, symbol, kind, ex_date, per_share)
    VALUES (repeat('a', 16), 'KO', 'dividend', '2024-06-14', 485000);
INSERT INTO simulation_run (id, dataset_id, status, done, total, request, created_at)
    VALUES (gen_random_uuid(), repeat('a', 16), 'running', 0, 1, '{}', now());
INSERT INTO simulation_course (run_id, row_width, rows, codes)
    SELECT id, 1, '', '' FROM simulation_run;
INSERT INTO dataset_fetch (
    id, symbol, resolution, adjustment, first_date, last_date, status, done, total, created_at
) VALUES (
    gen_random_uuid(), 'KO', '1d', 'raw', '2024-06-11', '2024-06-11', 'running', 0, 1, now()
);
INSERT INTO archived_session (
    symbol, resolution, session, digest, source, received_at, reads, bars, bar_starts, bar_ends,
    bar_sessions, bar_opens, bar_highs, bar_lows, bar_closes, bar_volumes
) SELECT
    'KO', '1m', date '2024-06-11', repeat('a', 64), 'yahoo', now(), 1, 1, b, b, b, b, b, b, b, b
FROM (VALUES ('\x0000000000000000'::bytea)) AS eight (b);
INSERT INTO harvest (symbol, resolution, attempted_at, succeeded_at, first_session, last_session)
    VALUES ('KO', '1m', now(), now(), '2024-06-11', '2024-06-11');
INSERT INTO request (key, digest, status, body) VALUES ('key', repeat('a', 64), 200, '{}')
"""

ACTIONS = """
INSERT INTO corporate_action (
    position_id, kind, ex_date, state, per_share, entitled, gross, tax, net, due_on, source,
    learned_at
) SELECT id, 'dividend', '2024-06-14', 'settled', 485000, 100000000, 4, 1, 3, '2024-07-15', 'yahoo',
    now() FROM position LIMIT 1;
INSERT INTO broker_movement (broker, id, kind, symbol, amount, "on", read_at)
    VALUES ('alpaca-live', 'a', 'dividend', 'KO', 3, '2024-07-15', now())
"""
ACCOUNT = """
INSERT INTO broker_account (broker, account_id, armed, fills_since)
VALUES ('alpaca-paper', 'PA1', false, now()) ON CONFLICT DO NOTHING
"""


@pytest.fixture(scope="module")
def store(database_url: str) -> Iterator[PostgresStore]:
    opened = PostgresStore(url=database_url)
    yield opened
    opened.close()


@pytest.fixture
def role(database_url: str) -> Iterator[psycopg.Connection]:
    """Yield a connection of the product's own role."""
    with psycopg.connect(database_url) as connection:
        yield connection
        connection.rollback()


@pytest.fixture
def superuser(superuser_url: str, database_url: str) -> Iterator[psycopg.Connection]:
    """Yield a connection to the same database that no right and no trigger has to hold back."""
    name = database_url.rpartition("/")[2]
    with psycopg.connect(f"{superuser_url.rpartition('/')[0]}/{name}") as connection:
        yield connection
        connection.rollback()


@pytest.fixture(scope="module")
def filled(store: PostgresStore, database_url: str) -> None:
    """Fill the database with at least one row of every table."""
    sell(store, open_position(store).id)
    switch = HaltTrading(store=store, clock=FakeClock(at=NOW))
    switch.halt(reason="test")
    switch.resume(reason="test")
    with psycopg.connect(database_url) as connection:
        connection.execute(SHELF)
        connection.execute(ACCOUNT)
        connection.execute(ACTIONS)


@pytest.fixture
def untriggered(filled: None, superuser: psycopg.Connection) -> psycopg.Connection:
    """Return a connection that only constraints hold back: no trigger of ours, no missing right.

    Both are set aside in the transaction that is rolled back.
    """
    for table in metadata.tables:
        name = sql.Identifier(table)
        superuser.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(name))
    # Foreign keys look at the other table with the rights of its owner.
    superuser.execute(sql.SQL("GRANT ALL ON ALL TABLES IN SCHEMA public TO {}").format(ROLE))
    return superuser
