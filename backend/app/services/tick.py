"""One full cycle on the current market price: observe, step, order, fill, in one transaction."""

import uuid
from dataclasses import dataclass, replace

from app.domain import rules
from app.domain.book import (
    DecisionRecord,
    OrderRecord,
    PositionRecord,
    StoredAnswer,
    TradeRecord,
)
from app.domain.decision import Decision, Gate, Proposed, Refused
from app.domain.errors import ConflictError
from app.domain.events import EventKind
from app.domain.observation import Observation
from app.domain.order import OrderState, complete_order
from app.domain.record import (
    day_body,
    decision_body,
    observation_body,
    position_body,
    repeats_body,
)
from app.domain.session import LIVE_GATES, Day
from app.domain.step import Step, step
from app.services.journal import Journal
from app.services.once import Ticket, answered, once
from app.services.open_position import opened_at, opening_price
from app.services.ports import Book, Broker, Store
from app.services.read_market import ReadMarket
from app.services.read_position import PositionView, view_of

# Fixed for ever: an order's identity follows from its position and decision.
ORDER_NAMESPACE = uuid.UUID("9d2ad1a2-6b44-5b0e-9b1c-0f6f3a8f3c57")


@dataclass(frozen=True, slots=True, kw_only=True)
class TickResult:
    """What a tick did: the decision, and the order and trade when it proposed one."""

    position: PositionView
    decision: DecisionRecord
    order: OrderRecord | None
    trade: TradeRecord | None


class Tick:
    """Drives one position by one observation."""

    def __init__(self, *, store: Store, market: ReadMarket, broker: Broker) -> None:
        self._store = store
        self._market = market
        self._broker = broker

    def tick(
        self, *, position_id: str, ticket: Ticket[TickResult] | None = None
    ) -> TickResult | StoredAnswer:
        """Return what the current price of the market led to; hold and refused are answers too.

        Raises
        ------
        ProviderError
            When there is no price; nothing was changed.
        NotFoundError, ConflictError
            When there is no such position, or it is archived.
        """
        with self._store.book() as book:
            # A repeated request has its answer, even while the provider is away.
            stored = answered(book, ticket)
            if stored is not None:
                return stored
            symbol = _tradable(book.get_position(position_id=position_id)).state.symbol
        observation = self._market.observe(symbol=symbol)
        with self._store.book() as book:
            return once(book, ticket, lambda: self._cycle(book, position_id, observation))

    def _cycle(self, book: Book, position_id: str, observation: Observation) -> TickResult:
        record = _tradable(book.lock_position(position_id=position_id))
        day = self._market.day(
            trading_halted=book.trading_halted(), gates=LIVE_GATES, what_if=False
        )
        journal = Journal(book=book, record=record, at=day.now)
        stepped = step(record.state, observation, record.strategy, day)
        first_price = opening_price(record, observation, stepped)
        if first_price is not None:
            opened = opened_at(record, first_price)
            journal.open_at(price=first_price, cash=opened.cash, shares=opened.shares)
            stepped = step(journal.record.state, observation, record.strategy, day)
        decision = _record_decision(book, journal, observation, day, stepped)
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
                order, trade = self._place(book, journal, proposed, decision, day)
            case Refused(reason=Gate.SPLIT_SUSPECTED):
                _halt(journal, observation)
            case _:
                pass
        view = view_of(book, journal.save())
        return TickResult(position=view, decision=decision, order=order, trade=trade)

    def _place(
        self,
        book: Book,
        journal: Journal,
        proposed: Proposed,
        decision: DecisionRecord,
        day: Day,
    ) -> tuple[OrderRecord, TradeRecord]:
        """Place the order of a proposal with the paper broker and book its fill."""
        record = journal.record
        order = OrderRecord(
            id=str(uuid.uuid5(ORDER_NAMESPACE, f"{record.id}:{decision.number}")),
            decision_number=decision.number,
            side=proposed.sizing.side,
            quantity=proposed.sizing.quantity,
            limit_price=proposed.sizing.worst_price,
            reason=proposed.reason,
            state=OrderState.NEW,
            created_at=day.now,
            done_at=None,
        )
        book.add_order(position_id=record.id, order=order)
        fill = self._broker.execute(order=order, strategy=record.strategy)
        trade = journal.book(fill, order=order, fill_id=f"{order.id}:1")
        journal.move_to(complete_order(journal.record.state, (fill,), at=day.now))
        order = replace(order, state=OrderState.DONE, done_at=day.now)
        book.save_order(order=order)
        return order, trade


def _tradable(record: PositionRecord) -> PositionRecord:
    if record.archived_at is not None:
        raise ConflictError(
            reason="position_archived",
            message=f"{record.name} is archived. It keeps its history and trades no more.",
        )
    return record


def _record_decision(
    book: Book, journal: Journal, observation: Observation, day: Day, stepped: Step
) -> DecisionRecord:
    """Store the decision, or count it on an equal refusal just before it."""
    record = journal.record
    last = book.last_decision(position_id=record.id)
    if last is not None and _repeats(last, stepped.decision, record):
        return book.repeat_decision(
            position_id=record.id, number=last.number, at=day.now, price=observation.price
        )
    decision = DecisionRecord(
        number=record.decisions + 1,
        at=day.now,
        strategy_version=record.state.strategy_version,
        rules_version=rules.RULES_VERSION,
        outcome=decision_body(stepped.decision),
        before=position_body(record.state),
        after=position_body(stepped.position),
        observation=observation_body(observation),
        day=day_body(day),
        checks=1,
        last_at=day.now,
        price_low=observation.price,
        price_high=observation.price,
    )
    book.add_decision(position_id=record.id, decision=decision)
    journal.change(decisions=decision.number)
    journal.log(EventKind.DECIDED, _event_body(decision, last))
    return decision


def _repeats(last: DecisionRecord, decision: Decision, record: PositionRecord) -> bool:
    return (
        isinstance(decision, Refused)
        and last.outcome["kind"] == "refused"
        and last.outcome["reason"] == decision.reason.value
        and last.strategy_version == record.state.strategy_version
    )


def _event_body(decision: DecisionRecord, last: DecisionRecord | None) -> dict[str, object]:
    """Return what the chain protects: the decision, and how often the last one was repeated."""
    body: dict[str, object] = {
        "number": decision.number,
        "strategy_version": decision.strategy_version,
        "rules_version": decision.rules_version,
        "outcome": decision.outcome,
        "before": decision.before,
        "after": decision.after,
        "observation": decision.observation,
        "day": decision.day,
    }
    if last is not None and last.checks > 1:
        body["repeats"] = repeats_body(
            checks=last.checks, last_at=last.last_at, low=last.price_low, high=last.price_high
        )
    return body


def _halt(journal: Journal, observation: Observation) -> None:
    state = journal.record.state
    reason = (
        f"{state.symbol} moved overnight by about a split's ratio and no split is confirmed. "
        "Check the split, adjust the position, then resolve the halt."
    )
    journal.change(halt_reason=reason)
    journal.log(EventKind.HALTED, {"reason": reason, "observation": observation_body(observation)})
