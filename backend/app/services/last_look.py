"""Gathering what the last look at an order needs, from other places than its decision did."""

from collections.abc import Sequence
from datetime import timedelta

from app.domain.book import OrderRecord, PositionRecord
from app.domain.brokerage import BrokerAccount, BrokerOrder
from app.domain.gates import session_is_open
from app.domain.risk import Leaving
from app.services.ports import Book, Clock
from app.services.venues import Venues

_MINUTE = timedelta(minutes=1)


class LastLook:
    """Reads the facts about an order within the transaction that notes that it leaves."""

    def __init__(self, *, venues: Venues, clock: Clock) -> None:
        self._venues = venues
        self._clock = clock

    def at(
        self,
        book: Book,
        record: PositionRecord,
        order: OrderRecord,
        *,
        account: BrokerAccount,
        live: Sequence[BrokerOrder],
    ) -> Leaving:
        """Return the facts; the kill switch is read here, after the position was locked.

        `live` are the orders that the account has at the market.
        """
        state = record.state
        venue = self._venues.at(state.broker)
        now = self._clock.now()
        kept = book.broker_account(broker=state.broker)
        clock = venue.market.clock()
        today = clock.sessions[0].extended_opens_at
        # Orders that this look held back do not count, or they would hold back all that follow.
        first = order.sent_at is None
        assert state.last_price is not None, "an order follows from a price"
        assert state.last_observed_at is not None, "a price that was used was observed"
        return Leaving(
            side=order.side,
            quantity=order.quantity,
            limit=order.limit_price,
            position=state,
            account_id=None if account.blocked else account.id,
            pinned_account_id=record.account_id,
            armed=kept is not None and kept.armed,
            halted=book.trading_halted(),
            session_open=session_is_open(clock.phase, record.strategy),
            now=now,
            last=state.last_price,
            observed_at=state.last_observed_at,
            from_broker=venue.has_own_quotes,
            collar=record.strategy.collar,
            daily_max=record.strategy.max_per_day,
            orders_today=first + book.count_orders(position_id=record.id, since=today),
            orders_last_minute=first
            + book.count_orders(position_id=record.id, since=now - _MINUTE),
            other_live=sum(
                other.symbol == state.symbol
                and other.order_id != order.id
                and book.position_of_order(order_id=other.order_id) in {None, record.id}
                for other in live
            ),
        )
