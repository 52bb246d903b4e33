from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from app.adapters.ids import RandomIds
from app.adapters.market.calendar import ExchangeCalendar
from app.adapters.market.csv import read_csv
from app.adapters.postgres.store import PostgresStore
from app.domain.history import HistoryLimits
from app.services.fetch_dataset import FetchDataset
from app.services.harvest_bars import HarvestBars
from app.services.import_dataset import ImportDataset
from app.services.provided_dataset import ProvidedDataset
from app.services.read_dataset import ReadDataset
from app.services.read_provider import ReadProvider
from app.simulation.bars import Resolution
from tests.fakes.clock import FakeClock
from tests.fakes.events import FakeEvents
from tests.fakes.history import FakeHistory
from tests.integration.datasets.fetched import Fetched

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


@pytest.fixture
def history(clock: FakeClock) -> FakeHistory:
    """Return a provider that keeps minute bars for 30 days, as Yahoo does."""
    month = HistoryLimits(max_span=timedelta(days=8), max_age=timedelta(days=30))
    return FakeHistory(now=clock.now, limits={Resolution.MINUTE: month})


@pytest.fixture
def reading(history: FakeHistory, calendar: ExchangeCalendar, clock: FakeClock) -> ReadProvider:
    return ReadProvider(
        provider=history, calendar=calendar, clock=clock, second_read_after=timedelta(0)
    )


@pytest.fixture
def events() -> FakeEvents:
    return FakeEvents()


@pytest.fixture
def fetching(
    store: PostgresStore,
    reading: ReadProvider,
    calendar: ExchangeCalendar,
    clock: FakeClock,
    events: FakeEvents,
) -> FetchDataset:
    return FetchDataset(
        store=store,
        reading=reading,
        making=ProvidedDataset(store=store, reading=reading, calendar=calendar, clock=clock),
        clock=clock,
        ids=RandomIds(),
        events=events,
    )


@pytest.fixture
def harvest(
    store: PostgresStore,
    reading: ReadProvider,
    calendar: ExchangeCalendar,
    clock: FakeClock,
) -> HarvestBars:
    return HarvestBars(store=store, locks=store, reading=reading, calendar=calendar, clock=clock)


@pytest.fixture
def reads(store: PostgresStore) -> ReadDataset:
    return ReadDataset(store=store)


@pytest.fixture
def fetched(fetching: FetchDataset, reads: ReadDataset) -> Fetched:
    return Fetched(fetching, reads)
