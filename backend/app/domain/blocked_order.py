"""What a gate or a rule kept from being traded, and what that would be worth by now.

Of an order of x shares that would have filled at p for the commission k, worth at the mark m:

    shadow = x * (m - p) - k for a buy,  x * (p - m) - k for a sell.

Positive is what the gate cost, negative what it saved. Each order stands alone and is held to the
mark: what a run without the gate would have done after it is not part of it.

Source: live trading, "Proof": the gate ledger.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from app.domain import rules
from app.domain.decision import (
    Decision,
    Gate,
    Hold,
    Proposed,
    RefusalReason,
    Refused,
    Rule,
    Side,
    Sizing,
)
from app.domain.flow import NOTHING, Flow, flow_of
from app.domain.observation import Observation
from app.domain.order import Fill, OrderEnd, whole_fill
from app.domain.position import Broker, Position
from app.domain.session import Day
from app.domain.sizing import worst_price
from app.domain.step import refusal_of, step
from app.domain.strategy import Strategy
from app.domain.what_if import cutting_rule

# `OrderEnd.RISK` is the last look, which stops an order that was proposed.
type Blocker = Gate | RefusalReason | Rule | OrderEnd

# What they refuse is no price at which anybody could have traded.
NO_PRICE_TO_TRADE_AT = frozenset(
    (
        *(Gate.PRICE_INVALID, Gate.PRICE_FROZEN, Gate.PRICE_STALE, Gate.PRICE_NOT_NEWER),
        *(Gate.PRICE_OLDER, Gate.PRICE_DUPLICATE, Gate.SPLIT_SUSPECTED, Gate.PRICE_IMPLAUSIBLE),
    )
)


class Unknowable(StrEnum):
    """Why it cannot be said what an order that was blocked would have become."""

    NO_USABLE_PRICE = "no_usable_price"
    COST_EXCEEDS_PROCEEDS = "cost_exceeds_proceeds"
    BLOCKED_TWICE = "blocked_twice"
    """Without this one gate or rule, another would have blocked the order."""
    OTHER_RULES = "other_rules"
    """It was decided by rules that decide otherwise now, or its record was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockedOrder:
    """An order, or the part of one, that `blocker` alone kept from being traded.

    `quantity` in units, `price` of its fill in ticks; `notional` at the reference price in 1e-10
    USD; `flow` is what shares and cash would have changed by, commission included.
    """

    blocker: Blocker
    side: Side
    quantity: int
    price: int
    notional: int
    flow: Flow

    def __post_init__(self) -> None:
        assert self.quantity > 0, "nothing that was not traded is no order"
        assert self.price > 0, "an order has a price"

    def shadow_at(self, mark: int) -> int:
        """Return the profit that was missed at `mark` ticks, in 1e-10 USD; a loss is negative."""
        return self.flow.value_at(mark)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownOrder:
    """An order of which it cannot be said what became of it without `blocker`."""

    blocker: Blocker
    why: Unknowable


type Blocked = BlockedOrder | UnknownOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """What was decided on; `strategy` has the smallest lot that the broker took."""

    position: Position
    observation: Observation
    strategy: Strategy
    day: Day

    def again(self) -> Decision:
        return step(self.position, self.observation, self.strategy, self.day).decision


def blocked_order(
    position: Position, observation: Observation, strategy: Strategy, day: Day, decision: Decision
) -> Blocked | None:
    """Return what `decision`, which `step` made on these values, did not trade; None if nothing.

    The same evaluation is made once more without the one gate or rule, and the order that it
    proposes fills whole as on paper. The quantity is that order's less the one proposed. Of
    several bounds the tightest is the one, of equal ones the first; the lot counts only where it
    leaves nothing. Cash and shares that the position does not have count as lent.
    """
    lot = max(strategy.lot, day.lot or 0)
    case = _Case(
        position=position, observation=observation, strategy=replace(strategy, lot=lot), day=day
    )
    match decision:
        case Refused(reason=Gate() as gate):
            return _without_gate(case, gate)
        case Refused(reason=RefusalReason.TRIMMED_TO_ZERO, sizing=Sizing() as sizing):
            return _untrimmed(case, sizing)
        case Refused(reason=RefusalReason() as reason):
            return _without_limit(case, reason)
        case Proposed(sizing=sizing):
            return _untrimmed(case, sizing)
        case Hold() | Refused():
            return None


def unsent_order(
    observation: Observation, strategy: Strategy, *, side: Side, quantity: int
) -> BlockedOrder:
    """Return an order of `quantity` units that was proposed, and that the last look stopped."""
    fill = _fill(observation, strategy, side, quantity)
    return _blocked(OrderEnd.RISK, observation, fill, fill.quantity, flow_of(fill))


def _without_gate(case: _Case, gate: Gate) -> Blocked | None:
    if gate is Gate.PRICE_INVALID:
        return UnknownOrder(blocker=gate, why=Unknowable.NO_USABLE_PRICE)
    gates = tuple(other for other in case.day.gates if other is not gate)
    lifted = replace(case, day=replace(case.day, gates=gates))
    decision = lifted.again()
    if gate in NO_PRICE_TO_TRADE_AT and not isinstance(decision, Hold):
        return UnknownOrder(blocker=gate, why=Unknowable.NO_USABLE_PRICE)
    return _whole(lifted, gate, decision)


def _without_limit(case: _Case, reason: RefusalReason) -> Blocked | None:
    match reason:
        case RefusalReason.MAX_PER_DAY:
            case = replace(case, position=replace(case.position, orders_today=0))
        case RefusalReason.COOLDOWN:
            case = replace(case, position=replace(case.position, last_order_done_at=None))
        case RefusalReason.BELOW_MIN_NOTIONAL:
            case = replace(case, strategy=replace(case.strategy, min_notional=0))
        case RefusalReason.COST_EXCEEDS_PROCEEDS:
            return UnknownOrder(blocker=reason, why=Unknowable.COST_EXCEEDS_PROCEEDS)
        case RefusalReason.TRIMMED_TO_ZERO:
            raise AssertionError("an order trimmed to zero has its sizing")
    return _whole(case, reason, case.again())


def _whole(case: _Case, blocker: Blocker, lifted: Decision) -> Blocked | None:
    """Return the order that is proposed without `blocker`."""
    match lifted:
        case Hold():
            return None
        case Refused():
            return UnknownOrder(blocker=blocker, why=Unknowable.BLOCKED_TWICE)
        case Proposed(sizing=sizing):
            fill = _fill(case.observation, case.strategy, sizing.side, sizing.quantity)
            return _blocked(blocker, case.observation, fill, fill.quantity, flow_of(fill))


def _untrimmed(case: _Case, sizing: Sizing) -> Blocked | None:
    """Return what the tightest bound of `sizing` took from the order."""
    rule = cutting_rule([trim.rule for trim in sizing.trims])
    if rule is None or (rule is Rule.LOT and sizing.quantity > 0):
        return None
    allowed = min([sizing.raw_quantity, *_other_bounds(sizing, rule)])
    if rule is not Rule.LOT:
        allowed = rules.floor_to_lot(allowed, case.strategy.lot)
    missing = allowed - sizing.quantity
    if missing <= 0 or _is_refused(case, rule, replace(sizing, quantity=allowed)):
        return UnknownOrder(blocker=rule, why=Unknowable.BLOCKED_TWICE)
    whole, traded = _fill(case.observation, case.strategy, sizing.side, allowed), NOTHING
    if sizing.quantity:
        traded = flow_of(_fill(case.observation, case.strategy, sizing.side, sizing.quantity))
    return _blocked(rule, case.observation, whole, missing, flow_of(whole) - traded)


def _is_refused(case: _Case, rule: Rule, without: Sizing) -> bool:
    """Return whether the order is still refused, other than for the shares that are lent to it."""
    price = case.observation.price
    assert price is not None, "an order was sized at a price"
    return rule is not Rule.HOLDINGS and (
        refusal_of(case.position, price, case.strategy, without) is not None
    )


def _other_bounds(sizing: Sizing, rule: Rule) -> Iterator[int]:
    """Yield the bounds that would stay; a tie is lifted with the rule that it is charged to.

    A guardrail at 0 or 1 is a tie with the holdings or the cash, and no rule of its own.
    """
    tied = min((bound.quantity for bound in sizing.bounds if bound.rule is rule), default=None)
    for bound in sizing.bounds:
        if bound.rule is not rule and bound.quantity != tied:
            yield bound.quantity


def _fill(observation: Observation, strategy: Strategy, side: Side, quantity: int) -> Fill:
    """Return a whole fill as on paper: after slippage, and no better than bid or ask."""
    assert observation.price is not None, "an order has a reference price"
    at = worst_price(side, observation.price, observation, Broker.PAPER, strategy)
    return whole_fill(side=side, quantity=quantity, price=at, strategy=strategy)


def _blocked(
    blocker: Blocker, observation: Observation, fill: Fill, quantity: int, flow: Flow
) -> BlockedOrder:
    assert observation.price is not None, "an order has a reference price"
    return BlockedOrder(
        blocker=blocker,
        side=fill.side,
        quantity=quantity,
        price=fill.price,
        notional=quantity * observation.price,
        flow=flow,
    )
