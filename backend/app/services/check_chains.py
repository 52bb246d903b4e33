"""The end of every audit chain, looked at before anything trades: a broken one halts."""

import json
from dataclasses import replace

from app.domain.book import AuditEvent, PositionRecord
from app.domain.events import GENESIS, ChainBreak, EventKind, verify_chain
from app.services.journal import Journal
from app.services.ports import Book, Clock, Store

# Enough for several days; `vb verify` looks at whole chains.
TAIL = 200


class CheckChains:
    """Halts positions whose audit trail is not what was written."""

    def __init__(self, *, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def check(self) -> tuple[str, ...]:
        """Return the identities of the positions that this halted, each with an audit event."""
        with self._store.book() as book:
            positions = book.position_ids()
        return tuple(position_id for position_id in positions if self._halts(position_id))

    def _halts(self, position_id: str) -> bool:
        with self._store.book() as book:
            record = book.lock_position(position_id=position_id)
            if record.archived_at is not None:
                return False
            page = book.list_events(position_id=position_id, limit=TAIL, cursor=None)
            tail = tuple(reversed(page.items))
            broken = _tail_break(record, tail, is_whole=page.next_cursor is None)
            if broken is None:
                return False
            self._halt(book, record, tail, broken)
            return True

    def _halt(
        self,
        book: Book,
        record: PositionRecord,
        tail: tuple[AuditEvent, ...],
        broken: ChainBreak,
    ) -> None:
        reason = (
            f"Its audit trail was changed from outside: event {broken.number} {broken.reason}. "
            "Compare it with a backup (`./vb verify` names the place), then resolve the halt."
        )
        # The chain goes on from what is there, and the event keeps what should have been.
        number, head = (tail[-1].number, tail[-1].hash) if tail else (0, GENESIS)
        ended = replace(record, events=number, chain_head=head)
        journal = Journal(book=book, record=ended, at=self._clock.now())
        journal.halt(
            reason,
            chain_break=broken.number,
            events=record.events,
            chain_head=record.chain_head,
        )
        journal.save()


def _tail_break(
    record: PositionRecord, tail: tuple[AuditEvent, ...], *, is_whole: bool
) -> ChainBreak | None:
    """Return the first break in the last events of a position that nobody was told of yet."""
    known = _known(tail)
    fresh = tuple(event for event in tail if event.number > known)
    first, previous = 1, GENESIS
    if known:
        first, previous = known + 1, fresh[0].previous if fresh else GENESIS
    elif not is_whole:
        first, previous = tail[0].number, tail[0].previous
    broken = verify_chain(fresh, first=first, previous=previous)
    if broken is not None:
        return broken
    number, head = (tail[-1].number, tail[-1].hash) if tail else (0, GENESIS)
    if number < record.events:
        return ChainBreak(number=number + 1, reason="is missing")
    if head != record.chain_head or number != record.events:
        return ChainBreak(number=number, reason="is not the one that the position ends with")
    return None


def _known(tail: tuple[AuditEvent, ...]) -> int:
    """Return the number of the last break that halted the position, or 0.

    It stays broken for ever; what came after it is what is looked at.
    """
    halts = (json.loads(event.body) for event in tail if event.kind is EventKind.HALTED)
    return max((halt.get("chain_break", 0) for halt in halts), default=0)
