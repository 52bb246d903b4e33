"""How large an order is: what the policy asks for, and what each rule leaves of it."""

from app.domain import rules
from app.domain.decision import Bound, ProposalReason, Rule, Side, Sizing, Trim
from app.domain.observation import Observation
from app.domain.position import Broker, Position
from app.domain.strategy import Policy, Strategy

_POLICY_CODES = {
    Policy.PROPORTIONAL: rules.PROPORTIONAL,
    Policy.TARGET: rules.TARGET,
    Policy.FIXED_FRACTION: rules.FIXED_FRACTION,
    Policy.TO_BOUND: rules.TO_BOUND,
}


def worst_price(
    side: Side, price: int, observation: Observation, broker: Broker, strategy: Strategy
) -> int:
    """Return the worst price at which an order can fill, in ticks, rounded against us.

    On paper and in simulation the price after slippage, and no better than bid or ask; at a
    broker the limit price, `collar` away.
    """
    paper = broker is Broker.PAPER
    distance = strategy.slippage if paper else strategy.collar
    if side is Side.BUY:
        return rules.worst_buy_price(price, distance, (observation.ask or 0) if paper else 0)
    return rules.worst_sell_price(price, distance, (observation.bid or 0) if paper else 0)


def size_order(
    position: Position,
    observation: Observation,
    price: int,
    strategy: Strategy,
    side: Side,
    cause: ProposalReason,
) -> Sizing:
    """Return how large the order is that `cause` calls for, and which rules reduced it.

    Size comes from the price, safety from the worst price. A raw quantity of zero or less means
    that the policy asks for nothing; then nothing is trimmed.

    Source
    ------
    The trading rules, evaluation steps 5 to 7.
    """
    worst = worst_price(side, price, observation, position.broker, strategy)
    raw = _raw_quantity(position, price, worst, strategy, side, cause)
    guarded = cause is ProposalReason.TRIGGER
    return _trimmed(position, price, worst, strategy, side, cause, raw, guarded=guarded)


def retrim_order(
    position: Position,
    observation: Observation,
    price: int,
    strategy: Strategy,
    waiting: Sizing,
    quantity: int,
) -> Sizing:
    """Return what all rules leave at a later price of the `quantity` units that an order waits for.

    Nothing is worked out anew: the quantity takes the place of what the policy asked for. The
    guardrail binds a drift order too, as the price has moved since it was sized.

    Source
    ------
    Simulation, "Execution models", `next_open`.
    """
    side, cause = waiting.side, waiting.cause
    worst = worst_price(side, price, observation, position.broker, strategy)
    return _trimmed(position, price, worst, strategy, side, cause, quantity, guarded=True)


def _trimmed(
    position: Position,
    price: int,
    worst: int,
    strategy: Strategy,
    side: Side,
    cause: ProposalReason,
    raw: int,
    *,
    guarded: bool,
) -> Sizing:
    bounds = _bounds(position, price, worst, strategy, side, guarded=guarded)
    quantity = raw
    trims: list[Trim] = []
    for bound in bounds:
        quantity = _trim(trims, bound.rule, quantity, bound.quantity)
    quantity = _trim(trims, Rule.LOT, quantity, rules.floor_to_lot(quantity, strategy.lot))
    unpaid = exceeds_proceeds(position, strategy, side, quantity, worst)
    if (
        quantity > 0
        and not unpaid
        and any(_worsens(position, price, at, strategy, side, quantity) for at in (worst, price))
    ):
        rule = Rule.GUARDRAIL if guarded else Rule.LOT
        quantity = _trim(trims, rule, quantity, 0)
    return Sizing(
        side=side,
        cause=cause,
        worst_price=worst,
        raw_quantity=raw,
        bounds=bounds,
        trims=tuple(trims),
        quantity=quantity,
        commission=commission(quantity, worst, strategy) if quantity > 0 else 0,
    )


def _trim(trims: list[Trim], rule: Rule, quantity: int, bound: int) -> int:
    """Return the smaller of `quantity` and `bound`, and record the trim when it reduces."""
    if bound >= quantity or quantity <= 0:
        return quantity
    trims.append(Trim(rule=rule, before=quantity, after=bound))
    return bound


def _raw_quantity(
    position: Position,
    price: int,
    worst: int,
    strategy: Strategy,
    side: Side,
    cause: ProposalReason,
) -> int:
    if cause is ProposalReason.DRIFT:
        return rules.drift_quantity(
            _code(side),
            price,
            worst,
            position.shares,
            position.cash,
            position.receivable,
            strategy.min_stock,
            strategy.max_stock,
            strategy.commission_rate,
            strategy.commission_per_share,
            strategy.commission_min,
            strategy.lot,
        )
    assert position.anchor is not None
    return rules.raw_quantity(
        _code(side),
        price,
        position.shares,
        position.cash,
        position.receivable,
        position.anchor,
        _POLICY_CODES[strategy.policy],
        strategy.ratio,
        strategy.target,
        strategy.fraction,
        strategy.min_stock,
        strategy.max_stock,
        strategy.commission_rate,
        strategy.commission_per_share,
        strategy.commission_min,
        strategy.lot,
    )


def _bounds(
    position: Position,
    price: int,
    worst: int,
    strategy: Strategy,
    side: Side,
    *,
    guarded: bool,
) -> tuple[Bound, ...]:
    """Return what each rule that applies allows, in the order of the trims."""
    costs = (strategy.commission_rate, strategy.commission_per_share, strategy.commission_min)
    bounds = []
    if strategy.max_trade:
        limit = rules.max_trade_bound(price, position.value_at(price), strategy.max_trade)
        bounds.append(Bound(rule=Rule.MAX_TRADE, quantity=limit))
    if side is Side.BUY:
        limit = rules.cash_bound(worst, position.cash, *costs, strategy.lot)
        bounds.append(Bound(rule=Rule.CASH, quantity=limit))
    else:
        bounds.append(Bound(rule=Rule.HOLDINGS, quantity=position.shares))
    if guarded:
        # A fill at the price itself is the narrower case where fixed costs outweigh the cash.
        limit = min(_guardrail_bound(position, at, strategy, side) for at in (worst, price))
        if limit < rules.UNBOUNDED:
            bounds.append(Bound(rule=Rule.GUARDRAIL, quantity=limit))
    return tuple(bounds)


def _guardrail_bound(position: Position, at: int, strategy: Strategy, side: Side) -> int:
    return rules.guardrail_bound(
        _code(side),
        at,
        position.shares,
        position.cash,
        position.receivable,
        strategy.min_stock,
        strategy.max_stock,
        strategy.commission_rate,
        strategy.commission_per_share,
        strategy.commission_min,
        strategy.lot,
    )


def _worsens(
    position: Position, price: int, filled_at: int, strategy: Strategy, side: Side, quantity: int
) -> bool:
    return rules.worsens_breach(
        _code(side),
        quantity,
        price,
        filled_at,
        position.shares,
        position.cash,
        position.receivable,
        strategy.min_stock,
        strategy.max_stock,
        strategy.commission_rate,
        strategy.commission_per_share,
        strategy.commission_min,
    )


def exceeds_proceeds(
    position: Position, strategy: Strategy, side: Side, quantity: int, worst: int
) -> bool:
    """Return whether the commission of a sale is more than its proceeds and the cash."""
    if side is Side.BUY:
        return False
    return commission(quantity, worst, strategy) > position.cash + rules.sell_proceeds(
        quantity, worst
    )


def commission(quantity: int, price: int, strategy: Strategy) -> int:
    """Return the commission of `quantity` units at `price` ticks, in micros, rounded up."""
    return rules.commission(
        quantity,
        price,
        strategy.commission_rate,
        strategy.commission_per_share,
        strategy.commission_min,
    )


def _code(side: Side) -> int:
    return rules.BUY if side is Side.BUY else rules.SELL
