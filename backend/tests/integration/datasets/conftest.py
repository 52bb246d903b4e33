from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from app.adapters.market.calendar import ExchangeCalendar
from app.adapters.market.csv import read_csv
from app.adapters.postgres.store import PostgresStore
from app.services.import_dataset import ImportDataset
from tests.fakes.clock import FakeClock

DATA = Path(__file__).parents[3] / "data"


@pytest.fixture(scope="session")
def calendar() -> ExchangeCalendar:
    return ExchangeCalendar(start=date(1998, 1, 2), end=date(2027, 12, 31))


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(at=datetime(2026, 1, 2, 12, tzinfo=UTC))


@pytest.fixture
def store(database_url: str) -> Iterator[PostgresStore]:
    store = PostgresStore(url=database_url)
    yield store
    store.close()


@pytest.fixture
def importing(store: PostgresStore, calendar: ExchangeCalendar, clock: FakeClock) -> ImportDataset:
    return ImportDataset(store=store, calendar=calendar, clock=clock, read_csv=read_csv)
