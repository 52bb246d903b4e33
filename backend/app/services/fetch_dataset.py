"""Datasets from the provider: jobs that are started, followed and cancelled."""

import logging
import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

from app.domain.announcement import AnnouncementKind
from app.domain.book import Page, StoredAnswer
from app.domain.errors import DomainError, FieldError, InvalidInputError, UnavailableError
from app.services.once import Ticket, once
from app.services.ports import Announcer, Clock, Ids, Store
from app.services.provided_dataset import ProvidedDataset
from app.services.read_provider import ReadProvider
from app.services.shelve_dataset import shelved
from app.simulation.archive import FetchRange, FetchRecord
from app.simulation.bars import Adjustment, Dataset, Resolution
from app.simulation.run import RunStatus

_log = logging.getLogger(__name__)
_LIVE = {RunStatus.QUEUED, RunStatus.RUNNING}
_EARLIEST = date(1900, 1, 1)  # where the provider itself sets no limit
_UNFORESEEN = "The job met an error that we did not foresee; it was logged. Report it if it stays."


class _CancelledError(Exception):
    """Someone cancelled the job; carried out of the provider by its progress."""


class FetchDataset:
    """Makes datasets of what the provider gives, one after the other, each in its own thread."""

    def __init__(
        self,
        *,
        store: Store,
        reading: ReadProvider,
        making: ProvidedDataset,
        clock: Clock,
        ids: Ids,
        events: Announcer,
    ) -> None:
        self._store = store
        self._reading = reading
        self._making = making
        self._clock = clock
        self._ids = ids
        self._events = events
        self._turn = threading.Lock()
        self._cancelled: dict[str, threading.Event] = {}

    def ranges(self, *, symbol: str | None) -> tuple[FetchRange, ...]:
        """Return what can be fetched of each resolution; with a symbol, its archive included."""
        return tuple(self._range(symbol, resolution) for resolution in Resolution)

    def submit(
        self,
        *,
        symbol: str,
        resolution: Resolution,
        adjustment: Adjustment,
        start: date,
        end: date,
        ticket: Ticket[FetchRecord] | None = None,
    ) -> FetchRecord | StoredAnswer:
        """Return a new job, queued; both dates are included.

        Raises
        ------
        InvalidInputError
            When the dates lie outside what can be fetched, before anything is asked for.
        """
        _check(self._range(symbol, resolution), adjustment=adjustment, start=start, end=end)
        fetch = FetchRecord(
            id=self._ids.new(),
            symbol=symbol,
            resolution=resolution,
            adjustment=adjustment,
            start=start,
            end=end,
            status=RunStatus.QUEUED,
            done=0,
            total=1,
            error=None,
            dataset_id=None,
            created_at=self._clock.now(),
            started_at=None,
            finished_at=None,
        )

        def queue() -> FetchRecord:
            shelf.add_fetch(fetch=fetch)
            return fetch

        with self._store.shelf() as shelf:
            job = once(shelf, ticket, queue)
        if isinstance(job, FetchRecord):
            self._cancelled[job.id] = threading.Event()
            threading.Thread(target=self._follow, args=(job,), daemon=True).start()
        return job

    def get(self, *, fetch_id: str) -> FetchRecord:
        """Return one job."""
        with self._store.shelf() as shelf:
            return shelf.get_fetch(fetch_id=fetch_id)

    def list(self, *, limit: int, cursor: str | None) -> Page[FetchRecord]:
        """Return the jobs, newest first."""
        with self._store.shelf() as shelf:
            return shelf.list_fetches(limit=limit, cursor=cursor)

    def cancel(self, *, fetch_id: str) -> FetchRecord:
        """Cancel a job at its next part, or while it waits; one that has ended stays as it is."""
        fetch = self.get(fetch_id=fetch_id)
        event = self._cancelled.get(fetch_id)
        if event is not None:
            event.set()
        return fetch

    def recover(self) -> None:
        """Mark the jobs as failed that an earlier process left behind."""
        with self._store.shelf() as shelf:
            for fetch in shelf.list_live_fetches():
                shelf.save_fetch(
                    fetch=replace(
                        fetch,
                        status=RunStatus.FAILED,
                        error="The service stopped while these prices were fetched. Fetch them"
                        " again.",
                        finished_at=self._clock.now(),
                    )
                )

    def _range(self, symbol: str | None, resolution: Resolution) -> FetchRange:
        archived_from = None
        if symbol is not None:
            with self._store.shelf() as shelf:
                archived_from = shelf.archived_from(symbol=symbol, resolution=resolution)
        return FetchRange(
            resolution=resolution,
            start=self._reading.first_date(resolution=resolution),
            end=self._reading.today(),
            archived_from=archived_from,
        )

    def _follow(self, fetch: FetchRecord) -> None:
        """Carry a job to its end, whatever that is."""
        status = RunStatus.FAILED
        problem: str | None = _UNFORESEEN
        try:
            # One at a time: they share the provider's budget, which ticks need more urgently.
            with self._turn:
                self._fetch(fetch, self._cancelled[fetch.id])
            status = RunStatus.COMPLETED
        except _CancelledError:
            status, problem = RunStatus.CANCELLED, None
        except DomainError as error:
            _log.warning("fetch %s of %s failed: %s", fetch.id, fetch.symbol, error)
            problem = str(error)
        finally:
            if status is not RunStatus.COMPLETED:
                self._give_up(fetch, status, problem)
            del self._cancelled[fetch.id]

    def _fetch(self, fetch: FetchRecord, cancelled: threading.Event) -> None:
        started = replace(fetch, status=RunStatus.RUNNING, started_at=self._clock.now())
        reached = fetch

        def on_progress(done: int, total: int) -> None:
            nonlocal reached
            if cancelled.is_set():
                raise _CancelledError
            before, reached = reached, replace(started, done=done, total=total)
            if reached != before:
                self._save(reached)

        def wait(time: timedelta) -> None:
            if cancelled.wait(time.total_seconds()):
                raise _CancelledError

        on_progress(0, 1)
        dataset = self._making.make(fetch, on_progress=on_progress, wait=wait)
        on_progress(1, 1)
        self._complete(started, dataset)

    def _complete(self, started: FetchRecord, dataset: Dataset) -> None:
        with self._store.shelf() as shelf:
            record = shelved(shelf, dataset)
            completed = replace(
                started,
                status=RunStatus.COMPLETED,
                done=1,
                total=1,
                dataset_id=record.id,
                finished_at=self._clock.now(),
            )
            shelf.save_fetch(fetch=completed)
        self._publish(completed)

    def _save(self, fetch: FetchRecord) -> None:
        with self._store.shelf() as shelf:
            shelf.save_fetch(fetch=fetch)
        self._publish(fetch)

    def _give_up(self, fetch: FetchRecord, status: RunStatus, error: str | None) -> None:
        finished_at = self._clock.now()
        try:
            reached = self.get(fetch_id=fetch.id)
            self._save(replace(reached, status=status, error=error, finished_at=finished_at))
        except UnavailableError as unavailable:
            _log.error("fetch %s ended as %s unsaved: %s", fetch.id, status, unavailable)

    def _publish(self, fetch: FetchRecord) -> None:
        self._events.publish(kind=AnnouncementKind.JOB, body=_body(fetch))


def _body(fetch: FetchRecord) -> Mapping[str, object]:
    return {
        "id": fetch.id,
        "job": "fetch",
        "status": fetch.status.value,
        "done": fetch.done,
        "total": fetch.total,
        "curve": [],
    }


def _check(given: FetchRange, *, adjustment: Adjustment, start: date, end: date) -> None:
    first = given.start or _EARLIEST
    if given.archived_from is not None and adjustment is Adjustment.RAW:
        first = min(first, given.archived_from)
    allowed = f"{first} to {given.end}"
    errors = []
    if start < first:
        message = f"is {start}, further back than bars of {given.resolution} are there"
        errors.append(FieldError(field="start", message=message, allowed=allowed))
    if end > given.end:
        message = f"is {end}, later than today at the exchange"
        errors.append(FieldError(field="end", message=message, allowed=allowed))
    if end < start:
        message = f"is {end}, before the start {start}"
        errors.append(FieldError(field="end", message=message, allowed=f"{start} to {given.end}"))
    if errors:
        raise InvalidInputError(*errors)
