from collections.abc import Callable, Iterator
from datetime import date
from typing import LiteralString

import psycopg
import pytest

from app.adapters.market.calendar import ExchangeCalendar
from app.adapters.postgres.store import PostgresStore
from tests.builders import NOW
from tests.fakes.clock import FakeClock
from tests.fakes.market import FakeMarket
from tests.integration.services.desk import Desk

type Snapshot = dict[str, object]

TABLES: LiteralString = """
SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename
"""


@pytest.fixture(scope="session")
def calendar() -> ExchangeCalendar:
    return ExchangeCalendar(start=date(2024, 1, 2), end=date(2024, 12, 31))


@pytest.fixture(scope="module")
def store(database_url: str) -> Iterator[PostgresStore]:
    store = PostgresStore(url=database_url)
    yield store
    store.close()


@pytest.fixture
def desk(store: PostgresStore, calendar: ExchangeCalendar) -> Desk:
    return Desk(store=store, clock=FakeClock(at=NOW), market=FakeMarket(), calendar=calendar)


@pytest.fixture
def stored(database_url: str) -> Iterator[Callable[[], Snapshot]]:
    """Yield a function that returns how many rows each table has and a digest of them all."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        tables = [name for (name,) in connection.execute(TABLES)]

        def snapshot() -> Snapshot:
            return {
                name: connection.execute(
                    psycopg.sql.SQL(
                        "SELECT count(*), md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {} t"
                    ).format(psycopg.sql.Identifier(name))
                ).fetchone()
                for name in tables
            }

        yield snapshot
