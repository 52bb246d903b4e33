"""Triggers at which no order would be proposed, for the warning about them."""

from dataclasses import dataclass, replace

from app.domain import rules
from app.domain.decision import Proposed, Side
from app.domain.position import Position
from app.domain.session import Day
from app.domain.strategy import Strategy
from app.domain.what_if import FirstOrder, Way, first_order, step_at


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingOrder:
    """A trigger at which no order is proposed, and the first price (ticks) at which one is.

    `executable_at` is None when there is none within the searched range.
    """

    side: Side
    trigger: int
    reason: str
    executable_at: int | None


def waiting_orders(position: Position, strategy: Strategy, day: Day) -> tuple[WaitingOrder, ...]:
    """Return the triggers of `strategy` at which no order would be proposed."""
    if position.anchor is None:
        return ()
    fresh = replace(position, orders_today=0, last_order_done_at=None)
    day = replace(day, what_if=True)
    triggers = (
        (Side.SELL, Way.UP, rules.sell_at(position.anchor, strategy.up)),
        (Side.BUY, Way.DOWN, rules.buy_at(position.anchor, strategy.down)),
    )
    waiting = []
    for side, way, trigger in triggers:
        decision = step_at(fresh, trigger, strategy, day).decision
        if not isinstance(decision, Proposed):
            first = first_order(fresh, strategy, day, start=trigger, way=way)
            waiting.append(
                WaitingOrder(
                    side=side,
                    trigger=trigger,
                    reason=decision.reason.value,
                    executable_at=first.price if isinstance(first, FirstOrder) else None,
                )
            )
    return tuple(waiting)
