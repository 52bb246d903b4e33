"""Booking the cash that a broker moved without a trade: dividends, their tax, and fees."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import groupby

from app.domain.book import LedgerKind, PositionRecord
from app.domain.booked_action import UNPAID, ActionKind, ActionRecord, ActionState, begin_of
from app.domain.brokerage import BrokerCash, BrokerCashKind
from app.domain.events import EventKind
from app.domain.position import Broker
from app.domain.rules import muldiv
from app.domain.units import money_text
from app.services.book_action import settle_dividend
from app.services.journal import Journal
from app.services.known_actions import action_body, known_actions
from app.services.ports import Book, Clock, Store
from app.services.venues import Venues

# A movement may be reported late, and then stands before others that were read already.
OVERLAP = timedelta(days=14)
# Tax may follow its dividend by some days.
_CORRECTED_WITHIN = timedelta(days=30)


class BookMovements:
    """Reads the movements of an account with real money and books those that are not booked."""

    def __init__(self, *, store: Store, venues: Venues, clock: Clock) -> None:
        self._store = store
        self._venues = venues
        self._clock = clock

    def read(self, *, broker: Broker) -> int:
        """Return how many movements were new; each date of a symbol is one transaction.

        Raises
        ------
        BrokerError
            When the broker cannot tell; what was booked until then stays.
        ConflictError
            When another process trades.
        """
        if broker is not Broker.ALPACA_LIVE:
            return 0  # a paper account pays no dividends and takes no fees
        with self._store.book() as book:
            records = _positions(book, broker)
            until = book.movements_until(broker=broker)
        if not records:
            return 0
        opened = min(record.created_at for record in records)
        since = opened if until is None else max(opened, begin_of(until) - OVERLAP)
        found = self._venues.at(broker).brokerage.cash_movements(since=since)
        ordered = sorted(found, key=_group_of)
        groups = [tuple(group) for _, group in groupby(ordered, key=_group_of)]
        return sum(self._book_group(broker, group) for group in groups)

    def _book_group(self, broker: Broker, group: Sequence[BrokerCash]) -> int:
        """Book what moved on one date for one symbol, or without one; return how much is new."""
        epoch = self._venues.epoch()
        with self._store.book() as book:
            owner = _owner(_positions(book, broker), group[0])
            record = None if owner is None else book.lock_position(position_id=owner.id)
            book.require_epoch(epoch=epoch)
            known = book.known_movements(broker=broker, ids=[each.id for each in group])
            fresh = [each for each in group if each.id not in known]
            if not fresh:
                return 0
            now = self._clock.now()
            if record is None:
                _keep(book, broker, fresh, position_id=None, at=now)
                return len(fresh)
            journal = Journal(book=book, record=record, at=now)
            fees = [each for each in fresh if each.kind is BrokerCashKind.FEE]
            pays = [each for each in fresh if each.kind is not BrokerCashKind.FEE]
            for fee in fees:
                booked = _book_fee(journal, fee)
                owned = record.id if booked else None
                _keep(book, broker, [fee], position_id=owned, at=now)
            if pays:
                booked = _book_payment(book, journal, pays)
                owned = record.id if booked else None
                _keep(book, broker, pays, position_id=owned, at=now)
            journal.save()
        return len(fresh)


def _group_of(movement: BrokerCash) -> tuple[date, str]:
    return movement.on, movement.symbol or ""


def _positions(book: Book, broker: Broker) -> list[PositionRecord]:
    ids = book.positions_at(broker=broker)
    return [book.get_position(position_id=position_id) for position_id in ids]


def _owner(records: Sequence[PositionRecord], movement: BrokerCash) -> PositionRecord | None:
    """Return the position that a movement belongs to, or None when that cannot be told.

    With real money one account has one position of a symbol. What names no symbol is of the
    only position, if there is one. Nothing from before its opening is a position's.
    """
    if movement.symbol is None:
        mine = list(records) if len(records) == 1 else []
    else:
        mine = [record for record in records if record.state.symbol == movement.symbol]
    past = begin_of(movement.on) + timedelta(days=1)
    return next((record for record in mine if record.created_at < past), None)


def _keep(
    book: Book,
    broker: Broker,
    movements: Sequence[BrokerCash],
    *,
    position_id: str | None,
    at: datetime,
) -> None:
    for each in movements:
        book.add_movement(broker=broker, movement=each, position_id=position_id, at=at)


def _book_fee(journal: Journal, fee: BrokerCash) -> bool:
    if not fee.amount or journal.record.state.cash + fee.amount < 0:
        return False
    journal.enter(LedgerKind.FEE, cash=fee.amount, reference=fee.id)
    body = {"id": fee.id, "amount": money_text(fee.amount), "on": fee.on.isoformat()}
    journal.log(EventKind.FEE_BOOKED, body)
    return True


def _book_payment(book: Book, journal: Journal, movements: Sequence[BrokerCash]) -> bool:
    """Settle as many dividends as were paid, the oldest first, or correct one paid before.

    What nothing waits for is told and booked to nobody: the account may hold shares besides.
    """
    on = movements[0].on
    dividends = [
        action
        for action in known_actions(book, journal.record.id).values()
        if action.kind is ActionKind.DIVIDEND and action.net
    ]
    waiting = [each for each in dividends if each.state in UNPAID and each.ex_date <= on]
    paid = sum(each.kind is BrokerCashKind.DIVIDEND and each.amount > 0 for each in movements)
    settled = waiting[:paid]
    earlier = [each for each in dividends if _may_correct(each, on)]
    of = settled or (earlier[-1:] if paid == 0 else [])
    total = sum(each.amount for each in movements)
    amount = _share_of(total, journal.record, of[-1]) if of else total
    after = journal.record.state.cash + amount
    if not of or after < 0:
        body = {"ids": [each.id for each in movements], "amount": money_text(total)}
        journal.log(EventKind.DIVIDEND_UNEXPECTED, body | {"on": on.isoformat()})
        return False
    for action in settled:
        settle_dividend(book, journal, action, on=on)
    _correct(journal, of[-1], amount - sum(each.net for each in settled), on)
    return True


def _may_correct(action: ActionRecord, on: date) -> bool:
    paid_on = action.paid_on
    is_paid = action.state is ActionState.SETTLED and paid_on is not None
    return is_paid and paid_on is not None and paid_on <= on <= paid_on + _CORRECTED_WITHIN


def _share_of(total: int, record: PositionRecord, action: ActionRecord) -> int:
    """Return our part of what was paid on all shares of the account, rounded down."""
    return muldiv(total, action.entitled, action.entitled + record.shares_beside)


def _correct(journal: Journal, action: ActionRecord, difference: int, on: date) -> None:
    if not difference:
        return
    journal.enter(
        LedgerKind.DIVIDEND_DIFFERENCE,
        cash=difference,
        reference=action.reference,
        reason=f"what the broker booked on {on} differs by that from what was expected",
    )
    body = {"difference": money_text(difference), "on": on.isoformat()}
    journal.log(EventKind.DIVIDEND_CORRECTED, action_body(action) | body)
