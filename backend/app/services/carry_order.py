"""Carrying an order to the broker and back: its fate is read, never guessed."""

from collections.abc import Callable
from datetime import timedelta

from app.domain.book import OrderRecord, PositionRecord
from app.domain.brokerage import BrokerOrder, BrokerOrderState
from app.domain.order import OrderEnd, OrderState
from app.domain.position import Status
from app.domain.units import shares_text
from app.services.book_fills import BookFills
from app.services.brake import Brake
from app.services.order_page import OrderPages
from app.services.ports import Clock, Store
from app.services.send_order import Patience, SendOrder
from app.services.venues import Venues

MISSES_MIN = 3
# The way of one order within one call: sent, found, followed, booked, done, each perhaps again.
_ROUNDS_MAX = 8
_ENDS = {
    BrokerOrderState.FILLED: OrderEnd.FILLED,
    BrokerOrderState.CANCELED: OrderEnd.CANCELED,
    BrokerOrderState.EXPIRED: OrderEnd.EXPIRED,
    BrokerOrderState.REJECTED: OrderEnd.REFUSED,
}


class CarryOrder:
    """Moves the live order of a position as far as it goes now."""

    def __init__(
        self,
        *,
        store: Store,
        venues: Venues,
        fills: BookFills,
        clock: Clock,
        monotonic: Callable[[], float],
        patience: Patience,
        reached: Callable[[str], None] = lambda _: None,
        brake: Brake | None = None,
    ) -> None:
        self.venues = venues
        self._store = store
        self._fills = fills
        self._clock = clock
        self._patience = patience
        self._reached = reached
        self._pages = OrderPages(store=store, venues=venues, clock=clock)
        self._sending = SendOrder(
            store=store,
            pages=self._pages,
            venues=venues,
            clock=clock,
            monotonic=monotonic,
            patience=patience,
            reached=reached,
            brake=brake or Brake(),
        )

    def carry(self, *, position_id: str) -> bool:
        """Move the live order on, until it is not live or the broker is to be waited for.

        Return whether trades were booked meanwhile.

        Raises
        ------
        BrokerError
            When the broker cannot tell; the order stays as it is.
        ConflictError
            When another process trades, or the broker is not connected.
        """
        trades = []
        for _ in range(_ROUNDS_MAX):
            with self._store.book() as book:
                record = book.get_position(position_id=position_id)
                order = book.live_order(position_id=position_id)
            trades.append(record.trades)
            if order is None or not self._moves(record, order):
                break
        return trades[-1] != trades[0]

    def _moves(self, record: PositionRecord, order: OrderRecord) -> bool:
        if order.state is OrderState.OPEN:
            return self._follow(record, order)
        if order.sent_at is not None:
            return self._resolve(record, order)
        if self._is_fresh(order):
            return self._sending.send(record, order)
        with self._pages.page(record, order) as page:
            if page is not None:
                note = "It could not be sent in time, and was never sent."
                page.close(OrderState.VOID, OrderEnd.MISSING, note)
        return True

    def _is_fresh(self, order: OrderRecord) -> bool:
        return self._clock.now() - order.created_at <= self._patience.fresh

    def _resolve(self, record: PositionRecord, order: OrderRecord) -> bool:
        """Ask for an order that may have been sent; it is void only after several looks."""
        brokerage = self.venues.at(record.state.broker).brokerage
        theirs = brokerage.find(order_id=order.id)
        self._reached("looked")
        if theirs is not None:
            their_id = theirs.broker_order_id
            self._pages.save(record, order, state=OrderState.OPEN, broker_order_id=their_id)
            return True
        if self._is_fresh(order):
            # The broker takes an id once, so that sending it again cannot make a second order.
            waited = self._clock.now() - (order.sent_at or order.created_at)
            return waited >= self._patience.again and self._sending.send(record, order)
        if not self._is_missing(record, order):
            return False
        since = order.created_at - timedelta(minutes=1)
        if any(other.order_id == order.id for other in brokerage.orders_since(at=since)):
            return False
        with self._pages.page(record, order) as page:
            if page is not None:
                note = "The broker does not know it, after several looks and a look at the day."
                page.close(OrderState.VOID, OrderEnd.MISSING, note)
        return True

    def _is_missing(self, record: PositionRecord, order: OrderRecord) -> bool:
        """Count that the broker does not know the order; return whether that was often enough."""
        now, missing = self._clock.now(), self._patience.missing
        missed_at = order.missed_at or now
        if order.misses >= MISSES_MIN and now - missed_at >= missing:
            return True
        if now - missed_at >= missing * order.misses / MISSES_MIN:
            misses = order.misses + 1
            self._pages.save(
                record, order, state=OrderState.UNKNOWN, misses=misses, missed_at=missed_at
            )
        return False

    def _follow(self, record: PositionRecord, order: OrderRecord) -> bool:
        """Book what the broker filled; end the order when the broker has, and all is booked."""
        broker = record.state.broker
        assert order.broker_order_id is not None, "an open order is the broker's"
        theirs = self.venues.at(broker).brokerage.order(broker_order_id=order.broker_order_id)
        if theirs is None:
            return False
        if theirs.filled > order.filled:
            booked = self._fills.read(broker=broker)
            self._reached("booked")
            if booked:
                return True
        if theirs.state is BrokerOrderState.LIVE:
            self._cancel_if_due(record, order, order.broker_order_id)
            return False
        if theirs.filled != order.filled:
            self._halt_if_unreported(record, order, theirs)
            return False
        self._end(record, order, theirs)
        self._reached("ended")
        return True

    def _end(self, record: PositionRecord, order: OrderRecord, theirs: BrokerOrder) -> None:
        with self._pages.page(record, order) as page:
            if page is None or page.order.filled != theirs.filled:
                return
            refused = theirs.state is BrokerOrderState.REJECTED
            note = "The broker refused it after it had taken it." if refused else None
            page.close(OrderState.DONE, _ENDS[theirs.state], note)

    def _cancel_if_due(
        self, record: PositionRecord, order: OrderRecord, broker_order_id: str
    ) -> None:
        now, patience = self._clock.now(), self._patience
        if order.cancel_asked_at is not None and now - order.cancel_asked_at < patience.again:
            return
        with self._store.book() as book:
            stopped = book.trading_halted() or record.state.status is Status.HALTED
        if stopped or now - (order.sent_at or order.created_at) >= patience.timeout:
            self._pages.save(record, order, cancel_asked_at=now)
            self._reached("cancelling")
            brokerage = self.venues.at(record.state.broker).brokerage
            brokerage.cancel(broker_order_id=broker_order_id)

    def _halt_if_unreported(
        self, record: PositionRecord, order: OrderRecord, theirs: BrokerOrder
    ) -> None:
        if self._clock.now() - order.created_at < self._patience.reported:
            return
        with self._pages.page(record, order) as page:
            if page is None or page.journal.record.state.status is Status.HALTED:
                return
            page.journal.halt(
                f"The broker says that {shares_text(theirs.filled)} of order {order.id} are "
                f"filled; the fills that it reports make {shares_text(page.order.filled)}. Ask "
                "the broker; the order stays open until the fills are there."
            )
            page.journal.save()
