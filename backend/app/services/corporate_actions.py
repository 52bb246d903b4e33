"""Booking the dividends and splits of a position before the first decision of a session."""

import logging
from dataclasses import replace
from datetime import date, datetime, timedelta

from app.domain.book import PositionRecord
from app.domain.booked_action import (
    UNPAID,
    ActionKind,
    ActionState,
    begin_of,
)
from app.domain.corporate_action import Dividend
from app.domain.errors import ConflictError, DomainError, ProviderError
from app.domain.events import EventKind
from app.domain.history import History
from app.domain.position import Broker
from app.services.book_action import ActionBooking, settle_dividend
from app.services.carry_order import CarryOrder
from app.services.journal import Journal
from app.services.known_actions import Known, action_body, known_actions, note_gone, note_overdue
from app.services.pages import all_positions
from app.services.ports import Book, Calendar, Clock, HistoryProvider, Store
from app.services.shelve_dataset import sessions_between
from app.simulation.announced import AnnouncedAction, announced
from app.simulation.bars import Resolution

# A provider may show the ex-dates of a day only once it has trades of it.
LOOKS_AGAIN_AFTER = timedelta(minutes=30)
_LOOK_BACK = timedelta(days=45)
_CLOSE_BEFORE = timedelta(days=14)  # longer than the exchange was ever closed
_REPEATED_WITHIN = timedelta(days=7)
_log = logging.getLogger(__name__)


class CorporateActions:
    """Looks the actions of a symbol up and books each once, by kind and ex-date."""

    def __init__(
        self,
        *,
        store: Store,
        history: HistoryProvider,
        calendar: Calendar,
        clock: Clock,
        carrying: CarryOrder,
    ) -> None:
        self._store = store
        self._history = history
        self._calendar = calendar
        self._clock = clock
        self._carrying = carrying
        self._venues = carrying.venues

    def are_due(self, record: PositionRecord) -> bool:
        """Return whether the actions have to be looked up before the next decision.

        That is so once an exchange date, again at the regular opening and half an hour later,
        because a provider may learn of the day's ex-dates only then, and after a halt.
        """
        if record.archived_at is not None:
            return False
        known_at = record.actions_known_at
        return known_at is None or known_at < self._due_since(self._clock.now())

    def bring_all_up_to_date(self) -> None:
        """Bring every position up to date; one that has to wait does not keep the others."""
        for record in all_positions(self._store):
            self._try_bringing_up_to_date(record)

    def _try_bringing_up_to_date(self, record: PositionRecord) -> None:
        if not self.are_due(record):
            return
        try:
            self.bring_up_to_date(position_id=record.id)
        except DomainError as error:
            _log.warning("The corporate actions of %s wait: %s", record.name, error)

    def bring_up_to_date(self, *, position_id: str, again: bool = False) -> bool:
        """Book what is due to the position, and return whether the provider was asked.

        Splits come first, then dividends, then receivables due. A second call does nothing,
        unless the provider is to be asked `again`.

        Raises
        ------
        ProviderError
            When the provider cannot tell the actions. Nothing was booked, and nothing may be
            decided in this session until it can.
        ConflictError
            When an order is in flight over an action (reason `order_in_flight`; nothing was
            booked), the broker does not show the shares of a split yet (`split_unsettled`), or
            another process trades.
        NotFoundError
            When there is no such position.
        """
        with self._store.book() as book:
            record = book.get_position(position_id=position_id)
            if record.archived_at is not None or not (again or self.are_due(record)):
                return False
            _refuse_unsettled(book, record)
        history = self._ask(record)
        if record.state.order_in_flight:
            # Older than a minute it is cancelled; its fills are booked before its end.
            self._carrying.carry(position_id=position_id)
        self._book_all(position_id, history)
        with self._store.book() as book:
            _refuse_unsettled(book, record)
        return True

    def settle_splits(self, *, position_id: str) -> None:
        """Note that the broker holds the shares that our books have after their splits."""
        with self._store.book() as book:
            if book.unsettled_split(position_id=position_id) is None:
                return
        epoch = self._venues.epoch()
        with self._store.book() as book:
            record = book.lock_position(position_id=position_id)
            book.require_epoch(epoch=epoch)
            journal = Journal(book=book, record=record, at=self._clock.now())
            while (split := book.unsettled_split(position_id=position_id)) is not None:
                settled = replace(split, state=ActionState.SETTLED)
                book.save_action(position_id=position_id, action=settled)
                journal.log(EventKind.SPLIT_SETTLED, action_body(split))
            journal.save()

    def _due_since(self, now: datetime) -> datetime:
        """Return the latest moment by now at which the actions had to be looked up anew."""
        moments = [begin_of(self._calendar.session_date(at=now))]
        for session in self._calendar.upcoming(at=now, count=1):
            moments += [session.opens_at, session.opens_at + LOOKS_AGAIN_AFTER]
        return max(moment for moment in moments if moment <= now)

    def _ask(self, record: PositionRecord) -> History:
        """Ask with the same dates for all positions of a symbol, so that they share an answer."""
        today = self._calendar.session_date(at=self._clock.now())
        since = self._calendar.session_date(at=record.actions_known_at or record.created_at)
        symbol = record.state.symbol
        try:
            return self._history.fetch(
                symbol=symbol,
                resolution=Resolution.DAY,
                start=min(today - _LOOK_BACK, since - _CLOSE_BEFORE),
                end=today,
                on_progress=lambda _done, _all: None,
            )
        except ProviderError as error:
            raise ProviderError(
                provider=error.provider,
                code=error.code,
                message=f"The dividends and splits of {symbol} up to today cannot be looked up, "
                f"and nothing is decided without them. {error}",
                retry_after_seconds=error.retry_after_seconds,
            ) from error

    def _book_all(self, position_id: str, history: History) -> None:
        now = self._clock.now()
        today = self._calendar.session_date(at=now)
        with self._store.book() as book:
            record = book.lock_position(position_id=position_id)
            if record.state.broker is not Broker.PAPER:
                book.require_epoch(epoch=self._venues.epoch())
            journal = Journal(book=book, record=record, at=now)
            opened_on = self._calendar.session_date(at=record.created_at)
            told = [
                each
                for each in announced(history, sessions=self._sessions(history, today))
                if opened_on < each.action.ex_date <= today
            ]
            for each in told:
                self._book(book, journal, each, history.source, today)
            note_gone(book, journal, told, history)
            if record.state.broker is Broker.ALPACA_LIVE:
                note_overdue(book, journal, today)
            else:
                self._pay(book, journal, today)
            # Until the broker shows a split, nothing is known for a decision.
            awaited = book.unsettled_split(position_id=position_id)
            journal.change(actions_known_at=None if awaited else history.received_at)
            journal.save()

    def _sessions(self, history: History, today: date) -> tuple[date, ...]:
        if not history.bars:
            return ()
        first = self._calendar.session_date(at=history.bars[0].start)
        return sessions_between(self._calendar, start=first, end=today) or ()

    def _book(
        self, book: Book, journal: Journal, each: AnnouncedAction, source: str, today: date
    ) -> None:
        booked = known_actions(book, journal.record.id)
        known = booked.get((each.kind, each.action.ex_date))
        booking = ActionBooking(book=book, journal=journal, announced=each, source=source)
        if known is not None and known.state is not ActionState.QUARANTINED:
            booking.compare(known)
            return
        if journal.record.state.order_in_flight:
            raise ConflictError(
                reason="order_in_flight",
                message=f"{journal.record.name} has an open order over the {each.kind.value} of "
                f"{each.action.ex_date}, which is booked when the order is done.",
            )
        at = book.anchor_set_at(position_id=journal.record.id)
        booking.book(
            known=known,
            doubt=each.doubt or _repeats(each, booked),
            set_on=None if at is None else self._calendar.session_date(at=at),
            today=today,
        )

    def _pay(self, book: Book, journal: Journal, today: date) -> None:
        """Pay what is due, on the first session from its date on."""
        for action in known_actions(book, journal.record.id).values():
            if action.kind is not ActionKind.DIVIDEND or action.state not in UNPAID:
                continue
            assert action.due_on is not None, "what is unpaid is due some day"
            if action.due_on <= today and self._calendar.sessions(start=action.due_on, end=today):
                settle_dividend(book, journal, action, on=today)


def _refuse_unsettled(book: Book, record: PositionRecord) -> None:
    split = book.unsettled_split(position_id=record.id)
    if split is not None:
        raise ConflictError(
            reason="split_unsettled",
            message=f"The {split.terms} split of {split.ex_date} is booked for {record.name}, and "
            "the broker does not show its shares yet. Nothing is decided until it does.",
        )


def _repeats(each: AnnouncedAction, booked: Known) -> str | None:
    """Return that a dividend looks like one that is booked under another ex-date, or None."""
    action = each.action
    if not isinstance(action, Dividend):
        return None
    for other in booked.values():
        near = timedelta(0) < abs(action.ex_date - other.ex_date) <= _REPEATED_WITHIN
        if near and other.per_share == action.per_share and other.gross:
            return f"an equal one is booked with the ex-date {other.ex_date}"
    return None
