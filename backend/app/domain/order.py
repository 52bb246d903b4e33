"""Orders and fills: a fill is a fact and is always booked."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from app.domain import rules
from app.domain.decision import Side, Sizing
from app.domain.errors import DomainError
from app.domain.position import Position
from app.domain.sizing import commission
from app.domain.strategy import Strategy


class OrderState(StrEnum):
    """Where an order stands; `new`, `open` and `unknown` are live."""

    NEW = "new"
    OPEN = "open"
    UNKNOWN = "unknown"
    DONE = "done"
    VOID = "void"
    REJECTED = "rejected"


LIVE_STATES = frozenset((OrderState.NEW, OrderState.OPEN, OrderState.UNKNOWN))


class OrderEnd(StrEnum):
    """Why an order is not live any more."""

    FILLED = "filled"
    CANCELED = "canceled"
    EXPIRED = "expired"
    REFUSED = "refused"
    """By the broker."""
    RISK = "risk"
    """By the last check before it would have been sent."""
    MISSING = "missing"
    """The broker never had it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """A trade that happened: share units at a price in ticks, commission in micros."""

    side: Side
    quantity: int
    price: int
    commission: int

    def __post_init__(self) -> None:
        assert self.quantity > 0, "a fill has a quantity"
        assert self.price > 0, "a fill has a price"
        assert self.commission >= 0, "a commission is paid, not received"

    @property
    def shares_flow(self) -> int:
        """Return the change in shares, in units."""
        return self.quantity if self.side is Side.BUY else -self.quantity

    @property
    def cash_flow(self) -> int:
        """Return the change in cash before commission, in micros, rounded against us."""
        if self.side is Side.BUY:
            return -rules.buy_cost(self.quantity, self.price)
        return rules.sell_proceeds(self.quantity, self.price)


def whole_fill(*, side: Side, quantity: int, price: int, strategy: Strategy) -> Fill:
    """Return the fill of all `quantity` units at `price` ticks, for the strategy's commission."""
    paid = commission(quantity, price, strategy)
    return Fill(side=side, quantity=quantity, price=price, commission=paid)


def book_fill(position: Position, fill: Fill) -> Position:
    """Return the position after `fill`: q += x, c -= x * price + commission, or the reverse.

    Raises
    ------
    DomainError
        When shares or cash would go below zero: the fill contradicts our own book.
    """
    shares = position.shares + fill.shares_flow
    cash = position.cash + fill.cash_flow - fill.commission
    if shares < 0 or cash < 0:
        raise DomainError(
            f"A fill of {position.symbol} would leave {shares} share units and {cash} micros. "
            "The book and the fill disagree; nothing was booked."
        )
    return replace(position, shares=shares, cash=cash)


def complete_order(position: Position, fills: Sequence[Fill], *, at: datetime) -> Position:
    """Return the position once its order is done: the anchor becomes the mean fill price.

    The mean is weighted by quantity and rounded half up to a tick; without a fill the anchor
    stays.
    """
    anchor = position.anchor
    quantity = sum(fill.quantity for fill in fills)
    if quantity:
        notional = sum(fill.quantity * fill.price for fill in fills)
        anchor = (2 * notional + quantity) // (2 * quantity)
    return replace(position, anchor=anchor, order_in_flight=False, last_order_done_at=at)


def fill_whole(position: Position, *, sizing: Sizing, at: datetime) -> tuple[Position, Fill]:
    """Return the position once the order has filled whole at its worst price, and the fill."""
    fill = Fill(
        side=sizing.side,
        quantity=sizing.quantity,
        price=sizing.worst_price,
        commission=sizing.commission,
    )
    return complete_order(book_fill(position, fill), (fill,), at=at), fill
