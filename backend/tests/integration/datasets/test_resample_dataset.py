from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from app.adapters.market.calendar import ExchangeCalendar
from app.adapters.postgres.store import PostgresStore
from app.domain.errors import InvalidInputError, NotFoundError
from app.services.import_dataset import ImportDataset
from app.services.resample_dataset import ResampleDataset
from app.simulation.bars import Adjustment, Bars, DatasetRecord, Resolution, content_digest
from app.simulation.resample import resample
from tests.fakes.clock import FakeClock
from tests.price_files import NEW_YORK, flat, minute_bars, minutes_at, write_csv

HALF_DAY = date(2025, 11, 28)
# From 12:50 in New York on, half an hour: ten minutes before the early close and twenty after it.
BARS = minute_bars(
    [flat("10"), flat("10.01")] * 15, first=datetime.combine(HALF_DAY, time(12, 50), NEW_YORK)
)


@pytest.fixture
def resampling(
    store: PostgresStore, calendar: ExchangeCalendar, clock: FakeClock
) -> ResampleDataset:
    return ResampleDataset(store=store, calendar=calendar, clock=clock)


@pytest.fixture
def minutes(importing: ImportDataset) -> DatasetRecord:
    return imported(importing, BARS)


def imported(importing: ImportDataset, bars: Bars) -> DatasetRecord:
    record = importing.run(
        content=write_csv(bars),
        file_name="minutes.csv",
        symbol="KO",
        resolution=bars.resolution,
        adjustment=Adjustment.RAW,
        timezone="America/New_York",
    )
    assert isinstance(record, DatasetRecord)
    return record


class TestAnIntradayImport:
    def test_keeps_the_early_closes_of_its_sessions(
        self, minutes: DatasetRecord, store: PostgresStore
    ) -> None:
        closes = int(datetime.combine(HALF_DAY, time(13), NEW_YORK).timestamp())
        with store.shelf() as shelf:
            bars = shelf.load_bars(dataset_id=minutes.id)
        assert bars == replace(BARS, early_closes={HALF_DAY.toordinal(): closes})
        assert minutes.digest == content_digest(bars) != content_digest(BARS)
        assert [finding.code for finding in minutes.findings] == ["after_early_close"]

    def test_keeps_none_of_a_session_without_bars(
        self, importing: ImportDataset, store: PostgresStore
    ) -> None:
        bars = minutes_at("2025-11-26 12:50", "2025-12-01 12:50")
        record = imported(importing, bars)
        assert [finding.place for finding in record.findings] == ["2025-11-28"]
        assert record.digest == content_digest(bars)

    def test_older_than_the_calendar_knows_no_early_close(self, importing: ImportDataset) -> None:
        first = datetime(1990, 1, 2, 14, 30, tzinfo=UTC)
        record = imported(importing, minute_bars([flat("10")] * 3, first=first))
        assert [finding.code for finding in record.findings] == ["sessions_unchecked"]


class TestResampling:
    def test_makes_a_dataset_that_names_its_parent(
        self, minutes: DatasetRecord, resampling: ResampleDataset, store: PostgresStore
    ) -> None:
        made = resampling.run(dataset_id=minutes.id, resolution=Resolution.HOUR)
        assert isinstance(made, DatasetRecord)
        assert (made.resolution, made.bars, made.symbol) == (Resolution.HOUR, 2, "KO")
        assert made.provenance == {
            "provider": "resampled",
            "licence": None,
            "notes": "1h bars made of 1m bars (upload).",
            "parent": minutes.digest,
            "resampled_at": "2026-01-02T12:00:00+00:00",
        }
        assert [finding.code for finding in made.findings] == ["after_early_close"]
        with store.shelf() as shelf:
            bars = shelf.load_bars(dataset_id=minutes.id)
            assert shelf.load_bars(dataset_id=made.id) == resample(bars, resolution=Resolution.HOUR)

    def test_twice_is_one_dataset(
        self, minutes: DatasetRecord, resampling: ResampleDataset, clock: FakeClock
    ) -> None:
        first = resampling.run(dataset_id=minutes.id, resolution=Resolution.HALF_HOUR)
        clock.advance(timedelta(days=1))
        assert resampling.run(dataset_id=minutes.digest, resolution=Resolution.HALF_HOUR) == first

    def test_makes_days_without_hours(
        self, minutes: DatasetRecord, resampling: ResampleDataset, store: PostgresStore
    ) -> None:
        made = resampling.run(dataset_id=minutes.id, resolution=Resolution.DAY)
        assert isinstance(made, DatasetRecord)
        with store.shelf() as shelf:
            (day,) = [shelf.load_bars(dataset_id=made.id)]
        assert (len(day), day.early_closes, day.volumes[0]) == (1, {}, 1000)

    def test_refuses_what_is_not_longer(
        self, minutes: DatasetRecord, resampling: ResampleDataset
    ) -> None:
        with pytest.raises(InvalidInputError, match="the bars of the dataset are 1m"):
            resampling.run(dataset_id=minutes.id, resolution=Resolution.MINUTE)

    def test_refuses_an_hour_that_can_still_change(
        self, minutes: DatasetRecord, resampling: ResampleDataset, clock: FakeClock
    ) -> None:
        clock.set(datetime(2025, 11, 28, 18, 30, tzinfo=UTC))
        with pytest.raises(InvalidInputError, match="Ending later than now"):
            resampling.run(dataset_id=minutes.id, resolution=Resolution.HOUR)

    def test_needs_a_dataset(self, resampling: ResampleDataset) -> None:
        with pytest.raises(NotFoundError):
            resampling.run(dataset_id="f" * 16, resolution=Resolution.DAY)
