"""What the rules would answer at a price that is not there, and where they first propose."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import IntEnum

from app.domain import rules
from app.domain.decision import (
    Decision,
    Gate,
    HoldReason,
    Proposed,
    RefusalReason,
    Refused,
    Rule,
    Side,
)
from app.domain.first_price import first_price
from app.domain.observation import Observation
from app.domain.position import Position
from app.domain.session import Day
from app.domain.step import Step, order_limit, step
from app.domain.strategy import Strategy

# Beyond the triggers the search goes on in ever longer stretches, 0.5 % first and 0.1 % more each
# time, to about 3.3 times, or 0.3 times, the trigger.
_STRETCHES = range(1005, 1050)
_WHOLE = 1000


class Way(IntEnum):
    """The direction in which a price goes."""

    UP = 1
    DOWN = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """Why no order is proposed, and the rule that leaves too little, where one does."""

    reason: Gate | HoldReason | RefusalReason
    rule: Rule | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstOrder:
    """The price (ticks) at which an order is proposed, with the step there.

    `until` says why the price one tick before proposes none; None where the way starts here.
    """

    price: int
    step: Step
    until: Silence | None


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


def step_at(position: Position, price: int, strategy: Strategy, day: Day) -> Step:
    """Return the step at `price` ticks, asked as a what-if of `day`."""
    assert day.what_if, "a price that is not there passes no gate"
    return step(position, given_observation(position.symbol, price, day), strategy, day)


def side_called_for(
    position: Position, observation: Observation, strategy: Strategy, day: Day
) -> Side | None:
    """Return the side of the order that would be proposed if every gate passed, or None."""
    decision = step(position, observation, strategy, replace(day, what_if=True)).decision
    return decision.sizing.side if isinstance(decision, Proposed) else None


def silence_of(decision: Decision) -> Silence:
    """Return why `decision` proposes no order."""
    assert not isinstance(decision, Proposed), "a proposal is not silent"
    sizing = decision.sizing if isinstance(decision, Refused) else None
    cuts = [] if sizing is None else [trim.rule for trim in sizing.trims]
    return Silence(reason=decision.reason, rule=cutting_rule(cuts))


def cutting_rule(cuts: list[Rule]) -> Rule | None:
    """Return the rule that cut a quantity most; the lot only where it alone did."""
    return next(
        (rule for rule in reversed(cuts) if rule is not Rule.LOT), cuts[0] if cuts else None
    )


def first_order(
    position: Position, strategy: Strategy, day: Day, *, start: int, way: Way
) -> FirstOrder | Silence:
    """Return the first price from `start` on, in ticks, at which an order is proposed.

    The gates count as passed. Found by halving in stretches, 49 at most: between the triggers,
    then ever further out. An order that comes and goes within one stretch may be passed over; the
    price found always proposes, and the one before it does not.

    Source
    ------
    The trading rules, "One evaluation": a rung of the ladder.
    """
    day = replace(day, what_if=True, gates=(Gate.PRICE_INVALID,))
    limit = order_limit(position, strategy, day)
    if limit is not None:
        return Silence(reason=limit, rule=None)

    def proposed(price: int) -> Step | None:
        taken = step_at(position, price, strategy, day)
        return taken if isinstance(taken.decision, Proposed) else None

    here = proposed(start)
    if here is not None:
        return FirstOrder(price=start, step=here, until=None)
    last = start
    for end in _stretches(position, strategy, start, way):
        found = first_price(last=last, end=end, answer=proposed)
        if found is not None:
            price, taken = found
            before = step_at(position, price - way, strategy, day).decision
            return FirstOrder(price=price, step=taken, until=silence_of(before))
        last = end
    return silence_of(step_at(position, last, strategy, day).decision)


def _stretches(position: Position, strategy: Strategy, start: int, way: Way) -> Iterator[int]:
    """Yield where the stretches end: beside and on each trigger on the way, then ever further."""
    assert position.anchor is not None, "without an anchor nothing is proposed"
    buy = rules.buy_at(position.anchor, strategy.down)
    sell = rules.sell_at(position.anchor, strategy.up)
    price = start
    for turn in (buy, buy + 1, sell - 1, sell)[::way]:
        if (turn - price) * way > 0 and 0 < turn <= rules.PRICE_MAX:
            price = turn
            yield price
    for stretch in _STRETCHES:
        is_up = way is Way.UP
        price = price * stretch // _WHOLE + 1 if is_up else price * _WHOLE // stretch
        if not 0 < price <= rules.PRICE_MAX:
            return
        yield price
