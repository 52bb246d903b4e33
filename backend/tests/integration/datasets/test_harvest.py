"""The daily harvest: when it is due, what it keeps, and datasets beyond the provider's reach."""

import time
from array import array
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day

import pytest

from app.adapters.ids import RandomIds
from app.adapters.postgres.store import PostgresStore
from app.domain.corporate_action import Split
from app.domain.errors import InvalidInputError, ProviderFailure
from app.domain.history import HistoryBar
from app.services.fetch_dataset import FetchDataset
from app.services.harvest_bars import HarvestBars
from app.services.harvest_daily import harvesting
from app.services.open_position import OpenPosition
from app.simulation.archive import ArchivedSession, FetchRecord
from app.simulation.bars import Adjustment, Bars, DatasetRecord, Resolution
from app.simulation.provided import by_session, joined
from app.simulation.run import RunStatus
from app.simulation.unadjust import unadjusted
from tests.fakes.clock import FakeClock
from tests.fakes.history import FakeHistory
from tests.integration.services.desk import a_wish
from tests.integration.simulation.recorded import BUNDLED, read_daily
from tests.no_venues import no_pinning
from tests.price_files import NEW_YORK, Row, minute_bars

KO = read_daily(BUNDLED / "KO.csv", Adjustment.SPLIT)
FROM = KO.sessions.index(date(2024, 1, 2).toordinal())
PATIENCE_SECONDS = 8


def price_row(ticks: int) -> Row:
    text = f"{ticks // 10_000}.{ticks % 10_000:04d}"
    return (text, text, text, text)


def minutes() -> Bars:
    """Return three minutes of each recorded session of 2024, at its recorded prices."""
    parts = []
    for index in range(FROM, len(KO)):
        opens = datetime.combine(KO.session(index), time_of_day(9, 30), NEW_YORK).astimezone(UTC)
        rows = [price_row(price[index]) for price in (KO.opens, KO.lows, KO.closes)]
        parts.append(minute_bars(rows, first=opens))
    bars = joined(parts, actions=replace(KO, dividends=(), splits=()))
    return replace(bars, adjustment=Adjustment.SPLIT)


MINUTES = minutes()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(at=datetime(2024, 2, 1, 21, 45, tzinfo=UTC))  # 45 minutes after the close


@pytest.fixture
def store(new_database: Callable[[], str], clock: FakeClock) -> Iterator[PostgresStore]:
    """Yield a store whose only position is in KO."""
    opened = PostgresStore(url=new_database())
    OpenPosition(store=opened, clock=clock, ids=RandomIds(), pinning=no_pinning(clock)).open(
        wish=a_wish()
    )
    yield opened
    opened.close()


@pytest.fixture
def history(history: FakeHistory) -> FakeHistory:
    history.give(MINUTES)
    history.give(KO)
    return history


def asked_minutes(history: FakeHistory) -> list[tuple[date, date]]:
    return [(s, e) for _, resolution, s, e in history.asked if resolution is Resolution.MINUTE]


def archived(store: PostgresStore) -> tuple[ArchivedSession, ...]:
    with store.shelf() as shelf:
        return shelf.load_archive(
            symbol="KO",
            resolution=Resolution.MINUTE,
            start=date(2024, 1, 1),
            end=date(2024, 12, 31),
        )


class TestAHarvest:
    def test_keeps_everything_that_the_provider_still_has(
        self, harvest: HarvestBars, store: PostgresStore, history: FakeHistory
    ) -> None:
        (done,) = harvest.run_due()
        assert (done.symbol, done.error) == ("KO", None)
        assert (done.first_session, done.last_session) == (date(2024, 1, 3), date(2024, 2, 1))
        assert done.succeeded_at == done.attempted_at
        assert harvest.list() == (done,)
        sessions = archived(store)
        assert len(sessions) == 21
        assert {each.reads for each in sessions} == {1}
        assert asked_minutes(history) == [(date(2024, 1, 3), date(2024, 2, 1))]

    def test_is_due_once_after_each_close(
        self, harvest: HarvestBars, clock: FakeClock, history: FakeHistory
    ) -> None:
        clock.set(datetime(2024, 2, 1, 21, 44, 59, tzinfo=UTC))
        (done,) = harvest.run_due()  # that of the day before
        assert done.last_session == date(2024, 1, 31)
        assert harvest.run_due() == ()
        clock.advance(timedelta(seconds=1))
        (done,) = harvest.run_due()
        assert done.last_session == date(2024, 2, 1)
        clock.set(datetime(2024, 2, 2, 21, 44, tzinfo=UTC))
        assert harvest.run_due() == ()
        clock.set(datetime(2024, 2, 4, 12, tzinfo=UTC))  # a Sunday
        (done,) = harvest.run_due()
        assert done.last_session == date(2024, 2, 2)

    def test_waits_for_an_early_close_alone(
        self, harvest: HarvestBars, clock: FakeClock, history: FakeHistory
    ) -> None:
        clock.set(datetime(2023, 11, 24, 18, 45, tzinfo=UTC))  # closed at 13:00 New York time
        (done,) = harvest.run_due()
        assert done.error is not None  # nothing is recorded in that month
        assert asked_minutes(history)[-1][1] == date(2023, 11, 24)

    def test_reads_the_last_session_again_the_next_day(
        self, harvest: HarvestBars, store: PostgresStore, clock: FakeClock, history: FakeHistory
    ) -> None:
        harvest.run_due()
        clock.advance(timedelta(days=1))
        harvest.run_due()
        reads = {each.session: each.reads for each in archived(store)}
        assert reads[date(2024, 1, 31)] == 1
        assert reads[date(2024, 2, 1)] == 2
        assert reads[date(2024, 2, 2)] == 1
        assert asked_minutes(history)[-1] == (date(2024, 2, 1), date(2024, 2, 2))

    def test_keeps_every_version_and_uses_one_that_was_read_twice(
        self, harvest: HarvestBars, store: PostgresStore, clock: FakeClock, history: FakeHistory
    ) -> None:
        def revised(bar: HistoryBar) -> HistoryBar:
            return replace(bar, volume=1) if bar.start.date() == date(2024, 2, 1) else bar

        harvest.run_due()
        history.change(revised)
        clock.advance(timedelta(days=1))
        harvest.run_due()
        latest = {each.session: each for each in archived(store)}[date(2024, 2, 1)]
        assert (latest.reads, latest.bars.volumes[0]) == (1, 1)
        first = replace(
            latest,
            bars=by_session(unadjusted(MINUTES, divided_by=(), splits=()))[21],
            digest="a" * 64,
            received_at=clock.now() - timedelta(hours=1),
            reads=2,
        )
        assert first.session == date(2024, 2, 1)
        with store.shelf() as shelf:
            shelf.archive_session(session=first)
        settled = {each.session: each for each in archived(store)}[date(2024, 2, 1)]
        assert (settled.reads, settled.bars.volumes[0]) == (2, 100)

    def test_is_tried_again_after_an_hour(
        self, harvest: HarvestBars, clock: FakeClock, history: FakeHistory
    ) -> None:
        history.fail(code=ProviderFailure.UNAVAILABLE)
        (failed,) = harvest.run_due()
        assert (failed.error, failed.succeeded_at) == (
            "The provider of this test answers UNAVAILABLE.",
            None,
        )
        assert harvest.run_due() == ()
        history.give(KO)
        clock.advance(timedelta(hours=1))
        (done,) = harvest.run_due()
        assert done.error is None

    def test_is_left_to_the_process_that_does_it(
        self, harvest: HarvestBars, store: PostgresStore
    ) -> None:
        with store.exclusively(name="harvest") as is_ours:
            assert is_ours
            assert harvest.run_due() == ()
        assert len(harvest.run_due()) == 1

    def test_runs_by_itself_while_the_product_does(self, harvest: HarvestBars) -> None:
        with harvesting(harvest, look_every=timedelta(milliseconds=10)):
            deadline = time.monotonic() + PATIENCE_SECONDS
            while not harvest.list():
                assert time.monotonic() < deadline
                time.sleep(0.01)


class TestADatasetFromTheArchive:
    def fetched(
        self, fetching: FetchDataset, *, start: date, end: date, adjustment: Adjustment
    ) -> FetchRecord:
        job = fetching.submit(
            symbol="KO",
            resolution=Resolution.MINUTE,
            adjustment=adjustment,
            start=start,
            end=end,
        )
        assert isinstance(job, FetchRecord)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while job.status in {RunStatus.QUEUED, RunStatus.RUNNING}:
            assert time.monotonic() < deadline
            time.sleep(0.01)
            job = fetching.get(fetch_id=job.id)
        return job

    def dataset(
        self, fetching: FetchDataset, store: PostgresStore, *, start: date, end: date
    ) -> tuple[DatasetRecord, Bars]:
        job = self.fetched(fetching, start=start, end=end, adjustment=Adjustment.RAW)
        assert job.error is None
        with store.shelf() as shelf:
            record = shelf.get_dataset(dataset_id=str(job.dataset_id))
            return record, shelf.load_bars(dataset_id=record.id)

    @pytest.fixture
    def a_month_later(self, harvest: HarvestBars, clock: FakeClock) -> None:
        for _ in range(2):
            harvest.run_due()
            clock.advance(timedelta(days=1))
        clock.set(datetime(2024, 3, 8, 23, tzinfo=UTC))

    @pytest.mark.usefixtures("a_month_later")
    def test_reaches_further_back_than_the_provider(
        self, fetching: FetchDataset, store: PostgresStore, history: FakeHistory
    ) -> None:
        (minute,) = (r for r in fetching.ranges(symbol="KO") if r.resolution == "1m")
        assert (minute.start, minute.archived_from) == (date(2024, 2, 8), date(2024, 1, 3))
        history.asked.clear()
        record, bars = self.dataset(fetching, store, start=date(2024, 1, 3), end=date(2024, 3, 8))
        assert asked_minutes(history)[0] == (date(2024, 2, 8), date(2024, 3, 8))
        assert (record.first_session, record.last_session) == (date(2024, 1, 3), date(2024, 3, 8))
        assert record.provenance["archived_sessions"] == 22
        places = {finding.code: finding.place for finding in record.findings}
        assert places["missing_sessions"].startswith("2024-02-05, 2024-02-06, 2024-02-07")
        assert places["read_once"].endswith(" and 11 more")  # 2024-02-01 was read twice
        kept = [i for i in range(len(MINUTES)) if MINUTES.starts[i] in set(bars.starts)]
        assert [MINUTES.closes[i] for i in kept] == list(bars.closes)

    @pytest.mark.usefixtures("a_month_later")
    def test_needs_no_minute_of_the_provider_when_it_ends_before(
        self, fetching: FetchDataset, store: PostgresStore, history: FakeHistory
    ) -> None:
        history.asked.clear()
        record, _ = self.dataset(fetching, store, start=date(2024, 1, 3), end=date(2024, 1, 31))
        assert asked_minutes(history) == []
        assert record.last_session == date(2024, 1, 31)

    @pytest.mark.usefixtures("a_month_later")
    def test_is_as_traded_and_knows_splits_since(
        self, fetching: FetchDataset, store: PostgresStore, history: FakeHistory
    ) -> None:
        split = Split(ex_date=date(2024, 2, 20), numerator=2, denominator=1)
        halved = replace(
            KO,
            splits=(*KO.splits, split),
            opens=array("q", (price // 2 for price in KO.opens)),
            highs=array("q", (price // 2 for price in KO.highs)),
            lows=array("q", (price // 2 for price in KO.lows)),
            closes=array("q", (price // 2 for price in KO.closes)),
        )
        history.give(halved)
        history.give(MINUTES)
        _, bars = self.dataset(fetching, store, start=date(2024, 1, 3), end=date(2024, 1, 31))
        first = MINUTES.starts.index(bars.starts[0])
        assert bars.closes[0] == MINUTES.closes[first]
        assert bars.splits == ()

    @pytest.mark.usefixtures("a_month_later")
    def test_is_not_split_adjusted(self, fetching: FetchDataset) -> None:
        with pytest.raises(InvalidInputError, match="2024-02-08 to 2024-03-08"):
            fetching.submit(
                symbol="KO",
                resolution=Resolution.MINUTE,
                adjustment=Adjustment.SPLIT,
                start=date(2024, 1, 3),
                end=date(2024, 1, 31),
            )
