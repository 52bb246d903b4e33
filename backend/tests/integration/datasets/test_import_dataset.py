import hashlib
from datetime import UTC, date, datetime, timedelta

import pytest

from app.adapters.postgres.store import PostgresStore
from app.domain.errors import InvalidInputError
from app.services.import_dataset import ImportDataset
from app.simulation.bars import Adjustment, DatasetRecord, Resolution, Severity
from tests.fakes.clock import FakeClock
from tests.price_files import daily_bars, flat, write_csv

BARS = daily_bars([flat("10"), flat("10.1"), flat("10.05"), flat("10.2")])
CONTENT = write_csv(BARS)


def run(importing: ImportDataset, content: bytes, *, symbol: str = "KO") -> DatasetRecord:
    record = importing.run(
        content=content,
        file_name="prices.csv",
        symbol=symbol,
        resolution=Resolution.DAY,
        adjustment=Adjustment.RAW,
        timezone="America/New_York",
    )
    assert isinstance(record, DatasetRecord)
    return record


def shelved(store: PostgresStore) -> list[DatasetRecord]:
    with store.shelf() as shelf:
        return list(shelf.list_datasets(limit=100, cursor=None).items)


class TestImport:
    def test_shelves_bars_record_and_provenance(
        self, importing: ImportDataset, store: PostgresStore
    ) -> None:
        record = run(importing, CONTENT)
        assert record.id == record.digest[:16]
        assert (record.first_session, record.last_session) == (date(2020, 1, 6), date(2020, 1, 9))
        assert (record.bars, record.sessions, record.dividends, record.splits) == (4, 4, 0, 0)
        assert record.findings == ()
        assert record.provenance == {
            "provider": "upload",
            "licence": None,
            "notes": None,
            "file": "prices.csv",
            "sha256": hashlib.sha256(CONTENT).hexdigest(),
            "imported_at": "2026-01-02T12:00:00+00:00",
        }
        with store.shelf() as shelf:
            assert shelf.get_dataset(dataset_id=record.id) == record
            assert shelf.load_bars(dataset_id=record.id) == BARS

    def test_of_equal_bars_is_the_dataset_that_is_there(
        self, importing: ImportDataset, store: PostgresStore, clock: FakeClock
    ) -> None:
        first = run(importing, CONTENT)
        clock.advance(timedelta(days=1))
        again = run(importing, write_csv(BARS, upper=True, line_end="\r\n"))
        assert again == first
        assert [record.digest for record in shelved(store)].count(first.digest) == 1

    def test_keeps_the_findings_with_the_dataset(
        self, importing: ImportDataset, store: PostgresStore
    ) -> None:
        without_friday = daily_bars([flat("20")] * 6)
        lines = write_csv(without_friday).split(b"\n")
        record = run(importing, b"\n".join(line for line in lines if b"2020-01-10" not in line))
        (finding,) = record.findings
        assert (finding.code, finding.place) == ("missing_sessions", "2020-01-10")
        with store.shelf() as shelf:
            assert shelf.get_dataset(dataset_id=record.digest).findings == record.findings

    def test_of_unusable_data_says_what_to_mend_and_shelves_nothing(
        self, importing: ImportDataset, store: PostgresStore
    ) -> None:
        before = shelved(store)
        content = CONTENT.replace(b"10.05,10.05,10.05,10.05", b"1005,1005,1005,1005")
        with pytest.raises(InvalidInputError) as refused:
            run(importing, content)
        (error,) = refused.value.errors
        assert error.field == "2020-01-08, 2020-01-09"
        assert "Bring the prices into one unit" in error.message
        assert shelved(store) == before

    def test_refuses_a_bar_that_has_not_ended(
        self, importing: ImportDataset, clock: FakeClock
    ) -> None:
        clock.set(datetime(2020, 1, 9, 20, tzinfo=UTC))
        with pytest.raises(
            InvalidInputError, match="2020-01-09 cannot be used. Ending later than now"
        ):
            run(importing, CONTENT)

    def test_older_than_the_calendar_is_not_judged_by_it(self, importing: ImportDataset) -> None:
        old = write_csv(daily_bars([flat("10")] * 3, first=date(1990, 1, 2)))
        (finding,) = run(importing, old).findings
        assert (finding.code, finding.severity) == ("sessions_unchecked", Severity.INFO)

    def test_of_another_symbol_is_another_dataset(self, importing: ImportDataset) -> None:
        assert run(importing, CONTENT, symbol="PEP").id != run(importing, CONTENT).id
