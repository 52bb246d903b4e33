"""The shelf on PostgreSQL: datasets come back bit for bit, runs with their courses."""

from array import array
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
from sqlalchemy.exc import IntegrityError

from app.adapters.market.csv import read_csv
from app.adapters.postgres.store import PostgresStore
from app.domain.corporate_action import Dividend, Split
from app.domain.errors import InvalidInputError, NotFoundError
from app.simulation.bars import (
    Adjustment,
    Bars,
    Dataset,
    DatasetRecord,
    Finding,
    Resolution,
    Severity,
    content_digest,
)
from app.simulation.kernel_layout import ROW_WIDTH
from app.simulation.run import RunRecord, RunStatus
from app.simulation.stored_course import StoredCourse
from tests.builders import NOW, later
from tests.integration.postgres.records import new_id

DATA = Path(__file__).parents[3] / "data"
INT64 = (-(2**63), 2**63 - 1)


def recorded(symbol: str) -> Bars:
    """Return the bundled daily prices of a symbol."""
    return read_csv(
        (DATA / f"{symbol}.csv").read_bytes(),
        symbol=symbol,
        resolution=Resolution.DAY,
        adjustment=Adjustment.RAW,
        timezone="America/New_York",
    )


DATES = {"start": date(2010, 1, 4), "end": date(2020, 12, 31)}


def a_dataset(bars: Bars, **changes: Any) -> Dataset:
    digest = content_digest(bars)
    record = DatasetRecord(
        id=digest[:16],
        digest=digest,
        symbol=bars.symbol,
        resolution=bars.resolution,
        adjustment=bars.adjustment,
        first_session=bars.session(0),
        last_session=bars.session(len(bars) - 1),
        bars=len(bars),
        sessions=len(set(bars.sessions)),
        dividends=len(bars.dividends),
        splits=len(bars.splits),
        provenance={"provider": "upload", "file": "prices “1”.csv", "notes": None, "rows": 2},
        findings=(
            Finding(
                code="gap", place="line 7", severity=Severity.WARNING, message="A day is missing."
            ),
        ),
        created_at=NOW,
    )
    return Dataset(record=replace(record, **changes), bars=bars)


def few_bars(number: int) -> Bars:
    """Return two minutes at the ends of what a column can hold; `number` makes them different."""
    column = array("q", INT64)
    return Bars(
        symbol="KO",
        resolution=Resolution.MINUTE,
        adjustment=Adjustment.SPLIT,
        starts=column,
        ends=column,
        sessions=array("q", [date.min.toordinal(), date.max.toordinal()]),
        opens=column,
        highs=column,
        lows=column,
        closes=column,
        volumes=array("q", [0, number]),
        dividends=(
            Dividend(ex_date=date(2024, 6, 14), per_share=485_000, pay_date=date(2024, 7, 1)),
            Dividend(ex_date=date(2024, 9, 13), per_share=1, pay_date=None),
        ),
        splits=(Split(ex_date=date(2024, 6, 14), numerator=3, denominator=2),),
        early_closes={date.min.toordinal(): INT64[0], date.max.toordinal(): INT64[1]},
    )


class TestADataset:
    @pytest.mark.parametrize("symbol", ["KO", "MSFT"])
    def test_comes_back_bit_for_bit(self, store: PostgresStore, symbol: str) -> None:
        dataset = a_dataset(recorded(symbol))
        with store.shelf() as shelf:
            shelf.add_dataset(dataset=dataset)
        with store.shelf() as shelf:
            bars = shelf.load_bars(dataset_id=dataset.record.id)
            assert shelf.get_dataset(dataset_id=dataset.record.id) == dataset.record
            assert shelf.get_dataset(dataset_id=dataset.record.digest) == dataset.record
            assert shelf.find_dataset(symbol=symbol, **DATES) == dataset.record
        assert bars == dataset.bars
        assert content_digest(bars) == dataset.record.digest

    def test_keeps_the_largest_numbers_and_every_action(self, store: PostgresStore) -> None:
        dataset = a_dataset(few_bars(1))
        with store.shelf() as shelf:
            shelf.add_dataset(dataset=dataset)
            assert shelf.load_bars(dataset_id=dataset.record.digest) == dataset.bars

    def test_is_stored_once(self, store: PostgresStore) -> None:
        dataset = a_dataset(few_bars(2))
        again = replace(dataset, record=replace(dataset.record, created_at=later(60)))

        def add(each: Dataset) -> None:
            with store.shelf() as shelf:
                shelf.add_dataset(dataset=each)

        with ThreadPoolExecutor(4) as pool:
            for done in [pool.submit(add, dataset) for _ in range(4)]:
                done.result(timeout=10)
        add(again)
        with store.shelf() as shelf:
            assert shelf.get_dataset(dataset_id=dataset.record.id) == dataset.record

    def test_is_listed_newest_first_and_the_newest_is_found(self, store: PostgresStore) -> None:
        datasets = [a_dataset(few_bars(number)) for number in (11, 12, 13)]
        with store.shelf() as shelf:
            for dataset in datasets:
                shelf.add_dataset(dataset=dataset)
        with store.shelf() as shelf:
            first = shelf.list_datasets(limit=2, cursor=None)
            second = shelf.list_datasets(limit=1, cursor=first.next_cursor)
            assert shelf.find_dataset(symbol="KO", **DATES) == datasets[-1].record
        listed = [record.id for record in (*first.items, *second.items)]
        assert listed == [dataset.record.id for dataset in reversed(datasets)]

    def test_that_covers_the_dates_is_found_before_newer_ones(self, store: PostgresStore) -> None:
        bars = replace(recorded("KO"), symbol="COKE")
        long = a_dataset(bars)
        short = a_dataset(few_bars(14), symbol="COKE", first_session=date(2024, 1, 2))
        with store.shelf() as shelf:
            shelf.add_dataset(dataset=long)
            shelf.add_dataset(dataset=short)
            assert shelf.find_dataset(symbol="COKE", **DATES) == long.record
            later = {"start": date(2024, 6, 3), "end": date(2024, 12, 31)}
            assert shelf.find_dataset(symbol="COKE", **later) == short.record

    @pytest.mark.parametrize("identity", ["", "x", "A" * 16, "a" * 16, "a" * 64, "\x00" * 16, "%"])
    def test_is_not_found_by_another_identity(self, store: PostgresStore, identity: str) -> None:
        with store.shelf() as shelf:
            with pytest.raises(NotFoundError, match="There is no dataset"):
                shelf.get_dataset(dataset_id=identity)
            with pytest.raises(NotFoundError, match="There is no dataset"):
                shelf.load_bars(dataset_id=identity)

    def test_is_none_for_a_symbol_without_one(self, store: PostgresStore) -> None:
        with store.shelf() as shelf:
            assert shelf.find_dataset(symbol="NONE", **DATES) is None

    def test_has_one_action_of_a_kind_a_day(self, store: PostgresStore) -> None:
        bars = few_bars(3)
        twice = replace(bars, dividends=(bars.dividends[0], bars.dividends[0]))

        def add() -> None:
            with store.shelf() as shelf:
                shelf.add_dataset(dataset=a_dataset(twice))

        with pytest.raises(IntegrityError, match="dataset_action_pkey"):
            add()


@pytest.fixture(scope="module")
def dataset(store: PostgresStore) -> DatasetRecord:
    kept = a_dataset(few_bars(100))
    with store.shelf() as shelf:
        shelf.add_dataset(dataset=kept)
    return kept.record


def a_run(dataset: DatasetRecord, **changes: Any) -> RunRecord:
    run = RunRecord(
        id=new_id(),
        dataset_id=dataset.id,
        dataset_digest=dataset.digest,
        symbol=dataset.symbol,
        status=RunStatus.QUEUED,
        done=0,
        total=2,
        request={"start": "2010-01-04", "opening": {"cash": "5000"}, "model": "close"},
        result=None,
        error=None,
        created_at=NOW,
        started_at=None,
        finished_at=None,
    )
    return replace(run, **changes)


def a_course() -> StoredCourse:
    rows = np.array([[place, *INT64, *range(ROW_WIDTH - 3)] for place in range(50)], np.int64)
    return StoredCourse(rows=rows, codes=np.arange(256, dtype=np.uint8))


class TestARun:
    def test_comes_back_as_it_was_saved(self, store: PostgresStore, dataset: DatasetRecord) -> None:
        run = a_run(dataset)
        with store.shelf() as shelf:
            shelf.add_run(run=run)
        with store.shelf() as shelf:
            assert shelf.get_run(run_id=run.id) == run
        for changed in (
            replace(run, status=RunStatus.RUNNING, done=1, started_at=later(1)),
            replace(
                run,
                status=RunStatus.COMPLETED,
                done=2,
                started_at=later(1),
                finished_at=later(2),
                result={"digest": "1" * 64, "metrics": {"cagr": None}, "bars": 2768},
            ),
        ):
            with store.shelf() as shelf:
                shelf.save_run(run=changed)
            with store.shelf() as shelf:
                assert shelf.get_run(run_id=run.id) == changed

    def test_gives_its_course_back(self, store: PostgresStore, dataset: DatasetRecord) -> None:
        run, course = a_run(dataset), a_course()
        with store.shelf() as shelf:
            shelf.add_run(run=run)
            shelf.save_course(run_id=run.id, course=course)
        with store.shelf() as shelf:
            found = shelf.load_course(run_id=run.id)
        assert found is not None
        assert np.array_equal(found.rows, course.rows)
        assert np.array_equal(found.codes, course.codes)
        assert (found.rows.dtype.name, found.codes.dtype.name) == ("int64", "uint8")

    def test_has_no_course_that_another_version_wrote(
        self, store: PostgresStore, dataset: DatasetRecord, database_url: str
    ) -> None:
        run = a_run(dataset)
        with store.shelf() as shelf:
            shelf.add_run(run=run)
            assert shelf.load_course(run_id=run.id) is None
            shelf.save_course(run_id=run.id, course=a_course())
        with psycopg.connect(database_url) as connection:
            connection.execute("UPDATE simulation_course SET row_width = row_width + 1")
        with store.shelf() as shelf:
            assert shelf.load_course(run_id=run.id) is None

    def test_goes_with_its_course(self, store: PostgresStore, dataset: DatasetRecord) -> None:
        run = a_run(dataset)
        with store.shelf() as shelf:
            shelf.add_run(run=run)
            shelf.save_course(run_id=run.id, course=a_course())
            shelf.delete_run(run_id=run.id)
        with store.shelf() as shelf:
            assert shelf.load_course(run_id=run.id) is None
            for read in (
                lambda: shelf.get_run(run_id=run.id),
                lambda: shelf.save_run(run=run),
                lambda: shelf.delete_run(run_id=run.id),
            ):
                with pytest.raises(NotFoundError):
                    read()

    def test_is_live_until_it_ends(self, store: PostgresStore, dataset: DatasetRecord) -> None:
        queued = a_run(dataset)
        running = a_run(dataset, status=RunStatus.RUNNING, started_at=NOW)
        failed = a_run(dataset, status=RunStatus.FAILED, error="No.", finished_at=NOW)
        cancelled = a_run(dataset, status=RunStatus.CANCELLED, finished_at=NOW)
        with store.shelf() as shelf:
            for run in (queued, running, failed, cancelled):
                shelf.add_run(run=run)
            live = {run.id for run in shelf.list_live_runs()}
        assert {queued.id, running.id} <= live
        assert not {failed.id, cancelled.id} & live

    def test_is_listed_newest_first(self, store: PostgresStore, dataset: DatasetRecord) -> None:
        runs = [a_run(dataset) for _ in range(3)]
        with store.shelf() as shelf:
            for run in runs:
                shelf.add_run(run=run)
            first = shelf.list_runs(limit=2, cursor=None)
            second = shelf.list_runs(limit=1, cursor=first.next_cursor)
        assert [*first.items, *second.items] == runs[::-1]

    def test_that_covers_the_dates_is_found_before_newer_ones(self, store: PostgresStore) -> None:
        bars = replace(recorded("KO"), symbol="COKE")
        long = a_dataset(bars)
        short = a_dataset(few_bars(14), symbol="COKE", first_session=date(2024, 1, 2))
        with store.shelf() as shelf:
            shelf.add_dataset(dataset=long)
            shelf.add_dataset(dataset=short)
            assert shelf.find_dataset(symbol="COKE", **DATES) == long.record
            later = {"start": date(2024, 6, 3), "end": date(2024, 12, 31)}
            assert shelf.find_dataset(symbol="COKE", **later) == short.record

    @pytest.mark.parametrize("identity", ["", "x", new_id(), "\x00"])
    def test_is_not_found_by_another_identity(self, store: PostgresStore, identity: str) -> None:
        with store.shelf() as shelf, pytest.raises(NotFoundError):
            shelf.get_run(run_id=identity)

    def test_refuses_a_cursor_of_nothing(self, store: PostgresStore) -> None:
        with store.shelf() as shelf:
            for read in (shelf.list_runs, shelf.list_datasets):
                with pytest.raises(InvalidInputError):
                    read(limit=1, cursor="next")
