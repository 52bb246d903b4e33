"""How a simulated order is filled: whole, at its worst price."""

from dataclasses import dataclass
from datetime import datetime

from app.domain.decision import Decision, Proposed
from app.domain.order import Fill, fill_whole
from app.domain.position import Position
from app.simulation.market import Market


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """One evaluation at `price` ticks, the fill that it led to, and the position after both."""

    at: datetime
    price: int
    decision: Decision
    fill: Fill | None
    position: Position


def evaluate_and_fill(position: Position, *, market: Market, price: int) -> Evaluation:
    """Return the evaluation of `position` at `price`; what is proposed fills at that price.

    Idealised: the order fills at the price that it was decided on, after slippage.
    """
    taken = market.ask(position, price)
    fill, after = None, taken.position
    if isinstance(taken.decision, Proposed):
        after, fill = fill_whole(after, sizing=taken.decision.sizing, at=market.day.now)
    return Evaluation(
        at=market.day.now, price=price, decision=taken.decision, fill=fill, position=after
    )
