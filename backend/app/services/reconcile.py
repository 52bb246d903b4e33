"""Comparing our books with the broker's: fills first, then orders, shares and cash."""

from collections.abc import Sequence
from datetime import timedelta

from app.domain.book import LedgerKind, PositionRecord
from app.domain.brokerage import BrokerAccount, BrokerOrder
from app.domain.errors import ConflictError
from app.domain.events import EventKind
from app.domain.order import LIVE_STATES, OrderState
from app.domain.position import Broker, Status
from app.domain.units import money_text, shares_text
from app.services.book_fills import BookFills
from app.services.carry_order import CarryOrder
from app.services.journal import Journal
from app.services.ports import Book, Clock, Store
from app.services.read_position import PositionView, view_of
from app.services.venues import Venues

# After a pause of whatever length, fills may have been made days ago.
LONG_OVERLAP = timedelta(days=7)
# The broker books whole cents a fill, we the exact amount rounded against us.
CENT = 10_000


class Reconcile:
    """Brings the books at a broker up to date, and halts what does not agree with the account."""

    def __init__(
        self, *, store: Store, venues: Venues, carrying: CarryOrder, fills: BookFills, clock: Clock
    ) -> None:
        self._store = store
        self._venues = venues
        self._carrying = carrying
        self._fills = fills
        self._clock = clock

    def reconcile(self, *, broker: Broker) -> None:
        """Book what happened, carry live orders on, and compare orders, shares and cash.

        Raises
        ------
        BrokerError
            When the broker cannot tell; nothing is concluded from that.
        ConflictError
            When another process trades.
        """
        brokerage = self._venues.at(broker).brokerage
        account = brokerage.account()
        with self._store.book() as book:
            positions = book.positions_at(broker=broker)
        if not positions:
            return
        if self._is_foreign(broker, positions, account):
            return
        self._fills.read(broker=broker, overlap=LONG_OVERLAP)
        for position_id in positions:
            self._carrying.carry(position_id=position_id)
        self._end_strays(broker, brokerage.live_orders())
        self._compare_shares(broker, positions)
        self._compare_cash(broker, positions)

    def adopt(self, *, position_id: str, reason: str) -> PositionView:
        """Take the broker's number of shares for ours, as a person decided.

        Raises
        ------
        ConflictError
            When the position is not halted, has a live order, or already agrees.
        """
        with self._store.book() as book:
            state = book.get_position(position_id=position_id).state
        held = self._venues.at(state.broker).brokerage.shares(symbol=state.symbol)
        epoch = self._venues.epoch()
        with self._store.book() as book:
            record = book.lock_position(position_id=position_id)
            book.require_epoch(epoch=epoch)
            missing = held - _expected(_of_symbol(book, record))
            if record.state.status is not Status.HALTED or record.state.order_in_flight:
                raise ConflictError(
                    reason="position_not_at_rest",
                    message="Only a halted position without a live order adopts the shares.",
                )
            if missing == 0 or record.state.shares + missing < 0:
                raise ConflictError(
                    reason="nothing_to_adopt",
                    message="The broker's shares and ours agree, or less than nothing would be "
                    "left of ours.",
                )
            journal = Journal(book=book, record=record, at=self._clock.now())
            journal.enter(LedgerKind.ADOPTED, shares=missing, reason=reason)
            body = {"shares": shares_text(missing), "broker": shares_text(held), "reason": reason}
            journal.log(EventKind.ADOPTED, body)
            return view_of(book, journal.save())

    def _is_foreign(
        self, broker: Broker, positions: tuple[str, ...], account: BrokerAccount
    ) -> bool:
        """Halt every position that belongs to another account than the connected one."""
        foreign = False
        for position_id in positions:
            with self._store.book() as book:
                pinned = book.get_position(position_id=position_id).account_id
            if pinned != account.id:
                foreign = True
                self._halt(
                    position_id,
                    f"The keys of {broker.value} belong to another account than this position. "
                    "Connect the account that it was opened at, then resolve the halt.",
                )
        return foreign

    def _end_strays(self, broker: Broker, live: tuple[BrokerOrder, ...]) -> None:
        """Cancel orders of ours that we hold for ended, and tell of those that nobody made here."""
        for order in live:
            with self._store.book() as book:
                position_id = book.position_of_order(order_id=order.order_id)
                if position_id is None:
                    continue  # its fills, if it gets any, are external
                ours = book.find_order(position_id=position_id, order_id=order.order_id)
            if ours is None or ours.state in LIVE_STATES:
                continue
            self._venues.at(broker).brokerage.cancel(broker_order_id=order.broker_order_id)
            if ours.state in {OrderState.VOID, OrderState.REJECTED}:
                self._halt(
                    position_id,
                    f"Order {ours.id} is live at the broker although it was {ours.state.value} "
                    "here. It is being cancelled. Look at it, then resolve the halt.",
                )

    def _compare_shares(self, broker: Broker, positions: tuple[str, ...]) -> None:
        brokerage = self._venues.at(broker).brokerage
        seen: set[str] = set()
        for position_id in positions:
            with self._store.book() as book:
                record = book.get_position(position_id=position_id)
            symbol = record.state.symbol
            if symbol in seen:
                continue
            seen.add(symbol)
            held = brokerage.shares(symbol=symbol)
            difference = self._difference(record, held)
            if difference and self._fills.read(broker=broker) == 0:
                # Nothing was on its way that would explain it; both are read once more.
                held = brokerage.shares(symbol=symbol)
                difference = self._difference(record, held)
                if difference:
                    self._halt(
                        position_id,
                        f"The broker holds {shares_text(held)} {symbol}; by our books it should be "
                        f"{shares_text(held - difference)}. Find out why, adopt the broker's "
                        "number or move shares there, then resolve the halt.",
                    )

    def _difference(self, record: PositionRecord, held: int) -> int:
        """Return the share units that the broker holds beyond our books; 0 while an order lives."""
        with self._store.book() as book:
            fresh = book.get_position(position_id=record.id)
            records = _of_symbol(book, fresh)
        if any(other.state.order_in_flight for other in records):
            return 0
        return held - _expected(records)

    def _compare_cash(self, broker: Broker, positions: tuple[str, ...]) -> None:
        """Halt every position of an account whose cash does not cover what is ours of it."""
        with self._store.book() as book:
            records = [book.get_position(position_id=position_id) for position_id in positions]
        if any(record.state.order_in_flight for record in records):
            return
        cash = self._venues.at(broker).brokerage.account().cash
        ours = sum(record.state.cash for record in records)
        allowance = CENT * sum(record.trades + 1 for record in records)
        if cash + allowance >= ours:
            return
        for position_id in positions:
            self._halt(
                position_id,
                f"The account at {broker.value} has {money_text(cash)} USD, less than the "
                f"{money_text(ours)} USD of its positions. Deposit there or withdraw here, then "
                "resolve the halt.",
            )

    def _halt(self, position_id: str, reason: str) -> None:
        epoch = self._venues.epoch()
        with self._store.book() as book:
            record = book.lock_position(position_id=position_id)
            book.require_epoch(epoch=epoch)
            if record.state.status is Status.HALTED or record.archived_at is not None:
                return
            journal = Journal(book=book, record=record, at=self._clock.now())
            journal.halt(reason)
            journal.save()


def _of_symbol(book: Book, record: PositionRecord) -> list[PositionRecord]:
    """Return the positions of the record's account in its symbol, oldest first."""
    broker, symbol = record.state.broker, record.state.symbol
    records = (book.get_position(position_id=other) for other in book.positions_at(broker=broker))
    return [other for other in records if other.state.symbol == symbol]


def _expected(records: Sequence[PositionRecord]) -> int:
    """Return what the account should hold of the symbol: ours, and what it held besides.

    The position that was opened last knows what was left besides all of them.
    """
    return sum(record.state.shares for record in records) + records[-1].shares_beside
