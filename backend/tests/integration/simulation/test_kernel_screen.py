"""The prices and blocks that the kernel passes without a decision, against the rules."""

from importlib import import_module
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from app.domain import rules
from app.domain.strategy import Strategy
from app.simulation import kernel
from app.simulation import kernel_layout as at
from app.simulation.kernel_arrays import Columns, Integers
from app.simulation.pyramid import Blocks, blocks_of
from tests.unit.simulation.runs import daily, request


@pytest.fixture(scope="module")
def state(code_folder: Path) -> Any:
    kernel.compiled(code_folder)
    return import_module("app.simulation.kernel_state")


def drawn(random: Random) -> tuple[Strategy, Integers]:
    """Return a strategy and a position, from cents to the end of the range."""
    low = random.choice(["0", "0.005", "0.25", f"0.{random.randrange(1000, 7000)}"])
    strategy = request(
        daily("10"),
        strategy={
            "trigger": {"up": f"{random.uniform(0.5, 1):.6f}", "down": "0.9"},
            "sizing": {"policy": "to_bound"},
            "guardrails": {
                "min_stock": low,
                "max_stock": f"{random.uniform(float(low) + 0.03, 1):.6f}",
                "drift_tolerance": random.choice(["0", "0.01", "0.1"]),
            },
        },
    ).strategy
    now = np.zeros(at.ROW_WIDTH, np.int64)
    price = 10 ** random.randrange(3, 9)
    value = 10 ** random.randrange(13, 18)
    now[at.ANCHOR] = price
    now[at.SHARES] = int(value * random.random() / price)
    now[at.CASH] = int(value * random.random() / 10**4)
    now[at.RECEIVABLE] = random.choice([0, now[at.CASH] // 7])
    return strategy, now


def calls(price: int, now: Integers, strategy: Strategy) -> bool:
    """Return whether trigger or drift call for an order, by the rules in plain Python."""
    shares, cash, receivable, anchor = (
        int(now[column]) for column in (at.SHARES, at.CASH, at.RECEIVABLE, at.ANCHOR)
    )
    value = shares * price + (cash + receivable) * 10**4
    band = (strategy.min_stock, strategy.max_stock, strategy.drift_tolerance)
    drift = rules.drift_side(shares * price, value, *band)
    sell_at, buy_at = rules.sell_at(anchor, strategy.up), rules.buy_at(anchor, strategy.down)
    return drift != rules.NEITHER or rules.trigger_side(price, sell_at, buy_at) != rules.NEITHER


class TestQuietPrices:
    def test_call_for_no_order_and_end_near_the_first_that_does(self, state: Any) -> None:
        random = Random(7)
        narrow = 0
        for _ in range(4_000):
            strategy, now = drawn(random)
            vector = np.array(at.strategy_vector(strategy), np.int64)
            low, high = state.quiet_prices(now, vector)
            if high - low > 1:
                assert not calls(low + 1, now, strategy)
                assert not calls(high - 1, now, strategy)
                assert calls(high + 3, now, strategy)
                assert low < 4 or calls(low - 3, now, strategy)
                narrow += high < rules.sell_at(int(now[at.ANCHOR]), strategy.up)
        assert narrow > 200


class TestNextOutside:
    def test_finds_the_same_bar_with_and_without_blocks(self, state: Any) -> None:
        random = np.random.default_rng(3)
        nothing = np.empty(0, np.int64)
        for _ in range(2_000):
            lows = 1_000 + random.integers(-2, 3, random.integers(1, 400)).cumsum()
            highs = lows + random.integers(0, 3, len(lows))
            every = columns(lows, highs, Blocks(nothing, nothing))
            blocks = columns(lows, highs, blocks_of(lows, highs))
            start = int(random.integers(0, len(lows)))
            # At the ends of what occurs, so that a price is often exactly on one of them.
            low, high = lows.min() + random.integers(-1, 2), highs.max() + random.integers(-1, 2)
            outside = (lows[start:] <= low) | (highs[start:] >= high)
            first = start + int(outside.argmax()) if outside.any() else len(lows)
            for seen in (every, blocks):
                assert state.next_outside(seen, start, len(lows), low, high) == first


def columns(lows: Integers, highs: Integers, blocks: Blocks) -> Columns:
    """Return bars of which only the ends are looked at."""
    return Columns(
        opens=lows,
        highs=highs,
        lows=lows,
        closes=lows,
        starts=lows,
        ends=lows,
        dates=lows,
        closed=np.empty(0, np.uint8),
        lowest=blocks.lowest,
        highest=blocks.highest,
    )
