"""One evaluation: `step` is the only place that decides, for every driver."""

from dataclasses import dataclass, replace
from datetime import timedelta

from app.domain import rules
from app.domain.decision import (
    Decision,
    Gate,
    Hold,
    HoldReason,
    Numbers,
    ProposalReason,
    Proposed,
    RefusalReason,
    Refused,
    Rule,
    Side,
    Sizing,
)
from app.domain.gates import PROTECTIONS, failing_gates, falls_at, marks_after
from app.domain.observation import Observation
from app.domain.position import Position, Status
from app.domain.session import Day
from app.domain.sizing import exceeds_proceeds, size_order
from app.domain.strategy import Strategy
from app.domain.units import VALUE_PER_MICRO
from app.domain.watch import watched


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The decision, and the position after it; only a fill moves shares, cash and anchor."""

    decision: Decision
    position: Position


def step(position: Position, observation: Observation, strategy: Strategy, day: Day) -> Step:
    """Return the decision on one observation, and the position that follows from it.

    The same four values give the same step in every driver: tick, what-if, simulation, replay.

    Source
    ------
    The trading rules, "One evaluation, in this order".
    """
    if day.lot is not None and day.lot > strategy.lot:
        strategy = replace(strategy, lot=day.lot)
    blocked = failing_gates(position, observation, strategy, day)
    price = observation.price
    # Only a price without numbers stops a what-if.
    stops = [gate for gate in blocked if gate is Gate.PRICE_INVALID or not day.what_if]
    if price is None or not PROTECTIONS.issuperset(stops):
        return _stopped(position, observation, strategy, day, stops[0], blocked)
    used = replace(
        position,
        last_price=price,
        last_used_on=day.date,
        last_observed_at=observation.observed_at,
        watch=watched(position.watch, observation, day, position.last_price, None),
        marks=marks_after(position, observation, day),
    )
    if stops:
        decision = _by_gate(position, observation, strategy, day, stops[0], blocked)
        return Step(decision=decision, position=used)
    if position.anchor is None:
        anchored = replace(used, anchor=price)
        numbers = _numbers(anchored, observation, strategy, day)
        return Step(decision=_hold(HoldReason.ANCHOR_SET, numbers, blocked), position=anchored)
    decided = _evaluate(used, observation, price, strategy, day, blocked)
    if isinstance(decided, Proposed):
        used = replace(
            used,
            orders_today=used.orders_on_date(day.date) + 1,
            orders_on=day.date,
            order_in_flight=True,
        )
    return Step(decision=decided, position=used)


def _stopped(
    position: Position,
    observation: Observation,
    strategy: Strategy,
    day: Day,
    reason: Gate,
    blocked: tuple[Gate, ...],
) -> Step:
    """Return the refusal by a gate that leaves the price unused; a suspected split also halts."""
    decision = _by_gate(position, observation, strategy, day, reason, blocked)
    watch = watched(position.watch, observation, day, position.last_price, reason)
    position = replace(position, watch=watch)
    if reason is Gate.SPLIT_SUSPECTED:
        position = replace(position, status=Status.HALTED)
    return Step(decision=decision, position=position)


def _by_gate(
    position: Position,
    observation: Observation,
    strategy: Strategy,
    day: Day,
    reason: Gate,
    blocked: tuple[Gate, ...],
) -> Refused:
    return Refused(
        reason=reason,
        numbers=_numbers(position, observation, strategy, day),
        side=None,
        sizing=None,
        binding=None,
        blocked_by=blocked,
    )


def _evaluate(
    position: Position,
    observation: Observation,
    price: int,
    strategy: Strategy,
    day: Day,
    blocked: tuple[Gate, ...],
) -> Decision:
    numbers = _numbers(position, observation, strategy, day)
    if not numbers.value:
        return _hold(HoldReason.NOTHING_TO_TRADE, numbers, blocked)
    called = _called_for(numbers, position.shares * price, strategy)
    if called is None:
        return _hold(HoldReason.INSIDE_BAND, numbers, blocked)
    side, cause = called
    limit = order_limit(position, strategy, day)
    if limit is not None:
        return _refused(limit, numbers, blocked, side)
    sizing = size_order(position, observation, price, strategy, side, cause)
    if sizing.raw_quantity <= 0:
        return _hold(HoldReason.NOTHING_TO_TRADE, numbers, blocked)
    refusal = refusal_of(position, price, strategy, sizing)
    if refusal is not None:
        # Every trim reduced the one before it: the last is the smallest, the first of its ties.
        trimmed = refusal is RefusalReason.TRIMMED_TO_ZERO
        binding = sizing.trims[-1].rule if trimmed else None
        return _refused(refusal, numbers, blocked, side, sizing, binding)
    return Proposed(reason=cause, numbers=numbers, sizing=sizing, blocked_by=blocked)


def _numbers(position: Position, observation: Observation, strategy: Strategy, day: Day) -> Numbers:
    price, anchor = observation.price, position.anchor
    usable = price is not None and price > 0
    value = position.value_at(price) if price is not None and usable else None
    share = position.stock_share_at(price) if price is not None and usable else None
    return Numbers(
        price=price if usable else None,
        anchor=anchor,
        sell_at=None if anchor is None else rules.sell_at(anchor, strategy.up),
        buy_at=None if anchor is None else rules.buy_at(anchor, strategy.down),
        value=value,
        stock_share=share,
        falls=falls_at(position, observation, day),
    )


def _called_for(
    numbers: Numbers, stock: int, strategy: Strategy
) -> tuple[Side, ProposalReason] | None:
    """Return the order that trigger or drift call for; a trigger out of the band gives way."""
    assert numbers.price is not None
    assert numbers.sell_at is not None
    assert numbers.buy_at is not None
    assert numbers.value is not None
    trigger = rules.trigger_side(numbers.price, numbers.sell_at, numbers.buy_at)
    drift = rules.NEITHER
    if strategy.rebalance_on_drift:
        drift = rules.drift_side(
            stock,
            numbers.value,
            strategy.min_stock,
            strategy.max_stock,
            strategy.drift_tolerance,
        )
    if drift not in {rules.NEITHER, trigger}:
        return _side(drift), ProposalReason.DRIFT
    return None if trigger == rules.NEITHER else (_side(trigger), ProposalReason.TRIGGER)


def order_limit(position: Position, strategy: Strategy, day: Day) -> RefusalReason | None:
    """Return the limit that refuses every order now, whatever the price, or None."""
    if position.orders_on_date(day.date) >= strategy.max_per_day:
        return RefusalReason.MAX_PER_DAY
    done = position.last_order_done_at
    if done is not None and day.now - done < timedelta(seconds=strategy.cooldown_seconds):
        return RefusalReason.COOLDOWN
    return None


def refusal_of(
    position: Position, price: int, strategy: Strategy, sizing: Sizing
) -> RefusalReason | None:
    """Return why an order of that size is not to be placed, or None."""
    if sizing.quantity == 0:
        return RefusalReason.TRIMMED_TO_ZERO
    if exceeds_proceeds(position, strategy, sizing.side, sizing.quantity, sizing.worst_price):
        return RefusalReason.COST_EXCEEDS_PROCEEDS
    if sizing.quantity * price < strategy.min_notional * VALUE_PER_MICRO:
        return RefusalReason.BELOW_MIN_NOTIONAL
    return None


def _hold(reason: HoldReason, numbers: Numbers, blocked: tuple[Gate, ...]) -> Hold:
    return Hold(reason=reason, numbers=numbers, blocked_by=blocked)


def _refused(
    reason: RefusalReason,
    numbers: Numbers,
    blocked: tuple[Gate, ...],
    side: Side,
    sizing: Sizing | None = None,
    binding: Rule | None = None,
) -> Refused:
    return Refused(
        reason=reason,
        numbers=numbers,
        side=side,
        sizing=sizing,
        binding=binding,
        blocked_by=blocked,
    )


def _side(code: int) -> Side:
    return Side.BUY if code == rules.BUY else Side.SELL
