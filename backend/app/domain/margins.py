"""Why not: how far a decision without an order is from one."""

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

from app.domain import rules
from app.domain.decision import Decision, Gate, HoldReason, Proposed, RefusalReason, Refused
from app.domain.first_price import first_price
from app.domain.gates import falls_at
from app.domain.observation import Observation
from app.domain.position import Position
from app.domain.session import Day
from app.domain.step import step
from app.domain.strategy import Strategy
from app.domain.units import VALUE_PER_MICRO
from app.domain.what_if import FirstOrder, Way, first_order

_SECOND = timedelta(seconds=1)


class Lever(StrEnum):
    """What would have to be different."""

    COOLDOWN_SECONDS = "cooldown_seconds"
    MAX_PER_DAY = "max_per_day"
    MAX_DRAWDOWN = "max_drawdown"
    DAILY_LOSS = "daily_loss"
    PRICE_UP = "price_up"
    PRICE_DOWN = "price_down"
    MIN_NOTIONAL = "min_notional"
    DEPOSIT = "deposit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Margin:
    """The nearest `amount` of a lever at which the answer is another one.

    Seconds to wait; the number of orders a day; prices (ticks), for a protection the lowest one
    that it lets through; the smallest order (micros) to be set or reached; cash to put in (micros).
    """

    lever: Lever
    amount: int


def margins(
    position: Position, observation: Observation, strategy: Strategy, day: Day, decision: Decision
) -> tuple[Margin, ...]:
    """Return what separates `decision`, which `step` made on these values, from an order.

    A cool-down, the orders of the day and the protections must each give way; of the rest, any
    one is enough then: a price at which an order is proposed lies where the protections let it
    through. What cannot be stated exactly is left out; an anchor just set and a price that is not
    valid have no margins, a proposal of a what-if only those of the protections.
    """
    silent = (HoldReason.ANCHOR_SET, Gate.PRICE_INVALID)
    price = observation.price
    if decision.reason in silent or price is None:
        return ()
    stops, floor = _protections(position, observation, day)
    if isinstance(decision, Proposed):
        return tuple(stops)
    limits = _limits(position, strategy, day)
    free = replace(position, orders_today=0, last_order_done_at=None)
    day = replace(day, what_if=True)
    ways = ((Lever.PRICE_UP, Way.UP, max(price, floor)), (Lever.PRICE_DOWN, Way.DOWN, price))
    choices = [
        Margin(lever=lever, amount=found.price)
        for lever, way, start in ways
        if start <= rules.PRICE_MAX
        and isinstance(found := first_order(free, strategy, day, start=start, way=way), FirstOrder)
        and found.price != price
        and found.price >= floor
    ]
    if price < floor:
        return (*limits, *stops, *choices)
    unlimited = step(free, observation, strategy, day).decision
    if isinstance(unlimited, Refused):
        choices += _smaller_order(unlimited, price)
        choices += _deposit(free, observation, strategy, day, price)
    return (*limits, *choices)


def _limits(position: Position, strategy: Strategy, day: Day) -> list[Margin]:
    limits = []
    done, count = position.last_order_done_at, position.orders_on_date(day.date)
    if done is not None:
        left = done + timedelta(seconds=strategy.cooldown_seconds) - day.now
        if left > timedelta(0):
            limits.append(Margin(lever=Lever.COOLDOWN_SECONDS, amount=-(-left // _SECOND)))
    if count >= strategy.max_per_day:
        limits.append(Margin(lever=Lever.MAX_PER_DAY, amount=count + 1))
    return limits


def _protections(
    position: Position, observation: Observation, day: Day
) -> tuple[list[Margin], int]:
    """Return the price from which on each protection that stops orders now lets them through.

    And the lowest price (ticks) that all protections let through; above every price where none is.
    """
    stops, lowest = [], 0
    for fall in falls_at(position, observation, day):
        floor = position.lowest_price_for(fall.lowest)
        if floor is None:
            floor = rules.PRICE_MAX + 1 if fall.is_too_far else 0
        if fall.is_too_far and floor <= rules.PRICE_MAX:
            stops.append(Margin(lever=Lever(fall.gate.value), amount=floor))
        lowest = max(lowest, floor)
    return stops, lowest


def _smaller_order(refused: Refused, price: int) -> list[Margin]:
    """Return the largest smallest order, in micros, that lets the one that is asked for through."""
    if refused.reason is not RefusalReason.BELOW_MIN_NOTIONAL:
        return []
    assert refused.sizing is not None
    notional = refused.sizing.quantity * price // VALUE_PER_MICRO
    return [Margin(lever=Lever.MIN_NOTIONAL, amount=notional)] if notional else []


def _deposit(
    position: Position, observation: Observation, strategy: Strategy, day: Day, price: int
) -> list[Margin]:
    """Return the cash, in micros, whose deposit makes the refused order be proposed."""

    def proposed(deposit: int) -> Decision | None:
        richer = replace(position, cash=position.cash + deposit)
        decision = step(richer, observation, strategy, day).decision
        return decision if isinstance(decision, Proposed) else None

    value, last = position.value_at(price), 0
    room = (rules.VALUE_MAX - value) // VALUE_PER_MICRO
    end = 10**6  # 1 USD, then ever twice as much
    while last < room:
        found = first_price(last=last, end=min(end, room), answer=proposed)
        if found is not None:
            return [Margin(lever=Lever.DEPOSIT, amount=found[0])]
        last, end = min(end, room), 2 * end
    return []
