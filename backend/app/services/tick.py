"""One full cycle on the current market price: observe, step, order, fill, in one transaction."""

import uuid
from contextlib import suppress
from dataclasses import dataclass, replace

from app.domain.book import (
    DecisionRecord,
    OrderRecord,
    PositionRecord,
    StoredAnswer,
    TradeRecord,
)
from app.domain.decision import Gate, Proposed, Refused
from app.domain.errors import BrokerError, ConflictError
from app.domain.observation import MarketPhase, Observation
from app.domain.order import LIVE_STATES, OrderEnd, OrderState, complete_order
from app.domain.position import Broker as BrokerName
from app.domain.position import Position
from app.domain.record import observation_body
from app.domain.session import LIVE_GATES, Day
from app.domain.step import step
from app.services.carry_order import CarryOrder
from app.services.corporate_actions import CorporateActions
from app.services.journal import Journal
from app.services.once import Ticket, answered
from app.services.open_position import opened_at, opening_price
from app.services.ports import Book, Broker, Store
from app.services.read_market import ReadMarket
from app.services.read_position import PositionView, view_after, view_of
from app.services.record_decision import record_decision

# Fixed for ever: an order's identity follows from its position and decision.
ORDER_NAMESPACE = uuid.UUID("9d2ad1a2-6b44-5b0e-9b1c-0f6f3a8f3c57")
# The status of an answer that only notes its decision (102, "processing").
_GOES_ON = 102


@dataclass(frozen=True, slots=True, kw_only=True)
class TickResult:
    """What a tick did: the decision, and the order and trade when it proposed one."""

    position: PositionView
    decision: DecisionRecord
    order: OrderRecord | None
    trade: TradeRecord | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """What a position is driven by; `lot` and `epoch` are None on paper."""

    observation: Observation
    lot: int | None
    epoch: int | None


class Tick:
    """Drives one position by one observation.

    An order on paper is filled in the transaction of its decision, as nothing is outside of it.
    One for a broker is committed first, so that whatever happens then, it is known that it may
    have been sent; `CarryOrder` takes it from there.
    """

    def __init__(
        self,
        *,
        store: Store,
        market: ReadMarket,
        broker: Broker,
        carrying: CarryOrder,
        actions: CorporateActions,
    ) -> None:
        self._store = store
        self._market = market
        self._broker = broker
        self._actions = actions
        self._venues = carrying.venues
        self._carrying = carrying

    def tick(
        self, *, position_id: str, ticket: Ticket[TickResult] | None = None
    ) -> TickResult | StoredAnswer:
        """Return what the current price of the market led to; hold and refused are answers too.

        Raises
        ------
        ProviderError, BrokerError
            When there is no price, or the dividends and splits up to today cannot be asked for,
            or the broker does not answer before anything was decided; nothing was decided.
        NotFoundError, ConflictError
            When there is no such position, or it is archived, or another process trades, or a
            dividend or split waits to be booked.
        """
        with self._store.book() as book:
            # A repeated request has its answer, even while the provider is away.
            stored = answered(book, ticket)
            if stored is not None:
                return self._answer_again(book, position_id, stored)
            record = _tradable(book.get_position(position_id=position_id))
        if self._actions.are_due(record):
            # Before the market is looked at: a drop on an ex-date is no reason to buy.
            self._actions.bring_up_to_date(position_id=position_id)
        look = self._look(record.state)
        with self._store.book() as book:
            stored = answered(book, ticket)
            if stored is not None:
                return self._answer_again(book, position_id, stored)
            result = self._cycle(book, position_id, look)
            goes_on = result.order is not None and result.order.state in LIVE_STATES
            if ticket is not None:
                answer = _note(result) if goes_on else ticket.render(result)
                book.finish_request(key=ticket.key, answer=answer)
        if goes_on:
            result = self._carried(position_id, result.decision)
            if ticket is not None:
                with self._store.book() as book:
                    book.complete_request(key=ticket.key, answer=ticket.render(result))
        return result

    def _look(self, state: Position) -> _Look:
        """Return what the market shows where the position trades, and its smallest lot there."""
        if state.broker is BrokerName.PAPER:
            observation = self._market.observe(symbol=state.symbol)
            return _Look(observation=observation, lot=None, epoch=None)
        epoch = self._venues.epoch()
        venue = self._venues.at(state.broker)
        phase = venue.market.clock().phase
        return _Look(
            observation=venue.market.observe(symbol=state.symbol),
            lot=venue.brokerage.smallest_lot(symbol=state.symbol, phase=phase),
            epoch=epoch,
        )

    def _carried(self, position_id: str, decision: DecisionRecord) -> TickResult:
        """Carry the order of `decision` as far as it goes now, and return how far that was."""
        with suppress(BrokerError):  # the order is kept, and the loop goes on with it
            self._carrying.carry(position_id=position_id)
        with self._store.book() as book:
            return self._result(book, position_id, decision.number)

    def _answer_again(
        self, book: Book, position_id: str, stored: StoredAnswer
    ) -> TickResult | StoredAnswer:
        """Return the stored answer; where only its decision is noted, what came of that so far."""
        if stored.status != _GOES_ON:
            return stored
        result = self._result(book, position_id, int(stored.body))
        if result.order is not None and result.order.state is OrderState.NEW:
            raise ConflictError(
                reason="request_in_progress",
                message="The order of the first request with this Idempotency-Key is on its way. "
                "Repeat it in a moment to get its answer.",
            )
        return result

    def _result(self, book: Book, position_id: str, number: int) -> TickResult:
        record = book.get_position(position_id=position_id)
        decision = book.get_decision(position_id=position_id, number=number)
        order = book.find_order(position_id=position_id, order_id=_order_id(position_id, number))
        trades = () if order is None else book.trades_of_order(order_id=order.id)
        return TickResult(
            position=view_of(book, record),
            decision=decision,
            order=order,
            trade=trades[-1] if trades else None,
        )

    def _cycle(self, book: Book, position_id: str, look: _Look) -> TickResult:
        record = _tradable(book.lock_position(position_id=position_id))
        if look.epoch is not None:
            book.require_epoch(epoch=look.epoch)
        observation = look.observation
        day = self._market.day(
            trading_halted=book.trading_halted(), gates=LIVE_GATES, what_if=False
        )
        day = replace(day, lot=look.lot)
        journal = Journal(book=book, record=record, at=day.now)
        stepped = step(record.state, observation, record.strategy, day)
        first_price = opening_price(record, observation, stepped)
        if first_price is not None:
            opened = opened_at(record, first_price)
            journal.open_at(price=first_price, cash=opened.cash, shares=opened.shares)
            stepped = step(journal.record.state, observation, record.strategy, day)
        decision = record_decision(book, journal, observation, day, stepped)
        journal.move_to(stepped.position)
        if stepped.position.last_observed_at == observation.observed_at:
            journal.change(
                price_source=observation.source,
                price_received_at=observation.received_at,
                price_delay_minutes=observation.delay_minutes,
            )
        order, trade = None, None
        match stepped.decision:
            case Proposed() as proposed:
                order = _intend(book, journal, proposed, decision, day)
                if look.epoch is None:
                    order, trade = self._fill_on_paper(book, journal, order, day)
            case Refused(reason=Gate.SPLIT_SUSPECTED):
                _halt(journal, observation)
            case _:
                pass
        view = view_after(decision, journal.save())
        return TickResult(position=view, decision=decision, order=order, trade=trade)

    def _fill_on_paper(
        self, book: Book, journal: Journal, order: OrderRecord, day: Day
    ) -> tuple[OrderRecord, TradeRecord]:
        """Fill the order with the paper broker and book the fill."""
        fill = self._broker.execute(order=order, strategy=journal.record.strategy)
        trade = journal.book(fill, order=order, fill_id=f"{order.id}:1")
        journal.move_to(complete_order(journal.record.state, (fill,), at=day.now))
        order = replace(
            order,
            state=OrderState.DONE,
            done_at=day.now,
            filled=fill.quantity,
            ended=OrderEnd.FILLED,
        )
        book.save_order(order=order)
        return order, trade


def _intend(
    book: Book, journal: Journal, proposed: Proposed, decision: DecisionRecord, day: Day
) -> OrderRecord:
    """Store and return the order that a proposal calls for."""
    order = OrderRecord(
        id=_order_id(journal.record.id, decision.number),
        decision_number=decision.number,
        side=proposed.sizing.side,
        quantity=proposed.sizing.quantity,
        limit_price=proposed.sizing.worst_price,
        reason=proposed.reason,
        state=OrderState.NEW,
        created_at=day.now,
        done_at=None,
        extended=day.phase is MarketPhase.EXTENDED,
    )
    book.add_order(position_id=journal.record.id, order=order)
    return order


def _order_id(position_id: str, number: int) -> str:
    """Return the id of the order of decision `number`, which a broker takes once, for ever."""
    return str(uuid.uuid5(ORDER_NAMESPACE, f"{position_id}:{number}"))


def _note(result: TickResult) -> StoredAnswer:
    """Return what stands for the answer until the order has gone as far as it goes."""
    return StoredAnswer(status=_GOES_ON, body=str(result.decision.number))


def _tradable(record: PositionRecord) -> PositionRecord:
    if record.archived_at is not None:
        raise ConflictError(
            reason="position_archived",
            message=f"{record.name} is archived. It keeps its history and trades no more.",
        )
    return record


def _halt(journal: Journal, observation: Observation) -> None:
    journal.halt(
        f"{observation.symbol} moved overnight by about a split's ratio and no split is confirmed. "
        "Check the split, adjust the position, then resolve the halt.",
        observation=observation_body(observation),
    )
