"""The minutes at which a position would have looked at the market and did not."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice

from app.domain.book import Gap, PositionRecord
from app.domain.events import EventKind
from app.domain.observation import MarketPhase, Observation
from app.domain.position import Status
from app.domain.session import RECORDED_GATES, Day
from app.domain.shadow_twin import Look
from app.domain.strategy import Strategy
from app.services.ports import Calendar, Store
from app.services.recorded_looks import Inputs, inputs_of
from app.simulation.archive import ArchivedSession
from app.simulation.bars import Resolution

# The loop looks once a minute; what lies further apart was not looked at in between.
APART = timedelta(minutes=3)
# The minutes that one reading looks at, the oldest: about 50 sessions.
MISSED_MAX = 20_000
_STATUS = {
    EventKind.STARTED: Status.RUNNING,
    EventKind.PAUSED: Status.PAUSED,
    EventKind.HALTED: Status.HALTED,
    EventKind.HALT_RESOLVED: Status.PAUSED,
}

type Change = tuple[datetime, EventKind]
type Span = tuple[datetime, datetime]  # from the first up to, and without, the second


@dataclass(frozen=True, slots=True, kw_only=True)
class MissedLook:
    """An evaluation at the close of a minute that nobody made."""

    at: datetime
    look: Look


class MissedLooks:
    """Finds the gaps in what was looked at, and the minutes that the archive has of them.

    A gap counts while the position was running or halted, not while a person had paused it, and
    only after its last change other than of status: what it held before is not recorded there. One
    that has not ended yet counts once the position looks again.
    """

    def __init__(self, *, store: Store, calendar: Calendar) -> None:
        self._store = store
        self._calendar = calendar

    def of(
        self, record: PositionRecord, first: int, strategies: Mapping[int, Strategy]
    ) -> Iterator[MissedLook]:
        """Yield the missed looks between decisions from `first` on, oldest first."""
        return islice(self._all(record, first, strategies), MISSED_MAX)

    def _all(
        self, record: PositionRecord, first: int, strategies: Mapping[int, Strategy]
    ) -> Iterator[MissedLook]:
        with self._store.book() as book:
            gaps = book.gaps(
                position_id=record.id, first=first, until=record.decisions, longer_than=APART
            )
            changes = book.changes(position_id=record.id, until=record.events)
        for gap, spans in _away(gaps, changes):
            in_session = [span for span in spans if self._opens(span[0]) + APART < span[1]]
            if in_session:
                with self._store.book() as book:
                    after = book.get_decision(position_id=record.id, number=gap.number)
                inputs = inputs_of(after, strategies)
                for span in in_session:
                    yield from self._minutes(record.state.symbol, span, inputs)

    def _opens(self, at: datetime) -> datetime:
        """Return `at`, or the next opening of a regular session where it lies outside of one."""
        phase = self._calendar.phase(at=at)
        while phase is not MarketPhase.REGULAR:
            phase, at = self._calendar.next_change(at=at)
        return at

    def _minutes(self, symbol: str, span: Span, inputs: Inputs) -> Iterator[MissedLook]:
        start, end = (self._calendar.session_date(at=at) for at in span)
        for session in self._calendar.sessions(start=start, end=end):
            with self._store.shelf() as shelf:
                archived = shelf.load_archive(
                    symbol=symbol, resolution=Resolution.MINUTE, start=session, end=session
                )
            for record in archived:
                yield from self._looks(record, span, inputs)

    def _looks(self, archived: ArchivedSession, span: Span, inputs: Inputs) -> Iterator[MissedLook]:
        bars = archived.bars
        for index, (ends, close) in enumerate(zip(bars.ends, bars.closes, strict=True)):
            at = datetime.fromtimestamp(ends, UTC)
            if span[0] <= at < span[1]:
                day = Day(
                    date=archived.session,
                    phase=self._calendar.phase(at=bars.start_at(index)),
                    now=at,
                    trading_halted=False,
                    gates=RECORDED_GATES,
                    what_if=False,
                )
                yield MissedLook(at=at, look=_look(bars.symbol, close, archived, day, inputs))


def _look(symbol: str, close: int, archived: ArchivedSession, day: Day, inputs: Inputs) -> Look:
    observation = Observation(
        symbol=symbol,
        price=close,
        bid=None,
        ask=None,
        previous_close=None,
        currency="USD",
        observed_at=day.now,
        received_at=archived.received_at,
        source=archived.source,
    )
    return Look(
        before=inputs.before,
        observation=observation,
        strategy=inputs.strategy,
        day=day,
        placed=None,
    )


def _away(gaps: Sequence[Gap], changes: Sequence[Change]) -> Iterator[tuple[Gap, list[Span]]]:
    """Yield the gaps with the spans in which the state was that of the look after them."""
    pending, status = deque(changes), Status.PAUSED
    for gap in gaps:
        while pending and pending[0][0] <= gap.start:
            status = _STATUS.get(pending.popleft()[1], status)
        spans: list[Span] = []
        start = gap.start + timedelta.resolution  # the look at that moment was made
        while pending and pending[0][0] < gap.end:
            at, kind = pending.popleft()
            if status is not Status.PAUSED:
                spans.append((start, at))
            if kind not in _STATUS and kind is not EventKind.RENAMED:
                spans.clear()
            status, start = _STATUS.get(kind, status), at
        if status is not Status.PAUSED:
            spans.append((start, gap.end))
        yield gap, spans
