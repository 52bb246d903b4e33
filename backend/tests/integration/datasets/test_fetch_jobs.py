"""The jobs that fetch datasets: progress, failure, cancelling, and what a restart leaves."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest

from app.adapters.postgres.store import PostgresStore
from app.domain.book import StoredAnswer
from app.domain.errors import NotFoundError, ProviderFailure
from app.domain.history import HistoryBar
from app.services.fetch_dataset import FetchDataset
from app.services.once import Ticket
from app.simulation.archive import FetchRecord
from app.simulation.bars import Adjustment, Resolution
from app.simulation.run import RunStatus
from tests.fakes.clock import FakeClock
from tests.fakes.events import FakeEvents
from tests.fakes.history import FakeHistory
from tests.integration.datasets.fetched import (
    FRIDAY_EVENING,
    KO,
    LIVE,
    PATIENCE_SECONDS,
    Fetched,
)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(at=FRIDAY_EVENING)


class TestAFetch:
    def test_tells_its_progress(
        self, fetched: Fetched, history: FakeHistory, events: FakeEvents
    ) -> None:
        history.give(KO)
        job = fetched.job()
        assert (job.done, job.total) == (1, 1)
        assert job.started_at == job.finished_at == FRIDAY_EVENING
        bodies = [body for kind, body in events.told if kind == "job" and body["id"] == job.id]
        assert [body["status"] for body in bodies][-1] == "completed"
        assert [bodies[1][name] for name in ("job", "done", "total")] == ["fetch", 0, 2]

    def test_fails_with_the_words_of_the_provider(
        self, fetched: Fetched, history: FakeHistory
    ) -> None:
        history.give(KO)
        history.fail(code=ProviderFailure.RATE_LIMITED)
        job = fetched.job()
        assert (job.status, job.dataset_id) == (RunStatus.FAILED, None)
        assert job.error == "The provider of this test answers RATE_LIMITED."

    @pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
    def test_ends_even_by_an_error_that_nobody_foresaw(
        self, fetched: Fetched, history: FakeHistory
    ) -> None:
        history.give(KO)
        history.change(lambda bar: replace(bar, volume=-1))
        job = fetched.job()
        # The thread goes on to its error after the job has ended, which is to be heard of here.
        for thread in threading.enumerate():
            if "_follow" in thread.name:
                thread.join(PATIENCE_SECONDS)
        assert (job.status, job.dataset_id) == (RunStatus.FAILED, None)
        assert "did not foresee" in str(job.error)
        assert (job.started_at, job.finished_at) == (FRIDAY_EVENING, FRIDAY_EVENING)

    def test_with_a_key_is_started_once(
        self, fetching: FetchDataset, fetched: Fetched, history: FakeHistory
    ) -> None:
        history.give(KO)
        ticket: Ticket[FetchRecord] = Ticket(
            key="k",
            digest="a" * 64,
            render=lambda job: StoredAnswer(status=202, body=job.id),
        )
        wish = {"symbol": "KO", "resolution": Resolution.DAY, "adjustment": Adjustment.RAW}
        span = {"start": date(2020, 1, 2), "end": date(2020, 6, 30)}
        first = fetching.submit(**wish, **span, ticket=ticket)  # type: ignore[arg-type]
        assert isinstance(first, FetchRecord)
        again = fetching.submit(**wish, **span, ticket=ticket)  # type: ignore[arg-type]
        assert again == StoredAnswer(status=202, body=first.id)
        fetched.ended(first.id)
        assert len([1 for _, resolution, *_ in history.asked if resolution == "1d"]) == 1


class TestAJob:
    @pytest.fixture
    def held(self, history: FakeHistory) -> Iterator[threading.Event]:
        """Yield an event that lets the provider answer."""
        let_go = threading.Event()

        def slow(bar: HistoryBar) -> HistoryBar:
            let_go.wait(PATIENCE_SECONDS)
            return bar

        history.give(KO)
        history.change(slow)
        yield let_go
        let_go.set()

    def start(self, fetching: FetchDataset) -> str:
        job = fetching.submit(
            symbol="KO",
            resolution=Resolution.DAY,
            adjustment=Adjustment.RAW,
            start=date(2024, 3, 1),
            end=date(2024, 3, 8),
        )
        assert isinstance(job, FetchRecord)
        return job.id

    def test_is_cancelled_at_its_next_part(
        self, fetching: FetchDataset, fetched: Fetched, held: threading.Event
    ) -> None:
        job_id = self.start(fetching)
        assert fetching.cancel(fetch_id=job_id).status in LIVE
        held.set()
        assert fetched.ended(job_id).status is RunStatus.CANCELLED
        assert fetching.cancel(fetch_id=job_id).status is RunStatus.CANCELLED

    def test_waits_for_the_one_before_it(
        self, fetching: FetchDataset, fetched: Fetched, held: threading.Event, history: FakeHistory
    ) -> None:
        first, second = self.start(fetching), self.start(fetching)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not history.asked:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        states = {fetching.get(fetch_id=each).status for each in (first, second)}
        assert states == {RunStatus.QUEUED, RunStatus.RUNNING}
        held.set()
        assert fetched.ended(first).status is fetched.ended(second).status is RunStatus.COMPLETED

    def test_that_a_stopped_process_left_behind_has_failed(
        self, fetching: FetchDataset, store: PostgresStore, clock: FakeClock
    ) -> None:
        left = FetchRecord(
            id="00000000-0000-4000-8000-000000000001",
            symbol="KO",
            resolution=Resolution.DAY,
            adjustment=Adjustment.RAW,
            start=date(2024, 3, 1),
            end=date(2024, 3, 8),
            status=RunStatus.RUNNING,
            done=0,
            total=1,
            error=None,
            dataset_id=None,
            created_at=clock.now(),
            started_at=clock.now(),
            finished_at=None,
        )
        with store.shelf() as shelf:
            shelf.add_fetch(fetch=left)
        clock.advance(timedelta(minutes=1))
        fetching.recover()
        found = fetching.get(fetch_id=left.id)
        assert (found.status, found.finished_at) == (RunStatus.FAILED, clock.now())
        assert "Fetch them again" in str(found.error)
        assert found in fetching.list(limit=1000, cursor=None).items

    def test_is_unknown_under_another_id(self, fetching: FetchDataset) -> None:
        with pytest.raises(NotFoundError):
            fetching.get(fetch_id="none")
