"""Announcing what is written and what is fetched, once it is certain; nothing else knows of it."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import cast

from app.domain.announcement import AnnouncementKind, ResetReason
from app.domain.book import AuditEvent, DecisionRecord, OrderRecord, PositionRecord, TradeRecord
from app.domain.errors import UnavailableError
from app.domain.events import EventKind
from app.domain.observation import Observation
from app.domain.trading import SwitchEvent, TradingSwitch
from app.domain.units import money_text, price_text, shares_text
from app.services.ports import Announcer, Book, Market, Shelf, Store

# These have announcements of their own; those of decisions count equal refusals too.
_TOLD_OTHERWISE = {EventKind.DECIDED, EventKind.FILLED}


class AnnouncingStore:
    """Satisfies `Store`: announces what a transaction on the positions wrote, once it committed."""

    def __init__(self, *, store: Store, events: Announcer) -> None:
        self._store = store
        self._events = events

    @contextmanager
    def book(self) -> Iterator[Book]:
        """Open a transaction on the positions.

        When its end is uncertain, because the answer to the commit was lost, readers are told to
        read again.
        """
        is_written = False
        try:
            with self._store.book() as book:
                noting = _NotingBook(book)
                yield cast("Book", noting)  # what it does not note goes to `book` as it is
                is_written = bool(noting.notes)
        except UnavailableError:
            if is_written:
                reason = {"reason": ResetReason.MISSED.value}
                self._events.publish(kind=AnnouncementKind.RESET, body=reason)
            raise
        for (kind, _), body in noting.notes.items():
            self._events.publish(kind=kind, body=body)

    def shelf(self) -> AbstractContextManager[Shelf]:
        """Open a transaction on datasets and runs."""
        return self._store.shelf()


class AnnouncingMarket:
    """Satisfies `Market`: announces each observation that was fetched."""

    def __init__(self, *, market: Market, events: Announcer) -> None:
        self._market = market
        self._events = events

    def observe(self, *, symbol: str) -> Observation:
        """Return the latest observation of `symbol`."""
        observation = self._market.observe(symbol=symbol)
        self._events.publish(kind=AnnouncementKind.PRICE, body=_price_body(observation))
        return observation


class _NotingBook:
    """Notes what is written to a book; the last state of an order or decision is what counts."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._position_id = ""
        self.notes: dict[tuple[AnnouncementKind, object], Mapping[str, object]] = {}

    def __getattr__(self, name: str) -> object:
        return getattr(self._book, name)

    def lock_position(self, *, position_id: str) -> PositionRecord:
        self._position_id = position_id
        return self._book.lock_position(position_id=position_id)

    def add_decision(self, *, position_id: str, decision: DecisionRecord) -> None:
        self._book.add_decision(position_id=position_id, decision=decision)
        self._note_decision(position_id, decision)

    def repeat_decision(
        self, *, position_id: str, number: int, at: datetime, price: int | None
    ) -> DecisionRecord:
        decision = self._book.repeat_decision(
            position_id=position_id, number=number, at=at, price=price
        )
        self._note_decision(position_id, decision)
        return decision

    def add_order(self, *, position_id: str, order: OrderRecord) -> None:
        self._position_id = position_id
        self._book.add_order(position_id=position_id, order=order)
        self._note_order(order)

    def save_order(self, *, order: OrderRecord) -> None:
        self._book.save_order(order=order)
        self._note_order(order)

    def add_trade(self, *, position_id: str, trade: TradeRecord) -> None:
        self._book.add_trade(position_id=position_id, trade=trade)
        self.notes[AnnouncementKind.FILL, trade.n] = _fill_body(position_id, trade)

    def append_event(self, *, position_id: str, event: AuditEvent) -> None:
        self._book.append_event(position_id=position_id, event=event)
        if event.kind not in _TOLD_OTHERWISE:
            body = {
                "position_id": position_id,
                "change": event.kind.value,
                "at": _moment(event.at),
            }
            self.notes[AnnouncementKind.POSITION, event.number] = body

    def flip_switch(self, *, switch: TradingSwitch, event: SwitchEvent) -> None:
        self._book.flip_switch(switch=switch, event=event)
        body = {
            "halted": switch.halted,
            "reason": switch.reason,
            "changed_at": _moment(switch.changed_at),
        }
        self.notes[AnnouncementKind.TRADING, event.number] = body

    def _note_decision(self, position_id: str, decision: DecisionRecord) -> None:
        body = _decision_body(position_id, decision)
        self.notes[AnnouncementKind.DECISION, decision.number] = body

    def _note_order(self, order: OrderRecord) -> None:
        assert self._position_id, "an order is written within its locked position"
        self.notes[AnnouncementKind.ORDER, order.id] = _order_body(self._position_id, order)


def _price_body(observation: Observation) -> dict[str, object]:
    return {
        "symbol": observation.symbol,
        "price": None if observation.price is None else price_text(observation.price),
        "observed_at": _moment(observation.observed_at),
        "received_at": _moment(observation.received_at),
        "source": observation.source,
    }


def _decision_body(position_id: str, decision: DecisionRecord) -> dict[str, object]:
    outcome = decision.outcome
    return {
        "position_id": position_id,
        "number": decision.number,
        "at": _moment(decision.last_at),
        "kind": outcome["kind"],
        "reason": outcome["reason"],
        "side": outcome["side"],
        "reference_price": outcome["reference_price"],
        "checks": decision.checks,
    }


def _order_body(position_id: str, order: OrderRecord) -> dict[str, object]:
    return {
        "position_id": position_id,
        "id": order.id,
        "decision_number": order.decision_number,
        "side": order.side.value,
        "quantity": shares_text(order.quantity),
        "limit_price": price_text(order.limit_price),
        "state": order.state.value,
    }


def _fill_body(position_id: str, trade: TradeRecord) -> dict[str, object]:
    return {
        "position_id": position_id,
        "n": trade.n,
        "order_id": trade.order_id,
        "decision_number": trade.decision_number,
        "at": _moment(trade.at),
        "side": trade.side.value,
        "quantity": shares_text(trade.quantity),
        "price": price_text(trade.price),
        "commission": money_text(trade.commission),
    }


def _moment(at: datetime) -> str:
    """Return RFC 3339 in UTC, as the answers of the API write it."""
    return at.isoformat().replace("+00:00", "Z")
