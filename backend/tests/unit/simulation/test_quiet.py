"""The prices at which nothing calls for an order, against `step` itself."""

from random import Random

import pytest

from app.domain.decision import Hold, HoldReason
from app.domain.position import Position
from app.domain.step import step
from app.domain.strategy import Strategy
from app.simulation.quiet import quiet_prices
from tests.builders import a_day, a_position, a_strategy, an_observation, shares, usd


def is_quiet(position: Position, strategy: Strategy, price: int) -> bool:
    day = a_day(gates=())
    decision = step(position, an_observation(price), strategy, day).decision
    return isinstance(decision, Hold) and decision.reason is HoldReason.INSIDE_BAND


def drawn_position(random: Random) -> Position:
    return a_position(
        shares=random.choice([0, 1, random.randrange(10**9), random.randrange(10**12)]),
        cash=random.choice([1, random.randrange(1, 10**7), random.randrange(1, 10**12)]),
        receivable=random.choice([0, random.randrange(10**9)]),
        anchor=random.choice([2, random.randrange(2, 10**4), random.randrange(2, 10**7)]),
    )


def drawn_strategy(random: Random) -> Strategy:
    low = random.choice([0, 250_000, random.randrange(900_000)])
    high = random.choice([1_000_000, random.randrange(low + 20_000, 1_000_001)])
    return a_strategy(
        trigger={
            "up": random.choice(["0.03", "0.000001", "1"]),
            "down": random.choice(["0.03", "0.000001", "0.9"]),
        },
        guardrails={
            "min_stock": str(low / 10**6),
            "max_stock": str(high / 10**6),
            "rebalance_on_drift": random.random() < 0.8,
            "drift_tolerance": random.choice(["0", "0.01", "0.1"]),
        },
        orders={"collar_bps": "0"},
    )


class TestQuietPrices:
    def test_lie_between_the_triggers(self) -> None:
        quiet = quiet_prices(a_position(), a_strategy())
        assert (quiet.low, quiet.high) == (582_000, 618_000)
        assert quiet.holds(582_001, 617_999)
        assert not quiet.holds(582_000, 600_000)
        assert not quiet.holds(600_000, 618_000)

    def test_end_where_the_share_drifts_out(self) -> None:
        strategy = a_strategy(trigger={"up": "1", "down": "0.9"})
        position = a_position(shares=shares("100"), cash=usd("2000"))
        # 100 P > 0.76 (100 P + 2000) is P > 63.3333
        assert quiet_prices(position, strategy).high == 633_334

    @pytest.mark.parametrize("seed", range(20))
    def test_are_those_at_which_step_holds(self, seed: int) -> None:
        random = Random(seed)
        asked = 0
        for _ in range(100):
            position, strategy = drawn_position(random), drawn_strategy(random)
            quiet = quiet_prices(position, strategy)
            for price in (quiet.low, quiet.low + 1, quiet.high - 1, quiet.high):
                if 0 < price < 2 * 10**9:
                    asked += 1
                    assert is_quiet(position, strategy, price) == quiet.holds(price, price)
        assert asked > 100
