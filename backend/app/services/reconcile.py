"""Comparing our books with the broker's: fills first, then orders, shares and cash."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

from app.domain.book import LedgerKind, PositionRecord
from app.domain.brokerage import BrokerAccount, BrokerOrder
from app.domain.corporate_action import is_near_split
from app.domain.errors import ConflictError, ProviderError
from app.domain.events import EventKind
from app.domain.observation import MarketPhase
from app.domain.order import LIVE_STATES, OrderState
from app.domain.position import Broker, Status
from app.domain.units import money_text, shares_text
from app.services.book_fills import BookFills
from app.services.book_movements import BookMovements
from app.services.carry_order import CarryOrder
from app.services.corporate_actions import CorporateActions
from app.services.journal import Journal
from app.services.ports import Book, Clock, Store
from app.services.read_position import PositionView, view_of
from app.services.venues import Venues

# After a pause of whatever length, fills may have been made days ago.
LONG_OVERLAP = timedelta(days=7)
# The broker books whole cents a fill, we the exact amount rounded against us.
CENT = 10_000
# A split is in the books of both sides by then, whoever was first.
SPLIT_PATIENCE = timedelta(days=1)


class Reconcile:
    """Brings the books at a broker up to date, and halts what does not agree with the account."""

    def __init__(
        self,
        *,
        store: Store,
        venues: Venues,
        carrying: CarryOrder,
        fills: BookFills,
        actions: CorporateActions,
        clock: Clock,
    ) -> None:
        self._store = store
        self._venues = venues
        self._carrying = carrying
        self._fills = fills
        self._actions = actions
        self._movements = BookMovements(store=store, venues=venues, clock=clock)
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
        self._movements.read(broker=broker)
        self._compare_shares(positions)
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

    def _compare_shares(self, positions: tuple[str, ...]) -> None:
        seen: set[str] = set()
        for position_id in positions:
            with self._store.book() as book:
                record = book.get_position(position_id=position_id)
            if record.state.symbol not in seen:
                seen.add(record.state.symbol)
                self._compare_symbol(record)

    def _compare_symbol(self, record: PositionRecord) -> None:
        broker, symbol = record.state.broker, record.state.symbol
        brokerage = self._venues.at(broker).brokerage
        held = brokerage.shares(symbol=symbol)
        difference = self._difference(record, held)
        if difference and self._fills.read(broker=broker) == 0:
            # Nothing was on its way that would explain it; both are read once more.
            held = brokerage.shares(symbol=symbol)
            difference = self._difference(record, held)
            if difference and not self._waits_for_split(record, held):
                difference = self._difference(record, held)
                if difference:
                    self._halt(
                        record.id,
                        f"The broker holds {shares_text(held)} {symbol}; by our books it should be "
                        f"{shares_text(held - difference)}. Find out why, adopt the broker's "
                        "number or move shares there, then resolve the halt.",
                    )
        if difference == 0:
            with self._store.book() as book:
                same = _of_symbol(book, record)
            for each in same:
                self._actions.settle_splits(position_id=each.id)

    def _waits_for_split(self, record: PositionRecord, held: int) -> bool:
        """Return whether a difference may be a split that one side has booked before the other.

        The provider is asked again first. A split that we booked blocks its positions until the
        broker shows it. One that the broker may have booked before the provider tells it waits
        for the session, as long as the share counts are apart by the ratio of a usual split.
        """
        with self._store.book() as book:
            same = _of_symbol(book, record)
        for each in same:
            with suppress(ProviderError, ConflictError):
                self._actions.bring_up_to_date(position_id=each.id, again=True)
        with self._store.book() as book:
            splits = [book.unsettled_split(position_id=each.id) for each in same]
            expected = _expected(_of_symbol(book, record))
        now = self._clock.now()
        if any(split and now - split.learned_at < SPLIT_PATIENCE for split in splits):
            return True
        phase = self._venues.at(record.state.broker).market.clock().phase
        is_apart = min(held, expected) > 0 and is_near_split(expected, held)
        return phase is MarketPhase.CLOSED and is_apart

    def _difference(self, record: PositionRecord, held: int) -> int | None:
        """Return the units that the broker has beyond our books; None while an order lives."""
        with self._store.book() as book:
            fresh = book.get_position(position_id=record.id)
            records = _of_symbol(book, fresh)
        if any(other.state.order_in_flight for other in records):
            return None
        return held - _expected(records)

    def _compare_cash(self, broker: Broker, positions: tuple[str, ...]) -> None:
        """Halt every position of an account whose cash does not cover what is ours of it."""
        with self._store.book() as book:
            records = [book.get_position(position_id=position_id) for position_id in positions]
            elsewhere = _not_in_account(book, broker, positions)
        if any(record.state.order_in_flight for record in records):
            return
        cash = self._venues.at(broker).brokerage.account().cash
        ours = sum(record.state.cash for record in records) - elsewhere
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


def _not_in_account(book: Book, broker: Broker, positions: Sequence[str]) -> int:
    """Return how much of the cash of our books the account need not have, in micros.

    A paper account pays no dividends, so that the ledger did. With real money a fee that is
    nobody's was taken from the account alone.
    """
    if broker is Broker.ALPACA_PAPER:
        return sum(book.paid_by_ledger(position_id=position_id) for position_id in positions)
    return -book.fees_of_nobody(broker=broker)


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
