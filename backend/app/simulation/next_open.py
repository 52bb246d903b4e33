"""The execution model `next_open`: decided on a close, filled at the open of the next bar."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from app.domain import rules
from app.domain.corporate_action import Split
from app.domain.decision import Proposed, RefusalReason, Sizing
from app.domain.order import Fill, complete_order, fill_whole
from app.domain.position import Position
from app.domain.sizing import retrim_order
from app.domain.step import refusal_of
from app.domain.strategy import Strategy
from app.simulation.market import Market


class Expiry(StrEnum):
    """Why an order ended without having met an open."""

    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An order on its way to the next open: the bar of its decision, and its size in units."""

    decided: int
    sizing: Sizing
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfilled:
    """An order that ended without a fill; `decided` is the bar of its decision.

    `sizing` is what the rules left of it at the open; None where it met none.
    """

    decided: int
    at: datetime
    reason: RefusalReason | Expiry
    sizing: Sizing | None


def waiting_order(proposal: Proposed, *, bar: int) -> Waiting:
    """Return the order that was proposed on the close of `bar`."""
    return Waiting(decided=bar, sizing=proposal.sizing, quantity=proposal.sizing.quantity)


def split_waiting(waiting: Waiting, split: Split, strategy: Strategy) -> Waiting:
    """Return the order after `split`, rounded toward zero to the lot."""
    scaled = waiting.quantity * split.numerator // split.denominator
    return replace(waiting, quantity=rules.floor_to_lot(scaled, strategy.lot))


def fill_at_open(
    position: Position, waiting: Waiting, *, market: Market, price: int
) -> tuple[Position, Fill | Unfilled]:
    """Return the position once the order is done at the open `price`, and how it ended."""
    at = market.day.now
    sizing = retrim_order(
        position,
        market.observation(price),
        price,
        market.strategy,
        waiting.sizing,
        waiting.quantity,
    )
    refusal = refusal_of(position, price, market.strategy, sizing)
    if refusal is None:
        return fill_whole(position, sizing=sizing, at=at)
    ended = Unfilled(decided=waiting.decided, at=at, reason=refusal, sizing=sizing)
    return complete_order(position, (), at=at), ended


def expired(waiting: Waiting, *, at: datetime) -> Unfilled:
    """Return the end of an order that waited beyond the last bar."""
    return Unfilled(decided=waiting.decided, at=at, reason=Expiry.EXPIRED, sizing=None)
