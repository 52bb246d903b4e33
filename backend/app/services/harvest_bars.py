"""The daily harvest: minute bars of the symbols in use, kept before the provider drops them."""

import logging
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.domain.errors import DomainError
from app.services.pages import all_positions
from app.services.ports import Calendar, Clock, Locks, Store
from app.services.read_provider import ReadProvider
from app.services.shelve_dataset import sessions_between
from app.simulation.archive import ArchivedSession, HarvestRecord
from app.simulation.bars import Adjustment, Bars, Resolution, content_digest
from app.simulation.provided import by_session

_log = logging.getLogger(__name__)

RESOLUTION = Resolution.MINUTE
SETTLE_DELAY = timedelta(minutes=45)  # after the close, so that the provider has closed its bars
RETRY_AFTER = timedelta(hours=1)
_LOCK = "harvest"
_NOON = time(12)  # within every session, early closes included
_NEW_YORK = ZoneInfo("America/New_York")
_LONGEST_CLOSURE = timedelta(days=14)


class HarvestBars:
    """Reads the last sessions of every symbol in use into the archive, once after each close.

    A symbol is in use while it has a position that is not archived. The last archived session is
    read again the next day: sessions that two reads gave alike are settled.
    """

    def __init__(
        self,
        *,
        store: Store,
        locks: Locks,
        reading: ReadProvider,
        calendar: Calendar,
        clock: Clock,
    ) -> None:
        self._store = store
        self._locks = locks
        self._reading = reading
        self._calendar = calendar
        self._clock = clock

    def run_due(self) -> tuple[HarvestRecord, ...]:
        """Harvest what is due, unless another process does, and return how each symbol went."""
        closed = self._last_closed()
        if closed is None or not self._due(closed):
            return ()
        with self._locks.exclusively(name=_LOCK) as is_ours:
            # Asked again under the lock: another process may just have done it.
            due = self._due(closed) if is_ours else ()
            return tuple(self._harvest(symbol, until=closed[0]) for symbol in due)

    def list(self) -> tuple[HarvestRecord, ...]:
        """Return how the last harvest of each symbol went."""
        with self._store.shelf() as shelf:
            return shelf.list_harvests()

    def _last_closed(self) -> tuple[date, datetime] | None:
        """Return the last session that has settled, and when it did."""
        now = self._clock.now()
        today = self._reading.today()
        recent = sessions_between(self._calendar, start=today - _LONGEST_CLOSURE, end=today) or ()
        for session in reversed(recent):
            noon = datetime.combine(session, _NOON, _NEW_YORK)
            _, closes = self._calendar.next_change(at=noon.astimezone(now.tzinfo))
            if closes + SETTLE_DELAY <= now:
                return session, closes + SETTLE_DELAY
        return None

    def _due(self, closed: tuple[date, datetime]) -> tuple[str, ...]:
        _, settled_at = closed
        now = self._clock.now()
        last = {harvest.symbol: harvest for harvest in self.list()}

        def is_due(symbol: str) -> bool:
            harvest = last.get(symbol)
            if harvest is None:
                return True
            if harvest.succeeded_at is not None and harvest.succeeded_at >= settled_at:
                return False
            return harvest.attempted_at < settled_at or now - harvest.attempted_at >= RETRY_AFTER

        return tuple(symbol for symbol in self._symbols() if is_due(symbol))

    def _symbols(self) -> tuple[str, ...]:
        return tuple(sorted({record.state.symbol for record in all_positions(self._store)}))

    def _harvest(self, symbol: str, *, until: date) -> HarvestRecord:
        before = next((each for each in self.list() if each.symbol == symbol), None)
        attempt = HarvestRecord(
            symbol=symbol,
            resolution=RESOLUTION,
            attempted_at=self._clock.now(),
            succeeded_at=before.succeeded_at if before else None,
            first_session=before.first_session if before else None,
            last_session=before.last_session if before else None,
            error=None,
        )
        try:
            harvest = self._archive(attempt, until=until)
        except DomainError as error:
            _log.warning("harvest of %s failed: %s", symbol, error)
            harvest = replace(attempt, error=str(error))
        with self._store.shelf() as shelf:
            shelf.save_harvest(harvest=harvest)
        return harvest

    def _archive(self, attempt: HarvestRecord, *, until: date) -> HarvestRecord:
        start = self._reading.first_date(resolution=RESOLUTION) or until
        if attempt.last_session is not None:
            start = max(start, attempt.last_session)
        provided = self._reading.read(
            symbol=attempt.symbol,
            resolution=RESOLUTION,
            adjustment=Adjustment.RAW,
            start=start,
            end=until,
            actions_from=start,
            on_progress=lambda _done, _total: None,
            wait=None,
        )
        sessions = by_session(provided.bars) if provided.bars else ()
        with self._store.shelf() as shelf:
            for bars in sessions:
                shelf.archive_session(session=_read(bars, provided.source, provided.received_at))
            first = shelf.archived_from(symbol=attempt.symbol, resolution=RESOLUTION)
        last = max((bars.session(0) for bars in sessions), default=attempt.last_session)
        return replace(
            attempt, succeeded_at=attempt.attempted_at, first_session=first, last_session=last
        )


def _read(bars: Bars, source: str, received_at: datetime) -> ArchivedSession:
    return ArchivedSession(
        bars=bars, digest=content_digest(bars), source=source, received_at=received_at, reads=1
    )
