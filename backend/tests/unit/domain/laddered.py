"""Random states for the ladder: every policy, 100 to 1,000,000 USD, limits in use."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random

from app.domain import rules
from app.domain.position import Broker, Position
from app.domain.session import Day
from app.domain.strategy import Policy, Strategy
from app.domain.units import PPM, VALUE_PER_MICRO, VALUE_PER_USD
from tests.builders import NOW, SESSION, a_day, a_position, a_strategy


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A position, its strategy, the day, and the price (ticks) that it stands at."""

    position: Position
    strategy: Strategy
    day: Day
    price: int


def states(*, seed: int, count: int) -> Iterator[State]:
    """Yield so many states; a third are small accounts, most of whose rungs lie past a trigger."""
    random = Random(seed)
    for number in range(count):
        strategy = _strategy(random)
        anchor = int(10 ** random.uniform(4, 7))  # 1 to 1,000 USD
        near = PPM + random.randint(-strategy.down, strategy.up)
        price = max(anchor * near // PPM, 1)
        usd = 10 ** random.uniform(2, 3.3 if number % 3 == 0 else 6)
        position = _position(random, strategy, price, int(usd * VALUE_PER_USD))
        yield State(
            position=replace(position, anchor=anchor), strategy=strategy, day=a_day(), price=price
        )


def _strategy(random: Random) -> Strategy:
    low = random.choice([0, 250_000, random.randint(0, 500_000)])
    high = random.choice([PPM, 750_000, random.randint(low + 20_000, PPM)])
    return replace(
        a_strategy(),
        up=random.choice([30_000, random.randint(10_000, 300_000)]),
        down=random.choice([30_000, random.randint(10_000, 300_000)]),
        policy=random.choice(list(Policy)),
        ratio=random.randint(100_000, 5 * PPM),
        target=random.randint(low, max(high, low + 20_000)),
        fraction=random.randint(10_000, PPM),
        min_stock=low,
        max_stock=max(high, low + 20_000),
        rebalance_on_drift=random.random() < 0.5,
        drift_tolerance=random.choice([0, 10_000, 50_000]),
        max_trade=random.choice([0, 0, random.randint(10_000, 500_000)]),
        min_notional=random.choice([1, 100, 100, 1_000]) * 10**6,
        max_per_day=random.choice([1, 2, 5, 5, 50]),
        cooldown_seconds=random.choice([0, 0, 60, 3_600]),
        lot=10 ** random.choice([0, 2, 2, 6]),
        commission_rate=random.choice([0, 100, 1_000]),
        commission_min=random.choice([0, 0, 10**6]),
        slippage=random.choice([0, 500, 5_000]),
    )


def _position(random: Random, strategy: Strategy, price: int, value: int) -> Position:
    least, most = strategy.min_stock, strategy.max_stock
    share = random.choice(
        [0, PPM, least, most, random.randint(0, PPM), random.randint(least, most)]
    )
    shares = rules.floor_to_lot(value * share // (PPM * price), strategy.lot)
    busy = random.random() < 0.2
    return a_position(
        broker=random.choice(list(Broker)),
        shares=shares,
        cash=max(value - shares * price, 0) // VALUE_PER_MICRO,
        orders_today=random.randint(0, strategy.max_per_day) if busy else 0,
        orders_on=SESSION if busy else None,
        last_order_done_at=NOW - timedelta(seconds=random.randint(0, 120)) if busy else None,
    )
