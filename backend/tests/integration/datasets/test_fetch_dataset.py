"""Datasets from the provider: as traded, settled, versioned, and refused where they must be."""

from array import array
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from app.domain.corporate_action import Dividend, Split
from app.domain.errors import InvalidInputError, NotFoundError
from app.domain.history import HistoryBar
from app.services.fetch_dataset import FetchDataset
from app.services.read_dataset import ReadDataset
from app.simulation.bars import Adjustment, Bars, Resolution
from app.simulation.run import RunStatus
from app.simulation.unadjust import unadjusted
from tests.fakes.clock import FakeClock
from tests.fakes.history import FakeHistory
from tests.integration.datasets.fetched import FRIDAY_EVENING, KO, Fetched

SPLIT_DATE = date(2012, 8, 13)


def index_of(bars: Bars, on: date) -> int:
    return bars.sessions.index(on.toordinal())


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(at=FRIDAY_EVENING)


class TestAFetch:
    def test_brings_prices_as_they_were_traded(
        self, fetched: Fetched, history: FakeHistory
    ) -> None:
        history.give(KO)
        record = fetched.dataset(start=date(2012, 1, 3))
        bars = fetched.bars(record)
        expected = unadjusted(KO, divided_by=KO.splits, splits=KO.splits)
        assert bars.adjustment is Adjustment.RAW
        at, before = index_of(bars, SPLIT_DATE), index_of(KO, SPLIT_DATE) - 1
        assert bars.closes[at - 1] == expected.closes[before] == 2 * KO.closes[before]
        assert bars.splits == (Split(ex_date=SPLIT_DATE, numerator=2, denominator=1),)
        assert bars.dividends == tuple(
            d for d in expected.dividends if d.ex_date >= date(2012, 1, 3)
        )
        assert (record.first_session, record.last_session) == (date(2012, 1, 3), date(2024, 3, 8))
        assert record.findings == ()
        assert record.provenance["provider"] == "yahoo"
        assert record.provenance["fetched_at"] == "2024-03-08T23:00:00+00:00"

    def test_undoes_splits_that_come_after_its_end(
        self, fetched: Fetched, history: FakeHistory
    ) -> None:
        history.give(KO)
        bars = fetched.bars(fetched.dataset(start=date(2012, 1, 3), end=date(2012, 3, 30)))
        first = index_of(KO, date(2012, 1, 3))
        assert bars.closes[0] == 2 * KO.closes[first]
        assert bars.splits == ()

    def test_brings_split_adjusted_prices_when_asked(
        self, fetched: Fetched, history: FakeHistory
    ) -> None:
        history.give(KO)
        span = {"start": date(2012, 1, 3), "end": date(2012, 12, 31)}
        bars = fetched.bars(fetched.dataset(**span, adjustment=Adjustment.SPLIT))
        assert bars.adjustment is Adjustment.SPLIT
        assert bars.closes[0] == KO.closes[index_of(KO, date(2012, 1, 3))]
        assert len(bars.splits) == 1


class TestTheRange:
    @pytest.mark.parametrize(
        ("start", "end", "field", "allowed"),
        [
            (date(2024, 2, 7), date(2024, 3, 8), "start", "2024-02-08 to 2024-03-08"),
            (date(2024, 3, 1), date(2024, 3, 9), "end", "2024-02-08 to 2024-03-08"),
            (date(2024, 3, 5), date(2024, 3, 4), "end", "2024-03-05 to 2024-03-08"),
        ],
    )
    def test_is_refused_before_anything_is_asked(
        self,
        fetching: FetchDataset,
        history: FakeHistory,
        start: date,
        end: date,
        field: str,
        allowed: str,
    ) -> None:
        with pytest.raises(InvalidInputError) as refused:
            fetching.submit(
                symbol="KO",
                resolution=Resolution.MINUTE,
                adjustment=Adjustment.RAW,
                start=start,
                end=end,
            )
        (error,) = refused.value.errors
        assert (error.field, error.allowed) == (field, allowed)
        assert history.asked == []

    def test_of_days_begins_with_the_oldest_prices_there_are(
        self, fetching: FetchDataset, history: FakeHistory
    ) -> None:
        with pytest.raises(InvalidInputError) as refused:
            fetching.submit(
                symbol="KO",
                resolution=Resolution.DAY,
                adjustment=Adjustment.RAW,
                start=date.min,
                end=date(2024, 3, 8),
            )
        (error,) = refused.value.errors
        assert (error.field, error.allowed) == ("start", "1900-01-01 to 2024-03-08")
        assert history.asked == []

    def test_is_told_for_every_resolution(self, fetching: FetchDataset) -> None:
        ranges = {each.resolution: each for each in fetching.ranges(symbol=None)}
        assert ranges[Resolution.DAY].start is None
        assert ranges[Resolution.MINUTE].start == date(2024, 2, 8)
        assert {each.end for each in ranges.values()} == {date(2024, 3, 8)}


class TestUnsettledPrices:
    def test_of_today_are_left_out_until_the_day_has_settled(
        self, fetched: Fetched, history: FakeHistory, clock: FakeClock
    ) -> None:
        clock.set(datetime(2024, 3, 8, 21, 14, tzinfo=UTC))  # 14 minutes after the close
        history.give(KO)
        record = fetched.dataset()
        assert record.last_session == date(2024, 3, 7)
        (pending,) = record.findings
        assert (pending.code, pending.place) == ("pending", "2024-03-08")
        assert record.provenance["pending"] == ["2024-03-08"]

    def test_that_change_between_two_reads_are_left_out(
        self, fetched: Fetched, history: FakeHistory
    ) -> None:
        def revised(bar: HistoryBar) -> HistoryBar:
            is_last = bar.start.date() == date(2024, 3, 8)
            return replace(bar, volume=(bar.volume or 0) + 1) if is_last else bar

        history.give(KO)
        history.change(revised, reads=1)
        record = fetched.dataset()
        assert record.last_session == date(2024, 3, 7)
        assert [finding.code for finding in record.findings] == ["pending"]

    def test_alone_are_no_dataset(
        self, fetched: Fetched, history: FakeHistory, clock: FakeClock
    ) -> None:
        clock.set(datetime(2024, 3, 8, 20, tzinfo=UTC))
        history.give(KO)
        job = fetched.job(start=date(2024, 3, 8))
        assert job.status is RunStatus.FAILED
        assert "2024-03-08 can still change" in str(job.error)

    def test_are_not_waited_for_far_back(self, fetched: Fetched, history: FakeHistory) -> None:
        history.give(KO)
        fetched.dataset(end=date(2024, 3, 6))
        assert len(history.asked) == 1


class TestGaps:
    def test_in_rows_are_listed(self, fetched: Fetched, history: FakeHistory) -> None:
        index = index_of(KO, date(2020, 3, 23))
        history.give(KO, without_prices=[index])
        record = fetched.dataset(start=date(2020, 1, 2))
        codes = {finding.code: finding.place for finding in record.findings}
        assert codes["unusable_rows"] == "2020-03-23"
        assert codes["missing_sessions"] == "2020-03-23"

    def test_at_the_end_are_missing_sessions(
        self, fetched: Fetched, history: FakeHistory, clock: FakeClock
    ) -> None:
        clock.set(datetime(2024, 3, 13, 23, tzinfo=UTC))
        history.give(KO)
        (missing,) = fetched.dataset(start=date(2023, 6, 2), end=date(2024, 3, 12)).findings
        assert (missing.code, missing.place) == ("missing_sessions", "2024-03-11, 2024-03-12")


class TestDoubtfulActions:
    def test_are_kept_apart_with_their_reason(self, fetched: Fetched, history: FakeHistory) -> None:
        spin_off = Split(ex_date=date(2022, 4, 11), numerator=331, denominator=250)
        huge = Dividend(ex_date=date(2021, 5, 3), per_share=40_000_000, pay_date=None)
        sunday = Dividend(ex_date=date(2021, 6, 6), per_share=400_000, pay_date=None)
        dividends = sorted((*KO.dividends, huge, sunday), key=lambda each: each.ex_date)
        history.give(replace(KO, dividends=tuple(dividends), splits=(*KO.splits, spin_off)))
        record = fetched.dataset(start=date(2021, 1, 4))
        bars = fetched.bars(record)
        assert not {huge, sunday} & set(bars.dividends)
        assert spin_off not in bars.splits
        apart = {entry["ex_date"]: entry for entry in record.provenance["quarantine"]}  # type: ignore[attr-defined]
        assert {on: (e["kind"], e["value"], e["code"]) for on, e in apart.items()} == {
            "2021-05-03": ("dividend", "40", "dividend_implausible"),
            "2021-06-06": ("dividend", "0.4", "action_off_session"),
            "2022-04-11": ("split", "331:250", "odd_split"),
        }
        assert apart["2021-05-03"]["reason"].startswith("a dividend at least half of the close")
        finding = next(each for each in record.findings if each.code == "quarantined")
        assert finding.place == "2021-05-03, 2021-06-06, 2022-04-11"

    def test_include_a_spin_off_whose_prices_come_back_as_traded(
        self, fetched: Fetched, history: FakeHistory
    ) -> None:
        spin_off = Split(ex_date=date(2022, 4, 11), numerator=331, denominator=250)
        history.give(replace(KO, splits=(*KO.splits, spin_off)))
        bars = fetched.bars(fetched.dataset(start=date(2022, 4, 1), end=date(2022, 4, 29)))
        at = index_of(bars, date(2022, 4, 11))
        first = index_of(KO, date(2022, 4, 11))
        assert bars.closes[at] == KO.closes[first]
        assert bars.closes[at - 1] == pytest.approx(KO.closes[first - 1] * 1.324, abs=1)


class TestVersions:
    def test_that_are_equal_are_one_dataset(self, fetched: Fetched, history: FakeHistory) -> None:
        history.give(KO)
        span = {"start": date(2019, 1, 2), "end": date(2019, 12, 31)}
        assert fetched.dataset(**span) == fetched.dataset(**span)

    def test_that_differ_name_the_one_before_and_what_changed(
        self, fetched: Fetched, history: FakeHistory, reads: ReadDataset
    ) -> None:
        history.give(KO)
        span = {"start": date(2018, 1, 2), "end": date(2018, 12, 31)}
        before = fetched.dataset(**span)
        index = index_of(KO, date(2018, 6, 1))
        closes = array("q", KO.closes)
        closes[index] += 100
        history.give(replace(KO, closes=closes))
        after = fetched.dataset(**span)
        assert (after.id != before.id, after.parent_id) == (True, before.id)
        parent, found = reads.diff(dataset_id=after.id)
        assert parent == before
        assert (found.added, found.removed, found.changed) == (0, 0, 1)
        (change,) = found.changes
        assert (change.place, change.what) == ("2018-06-01", "close")

    def test_begin_with_one_that_has_none_before_it(
        self, fetched: Fetched, history: FakeHistory, reads: ReadDataset
    ) -> None:
        history.give(replace(KO, symbol="COKE"))
        first = fetched.dataset(symbol="COKE", start=date(2024, 1, 2))
        with pytest.raises(NotFoundError, match="no version before dataset"):
            reads.diff(dataset_id=first.id)
