"""Positions and what hangs on them, on the wire."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from app.domain.book import PositionRecord
from app.domain.strategy import strategy_body
from app.domain.units import money_text, price_text, ratio_text, shares_text, value_text
from app.routes.v1.schemas.decisions import DecisionOut, EvaluationOut, decision_out
from app.routes.v1.schemas.market import PriceOut, price_out
from app.routes.v1.schemas.protections import ProtectionsIn, ProtectionsOut, protections_out
from app.routes.v1.schemas.strategies import StrategyIn, StrategyOut
from app.routes.v1.schemas.timeline import OrderOut, TradeOut
from app.routes.v1.schemas.wire import (
    DecimalText,
    FractionIn,
    MoneyIn,
    PriceIn,
    Reason,
    SharesIn,
    Text,
    WireModel,
)
from app.services.preview import WaitingOrder
from app.services.read_position import PositionView, last_price_of


class OpeningIn(WireModel):
    """Either cash and shares, with an anchor or without, or a value and its part in stock."""

    cash: MoneyIn | None = None
    shares: SharesIn | None = None
    anchor_price: PriceIn | None = None
    value: MoneyIn | None = None
    stock_fraction: FractionIn | None = None


class PositionIn(WireModel):
    """A position to open."""

    symbol: str
    opening: OpeningIn
    strategy: StrategyIn | None = None  # type: ignore[valid-type]  # made from the field table
    protections: ProtectionsIn | None = None
    broker: str = "paper"
    name: Text | None = None


class PositionPatch(WireModel):
    """What to change; strategy and protections are laid over the present ones."""

    name: Annotated[Text, Field(min_length=1, max_length=80)] | None = None
    strategy: StrategyIn | None = None  # type: ignore[valid-type]  # made from the field table
    protections: ProtectionsIn | None = None
    reason: Reason = "changed by hand"


class StatusChangeIn(WireModel):
    """Why the status changes."""

    reason: Reason = "by hand"


class CashMovementIn(WireModel):
    """Money put in or taken out, and why."""

    kind: Literal["deposit", "withdrawal"]
    amount: MoneyIn
    reason: Reason


class AnchorIn(WireModel):
    """A new anchor, and why."""

    price: PriceIn
    reason: Reason


class EvaluateIn(WireModel):
    """The price to evaluate at; without it, the current price of the market."""

    price: PriceIn | None = None


class WaitingOrderOut(WireModel):
    """A trigger at which no order would be proposed, and the first price at which one is."""

    side: Literal["buy", "sell"]
    trigger: DecimalText
    reason: str
    executable_at: DecimalText | None


class OpeningOut(WireModel):
    """What the position started with; the price is null until it is known."""

    cash: DecimalText
    shares: DecimalText
    price: DecimalText | None
    stock_fraction: DecimalText | None


class PositionOut(WireModel):
    """A position; what needs a price is null until one was used."""

    id: str
    symbol: str
    name: str
    broker: str
    status: Literal["paused", "running", "halted"]
    halt_reason: str | None
    shares: DecimalText
    cash: DecimalText
    receivable: DecimalText
    anchor_price: DecimalText | None
    sell_at: DecimalText | None
    buy_at: DecimalText | None
    value: DecimalText | None
    stock_share: DecimalText | None
    last_price: PriceOut | None
    orders_today: int
    opening: OpeningOut
    strategy: StrategyOut  # type: ignore[valid-type]  # made from the field table
    strategy_version: int
    protections: ProtectionsOut
    decisions: int
    trades: int
    events: int
    chain_head: str
    last_decision: DecisionOut | None
    warnings: list[WaitingOrderOut]
    created_at: datetime
    started_at: datetime | None
    archived_at: datetime | None


class TickOut(WireModel):
    """What a tick did."""

    decision: DecisionOut
    order: OrderOut | None
    trade: TradeOut | None
    position: PositionOut


class CashMovedOut(WireModel):
    """The position after the movement, and the decision that would follow at the last price."""

    position: PositionOut
    decision: EvaluationOut | None


def position_out(
    view: PositionView, warnings: tuple[WaitingOrder, ...] = (), *, at: datetime
) -> PositionOut:
    """Return a position as the wire writes it, its last price with its age at `at`."""
    record = view.record
    last = last_price_of(record)
    state = record.state
    return PositionOut(
        id=record.id,
        symbol=state.symbol,
        name=record.name,
        broker=state.broker.value,
        status=state.status.value,
        halt_reason=record.halt_reason,
        shares=shares_text(state.shares),
        cash=money_text(state.cash),
        receivable=money_text(state.receivable),
        anchor_price=_price(state.anchor),
        sell_at=_price(view.sell_at),
        buy_at=_price(view.buy_at),
        value=None if view.value is None else value_text(view.value),
        stock_share=None if view.stock_share is None else ratio_text(view.stock_share),
        last_price=None if last is None else price_out(last, at=at),
        orders_today=state.orders_today,
        opening=_opening(record),
        strategy=StrategyOut.model_validate(strategy_body(record.strategy)),
        strategy_version=state.strategy_version,
        protections=protections_out(state),
        decisions=record.decisions,
        trades=record.trades,
        events=record.events,
        chain_head=record.chain_head,
        last_decision=decision_out(view.last_decision) if view.last_decision else None,
        warnings=[_waiting(order) for order in warnings],
        created_at=record.created_at,
        started_at=record.started_at,
        archived_at=record.archived_at,
    )


def _opening(record: PositionRecord) -> OpeningOut:
    fraction = record.opening_fraction
    return OpeningOut(
        cash=money_text(record.opening_cash),
        shares=shares_text(record.opening_shares),
        price=_price(record.opening_price),
        stock_fraction=None if fraction is None else ratio_text(fraction),
    )


def _waiting(order: WaitingOrder) -> WaitingOrderOut:
    return WaitingOrderOut(
        side=order.side.value,
        trigger=price_text(order.trigger),
        reason=order.reason,
        executable_at=_price(order.executable_at),
    )


def _price(ticks: int | None) -> str | None:
    return None if ticks is None else price_text(ticks)
