"""Writing down what became of an order: order, position and audit trail in one transaction."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from app.domain.book import OrderRecord, PositionRecord
from app.domain.events import EventKind
from app.domain.order import LIVE_STATES, OrderEnd, OrderState, complete_order
from app.domain.position import Status
from app.domain.record import moment_text
from app.domain.units import shares_text
from app.services.journal import Journal
from app.services.ports import Book, Clock, Store
from app.services.venues import Venues

REJECTIONS_MAX = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPage:
    """A live order in its locked position, inside one transaction."""

    book: Book
    journal: Journal
    order: OrderRecord

    def change(self, **changes: Any) -> OrderRecord:
        """Store the order with these fields changed, and return it."""
        changed = replace(self.order, **changes)
        self.book.save_order(order=changed)
        self.journal.log(EventKind.ORDER_CHANGED, order_body(changed))
        self.journal.save()
        return changed

    def close(self, state: OrderState, ended: OrderEnd, note: str | None) -> None:
        """Store that the order is not live any more, and move the anchor by what it filled."""
        now, before = self.journal.at, self.journal.record.state
        order = replace(self.order, state=state, ended=ended, done_at=now, note=note)
        self.book.save_order(order=order)
        fills = tuple(trade.fill for trade in self.book.trades_of_order(order_id=order.id))
        after = complete_order(before, fills, at=now)
        if not fills and state is not OrderState.DONE:
            # It was never at the market, so that there is nothing to cool down from.
            after = replace(after, last_order_done_at=before.last_order_done_at)
        self.journal.move_to(after)
        self.journal.log(EventKind.ORDER_CHANGED, order_body(order))
        self._halt_when_refused_again(ended, note)
        self.journal.save()

    def _halt_when_refused_again(self, ended: OrderEnd, note: str | None) -> None:
        record = self.journal.record
        if ended is not OrderEnd.REFUSED or record.state.status is Status.HALTED:
            return
        last = self.book.last_ends(position_id=record.id, count=REJECTIONS_MAX)
        if last == (OrderEnd.REFUSED,) * REJECTIONS_MAX:
            self.journal.halt(
                f"The broker refused {REJECTIONS_MAX} orders in a row; the last one: {note} "
                "Settle it, then resolve the halt."
            )


class OrderPages:
    """Opens the page of an order, in the epoch that this process trades in."""

    def __init__(self, *, store: Store, venues: Venues, clock: Clock) -> None:
        self._store = store
        self._venues = venues
        self._clock = clock

    @contextmanager
    def page(self, record: PositionRecord, order: OrderRecord) -> Iterator[OrderPage | None]:
        """Open the page of an order that was read as `order`; None when it changed since.

        Whoever changed it knew more; only what was filled of it may be more than was read.

        Raises
        ------
        ConflictError
            When another process trades by now.
        """
        epoch = self._venues.epoch()
        with self._store.book() as book:
            locked = book.lock_position(position_id=record.id)
            book.require_epoch(epoch=epoch)
            found = book.find_order(position_id=record.id, order_id=order.id)
            assert found is not None, "orders are never removed"
            if found.state in LIVE_STATES and replace(found, filled=order.filled) == order:
                journal = Journal(book=book, record=locked, at=self._clock.now())
                yield OrderPage(book=book, journal=journal, order=found)
            else:
                yield None

    def save(self, record: PositionRecord, order: OrderRecord, **changes: Any) -> None:
        """Store the order with these fields changed, unless it changed since it was read."""
        with self.page(record, order) as page:
            if page is not None:
                page.change(**changes)


def order_body(order: OrderRecord) -> dict[str, object]:
    """Return what the audit trail says of an order that changed."""
    return {
        "order_id": order.id,
        "decision_number": order.decision_number,
        "state": order.state.value,
        "filled": shares_text(order.filled),
        "sent_at": None if order.sent_at is None else moment_text(order.sent_at),
        "broker_order_id": order.broker_order_id,
        "ended": order.ended and order.ended.value,
        "note": order.note,
    }
