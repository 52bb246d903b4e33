"""Writing to a locked position: its ledger, its audit chain and its state move together."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from app.domain.book import (
    AuditEvent,
    LedgerEntry,
    LedgerKind,
    OrderRecord,
    PositionRecord,
    TradeRecord,
)
from app.domain.decision import Side
from app.domain.events import EventKind, canonical_json, chain_hash
from app.domain.order import Fill, book_fill
from app.domain.position import Position
from app.domain.record import moment_text
from app.domain.units import money_text, price_text, ratio_text, shares_text
from app.services.ports import Book


class Journal:
    """The open page of one position inside one transaction; `save` closes it."""

    def __init__(self, *, book: Book, record: PositionRecord, at: datetime) -> None:
        self._book = book
        self._at = at
        self.record = record

    def change(self, **fields: object) -> None:
        """Set fields of the record, such as its name or strategy."""
        self.record = replace(self.record, **fields)  # type: ignore[arg-type]  # checked by replace

    def move_to(self, state: Position) -> None:
        """Set the state that decisions depend on."""
        self.record = replace(self.record, state=state)

    def log(self, kind: EventKind, body: Mapping[str, object]) -> None:
        """Append an event to the audit chain, which protects its moment with its body."""
        text = canonical_json({**body, "at": moment_text(self._at)})
        previous = self.record.chain_head
        digest = chain_hash(previous=previous, kind=kind, body=text)
        event = AuditEvent(
            number=self.record.events + 1,
            at=self._at,
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
        reference: str | None = None,
        reason: str | None = None,
    ) -> None:
        """Enter a movement of cash (micros) and shares (units) into the ledger."""
        last = self.record.ledger_entries
        state = self.record.state
        after = replace(state, cash=state.cash + cash, shares=state.shares + shares)
        entry = LedgerEntry(
            number=last + 1,
            at=self._at,
            kind=kind,
            cash=cash,
            shares=shares,
            receivable=0,
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

    def book(self, fill: Fill, *, order: OrderRecord, fill_id: str) -> TradeRecord:
        """Book a fill: trade, ledger, state and event; return the trade."""
        after = book_fill(self.record.state, fill)
        kind = LedgerKind.BUY if fill.side is Side.BUY else LedgerKind.SELL
        self.enter(kind, cash=fill.cash_flow, shares=fill.shares_flow, reference=fill_id)
        if fill.commission:
            self.enter(LedgerKind.COMMISSION, cash=-fill.commission, reference=fill_id)
        assert self.record.state == after, "the ledger and the fill agree"
        trade = TradeRecord(
            n=self.record.trades + 1,
            fill_id=fill_id,
            order_id=order.id,
            decision_number=order.decision_number,
            at=self._at,
            side=fill.side,
            quantity=fill.quantity,
            price=fill.price,
            commission=fill.commission,
            reason=order.reason,
            cash_after=after.cash,
            shares_after=after.shares,
            stock_share_after=after.stock_share_at(fill.price) or 0,
        )
        self._book.add_trade(position_id=self.record.id, trade=trade)
        self.record = replace(self.record, trades=trade.n)
        self.log(EventKind.FILLED, _trade_body(trade))
        return trade

    def save(self) -> PositionRecord:
        """Store the record and return it."""
        self._book.save_position(record=self.record)
        return self.record


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
        "reason": trade.reason.value,
        "cash_after": money_text(trade.cash_after),
        "shares_after": shares_text(trade.shares_after),
        "stock_share_after": ratio_text(trade.stock_share_after),
    }
