"""What the rules would answer: at a price, and at which price they first propose an order."""

from dataclasses import dataclass, replace

from app.domain import rules
from app.domain.decision import Decision, Proposed, Side
from app.domain.observation import Observation
from app.domain.position import Position
from app.domain.session import Day
from app.domain.step import step
from app.domain.strategy import Strategy

_RISE = (1005, 1000)  # the search for a first price goes outward by 0.5 % a time ...
_SEARCH_STEPS = 240  # ... to about 3.3 times, or 0.3 times, the trigger


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingOrder:
    """A trigger at which no order is proposed, and the first price (ticks) at which one is.

    `executable_at` is None when there is none within the searched range.
    """

    side: Side
    trigger: int
    reason: str
    executable_at: int | None


def decide_at(position: Position, price: int, strategy: Strategy, day: Day) -> Decision:
    """Return the decision at `price` ticks as if the gates passed."""
    observation = given_observation(position.symbol, price, day)
    return step(position, observation, strategy, replace(day, what_if=True)).decision


def given_observation(symbol: str, price: int | None, day: Day) -> Observation:
    """Return the observation of a price that a person gives, in ticks."""
    return Observation(
        symbol=symbol,
        price=price,
        bid=None,
        ask=None,
        previous_close=None,
        currency="USD",
        observed_at=day.now,
        received_at=day.now,
        source="given",
    )


def waiting_orders(position: Position, strategy: Strategy, day: Day) -> tuple[WaitingOrder, ...]:
    """Return the triggers of `strategy` at which no order would be proposed."""
    if position.anchor is None:
        return ()
    fresh = replace(position, orders_today=0, last_order_done_at=None)
    triggers = (
        (Side.SELL, rules.sell_at(position.anchor, strategy.up)),
        (Side.BUY, rules.buy_at(position.anchor, strategy.down)),
    )
    waiting = []
    for side, trigger in triggers:
        decision = decide_at(fresh, trigger, strategy, day)
        if not isinstance(decision, Proposed):
            first = _first_proposal(fresh, strategy, day, side, trigger)
            waiting.append(
                WaitingOrder(
                    side=side,
                    trigger=trigger,
                    reason=decision.reason.value,
                    executable_at=first,
                )
            )
    return tuple(waiting)


def _first_proposal(
    position: Position, strategy: Strategy, day: Day, side: Side, trigger: int
) -> int | None:
    """Return the price nearest to `trigger` at which an order on `side` is proposed."""
    inside, price = trigger, trigger
    for _ in range(_SEARCH_STEPS):
        price = _outward(price, side)
        if not 0 < price <= rules.PRICE_MAX:
            return None
        if _proposes(position, strategy, day, side, price):
            return _bisect(position, strategy, day, side, inside, price)
        inside = price
    return None


def _outward(price: int, side: Side) -> int:
    up, down = _RISE
    return price * up // down + 1 if side is Side.SELL else price * down // up


def _bisect(
    position: Position, strategy: Strategy, day: Day, side: Side, silent: int, proposing: int
) -> int:
    while abs(proposing - silent) > 1:
        middle = (silent + proposing) // 2
        if _proposes(position, strategy, day, side, middle):
            proposing = middle
        else:
            silent = middle
    return proposing


def _proposes(position: Position, strategy: Strategy, day: Day, side: Side, price: int) -> bool:
    decision = decide_at(position, price, strategy, day)
    return isinstance(decision, Proposed) and decision.sizing.side is side
