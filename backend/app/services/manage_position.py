"""What a person does to a position: name, strategy, start, pause, cash, anchor, archive."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from app.domain import rules
from app.domain.book import LedgerKind, PositionRecord, StoredAnswer, StrategyVersion
from app.domain.decision import Decision
from app.domain.errors import ConflictError, FieldError, InvalidInputError
from app.domain.events import EventKind
from app.domain.margins import Margin, margins
from app.domain.observation import Observation
from app.domain.position import Status
from app.domain.session import LIVE_GATES
from app.domain.step import step
from app.domain.strategy import laid_over, parse_strategy, strategy_body
from app.domain.units import VALUE_PER_MICRO, money_text, price_text
from app.domain.what_if import given_observation
from app.services.journal import Journal
from app.services.once import Ticket, once
from app.services.open_position import amount_errors
from app.services.pin_account import require_armed
from app.services.ports import Book, Clock, Store
from app.services.protect import change_protections, reset_marks
from app.services.read_market import ReadMarket
from app.services.read_position import PositionView, view_of


@dataclass(frozen=True, slots=True, kw_only=True)
class CashMoved:
    """A position after a deposit or withdrawal, and the decision that would follow.

    The decision is at the last price, as if the gates passed; None where no price is known yet.
    """

    position: PositionView
    decision: Decision | None
    observation: Observation | None
    margins: tuple[Margin, ...] = ()


class ManagePosition:
    """Changes positions; each change is one transaction and one audit event with its reason."""

    def __init__(self, *, store: Store, clock: Clock, market: ReadMarket) -> None:
        self._store = store
        self._clock = clock
        self._market = market

    def change(
        self,
        *,
        position_id: str,
        name: str | None,
        strategy: Mapping[str, object] | None,
        reason: str,
        protections: Mapping[str, object] | None = None,
    ) -> PositionView:
        """Return the position with its new name, protections, or version of its strategy.

        `strategy` and `protections` are laid over the present ones: what they leave out stays.
        """
        with self._store.book() as book:
            journal = self._open_page(book, position_id)
            if name is not None:
                journal.log(EventKind.RENAMED, {"name": name, "reason": reason})
                journal.change(name=name)
            if strategy is not None:
                self._change_strategy(book, journal, strategy, reason)
            if protections is not None:
                change_protections(journal, protections, reason)
            return view_of(book, journal.save())

    def _change_strategy(
        self, book: Book, journal: Journal, changes: Mapping[str, object], reason: str
    ) -> None:
        record = journal.record
        changed = parse_strategy(laid_over(strategy_body(record.strategy), changes))
        if changed == record.strategy:
            return
        version = StrategyVersion(
            version=record.state.strategy_version + 1,
            strategy=changed,
            created_at=self._clock.now(),
            reason=reason,
        )
        book.add_strategy(position_id=record.id, version=version)
        journal.change(strategy=changed)
        journal.move_to(replace(record.state, strategy_version=version.version))
        body = {
            "version": version.version,
            "strategy": strategy_body(changed),
            "reason": reason,
        }
        journal.log(EventKind.STRATEGY_CHANGED, body)

    def start(
        self,
        *,
        position_id: str,
        reason: str,
        ticket: Ticket[PositionView] | None = None,
    ) -> PositionView | StoredAnswer:
        """Return the position, running. Only a paused position can be started."""
        move = (Status.PAUSED, Status.RUNNING, EventKind.STARTED)
        return self._set_status(position_id, move, reason, ticket)

    def pause(
        self,
        *,
        position_id: str,
        reason: str,
        ticket: Ticket[PositionView] | None = None,
    ) -> PositionView | StoredAnswer:
        """Return the position, paused. Only a running position can be paused."""
        move = (Status.RUNNING, Status.PAUSED, EventKind.PAUSED)
        return self._set_status(position_id, move, reason, ticket)

    def resolve_halt(
        self,
        *,
        position_id: str,
        reason: str,
        ticket: Ticket[PositionView] | None = None,
    ) -> PositionView | StoredAnswer:
        """Return the position, paused after a halt; a person starts it again.

        The last price is forgotten, so that the move that halted is not found again.
        """
        move = (Status.HALTED, Status.PAUSED, EventKind.HALT_RESOLVED)
        return self._set_status(position_id, move, reason, ticket)

    def _set_status(
        self,
        position_id: str,
        move: tuple[Status, Status, EventKind],
        reason: str,
        ticket: Ticket[PositionView] | None,
    ) -> PositionView | StoredAnswer:
        before, after, kind = move

        def work(book: Book) -> PositionView:
            journal = self._open_page(book, position_id)
            state = journal.record.state
            if state.status is not before:
                raise ConflictError(
                    reason=f"position_{state.status.value}",
                    message=f"{journal.record.name} is {state.status.value}; "
                    f"only a {before.value} position can become {after.value}.",
                )
            state = replace(state, status=after)
            if kind is EventKind.HALT_RESOLVED:
                state = replace(state, last_price=None, last_used_on=None)
                # What halted may have become known since: it is asked for before the next decision.
                journal.change(halt_reason=None, actions_known_at=None)
            if kind is EventKind.STARTED:
                require_armed(book, state.broker)
            if kind is EventKind.STARTED and journal.record.started_at is None:
                journal.change(started_at=self._clock.now())
            journal.move_to(state)
            journal.log(kind, {"reason": reason})
            return view_of(book, journal.save())

        return self._once(ticket, work)

    def move_cash(
        self,
        *,
        position_id: str,
        kind: LedgerKind,
        amount: int,
        reason: str,
        ticket: Ticket[CashMoved] | None = None,
    ) -> CashMoved | StoredAnswer:
        """Return the position after a deposit or withdrawal of `amount` micros.

        Raises
        ------
        InvalidInputError
            When a withdrawal is above the cash (the receivable cannot be taken out), or a
            deposit would leave the range of exact arithmetic.
        """

        def work(book: Book) -> CashMoved:
            journal = self._open_page(book, position_id)
            if journal.record.opening_fraction is not None:
                raise ConflictError(
                    reason="position_not_opened",
                    message=f"{journal.record.name} splits its opening value at its first price. "
                    "Move cash after that.",
                )
            _check_amount(journal.record, kind, amount)
            signed = amount if kind is LedgerKind.DEPOSIT else -amount
            journal.enter(kind, cash=signed, reason=reason)
            body = {"kind": kind.value, "amount": money_text(amount), "reason": reason}
            journal.log(EventKind.CASH_MOVED, body)
            record = journal.save()
            price = record.state.last_price
            if price is None:
                return CashMoved(position=view_of(book, record), decision=None, observation=None)
            halted = book.trading_halted()
            day = self._market.day(trading_halted=halted, gates=LIVE_GATES, what_if=True)
            observation = given_observation(record.state.symbol, price, day)
            decision = step(record.state, observation, record.strategy, day).decision
            return CashMoved(
                position=view_of(book, record),
                decision=decision,
                observation=observation,
                margins=margins(record.state, observation, record.strategy, day, decision),
            )

        return self._once(ticket, work)

    def reset_protection(
        self,
        *,
        position_id: str,
        reason: str,
        ticket: Ticket[PositionView] | None = None,
    ) -> PositionView | StoredAnswer:
        """Return the position; its fall is measured from the next price that is used."""

        def work(book: Book) -> PositionView:
            journal = self._open_page(book, position_id)
            reset_marks(journal, reason)
            return view_of(book, journal.save())

        return self._once(ticket, work)

    def set_anchor(
        self,
        *,
        position_id: str,
        price: int,
        reason: str,
        ticket: Ticket[PositionView] | None = None,
    ) -> PositionView | StoredAnswer:
        """Return the position with its anchor at `price` ticks, within a factor 2 of the last."""

        def work(book: Book) -> PositionView:
            journal = self._open_page(book, position_id)
            state = journal.record.state
            low, high = 1, rules.PRICE_MAX
            if state.last_price is not None:
                low, high = -(-state.last_price // 2), min(2 * state.last_price, high)
            errors = amount_errors("price", price, low, high, price_text)
            if errors:
                raise InvalidInputError(*errors)
            journal.move_to(replace(state, anchor=price))
            journal.log(EventKind.ANCHOR_SET, {"price": price_text(price), "reason": reason})
            return view_of(book, journal.save())

        return self._once(ticket, work)

    def archive(self, *, position_id: str, reason: str) -> PositionView:
        """Return the position, archived: it keeps its history and trades no more.

        Raises
        ------
        ConflictError
            When it is running or has an order in flight.
        """
        with self._store.book() as book:
            journal = self._open_page(book, position_id)
            state = journal.record.state
            if state.status is Status.RUNNING or state.order_in_flight:
                raise ConflictError(
                    reason="position_active",
                    message=f"{journal.record.name} is running or has an open order. "
                    "Pause it and wait for its order, then archive it.",
                )
            journal.change(archived_at=self._clock.now())
            journal.log(EventKind.ARCHIVED, {"reason": reason})
            return view_of(book, journal.save())

    def _once[T](self, ticket: Ticket[T] | None, work: Callable[[Book], T]) -> T | StoredAnswer:
        with self._store.book() as book:
            return once(book, ticket, lambda: work(book))

    def _open_page(self, book: Book, position_id: str) -> Journal:
        record = book.lock_position(position_id=position_id)
        if record.archived_at is not None:
            raise ConflictError(
                reason="position_archived",
                message=f"{record.name} is archived and does not change any more.",
            )
        return Journal(book=book, record=record, at=self._clock.now())


def _check_amount(record: PositionRecord, kind: LedgerKind, amount: int) -> None:
    state = record.state
    if kind is LedgerKind.WITHDRAWAL:
        high = state.cash
    else:
        value = state.value_at(state.last_price or state.anchor or 0)
        high = (rules.VALUE_MAX - value) // VALUE_PER_MICRO
    errors: list[FieldError] = amount_errors("amount", amount, 1, high, money_text)
    if errors:
        raise InvalidInputError(*errors)
