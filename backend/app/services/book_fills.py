"""Booking what happened at a broker: each fill once, from one source, whatever order it is of."""

from dataclasses import dataclass, replace
from datetime import timedelta

from app.domain.book import OrderRecord, PositionRecord
from app.domain.brokerage import BrokerFill
from app.domain.errors import DomainError
from app.domain.order import LIVE_STATES, Fill, OrderState, complete_order
from app.domain.position import Broker, Status
from app.domain.units import price_text, shares_text
from app.services.journal import Journal
from app.services.ports import Book, Clock, Store
from app.services.venues import Venues

# A fill may be reported late, and then stands before others that were read already.
OVERLAP = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Target:
    """Where a fill belongs; without an order, somebody made the trade without us."""

    position_id: str
    order_id: str | None


class BookFills:
    """Reads the fills of an account and books those that are not booked."""

    def __init__(self, *, store: Store, venues: Venues, clock: Clock) -> None:
        self._store = store
        self._venues = venues
        self._clock = clock

    def read(self, *, broker: Broker, overlap: timedelta = OVERLAP) -> int:
        """Return how many fills were booked; each is one transaction.

        Raises
        ------
        BrokerError
            When the broker cannot tell; what was booked until then stays.
        """
        with self._store.book() as book:
            account = book.broker_account(broker=broker)
        if account is None:
            return 0
        fills = self._venues.at(broker).brokerage.fills(since=account.fills_since - overlap)
        booked = sum(self._settle(broker, fill) for fill in fills)
        if fills:
            with self._store.book() as book:
                book.fills_read_until(broker=broker, at=max(fill.at for fill in fills))
        return booked

    def _settle(self, broker: Broker, fill: BrokerFill) -> bool:
        with self._store.book() as book:
            if book.find_trade(fill_id=fill.fill_id) is not None:
                return False
            known = book.order_of_broker(broker_order_id=fill.broker_order_id)
        targets = self._targets(broker, fill) if known is None else (_target(*known),)
        alone = len(targets) == 1
        return sum(self._book(target, fill, alone=alone) for target in targets) > 0

    def _targets(self, broker: Broker, fill: BrokerFill) -> tuple[_Target, ...]:
        """Return where a fill belongs whose order we do not know by the broker's id."""
        theirs = self._venues.at(broker).brokerage.order(broker_order_id=fill.broker_order_id)
        if theirs is None:
            # What has a fill exists: the broker only does not show it yet, and it may be ours.
            return ()
        with self._store.book() as book:
            position_id = book.position_of_order(order_id=theirs.order_id)
            if position_id is not None:
                return (_target(position_id, theirs.order_id),)
            found = []
            for position_id in book.positions_at(broker=broker):
                record = book.get_position(position_id=position_id)
                if record.state.symbol == fill.symbol and fill.at >= record.created_at:
                    found.append(_target(position_id, None))
            return tuple(found)

    def _book(self, target: _Target, fill: BrokerFill, *, alone: bool) -> bool:
        epoch = self._venues.epoch()
        with self._store.book() as book:
            record = book.lock_position(position_id=target.position_id)
            book.require_epoch(epoch=epoch)
            if book.find_trade(fill_id=fill.fill_id) is not None:
                return False
            journal = Journal(book=book, record=record, at=self._clock.now())
            if not alone:
                error = DomainError("Several positions hold the symbol, so it is nobody's.")
                return _unbookable(journal, record, fill, error)
            try:
                self._enter(book, journal, target, fill)
            except DomainError as error:
                # Nothing of it was written: it is refused before the first entry.
                return _unbookable(journal, record, fill, error)
            journal.save()
            return True

    def _enter(self, book: Book, journal: Journal, target: _Target, fill: BrokerFill) -> None:
        order = None
        if target.order_id is not None:
            order = book.find_order(position_id=target.position_id, order_id=target.order_id)
            assert order is not None, "the order was found a moment ago"
        if fill.busts is not None:
            self._take_back(book, journal, order, fill)
            return
        if order is not None and order.filled + fill.quantity > order.quantity:
            raise DomainError("It is more than the order asked for.")
        journal.book(
            Fill(side=fill.side, quantity=fill.quantity, price=fill.price, commission=0),
            order=order,
            fill_id=fill.fill_id,
        )
        if order is None:
            journal.halt(
                f"Somebody traded {shares_text(fill.quantity)} {fill.symbol} at "
                f"{price_text(fill.price)} at the broker, not this robot. The trade is booked. "
                "Look at it, then resolve the halt.",
                fill_id=fill.fill_id,
            )
            return
        filled = replace(order, filled=order.filled + fill.quantity)
        if order.state in LIVE_STATES:
            # A fill tells more than the answer that got lost.
            filled = replace(filled, state=OrderState.OPEN, broker_order_id=fill.broker_order_id)
        book.save_order(order=filled)
        if order.state not in LIVE_STATES:
            self._late(book, journal, filled, fill)

    def _late(self, book: Book, journal: Journal, order: OrderRecord, fill: BrokerFill) -> None:
        self._anchor_again(book, journal, order)
        journal.halt(
            f"Order {order.id} was {order.state.value} when the broker still filled "
            f"{shares_text(fill.quantity)} of it at {price_text(fill.price)}. The fill is booked. "
            "Look at it, then resolve the halt.",
            fill_id=fill.fill_id,
        )

    def _take_back(
        self, book: Book, journal: Journal, order: OrderRecord | None, fill: BrokerFill
    ) -> None:
        assert fill.busts is not None, "only a bust takes back"
        trade = book.find_trade(fill_id=fill.busts)
        if trade is None:
            raise DomainError("It takes back a fill that was never booked.")
        journal.take_back(trade, order=order, bust_id=fill.fill_id)
        if order is not None:
            reduced = replace(order, filled=order.filled - trade.quantity)
            book.save_order(order=reduced)
            if order.state not in LIVE_STATES:
                self._anchor_again(book, journal, reduced)
        journal.halt(
            f"The broker took back fill {fill.busts} of {shares_text(fill.quantity)} "
            f"{fill.symbol}. The booking is reversed. Look at it, then resolve the halt.",
            fill_id=fill.fill_id,
        )

    def _anchor_again(self, book: Book, journal: Journal, order: OrderRecord) -> None:
        """Move the anchor to the mean of what an order that ended before has filled by now."""
        fills = tuple(trade.fill for trade in book.trades_of_order(order_id=order.id))
        state = journal.record.state
        again = complete_order(state, fills, at=order.done_at or self._clock.now())
        journal.move_to(replace(state, anchor=again.anchor))


def _target(position_id: str, order_id: str | None) -> _Target:
    return _Target(position_id=position_id, order_id=order_id)


def _unbookable(
    journal: Journal, record: PositionRecord, fill: BrokerFill, error: DomainError
) -> bool:
    reason = (
        f"The broker reports fill {fill.fill_id}: {fill.side.value} "
        f"{shares_text(fill.quantity)} {fill.symbol} at {price_text(fill.price)}, which cannot be "
        f"booked. {error} Compare the account with this position, adopt its shares, then resolve "
        "the halt."
    )
    if record.state.status is Status.HALTED and record.halt_reason == reason:
        return False
    journal.halt(reason, fill_id=fill.fill_id)
    journal.save()
    return False
