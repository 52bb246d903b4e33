"""Writing to a locked position: its ledger, its audit chain and its state move together."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from app.domain.book import (
    FLOWS,
    AuditEvent,
    LedgerEntry,
    LedgerKind,
    OrderRecord,
    PositionRecord,
    TradeRecord,
)
from app.domain.decision import Side
from app.domain.errors import DomainError
from app.domain.events import EventKind, canonical_json, chain_hash
from app.domain.order import Fill, book_fill
from app.domain.position import Position, Status
from app.domain.protection import Marks, scaled
from app.domain.record import moment_text
from app.domain.units import money_text, price_text, ratio_text, shares_text
from app.services.ports import Book


class Journal:
    """The open page of one position inside one transaction; `save` closes it."""

    def __init__(self, *, book: Book, record: PositionRecord, at: datetime) -> None:
        self._book = book
        self.at = at
        self.record = record

    def change(self, **fields: object) -> None:
        """Set fields of the record, such as its name or strategy."""
        self.record = replace(self.record, **fields)  # type: ignore[arg-type]  # checked by replace

    def move_to(self, state: Position) -> None:
        """Set the state that decisions depend on."""
        self.record = replace(self.record, state=state)

    def log(self, kind: EventKind, body: Mapping[str, object]) -> None:
        """Append an event to the audit chain, which protects its moment with its body."""
        text = canonical_json({**body, "at": moment_text(self.at)})
        previous = self.record.chain_head
        digest = chain_hash(previous=previous, kind=kind, body=text)
        event = AuditEvent(
            number=self.record.events + 1,
            at=self.at,
            kind=kind,
            body=text,
            previous=previous,
            hash=digest,
        )
        self._book.append_event(position_id=self.record.id, event=event)
        self.record = replace(self.record, events=event.number, chain_head=digest)

    def enter(
        self,
        kind: LedgerKind,
        *,
        cash: int = 0,
        shares: int = 0,
        receivable: int = 0,
        reference: str | None = None,
        reason: str | None = None,
    ) -> None:
        """Enter a movement of cash and receivable (micros) and shares (units) into the ledger."""
        last = self.record.ledger_entries
        state = self.record.state
        after = replace(
            state,
            cash=state.cash + cash,
            shares=state.shares + shares,
            receivable=state.receivable + receivable,
        )
        if kind in FLOWS:
            after = replace(after, marks=_marks_after(state, after))
        entry = LedgerEntry(
            number=last + 1,
            at=self.at,
            kind=kind,
            cash=cash,
            shares=shares,
            receivable=receivable,
            cash_after=after.cash,
            shares_after=after.shares,
            receivable_after=after.receivable,
            reference=reference,
            reason=reason,
        )
        self._book.add_ledger_entry(position_id=self.record.id, entry=entry)
        self.record = replace(self.record, state=after, ledger_entries=entry.number)

    def open_at(self, *, price: int, cash: int, shares: int) -> None:
        """Split the opening value into cash and shares at `price` ticks, as an opening balance."""
        spent = self.record.state.cash - cash
        self.enter(LedgerKind.OPENING, cash=-spent, shares=shares, reference="first price")
        self.change(
            opening_cash=cash, opening_shares=shares, opening_price=price, opening_fraction=None
        )
        body = {"cash": money_text(cash), "shares": shares_text(shares), "price": price_text(price)}
        self.log(EventKind.OPENED, {"opening": body})

    def book(self, fill: Fill, *, order: OrderRecord | None, fill_id: str) -> TradeRecord:
        """Book a fill: trade, ledger, state and event; return the trade.

        Without an order somebody made the trade at the broker without us.

        Raises
        ------
        DomainError
            When the book has not the cash or shares for it; nothing was booked.
        """
        after = book_fill(self.record.state, fill)
        kind = LedgerKind.BUY if fill.side is Side.BUY else LedgerKind.SELL
        self.enter(kind, cash=fill.cash_flow, shares=fill.shares_flow, reference=fill_id)
        if fill.commission:
            self.enter(LedgerKind.COMMISSION, cash=-fill.commission, reference=fill_id)
        assert self.record.state == after, "the ledger and the fill agree"
        trade = self._trade(fill, order=order, fill_id=fill_id, busts=None)
        self._add(trade, EventKind.FILLED)
        return trade

    def take_back(
        self, trade: TradeRecord, *, order: OrderRecord | None, bust_id: str
    ) -> TradeRecord:
        """Reverse a booked fill to the last micro; return the trade that takes it back.

        Raises
        ------
        DomainError
            When the book has not the cash or shares any more; nothing was booked.
        """
        fill, state = trade.fill, self.record.state
        cash, shares = -fill.cash_flow + fill.commission, -fill.shares_flow
        if state.cash + cash < 0 or state.shares + shares < 0:
            raise DomainError(
                f"Taking back fill {trade.fill_id} of {state.symbol} would leave less than nothing."
            )
        self.enter(LedgerKind.BUST, cash=cash, shares=shares, reference=bust_id)
        reverse = replace(fill, side=fill.side.opposite)
        busted = self._trade(reverse, order=order, fill_id=bust_id, busts=trade.fill_id)
        self._add(busted, EventKind.BUSTED)
        return busted

    def _trade(
        self, fill: Fill, *, order: OrderRecord | None, fill_id: str, busts: str | None
    ) -> TradeRecord:
        after = self.record.state
        return TradeRecord(
            n=self.record.trades + 1,
            fill_id=fill_id,
            order_id=None if order is None else order.id,
            decision_number=None if order is None else order.decision_number,
            at=self.at,
            side=fill.side,
            quantity=fill.quantity,
            price=fill.price,
            commission=fill.commission,
            reason=None if order is None else order.reason,
            cash_after=after.cash,
            shares_after=after.shares,
            stock_share_after=after.stock_share_at(fill.price) or 0,
            busts=busts,
        )

    def _add(self, trade: TradeRecord, kind: EventKind) -> None:
        self._book.add_trade(position_id=self.record.id, trade=trade)
        self.record = replace(self.record, trades=trade.n)
        self.log(kind, _trade_body(trade))

    def halt(self, reason: str, **details: object) -> None:
        """Halt the position; `details` stand beside the reason in the event."""
        self.move_to(replace(self.record.state, status=Status.HALTED))
        self.change(halt_reason=reason)
        self.log(EventKind.HALTED, {"reason": reason, **details})

    def save(self) -> PositionRecord:
        """Store the record and return it."""
        self._book.save_position(record=self.record)
        return self.record


def _marks_after(before: Position, after: Position) -> Marks | None:
    """Return the marks after a flow, at the last price; a resolved halt has forgotten that one."""
    price = before.last_price or before.anchor
    if price is None:
        return before.marks
    return scaled(before.marks, before=before.value_at(price), after=after.value_at(price))


def _trade_body(trade: TradeRecord) -> dict[str, object]:
    return {
        "n": trade.n,
        "fill_id": trade.fill_id,
        "order_id": trade.order_id,
        "decision_number": trade.decision_number,
        "side": trade.side.value,
        "quantity": shares_text(trade.quantity),
        "price": price_text(trade.price),
        "commission": money_text(trade.commission),
        "reason": trade.reason and trade.reason.value,
        **({} if trade.busts is None else {"busts": trade.busts}),
        "cash_after": money_text(trade.cash_after),
        "shares_after": shares_text(trade.shares_after),
        "stock_share_after": ratio_text(trade.stock_share_after),
    }
