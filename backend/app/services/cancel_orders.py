"""Ending what is live at the brokers after a halt, where no other process is there to do it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.domain.book import OrderRecord
from app.domain.errors import BrokerError, ConflictError
from app.domain.order import LIVE_STATES
from app.domain.position import Broker
from app.services.carry_order import CarryOrder
from app.services.ports import Lease, Store
from app.services.reconcile import Reconcile
from app.services.venues import Venues

PATIENCE_SECONDS = 12.0  # an end that was asked for in vain is asked for once more
_LOOK_SECONDS = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedOrder:
    """An order that was live at a broker, and how it stands by now."""

    broker: Broker
    symbol: str
    order: OrderRecord

    @property
    def is_live(self) -> bool:
        """Return whether it may still fill."""
        return self.order.state in LIVE_STATES


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What became of the orders; `elsewhere` says that another process trades and ends them.

    `troubles` says what could not be reached, by broker.
    """

    elsewhere: bool
    orders: tuple[EndedOrder, ...]
    troubles: Mapping[Broker, str]


class CancelOrders:
    """Carries live orders to their end while trading is stopped, as the trading loop does.

    It takes the lease for that, which is free once the process that traded is gone, and is taken
    from one that stands still.
    """

    def __init__(
        self,
        *,
        store: Store,
        lease: Lease,
        venues: Venues,
        carrying: CarryOrder,
        reconciling: Reconcile,
        monotonic: Callable[[], float],
        wait: Callable[[float], None],
    ) -> None:
        self._store = store
        self._lease = lease
        self._venues = venues
        self._carrying = carrying
        self._reconciling = reconciling
        self._monotonic = monotonic
        self._wait = wait

    def cancel(self) -> Ending:
        """Return how the orders stand that were live when trading was stopped.

        They end here, or where another process trades; neither is waited for without bounds.

        Raises
        ------
        UnavailableError
            When the database is away.
        """
        ends_at = self._monotonic() + PATIENCE_SECONDS
        before = self._live()
        troubles: dict[Broker, str] = {}
        here = False
        try:
            while self._monotonic() < ends_at:
                if self._lease.epoch is None or not self._lease.beat():
                    here = self._lease.take() is not None
                if here:
                    here = self._carry(troubles)
                live = self._live()
                if not live or (here and not any(b in self._venues.brokers for b, _, _ in live)):
                    break
                self._wait(_LOOK_SECONDS)
            if here:
                self._reconcile(troubles)
        finally:
            self._lease.give_up()
        orders = tuple(self._now(broker, position, order) for broker, position, order in before)
        return Ending(elsewhere=not here, orders=orders, troubles=troubles)

    def _live(self) -> list[tuple[Broker, str, OrderRecord]]:
        """Return the live orders of all brokers, with their positions."""
        found = []
        with self._store.book() as book:
            for broker in set(Broker) - {Broker.PAPER}:
                for position_id in book.positions_with_live_orders(broker=broker):
                    order = book.live_order(position_id=position_id)
                    if order is not None:
                        found.append((broker, position_id, order))
        return found

    def _carry(self, troubles: dict[Broker, str]) -> bool:
        """Move every live order on; return whether this process still may."""
        reached = set(self._venues.brokers)
        for broker, position_id, _ in self._live():
            if broker not in reached:
                troubles.setdefault(broker, "No keys of its account are set here.")
                continue
            try:
                self._carrying.carry(position_id=position_id)
                troubles.pop(broker, None)
            except BrokerError as error:
                # It would not answer about the next order either.
                troubles[broker] = str(error)
                reached.remove(broker)
            except ConflictError:
                return False
        return True

    def _reconcile(self, troubles: dict[Broker, str]) -> None:
        """Compare the books, which also ends orders that are held for ended here."""
        for broker in set(self._venues.brokers) - set(troubles):
            try:
                self._reconciling.reconcile(broker=broker)
            except (BrokerError, ConflictError) as error:
                troubles[broker] = str(error)

    def _now(self, broker: Broker, position_id: str, order: OrderRecord) -> EndedOrder:
        with self._store.book() as book:
            symbol = book.get_position(position_id=position_id).state.symbol
            found = book.find_order(position_id=position_id, order_id=order.id)
        assert found is not None, "orders are never removed"
        return EndedOrder(broker=broker, symbol=symbol, order=found)
