"""Random orders under every kind of cost: trimmed so that each can be paid and none breaches."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from math import ceil
from random import Random

import pytest

from app.domain import rules
from app.domain.decision import ProposalReason, Proposed, Refused, Rule, Side, Sizing
from app.domain.observation import Observation
from app.domain.order import Fill, book_fill
from app.domain.position import Broker, Position
from app.domain.sizing import retrim_order
from app.domain.step import refusal_of, step
from app.domain.strategy import Policy, Strategy
from app.domain.units import PPM, VALUE_PER_MICRO
from tests.builders import a_day, a_position, an_observation
from tests.unit.domain.walk import a_random_strategy, breach

SITUATIONS = 10  # a strategy meets so many
PRICES = (100, 2 * 10**8)  # 0.01 to 20,000 USD
TWO_MICROS = 20_000  # in 1e-10 USD; where the rounded amounts do not fit, so much is taken off


def costly(random: Random) -> Strategy:
    """Return a strategy of the whole table, with one to four kinds of cost."""
    strategy = a_random_strategy(random)
    most = min(strategy.up, strategy.down, 50_001) - 1
    return replace(
        strategy,
        commission_rate=random.choice([0, 100, random.randint(1, 50_000)]),
        commission_per_share=random.choice([0, 5_000, random.randint(1, PPM)]),
        commission_min=random.choice([0, PPM, random.randint(1, 100 * PPM)]),
        slippage=random.randint(1, most) if most else 0,
        max_per_day=5,
        cooldown_seconds=0,
        min_notional=0,
    )


def placed(random: Random, strategy: Strategy) -> tuple[Position, int]:
    """Return a position and a price, often on a trigger, the share often beside the band."""
    anchor = int(10 ** random.uniform(2, 8.3))
    price = random.choice(
        [
            rules.sell_at(anchor, strategy.up) + random.choice([0, 0, 1]),
            rules.buy_at(anchor, strategy.down) - random.choice([0, 0, 1]),
            anchor * random.randint(500_000, 2_000_000) // PPM,
        ]
    )
    price = min(max(price, PRICES[0]), PRICES[1])
    low, high = strategy.min_stock, strategy.max_stock
    share = random.choice([0, PPM, low - 20_000, high + 20_000, random.randint(0, PPM)])
    value = int(10 ** random.uniform(11, 17))  # from 10 USD, a tenth of the highest minimum
    shares = min(max(value * share // (PPM * price), 0), rules.SHARES_MAX)
    funds = max(value - shares * price, 0) // VALUE_PER_MICRO
    owed = random.choice([0, 0, 0, random.randint(0, funds)])
    position = a_position(
        shares=shares,
        cash=funds - owed,
        receivable=owed,
        anchor=anchor,
        broker=random.choice(list(Broker)),
    )
    return position, price


def fee(quantity: int, price: int, strategy: Strategy) -> int:
    """Return the commission in micros, worked out in fractions."""
    per_dollar = Fraction(strategy.commission_rate, PPM)
    per_share = Fraction(strategy.commission_per_share)
    shares = Fraction(quantity, 10**6)
    variable = per_dollar * shares * price * 100 + per_share * shares
    return ceil(max(variable, Fraction(strategy.commission_min)))


def check(position: Position, price: int, strategy: Strategy, sizing: Sizing) -> None:
    """Fill the order at its price, at the worst one and between, and look at what is left."""
    worst, quantity = sizing.worst_price, sizing.quantity
    assert sizing.commission == fee(quantity, worst, strategy)
    assert quantity % strategy.lot == 0
    was, out_of = breach(position, price, strategy)
    for at in {price, (price + worst) // 2, worst}:
        fill = Fill(
            side=sizing.side,
            quantity=quantity,
            price=at,
            commission=fee(quantity, at, strategy),
        )
        after = book_fill(position, fill)
        assert after.cash >= 0
        assert after.shares >= 0
        left, value = breach(after, price, strategy)
        assert left == 0 or left * out_of < was * value, (position, price, strategy, sizing)


def trims_to_the_limit(position: Position, strategy: Strategy, sizing: Sizing) -> None:
    """Check that cash bought what it can: a lot, and lots worth two micros, more overdraw it."""
    if not sizing.trims or Rule.CASH not in {trim.rule for trim in sizing.trims[-2:]}:
        return
    if Rule.GUARDRAIL in {trim.rule for trim in sizing.trims[-2:]}:
        return
    worst, lot = sizing.worst_price, strategy.lot
    more = sizing.quantity + lot + ceil(Fraction(TWO_MICROS, worst * lot)) * lot
    assert rules.buy_cost(more, worst) + fee(more, worst, strategy) > position.cash


def orders(random: Random) -> Iterator[tuple[Position, Observation, Strategy, Sizing | None]]:
    """Yield situations without end, each with its order, None where its cost forbids one."""
    while True:
        strategy = costly(random)
        for _ in range(SITUATIONS):
            position, price = placed(random, strategy)
            observation = an_observation(price)
            decision = step(position, observation, strategy, a_day()).decision
            if isinstance(decision, Proposed):
                yield position, observation, strategy, decision.sizing
            elif isinstance(decision, Refused) and decision.reason == "cost_exceeds_proceeds":
                yield position, observation, strategy, None


def met(random: Random, *, count: int) -> Counter[object]:
    """Check `count` orders at their price and at a later open; return what they were like."""
    seen: Counter[object] = Counter()
    for position, observation, strategy, sizing in orders(random):
        if sizing is None:
            seen["cost_exceeds_proceeds"] += 1
            continue
        assert observation.price is not None
        check(position, observation.price, strategy, sizing)
        trims_to_the_limit(position, strategy, sizing)
        seen.update([(strategy.policy, sizing.side, sizing.cause), strategy.lot, "order"])
        seen.update(trim.rule for trim in sizing.trims)
        seen["at the open"] += waited(random, position, observation.price, strategy, sizing)
        if seen["order"] == count:
            return seen
    raise AssertionError("orders do not end")


def waited(
    random: Random, position: Position, price: int, strategy: Strategy, sizing: Sizing
) -> bool:
    """Check the order at an open elsewhere, and return whether it was filled there."""
    opening = max(price * random.randint(850_000, 1_150_000) // PPM, 1)
    again = retrim_order(
        position, an_observation(opening), opening, strategy, sizing, sizing.quantity
    )
    if refusal_of(position, opening, strategy, again) is not None:
        return False
    check(position, opening, strategy, again)
    trims_to_the_limit(position, strategy, again)
    return True


class TestOrdersUnderCosts:
    @pytest.mark.parametrize(
        ("seed", "count"), [(1, 10_000), pytest.param(2, 100_000, marks=pytest.mark.long)]
    )
    def test_can_be_paid_and_lead_into_the_band(self, seed: int, count: int) -> None:
        seen = met(Random(seed), count=count)
        kinds = {
            (policy, side, cause) for policy in Policy for side in Side for cause in ProposalReason
        }
        lots = {10**power for power in range(7)}
        others = {"order", "at the open", "cost_exceeds_proceeds"}
        assert set(seen) == kinds | lots | set(Rule) | others
        assert seen["at the open"] > count // 2
