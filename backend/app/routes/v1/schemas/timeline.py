"""What happened to a position, on the wire."""

from datetime import datetime
from typing import Literal

from app.domain.book import AuditEvent, LedgerEntry, OrderRecord, StrategyVersion, TradeRecord
from app.domain.strategy import strategy_body
from app.domain.units import money_text, price_text, ratio_text, shares_text
from app.routes.v1.schemas.strategies import StrategyOut
from app.routes.v1.schemas.wire import DecimalText, WireModel


class OrderOut(WireModel):
    """An order: a limit at the worst price."""

    id: str
    decision_number: int
    side: Literal["buy", "sell"]
    quantity: DecimalText
    limit_price: DecimalText
    reason: str
    state: str
    created_at: datetime
    done_at: datetime | None
    filled: DecimalText
    sent_at: datetime | None
    broker_order_id: str | None
    ended: str | None
    note: str | None


class TradeOut(WireModel):
    """A booked fill and the position after it.

    A trade that somebody made at the broker without the robot has no order, decision and reason.
    One that takes back another names its fill in `busts`.
    """

    n: int
    at: datetime
    side: Literal["buy", "sell"]
    quantity: DecimalText
    price: DecimalText
    commission: DecimalText
    reason: str | None
    cash_after: DecimalText
    shares_after: DecimalText
    stock_share_after: DecimalText
    fill_id: str
    order_id: str | None
    decision_number: int | None
    busts: str | None


class LedgerEntryOut(WireModel):
    """One movement of cash and shares, and what it left."""

    number: int
    at: datetime
    kind: str
    cash: DecimalText
    shares: DecimalText
    receivable: DecimalText
    cash_after: DecimalText
    shares_after: DecimalText
    receivable_after: DecimalText
    reference: str | None
    reason: str | None


class AuditEventOut(WireModel):
    """One link of the chain: hash = sha256(previous, kind, body), each with a line feed."""

    number: int
    at: datetime
    kind: str
    body: str
    previous: str
    hash: str


class StrategyVersionOut(WireModel):
    """One version of the strategy."""

    version: int
    strategy: StrategyOut  # type: ignore[valid-type]  # made from the field table
    created_at: datetime
    reason: str


def order_out(order: OrderRecord) -> OrderOut:
    """Return an order as the wire writes it."""
    return OrderOut(
        id=order.id,
        decision_number=order.decision_number,
        side=order.side.value,
        quantity=shares_text(order.quantity),
        limit_price=price_text(order.limit_price),
        reason=order.reason.value,
        state=order.state.value,
        created_at=order.created_at,
        done_at=order.done_at,
        filled=shares_text(order.filled),
        sent_at=order.sent_at,
        broker_order_id=order.broker_order_id,
        ended=order.ended and order.ended.value,
        note=order.note,
    )


def trade_out(trade: TradeRecord) -> TradeOut:
    """Return a trade as the wire writes it."""
    return TradeOut(
        n=trade.n,
        at=trade.at,
        side=trade.side.value,
        quantity=shares_text(trade.quantity),
        price=price_text(trade.price),
        commission=money_text(trade.commission),
        reason=trade.reason and trade.reason.value,
        cash_after=money_text(trade.cash_after),
        shares_after=shares_text(trade.shares_after),
        stock_share_after=ratio_text(trade.stock_share_after),
        fill_id=trade.fill_id,
        order_id=trade.order_id,
        decision_number=trade.decision_number,
        busts=trade.busts,
    )


def ledger_entry_out(entry: LedgerEntry) -> LedgerEntryOut:
    """Return a ledger entry as the wire writes it."""
    return LedgerEntryOut(
        number=entry.number,
        at=entry.at,
        kind=entry.kind.value,
        cash=money_text(entry.cash),
        shares=shares_text(entry.shares),
        receivable=money_text(entry.receivable),
        cash_after=money_text(entry.cash_after),
        shares_after=shares_text(entry.shares_after),
        receivable_after=money_text(entry.receivable_after),
        reference=entry.reference,
        reason=entry.reason,
    )


def audit_event_out(event: AuditEvent) -> AuditEventOut:
    """Return an audit event as the wire writes it."""
    return AuditEventOut(
        number=event.number,
        at=event.at,
        kind=event.kind.value,
        body=event.body,
        previous=event.previous,
        hash=event.hash,
    )


def strategy_version_out(version: StrategyVersion) -> StrategyVersionOut:
    """Return a version of a strategy as the wire writes it."""
    return StrategyVersionOut(
        version=version.version,
        strategy=StrategyOut.model_validate(strategy_body(version.strategy)),
        created_at=version.created_at,
        reason=version.reason,
    )
