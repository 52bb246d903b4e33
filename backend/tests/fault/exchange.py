"""The exchange and the books behind the simulated broker, with what a test does to them.

Nothing happens between two calls: `advance` does what was due since, in order of time, so a seed
and the same requests at the same times give the same world. Every public method is safe to call
from any thread.
"""

import threading
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from functools import partial
from random import Random
from typing import Protocol

from tests.fault.fate import draw_end, draw_parts
from tests.fault.faults import Faults, Lag
from tests.fault.hours import HoursAt
from tests.fault.ledger import Ledger, cents
from tests.fault.moments import activity_id, at_moment, moment
from tests.fault.orders import SECOND, End, Fill, Habits, Movement, Order, Part, Quote, Ticket

BECOMES_NEW_AFTER = 2_000_000  # nanoseconds, as recorded


class Listener(Protocol):
    """Is told what happens to orders, as it happens; `held` are the shares after it."""

    def __call__(self, event: str, order: Order, fill: Fill | None, held: Decimal) -> None: ...


class Exchange:
    """Orders of one account, what they trade against, and the account's books."""

    def __init__(
        self,
        *,
        seed: int,
        cash: str,
        habits: Habits,
        faults: Faults,
        now: Callable[[], datetime],
        hours: HoursAt,
    ) -> None:
        self.faults = faults
        self.habits = habits
        self.now = now
        self.hours = hours
        self.lock = threading.RLock()
        self.listener: Listener | None = None
        self._seed = seed
        self._ids = Random(f"{seed}:ids")
        self._ledger = Ledger(cash=cents(Decimal(cash)))
        self._orders: dict[str, Order] = {}
        self._by_client_id: dict[str, Order] = {}
        self._live: dict[str, Order] = {}
        self._quotes: dict[str, Quote] = {}
        self._last_moment = 0

    # What a test sets and does.

    def set_price(
        self, symbol: str, *, last: str, bid: str = "", ask: str = "", at: datetime | None = None
    ) -> None:
        """Let `symbol` trade at this from now on; `at` dates a quote that is not fresh."""
        with self.lock:
            self.advance()
            self._quotes[symbol] = Quote(
                last=Decimal(last),
                bid=Decimal(bid or last),
                ask=Decimal(ask or last),
                at=None if at is None else moment(at),
                since=self.moment(),
            )
            self.advance()

    def trade_by_hand(self, symbol: str, *, side: str, quantity: str, price: str) -> Fill:
        """Trade as the account's owner would elsewhere, at once and whatever the checks say."""
        with self.lock:
            ticket = Ticket(
                client_order_id=self.new_id(),
                symbol=symbol,
                side=side,
                quantity=Decimal(quantity),
                limit=None,
            )
            order = self.open(ticket)
            order.parts = []
            return self._fill(order, order.ticket.quantity, Decimal(price), order.created_at)

    def bust(self, fill_id: str) -> Fill:
        """Take back a fill; its order stays what it was."""
        with self.lock:
            fill = next(each for each in self._ledger.fills if each.id == fill_id)
            order = self._orders[fill.order_id]
            return self._book(order, fill.quantity, fill.price, self.moment(), busts=fill)

    def pay(self, kind: str, *, amount: str, symbol: str | None = None) -> Movement:
        """Move cash as an activity of `kind`, such as DIV or FEE; what is taken is negative."""
        return self._move(kind=kind, symbol=symbol, cash=amount)

    def drift(self, *, symbol: str | None = None, shares: str = "0", cash: str = "0") -> Movement:
        """Change shares or cash without any activity that tells why."""
        return self._move(kind=None, symbol=symbol, cash=cash, shares=shares)

    def end(self, client_order_id: str, how: End) -> None:
        """End a live order now, unfilled as far as it is."""
        with self.lock:
            self.advance()
            order = self.orders[client_order_id]
            assert order.is_live, f"the order is {order.status}"
            order.end = (self.moment(), how)
            self.advance()

    # The truth.

    @property
    def orders(self) -> dict[str, Order]:
        """Every order that was ever accepted, by client order id."""
        with self.lock:
            return dict(self._by_client_id)

    @property
    def live_orders(self) -> tuple[Order, ...]:
        with self.lock:
            self.advance()
            return tuple(self._live.values())

    @property
    def fills(self) -> tuple[Fill, ...]:
        with self.lock:
            return tuple(self._ledger.fills)

    @property
    def movements(self) -> tuple[Movement, ...]:
        with self.lock:
            return tuple(self._ledger.movements)

    @property
    def cash(self) -> Decimal:
        with self.lock:
            return self._ledger.cash

    def holdings(self, symbol: str) -> Decimal:
        with self.lock:
            return self._ledger.shares.get(symbol, Decimal(0))

    def cost(self, symbol: str) -> Decimal:
        """Return what the held shares of `symbol` were bought for."""
        with self.lock:
            return self._ledger.cost.get(symbol, Decimal(0))

    def symbols_held(self) -> tuple[str, ...]:
        with self.lock:
            return tuple(sorted(name for name, held in self._ledger.shares.items() if held))

    def prove(self) -> None:
        """Raise AssertionError unless books and orders agree with the fills."""
        with self.lock:
            self.advance()
            self._ledger.prove()
            traded: defaultdict[str, Decimal] = defaultdict(Decimal)
            for fill in self._ledger.fills:
                traded[fill.order_id] += fill.quantity if fill.busts is None else 0
            for order in self._orders.values():
                assert order.filled == traded[order.id]
                assert order.filled <= order.ticket.quantity
                assert (order.status == "filled") == (order.leaves == 0)

    # How it comes about.

    def quote(self, symbol: str) -> Quote | None:
        with self.lock:
            return self._quotes.get(symbol)

    def moment(self) -> int:
        """Return the time in nanoseconds, later than it ever was before."""
        with self.lock:
            self._last_moment = max(moment(self.now()), self._last_moment + 1)
            return self._last_moment

    def market_value(self) -> Decimal:
        """Return what the held shares are worth, in whole cents."""
        with self.lock:
            worth = (
                held * self._quotes[symbol].last
                for symbol, held in self._ledger.shares.items()
                if symbol in self._quotes
            )
            return cents(sum(worth, Decimal(0)))

    def new_id(self) -> str:
        """Return the next identity of this seed."""
        with self.lock:
            return str(uuid.UUID(int=self._ids.getrandbits(128), version=4))

    def random(self, purpose: str, sequence: int) -> Random:
        """Return a generator of its own for one purpose of one order."""
        return Random(f"{self._seed}:{purpose}:{sequence}")

    def advance(self) -> None:
        """Do what was due until now, in order of time."""
        with self.lock:
            now = self.moment()
            while (due := self._next_due(now)) is not None:
                due()

    def open(self, ticket: Ticket) -> Order:
        now = self.moment()
        sequence = len(self._orders)
        random = self.random("order", sequence)
        parts = draw_parts(random, habits=self.habits, quantity=ticket.quantity, accepted_at=now)
        expires_at = moment(self.hours(self.now()).next_close)
        order = Order(
            id=self.new_id(),
            sequence=sequence,
            ticket=ticket,
            created_at=now,
            submitted_at=now,
            updated_at=now,
            expires_at=expires_at,
            opens=ticket.side == "buy",
            parts=parts,
            end=draw_end(
                random,
                habits=self.habits,
                accepted_at=now,
                last_due=parts[-1].due,
                expires_at=expires_at,
            ),
            visible_at=now + int(self.faults.lag_of(Lag.ORDER) * SECOND),
            visible_by_client_id_at=now + int(self.faults.lag_of(Lag.CLIENT_ID) * SECOND),
        )
        self._orders[order.id] = self._live[order.id] = order
        self._by_client_id[ticket.client_order_id] = order
        return order

    def tell(self, event: str, order: Order, fill: Fill | None = None) -> None:
        """Let the listener know."""
        if self.listener is not None:
            self.listener(event, order, fill, self.holdings(order.ticket.symbol))

    def _next_due(self, now: int) -> Callable[[], None] | None:
        """Return the earliest thing that is due, if any."""
        due = [
            (at, order.sequence, happen)
            for order in self._live.values()
            for at, happen in self._events(order)
            if at <= now
        ]
        return min(due, key=lambda each: each[:2])[2] if due else None

    def _events(self, order: Order) -> Iterator[tuple[int, Callable[[], None]]]:
        if order.status == "pending_new":
            at = order.created_at + BECOMES_NEW_AFTER
            yield at, partial(self._become_new, order, at)
        quote = self._quotes.get(order.ticket.symbol)
        if order.parts and quote is not None and order.ticket.reaches(quote):
            part = order.parts[0]
            at = max(part.due, quote.since)
            if order.ticket.extended or self.hours(at_moment(at)).is_open:
                yield at, partial(self._fill_part, order, part, quote, at)
        yield order.end[0], partial(self._end, order)

    def _become_new(self, order: Order, at: int) -> None:
        order.status, order.updated_at = "new", at
        self.tell("new", order)

    def _fill_part(self, order: Order, part: Part, quote: Quote, at: int) -> None:
        price = (
            max(quote.ask - part.better, quote.bid)
            if order.ticket.side == "buy"
            else min(quote.bid + part.better, quote.ask)
        )
        order.parts = order.parts[1:]
        self._fill(order, part.quantity, price, at)

    def _fill(self, order: Order, quantity: Decimal, price: Decimal, at: int) -> Fill:
        order.filled += quantity
        order.value += quantity * price
        order.updated_at = at
        if order.leaves == 0:
            order.status, order.filled_at = "filled", at
            del self._live[order.id]
        elif order.status != "pending_cancel":
            order.status = "partially_filled"
        return self._book(order, quantity, price, at)

    def _book(
        self, order: Order, quantity: Decimal, price: Decimal, at: int, *, busts: Fill | None = None
    ) -> Fill:
        execution_id = self.new_id()
        gives = (order.ticket.side == "buy") == (busts is None)
        fill = Fill(
            id=activity_id(at, execution_id),
            execution_id=execution_id,
            order_id=order.id,
            symbol=order.ticket.symbol,
            side=order.ticket.side,
            quantity=quantity,
            price=price,
            cash=-cents(quantity * price) if gives else cents(quantity * price),
            at=at,
            cumulated=order.filled,
            leaves=order.leaves,
            visible_at=at + int(self.faults.lag_of(Lag.ACTIVITY) * SECOND),
            busts=None if busts is None else busts.id,
        )
        self._ledger.book(fill)
        event = "fill" if order.leaves == 0 else "partial_fill"
        self.tell(event if busts is None else "trade_bust", order, fill)
        return fill

    def _end(self, order: Order) -> None:
        at, how = order.end
        order.status, order.updated_at, order.ended = how, at, {how: at}
        order.parts = []
        del self._live[order.id]
        self.tell(how, order)

    def _move(
        self, *, kind: str | None, symbol: str | None, cash: str, shares: str = "0"
    ) -> Movement:
        with self.lock:
            at = self.moment()
            movement = Movement(
                id=activity_id(at, self.new_id()),
                kind=kind,
                symbol=symbol,
                cash=cents(Decimal(cash)),
                shares=Decimal(shares),
                at=at,
            )
            self._ledger.move(movement)
            return movement
