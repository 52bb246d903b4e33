"""Gathering what the last look at an order needs, from other places than its decision did."""

from collections.abc import Sequence
from datetime import timedelta

from app.domain.book import OrderRecord, PositionRecord
from app.domain.brokerage import BrokerAccount, BrokerOrder
from app.domain.gates import session_is_open
from app.domain.position import Broker
from app.domain.risk import CLOCKS_APART_MAX, Leaving
from app.services.ports import Book, Clock
from app.services.venues import Venues

_MINUTE = timedelta(minutes=1)


class LastLook:
    """Reads the facts about an order within the transaction that notes that it leaves."""

    def __init__(self, *, venues: Venues, clock: Clock) -> None:
        self._venues = venues
        self._clock = clock

    def clocks_agree(self, broker: Broker) -> bool:
        """Return whether the broker has the time that is here, and the session of the calendar.

        Raises
        ------
        BrokerError
            When the broker cannot tell.
        """
        venue = self._venues.at(broker)
        asked_at = self._clock.now()
        theirs = venue.brokerage.clock()
        earliest, latest = asked_at - CLOCKS_APART_MAX, self._clock.now() + CLOCKS_APART_MAX
        sessions = venue.market.clock().sessions
        is_open = any(day.opens_at <= theirs.at < day.closes_at for day in sessions)
        return earliest <= theirs.at <= latest and theirs.is_open == is_open

    def at(
        self,
        book: Book,
        record: PositionRecord,
        order: OrderRecord,
        *,
        account: BrokerAccount,
        live: Sequence[BrokerOrder],
        clocks_agree: bool,
    ) -> Leaving:
        """Return the facts; the kill switch is read here, after the position was locked.

        `account`, `live` (the orders that it has at the market) and `clocks_agree` were asked for
        before, as the broker may be slow.
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
            clocks_agree=clocks_agree,
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
