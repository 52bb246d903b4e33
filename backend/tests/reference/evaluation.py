"""One evaluation, steps 2 to 8 of the rules, and the trims of an order that waited.

A replay answers the gates of step 1.
"""

from dataclasses import replace
from datetime import date, datetime
from fractions import Fraction

from tests.reference.rounding import TICK, down, up
from tests.reference.sizing import (
    Sizing,
    drift_quantity,
    raw_quantity,
    trims,
    worst_price,
)
from tests.reference.terms import Account, Decision, Kind, Order, Reason, Rule, Side, Strategy, Trim


def evaluate(
    *, account: Account, strategy: Strategy, price: Fraction, at: datetime, session: date
) -> Decision:
    """Return the decision at `price`; the account is not changed."""
    seen = _seen(account, price, at)
    share = seen.stock_share
    if account.anchor is None:
        return seen
    if share is None:
        return replace(seen, reason=Reason.NOTHING_TO_TRADE)
    sell_at = up(account.anchor * (1 + strategy.up), TICK)
    buy_at = down(account.anchor * (1 - strategy.down), TICK)
    seen = replace(seen, sell_at=sell_at, buy_at=buy_at)
    asked = _asked(price, sell_at, buy_at, share, strategy)
    if asked is None:
        return replace(seen, reason=Reason.INSIDE_BAND)
    side, reason = asked
    limit = _limit(account, strategy, at, session)
    if limit is not None:
        return replace(seen, kind=Kind.REFUSED, reason=limit, side=side)
    return _sized(seen, account, strategy, side, reason)


def trimmed_again(
    *, account: Account, strategy: Strategy, order: Order, price: Fraction, at: datetime
) -> Decision:
    """Return what is left of a waiting order at `price`: a proposal to fill now, or a refusal.

    Neither the trigger nor the limits are asked again, and a drift order keeps its quantity, but
    every trim binds, the guardrail on a drift order too.
    """
    seen = _seen(account, price, at)
    worst = worst_price(side=order.side, price=price, strategy=strategy)
    sizing = Sizing(account=account, strategy=strategy, side=order.side, price=price, worst=worst)
    return _trimmed(seen, sizing, order.quantity, order.reason, guardrail=True)


def _seen(account: Account, price: Fraction, at: datetime) -> Decision:
    value = account.value(price)
    return Decision(
        at=at,
        kind=Kind.HOLD,
        reason=Reason.ANCHOR_SET,
        price=price,
        value=value,
        anchor=account.anchor,
        stock_share=account.shares * price / value if value > 0 else None,
    )


# The side and cause of an order, or None inside the band.
def _asked(
    price: Fraction, sell_at: Fraction, buy_at: Fraction, share: Fraction, strategy: Strategy
) -> tuple[Side, Reason] | None:
    trigger = Side.SELL if price >= sell_at else Side.BUY if price <= buy_at else None
    drift: Side | None = None
    if strategy.rebalance_on_drift:
        if share > strategy.max_stock + strategy.drift_tolerance:
            drift = Side.SELL
        elif share < strategy.min_stock - strategy.drift_tolerance:
            drift = Side.BUY
    if drift is not None and trigger is not drift:
        return drift, Reason.DRIFT
    return (trigger, Reason.TRIGGER) if trigger is not None else None


def _limit(account: Account, strategy: Strategy, at: datetime, session: date) -> Reason | None:
    today = account.proposals if account.proposals_on == session else 0
    if today >= strategy.max_per_day:
        return Reason.MAX_PER_DAY
    if account.last_done is not None and at - account.last_done < strategy.cooldown:
        return Reason.COOLDOWN
    return None


# Steps 5 to 8: from the raw quantity to a proposal or a refusal.
def _sized(
    seen: Decision, account: Account, strategy: Strategy, side: Side, reason: Reason
) -> Decision:
    worst = worst_price(side=side, price=seen.price, strategy=strategy)
    sizing = Sizing(account=account, strategy=strategy, side=side, price=seen.price, worst=worst)
    drift = reason is Reason.DRIFT
    raw = drift_quantity(sizing) if drift else raw_quantity(sizing)
    if raw <= 0:
        return replace(seen, reason=Reason.NOTHING_TO_TRADE, side=side)
    return _trimmed(seen, sizing, raw, reason, guardrail=not drift)


# Steps 6 to 8: from a wanted quantity to a proposal or a refusal.
def _trimmed(
    seen: Decision, sizing: Sizing, wanted: Fraction, reason: Reason, *, guardrail: bool
) -> Decision:
    taken = trims(sizing, wanted, guardrail=guardrail)
    quantity = taken[-1].after if taken else wanted
    seen = replace(
        seen,
        side=sizing.side,
        worst_price=sizing.worst,
        raw_quantity=wanted,
        trims=taken,
        binding=_binding(taken),
    )
    return _settled(seen, sizing, quantity, reason)


def _settled(seen: Decision, sizing: Sizing, quantity: Fraction, reason: Reason) -> Decision:
    refused = replace(seen, kind=Kind.REFUSED)
    if quantity == 0:
        return replace(refused, reason=Reason.TRIMMED_TO_ZERO)
    if not sizing.affordable(quantity):
        return replace(refused, reason=Reason.COST_EXCEEDS_PROCEEDS)
    if not sizing.nearer_or_inside(quantity):
        worsening = Trim(rule=Rule.GUARDRAIL, before=quantity, after=Fraction(0))
        return replace(
            refused,
            reason=Reason.TRIMMED_TO_ZERO,
            trims=(*seen.trims, worsening),
            binding=Rule.GUARDRAIL,
        )
    if quantity * seen.price < sizing.strategy.min_notional:
        return replace(refused, reason=Reason.BELOW_MIN_NOTIONAL)
    return replace(seen, kind=Kind.PROPOSED, reason=reason, quantity=quantity)


# Each recorded trim is smaller than the one before it, so the last one has the smallest bound.
# Rounding to the lot binds only where nothing else made the quantity smaller.
def _binding(taken: tuple[Trim, ...]) -> Rule | None:
    rules = [trim.rule for trim in taken]
    bounds = [rule for rule in rules if rule is not Rule.LOT]
    if bounds:
        return bounds[-1]
    return rules[0] if rules else None
