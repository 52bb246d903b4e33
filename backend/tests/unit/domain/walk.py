"""A seeded walk through prices, fills, dividends, splits and new strategies.

Every step is checked with whole numbers against what must always hold; the first breach raises.
"""

import hashlib
import random
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

from app.domain import rules
from app.domain.corporate_action import (
    Dividend,
    Split,
    book_dividend,
    book_split,
    settle_receivable,
)
from app.domain.decision import Proposed, Refused, Side
from app.domain.events import canonical_json
from app.domain.observation import Observation
from app.domain.order import Fill, book_fill, complete_order
from app.domain.position import Broker, Position, Status
from app.domain.record import decision_body
from app.domain.session import Day
from app.domain.sizing import commission
from app.domain.step import Step, step
from app.domain.strategy import Strategy, parse_strategy
from app.domain.units import PPM, decimal_text, money_text, ratio_text
from tests.builders import NOW, SESSION, a_day, a_position, an_observation

PRICE_LOW, PRICE_HIGH = 100, 2 * 10**9
VALUE_HIGH = 10**18  # 100 million USD


def a_random_strategy(rng: random.Random) -> Strategy:
    """Return a strategy of the whole table, half of the time with ordinary values."""
    up, down = rng.choice([10_000, 30_000, rng.randint(1, PPM)]), rng.randint(1, 200_000)
    distance = min(50_000, up - 1, down - 1)
    low = rng.choice([0, 250_000, rng.randint(0, 980_000)])
    high = rng.randint(low + 20_000, PPM)
    body: dict[str, Any] = {
        "trigger": {"up": ratio_text(up), "down": ratio_text(down)},
        "sizing": {
            "policy": rng.choice(["proportional", "target", "fixed_fraction", "to_bound"]),
            "ratio": ratio_text(rng.choice([1_666_700, rng.randint(10_000, 100 * PPM)])),
            "target": ratio_text(rng.randint(low, high)),
            "fraction": ratio_text(rng.randint(1_000, PPM)),
        },
        "guardrails": {
            "min_stock": ratio_text(low),
            "max_stock": ratio_text(high),
            "rebalance_on_drift": rng.random() < 0.7,
            "drift_tolerance": ratio_text(rng.choice([0, 10_000, rng.randint(0, 100_000)])),
            "max_trade": rng.choice([None, ratio_text(rng.randint(1_000, PPM))]),
        },
        "orders": {
            "min_notional": rng.choice(["0", "1", "100"]),
            "max_per_day": rng.choice([1, 5, 1000]),
            "cooldown_seconds": rng.choice([0, 0, 60, 86_400]),
            "lot": decimal_text(10 ** rng.randint(0, 6), 10**6),
            "collar_bps": decimal_text(rng.randint(0, distance), 100),
        },
        "costs": {
            "commission_rate": ratio_text(rng.choice([0, 100, rng.randint(0, 50_000)])),
            "commission_per_share": money_text(rng.choice([0, 0, 0, 5_000, rng.randint(0, PPM)])),
            "commission_min": money_text(rng.choice([0, 0, 0, PPM, rng.randint(0, 10**8)])),
            "slippage_bps": decimal_text(rng.randint(0, distance), 100),
        },
        "dividends": {"withholding_rate": ratio_text(rng.randint(0, PPM))},
    }
    return parse_strategy(body, simulation=True)


def breach(position: Position, price: int, strategy: Strategy) -> tuple[int, int]:
    """Return how far the share at `price` lies outside the guardrails, and out of how much."""
    stock, value = position.shares * price * PPM, position.value_at(price)
    return max(stock - strategy.max_stock * value, strategy.min_stock * value - stock, 0), value


class Walk:
    """A position on its way, with a ledger of its own that the book must agree with."""

    def __init__(self, *, seed: int) -> None:
        self.rng = random.Random(seed)
        self.counts: Counter[str] = Counter()
        self.open_order: Proposed | None = None
        self.now = NOW
        self.begin()

    def begin(self) -> None:
        """Start another position: its own strategy, price, mix and broker."""
        rng = self.rng
        self.strategy = a_random_strategy(rng)
        self.price = int(10 ** rng.uniform(2, 9.3))
        share, value = rng.choice([0.0, 1.0, rng.random()]), 10 ** rng.uniform(11, 17)
        self.position = a_position(
            shares=int(value * share) // self.price,
            cash=int(value * (1 - share)) // 10**4,
            anchor=None,
            broker=rng.choice(list(Broker)),
        )
        self.ledger_cash, self.ledger_shares = self.position.cash, self.position.shares
        self.open_order = None
        self.session, self.proposals = SESSION, 0

    def advance(self) -> None:
        """Take one step: the market moves, the robot decides, orders fill, things happen."""
        event = self.rng.random()
        if event < 0.004:
            self.happen(event)
        self.move()
        bad = event > 0.98
        observation = self.observe(bad=bad)
        before = self.position
        after = step(before, observation, self.strategy, self.day())
        self.check(before, observation, after, bad=bad)
        self.position = after.position
        if isinstance(after.decision, Proposed):
            self.open_order = after.decision
        if self.position.status is Status.HALTED:  # a person looks and starts it again
            self.position = replace(
                self.position, status=Status.RUNNING, last_price=None, last_used_on=None
            )
        if self.open_order and self.rng.random() < 0.8:
            self.fill(self.open_order)

    def move(self) -> None:
        """Let the price go on, often onto a trigger or one tick beside it."""
        rng, anchor = self.rng, self.position.anchor
        self.now += timedelta(seconds=rng.randint(1, 50))
        if rng.random() < 0.1:
            self.session += timedelta(days=1)
            self.now += timedelta(days=1)
            self.proposals = 0
        if anchor is not None and rng.random() < 0.3:
            sell = rules.sell_at(anchor, self.strategy.up)
            buy = rules.buy_at(anchor, self.strategy.down)
            price = rng.choice((sell, buy)) + rng.choice((-1, 0, 0, 1))
            if abs(price - self.price) * 5 > self.price:  # so far away it would be implausible
                price = self.price
        else:
            price = self.price * rng.randint(900_000, 1_110_000) // PPM
        self.price = min(max(price, PRICE_LOW), PRICE_HIGH)
        if self.position.value_at(self.price) > VALUE_HIGH:
            self.begin()

    def observe(self, *, bad: bool) -> Observation:
        """Return the trade at the price, or something that no order may follow from."""
        rng, price, quote = self.rng, self.price, dict[str, int]()
        widest = self.strategy.collar * price // PPM
        if widest and rng.random() < 0.5:
            bid = max(price - rng.randint(-widest, widest), 1)
            quote = {"bid": bid, "ask": bid + rng.randint(0, widest)}
        observation = an_observation(
            price, observed_at=self.now, received_at=self.now, previous_close=price, **quote
        )
        if not bad:
            return observation
        last = self.position.last_observed_at or self.now - timedelta(seconds=61)
        unreal: tuple[dict[str, Any], ...] = (
            {"price": None},
            {"price": -price},
            {"price": 0},
            {"symbol": "PEP"},
            {"currency": "GBP"},
            {"observed_at": self.now - timedelta(seconds=61)},
            {"observed_at": last},
            {"observed_at": last - timedelta(seconds=1)},
            {"price": 0 if self.position.last_price is None else min(price * 100, PRICE_HIGH + 1)},
        )
        return replace(observation, previous_close=None, **rng.choice(unreal))

    def day(self) -> Day:
        return a_day(date=self.session, now=self.now)

    def check(self, before: Position, observation: Observation, after: Step, *, bad: bool) -> None:
        """Hold a decision against what must always hold."""
        decision, position = after.decision, after.position
        self.counts[f"{type(decision).__name__} {decision.reason}"] += 1
        assert (position.shares, position.cash) == (before.shares, before.cash)
        assert position.anchor == before.anchor or before.anchor is None
        assert position.order_in_flight == (
            before.order_in_flight or isinstance(decision, Proposed)
        )
        if bad:
            assert isinstance(decision, Refused), (before, observation, decision)
            assert replace(position, status=before.status, watch=before.watch) == before
        if isinstance(decision, Proposed):
            self.proposals += 1
            assert not before.order_in_flight
            assert self.proposals == position.orders_today
            assert self.proposals <= self.strategy.max_per_day
            assert decision.sizing.quantity % self.strategy.lot == 0

    def fill(self, order: Proposed) -> None:
        """Fill the open order between the worst and the reference price, or not at all."""
        rng, before, sizing = self.rng, self.position, order.sizing
        assert order.numbers.price is not None
        low, high = sorted((order.numbers.price, sizing.worst_price))
        price = rng.choice((low, high, rng.randint(low, high)))
        fills = []
        if rng.random() < 0.97:
            charged = commission(sizing.quantity, price, self.strategy)
            fills.append(
                Fill(side=sizing.side, quantity=sizing.quantity, price=price, commission=charged)
            )
            self.position = book_fill(before, fills[0])
            self.check_fill(before, fills[0], order.numbers.price)
        anchor = price if fills else before.anchor
        self.position = complete_order(self.position, fills, at=self.now)
        assert self.position.anchor == anchor
        self.open_order = None

    def check_fill(self, before: Position, fill: Fill, reference: int) -> None:
        """Hold a fill against what must always hold."""
        after = self.position
        signed = fill.quantity if fill.side is Side.BUY else -fill.quantity
        self.ledger_shares += signed
        # Costs up, proceeds down: the negative of both is a floor.
        self.ledger_cash += -signed * fill.price // 10**4 - fill.commission
        assert (after.shares, after.cash) == (self.ledger_shares, self.ledger_cash)
        assert after.shares >= 0
        assert after.cash >= 0
        lost = before.value_at(reference) - after.value_at(reference)
        slippage = fill.quantity * abs(fill.price - reference)
        assert 0 <= lost - slippage - fill.commission * 10**4 < 10**4
        outside, value = breach(after, reference, self.strategy)
        was_outside, had = breach(before, reference, self.strategy)
        assert not outside or outside * had < was_outside * value, (before, fill, self.strategy)
        self.counts["fill"] += 1

    def happen(self, event: float) -> None:
        """Let a dividend, a pay date, a split, a new strategy or another position come."""
        if self.open_order:
            return
        if event < 0.0005:
            self.dividend()
        elif event < 0.001:
            self.split()
        elif event < 0.0017:
            self.strategy = a_random_strategy(self.rng)
            self.counts["strategy"] += 1
        else:
            self.begin()

    def dividend(self) -> None:
        """Pay a dividend over night; what was owed before becomes cash."""
        before, close = self.position, self.price
        per_share = self.rng.randint(1, max(close // 5, 1)) * 100
        if close * 100 <= per_share:
            return
        after, booking = book_dividend(
            before,
            Dividend(ex_date=self.session, per_share=per_share, pay_date=None),
            self.strategy,
            previous_close=close,
        )
        lost = before.value_at(close) - after.value_at(close - per_share // 100)
        assert 0 <= lost - booking.tax * 10**4 < 10**4
        self.ledger_cash += before.receivable
        self.position = settle_receivable(after, before.receivable)
        assert self.position.receivable == booking.net
        self.price = max(close - per_share // 100, PRICE_LOW)
        self.counts["dividend"] += 1

    def split(self) -> None:
        """Split the stock over night, the price with it."""
        numerator, denominator = self.rng.choice(((2, 1), (3, 2), (1, 20), (7, 3)))
        opening = max(self.price * denominator // numerator, PRICE_LOW)
        if opening > PRICE_HIGH:
            return
        before = self.position
        after, paid = book_split(
            before,
            Split(ex_date=self.session, numerator=numerator, denominator=denominator),
            self.strategy,
            opening_price=opening,
        )
        worth = before.shares * numerator * opening - after.shares * denominator * opening
        assert 0 <= worth - paid * 10**4 * denominator < 10**4 * denominator
        self.ledger_cash += paid
        self.ledger_shares = before.shares * numerator // denominator
        self.ledger_shares -= self.ledger_shares % self.strategy.lot
        assert (after.shares, after.cash) == (self.ledger_shares, self.ledger_cash)
        self.position, self.price = after, opening
        self.counts["split"] += 1


def fingerprint(*, seed: int, steps: int) -> str:
    """Return the sha256 of the decisions of a walk, byte for byte."""
    walk, digest = Walk(seed=seed), hashlib.sha256()
    for _ in range(steps):
        walk.move()
        after = step(walk.position, walk.observe(bad=False), walk.strategy, walk.day())
        digest.update(canonical_json(decision_body(after.decision)).encode())
        walk.position = replace(after.position, order_in_flight=False)
    return digest.hexdigest()
