"""The broker's front desk: what it accepts, refuses and shows, and the ground truth for checks.

broker = Broker(seed=7, cash="100000", faults=Faults(seed=7))
broker.set_price("KO", last="59.52", bid="59.51", ask="59.53")
...
broker.orders["client-id"].status, broker.fills, broker.cash, broker.holdings("KO")
broker.live_history["KO"].count     # the most orders that were ever live at once
broker.posts["client-id"]           # how often it was sent, also when that was lost
broker.accepted["client-id"]        # how often it became an order: never more than once
"""

import heapq
import json
import uuid
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from random import Random
from typing import override

from tests.fault.exchange import Exchange
from tests.fault.fate import nanoseconds
from tests.fault.faults import Faults, Lag
from tests.fault.hours import HoursAt, always_open
from tests.fault.ledger import cents, plain
from tests.fault.moments import wall_clock
from tests.fault.orders import SECOND, End, Fill, Habits, Movement, Order, Peak, Ticket
from tests.fault.refusals import (
    RefusalError,
    forbidden,
    invalid,
    not_found,
    read_ticket,
    unprocessable,
)


class Broker(Exchange):
    """One account at a broker, as its clients meet it.

    `multiplier` is the margin account's: 4 as recorded lets buys exceed the cash, 1 does not.
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        cash: str = "100000",
        whole_shares_only: frozenset[str] = frozenset(),
        habits: Habits | None = None,
        faults: Faults | None = None,
        now: Callable[[], datetime] = wall_clock,
        hours: HoursAt = always_open,
        multiplier: int = 4,
    ) -> None:
        super().__init__(
            seed=seed,
            cash=cash,
            habits=habits or Habits(),
            faults=faults or Faults(seed=seed),
            now=now,
            hours=hours,
        )
        self.multiplier = multiplier
        self.whole_shares_only = whole_shares_only
        self.account_id = str(uuid.UUID(int=Random(f"{seed}:account").getrandbits(128), version=4))
        # None: no key is good any more
        self.keys: tuple[str, str] | None = ("a-key-id", "a-secret-key")
        self.blocked = False
        self.suspended_by_user = False
        # What it says to every order, while nothing of it shows in the account.
        self.refuses: str | None = None
        self.posts: Counter[str] = Counter()
        self.accepted: Counter[str] = Counter()
        self._held_back: list[tuple[int, int, object]] = []
        self._live_history: dict[str, Peak] = {}

    @property
    def live_history(self) -> dict[str, Peak]:
        """The most orders that were live at once, by symbol."""
        with self.lock:
            return dict(self._live_history)

    def submit(self, body: object) -> Order:
        """Return the accepted order, or raise RefusalError."""
        with self.lock:
            self.advance()
            return self._accept(body)

    def note_post(self, body: bytes) -> None:
        """Count that an order was sent, whatever becomes of it."""
        with self.lock, suppress(ValueError, AttributeError):
            self.posts[str(json.loads(body).get("client_order_id"))] += 1

    def submit_later(self, body: object) -> None:
        """Let the order arrive after a while; its refusal will be nobody's news."""
        with self.lock:
            delay = int(self.faults.held_back_seconds * SECOND)
            due = self.moment() + delay
            heapq.heappush(self._held_back, (due, self.moment(), body))

    def order(self, order_id: str) -> Order:
        """Return an order by the broker's id, or raise RefusalError, also while it lags."""
        with self.lock:
            self.advance()
            order = self._orders.get(order_id)
            if order is None or self._lags(order.visible_at, Lag.ORDER):
                raise not_found(f"order not found for {order_id}")
            return order

    def order_by_client_id(self, client_order_id: str) -> Order:
        """Return an order by the client's id, or raise RefusalError, also while it lags."""
        with self.lock:
            self.advance()
            order = self._by_client_id.get(client_order_id)
            if order is None or self._lags(order.visible_by_client_id_at, Lag.CLIENT_ID):
                raise not_found(f"order not found for {client_order_id}")
            return order

    def visible_orders(self) -> list[Order]:
        """Return the orders in order of submission, without those that lag."""
        with self.lock:
            self.advance()
            orders = [o for o in self._orders.values() if not self._lags(o.visible_at, Lag.ORDER)]
            return sorted(orders, key=lambda order: (order.submitted_at, order.sequence))

    def visible_activities(self) -> list[Fill | Movement]:
        """Return what the account's history shows, oldest first, without what lags."""
        with self.lock:
            self.advance()
            fills = [f for f in self._ledger.fills if not self._lags(f.visible_at, Lag.ACTIVITY)]
            told = [movement for movement in self._ledger.movements if movement.kind is not None]
            return sorted((*fills, *told), key=lambda entry: (entry.at, entry.id))

    def cancel(self, order_id: str) -> None:
        """Begin to cancel an order, or raise RefusalError; fills may still come before the end."""
        with self.lock:
            order = self.order(order_id)
            if order.status == "pending_cancel":
                raise unprocessable("order pending cancel")
            if not order.is_live:
                raise unprocessable(f'order is already in "{order.status}" state')
            now = self.moment()
            delay = nanoseconds(self.random("cancel", order.sequence), self.habits.cancel_seconds)
            order.status, order.updated_at = "pending_cancel", now
            order.end = min(order.end, (now + delay, End.CANCELED))
            self.tell("pending_cancel", order)

    @override
    def advance(self) -> None:
        """Also let orders arrive that were held back, each at its time."""
        with self.lock:
            while self._held_back and self._held_back[0][0] <= self.moment():
                _, _, body = heapq.heappop(self._held_back)
                super().advance()
                try:
                    self._accept(body)
                except RefusalError as refusal:
                    self.faults.counts[f"held back, then {refusal.status}"] += 1
            super().advance()

    def available(self, symbol: str) -> Decimal:
        """Return the shares that no open sell order holds."""
        return self.holdings(symbol) - sum(
            order.leaves
            for order in self._live.values()
            if order.ticket.symbol == symbol and order.ticket.side == "sell"
        )

    def buying_power(self) -> Decimal:
        """Return the margin account's limit for further buys, never below zero."""
        worth = self.market_value()
        buys = (
            order.leaves * self._buy_price(order.ticket)
            for order in self._live.values()
            if order.ticket.side == "buy"
        )
        free = self.multiplier * (self.cash + worth) - worth - sum(buys)
        return max(cents(free), Decimal("0.00"))

    def _accept(self, body: object) -> Order:
        ticket = read_ticket(body, own_id=self.new_id())
        if ticket.client_order_id in self._by_client_id:
            raise invalid("client_order_id must be unique")
        self._check(ticket)
        self.accepted[ticket.client_order_id] += 1
        order = self.open(ticket)
        live = sum(each.ticket.symbol == ticket.symbol for each in self._live.values())
        peak = self._live_history.get(ticket.symbol)
        if peak is None or live > peak.count:
            self._live_history[ticket.symbol] = Peak(count=live, at=order.created_at)
        return order

    def _check(self, ticket: Ticket) -> None:
        if ticket.symbol not in self._quotes:
            raise unprocessable(f'asset "{ticket.symbol}" not found')
        if self.blocked:
            raise forbidden("account is blocked")  # the real message was never recorded
        if self.suspended_by_user:
            raise forbidden("new orders are rejected by user request")
        if self.refuses is not None:
            raise forbidden(self.refuses)
        whole = ticket.quantity == ticket.quantity.to_integral_value()
        if not whole and ticket.symbol in self.whole_shares_only:
            raise forbidden(f'asset "{ticket.symbol}" is not fractionable')
        if ticket.side == "sell":
            self._check_shares(ticket)
            return
        power, cost = self.buying_power(), ticket.quantity * self._buy_price(ticket)
        if cost > power:
            raise forbidden(
                "insufficient buying power", buying_power=str(power), cost_basis=plain(cost)
            )

    def _check_shares(self, ticket: Ticket) -> None:
        held, free = self.holdings(ticket.symbol), self.available(ticket.symbol)
        if ticket.quantity > free:
            raise forbidden(
                f"insufficient qty available for order (requested: {plain(ticket.quantity)},"
                f" available: {plain(free)})",
                available=plain(free),
                existing_qty=plain(held),
                held_for_orders=plain(held - free),
                symbol=ticket.symbol,
            )

    def _buy_price(self, ticket: Ticket) -> Decimal:
        if ticket.limit is not None:
            return ticket.limit
        return self._quotes[ticket.symbol].ask * Decimal("1.03")

    def _lags(self, visible_at: int, kind: Lag) -> bool:
        if not self.faults.active or self.moment() >= visible_at:
            return False
        self.faults.count(kind)
        return True
