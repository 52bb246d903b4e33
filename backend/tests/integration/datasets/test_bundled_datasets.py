import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from app.adapters.market.calendar import ExchangeCalendar
from app.adapters.market.csv import read_csv
from app.adapters.postgres.store import PostgresStore
from app.services.bundled_datasets import BUNDLED, BundledDatasets, BundledFile
from app.services.import_dataset import ImportDataset
from app.simulation.bars import Adjustment, Bars, DatasetRecord, Resolution, content_digest
from tests.builders import ticks, usd
from tests.fakes.clock import FakeClock
from tests.integration.datasets.conftest import DATA


def read(name: str) -> bytes:
    return (DATA / name).read_bytes()


def bars_of(file: BundledFile) -> Bars:
    return read_csv(
        read(file.name),
        symbol=file.symbol,
        resolution=Resolution.DAY,
        adjustment=Adjustment.SPLIT,
        timezone="America/New_York",
    )


def shelved(store: PostgresStore) -> dict[str, DatasetRecord]:
    with store.shelf() as shelf:
        return {
            record.symbol: record for record in shelf.list_datasets(limit=100, cursor=None).items
        }


class TestBundledFiles:
    @pytest.mark.parametrize("file", BUNDLED, ids=lambda file: file.symbol)
    def test_make_the_recorded_datasets(self, file: BundledFile) -> None:
        assert content_digest(bars_of(file)) == file.digest

    @pytest.mark.parametrize("file", BUNDLED, ids=lambda file: file.symbol)
    def test_are_described(self, file: BundledFile) -> None:
        row = next(
            line
            for line in read("PROVENANCE.md").decode().splitlines()
            if line.startswith(f"| `{file.name}` |")
        )
        assert file.digest in row

    def test_hold_known_prices_and_dividends(self) -> None:
        ko, msft = (bars_of(file) for file in BUNDLED)
        assert (len(ko), len(msft)) == (6084, 6084)
        assert (ko.session(0).isoformat(), ko.closes[0]) == ("2000-01-03", ticks("28.1875"))
        assert (ko.session(6083).isoformat(), ko.closes[-1]) == ("2024-03-08", ticks("59.52"))
        assert len(ko.dividends) == 96
        assert max(dividend.per_share for dividend in msft.dividends) == usd("3.08")
        assert [split.ex_date.isoformat() for split in ko.splits] == ["2012-08-13"]


class TestBundledDatasets:
    @pytest.fixture
    def bundled(self, store: PostgresStore, importing: ImportDataset) -> BundledDatasets:
        return BundledDatasets(store=store, import_dataset=importing, read=read)

    def test_appear_once_when_processes_start_together(
        self,
        new_database: Callable[[], str],
        calendar: ExchangeCalendar,
        clock: FakeClock,
    ) -> None:
        url = new_database()
        together = Barrier(3)

        def start() -> None:
            own = PostgresStore(url=url)
            importing = ImportDataset(store=own, calendar=calendar, clock=clock, read_csv=read_csv)
            together.wait(timeout=30)
            BundledDatasets(store=own, import_dataset=importing, read=read).ensure()
            own.close()

        with ThreadPoolExecutor(max_workers=3) as pool:
            for started in [pool.submit(start) for _ in range(3)]:
                started.result(timeout=60)
        after = PostgresStore(url=url)
        with after.shelf() as shelf:
            items = shelf.list_datasets(limit=100, cursor=None).items
        after.close()
        assert sorted(record.symbol for record in items) == ["KO", "MSFT"]
        assert {record.digest for record in items} == {file.digest for file in BUNDLED}

    def test_say_where_they_come_from(self, bundled: BundledDatasets, store: PostgresStore) -> None:
        bundled.ensure()
        for record in shelved(store).values():
            assert re.match(r"Yahoo Finance, recorded by ", str(record.provenance["provider"]))
            assert record.provenance["licence"] == "Unlicense"

    def test_have_no_finding_that_is_not_explained(
        self, bundled: BundledDatasets, store: PostgresStore
    ) -> None:
        bundled.ensure()
        records = shelved(store)
        assert records["KO"].findings == ()
        (jumps,) = records["MSFT"].findings
        explained = read("PROVENANCE.md").decode()
        assert jumps.code == "jump"
        assert all(place in explained for place in jumps.place.split(", "))

    def test_are_not_read_again(
        self, bundled: BundledDatasets, store: PostgresStore, importing: ImportDataset
    ) -> None:
        bundled.ensure()

        def unread(name: str) -> bytes:
            pytest.fail(f"{name} was read, although its dataset is there")

        BundledDatasets(store=store, import_dataset=importing, read=unread).ensure()
