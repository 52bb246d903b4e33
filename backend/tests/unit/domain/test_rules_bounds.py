"""Every bound against its own predicate, in exact fractions, on thousands of seeded cases.

Everyday cases: prices from 1 USD, round percentages, a lot worth more than a booked micro; there
a bound is exactly the last lot. Wild cases: a penny to 200,000 USD, any ppm, any lot; there the
bound stays safe and is the last lot but for the rounding of the booked amounts (two micros) and
of the divisor (two parts in 1e6 ticks), both worked out here.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

import pytest

from app.domain import rules
from app.domain.rules import BUY, SELL
from app.domain.units import PPM

TWO_MICROS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A holding, a price with the worst one beside it, the guardrails and the costs."""

    price: int
    distance: int
    shares: int
    cash: int
    receivable: int
    low: int
    high: int
    rate: int
    per_share: int
    minimum: int
    lot: int

    @property
    def costs(self) -> tuple[int, int, int]:
        return self.rate, self.per_share, self.minimum

    @property
    def funds(self) -> int:
        return self.cash + self.receivable

    def worst(self, side: int) -> int:
        if side == BUY:
            return rules.worst_buy_price(self.price, self.distance, 0)
        return rules.worst_sell_price(self.price, self.distance, 0)

    def bound(self, side: int) -> int:
        return rules.guardrail_bound(
            side, self.worst(side), self.shares, self.cash, self.receivable, self.low, self.high,
            *self.costs, self.lot,
        )  # fmt: skip

    def drift(self, side: int) -> int:
        return rules.drift_quantity(
            side, self.price, self.worst(side), self.shares, self.cash, self.receivable,
            self.low, self.high, *self.costs, self.lot,
        )  # fmt: skip

    def commission(self, quantity: int, worst: int) -> Fraction:
        by_size = Fraction(self.rate * quantity * worst, 10**10)
        return max(by_size + Fraction(self.per_share * quantity, 10**6), Fraction(self.minimum))

    def flow(self, side: int, quantity: int, *, booked: bool) -> Fraction:
        """Return what the worst fill adds to cash, in micros, exactly or as it is booked."""
        worst = self.worst(side)
        notional = Fraction(quantity * worst, 10**4)
        charged = self.commission(quantity, worst)
        if booked:
            notional = Fraction(ceil(notional) if side == BUY else floor(notional))
            charged = Fraction(ceil(charged))
        return (-notional if side == BUY else notional) - charged

    def share(self, side: int, quantity: int, *, at: int, booked: bool) -> Fraction:
        """Return the stock share at a price after the worst fill; 2 where nothing is left."""
        stock = (self.shares + side * quantity) * at
        value = stock + (self.funds + self.flow(side, quantity, booked=booked)) * 10**4
        return Fraction(stock, 1) / value if value > 0 else Fraction(2)

    def divisor(self, side: int, bound: int, *, at: int) -> Fraction:
        """Return by how much one unit brings the share's inequality on, in ppm of a tick."""
        worst = self.worst(side)
        charged = Fraction(bound * self.rate * worst, PPM) + Fraction(bound * self.per_share, 100)
        return at * PPM + bound * (worst - at) + side * charged

    def slack(self, quantity: int, divisor: Fraction) -> int:
        """Return what the roundings of booking and of the divisor may cost, in whole lots."""
        booking = Fraction(TWO_MICROS * PPM) / min(divisor, Fraction(self.worst(SELL) * PPM))
        rounding = ceil(2 * quantity / divisor) + ceil(booking)
        return max(rules.ceil_to_lot(rounding, self.lot), self.lot)


def everyday(rng: random.Random) -> Case:
    price = rng.randint(10**4, 10**9)
    low = rng.choice([0, 250_000, 10_000 * rng.randint(0, 97)])
    return Case(
        price=price,
        distance=rng.choice([0, 500, 2_000, rng.randint(0, 50_000)]),
        low=low,
        high=rng.choice([PPM, low + 10_000 * rng.randint(2, (PPM - low) // 10_000)]),
        rate=rng.choice([0, 100, 100 * rng.randint(0, 500)]),
        per_share=rng.choice([0, 0, 5_000, 100 * rng.randint(0, 100)]),
        minimum=rng.choice([0, 0, 10**6, rng.randint(0, 10**8)]),
        lot=max(10 ** rng.randint(0, 6), 10 ** len(str(4 * TWO_MICROS // price))),
        **holding(rng, price, value=10 ** rng.uniform(3, 7)),
    )


def wild(rng: random.Random) -> Case:
    price = int(10 ** rng.uniform(2, 9.3))
    low = rng.choice([0, 250_000, rng.randint(0, 980_000)])
    near = min(price * 100, PPM)
    return Case(
        price=price,
        distance=rng.choice([0, rng.randint(0, 50_000)]),
        low=low,
        high=rng.choice([PPM, rng.randint(low + 20_000, PPM)]),
        rate=rng.choice([0, 100, rng.randint(0, 50_000)]),
        per_share=rng.choice([0, 0, rng.randint(0, PPM), rng.randint(0, near), near]),
        minimum=rng.choice([0, 0, rng.randint(0, 10**8)]),
        lot=10 ** rng.randint(0, 6),
        **holding(rng, price, value=10 ** rng.uniform(-2, 8.5)),
    )


def holding(rng: random.Random, price: int, *, value: float) -> dict[str, int]:
    share = rng.choice([0.0, 1.0, rng.random(), rng.random(), rng.random()])
    funds = int(value * (1 - share) * 10**6)
    receivable = rng.choice([0, 0, int(funds * rng.random())])
    shares = int(value * share * 10**10 / price)
    return {"shares": shares, "cash": funds - receivable, "receivable": receivable}


def cases(make: Callable[[random.Random], Case], count: int) -> Iterator[Case]:
    rng = random.Random(20240611)
    return (make(rng) for _ in range(count))


CASES = pytest.mark.parametrize(
    ("make", "count", "strict"),
    [
        pytest.param(everyday, 4_000, True, id="everyday"),
        pytest.param(wild, 6_000, False, id="wild"),
    ],
)


@CASES
class TestTheCashBound:
    def test_is_the_last_lot_that_cash_pays_for(
        self, make: Callable[[random.Random], Case], count: int, strict: bool
    ) -> None:
        for case in cases(make, count):
            worst = case.worst(BUY)
            bound = rules.cash_bound(worst, case.cash, *case.costs, case.lot)
            lots = rules.floor_to_lot(bound, case.lot)
            assert lots == 0 or case.cash + case.flow(BUY, lots, booked=True) >= 0, case
            more = case.lot if strict else case.slack(lots, Fraction(worst * PPM)) + case.lot
            assert case.cash + case.flow(BUY, lots + more, booked=True) < 0, case


@CASES
class TestTheGuardrailBound:
    def test_of_a_buy_is_the_last_lot_below_max_stock(
        self, make: Callable[[random.Random], Case], count: int, strict: bool
    ) -> None:
        for case in cases(make, count):
            worst, most = case.worst(BUY), Fraction(case.high, PPM)
            lots = rules.floor_to_lot(case.bound(BUY), case.lot)
            assert lots == 0 or case.share(BUY, lots, at=worst, booked=True) <= most, case
            divisor = case.divisor(BUY, case.high, at=worst)
            more = case.lot if strict else case.slack(lots, divisor) + case.lot
            assert case.share(BUY, lots + more, at=worst, booked=True) > most, case

    def test_of_a_sale_is_the_last_lot_above_min_stock(
        self, make: Callable[[random.Random], Case], count: int, strict: bool
    ) -> None:
        for case in cases(make, count):
            worst, least = case.worst(SELL), Fraction(case.low, PPM)
            divisor = case.divisor(SELL, case.low, at=worst)
            bound = case.bound(SELL)
            if divisor <= 0:
                assert bound == rules.UNBOUNDED, case
                continue
            lots = rules.floor_to_lot(bound, case.lot)
            assert lots == 0 or case.share(SELL, lots, at=worst, booked=True) >= least, case
            # A sale takes no advantage of its own rounding: the exact amounts decide.
            more = case.lot if strict else case.slack(lots, divisor) + case.lot
            if lots + more <= case.shares:
                assert case.share(SELL, lots + more, at=worst, booked=False) < least, case


@CASES
class TestTheDriftQuantity:
    def test_of_a_sale_is_the_fewest_lots_back_to_max_stock(
        self, make: Callable[[random.Random], Case], count: int, strict: bool
    ) -> None:
        tried = 0
        for case in cases(make, count):
            most = Fraction(case.high, PPM)
            value = case.shares * case.price + case.funds * 10**4
            if case.shares * case.price <= most * value:
                continue
            quantity, divisor = case.drift(SELL), case.divisor(SELL, case.high, at=case.price)
            if quantity > case.shares or divisor <= 2:
                continue  # no sale leads back; the holdings and the last check have the word
            tried += 1
            assert case.share(SELL, quantity, at=case.price, booked=True) <= most, case
            less = quantity - (case.lot if strict else case.slack(quantity, divisor) + case.lot)
            if less > 0:
                assert case.share(SELL, less, at=case.price, booked=True) > most, case
        assert tried > count // 20

    def test_of_a_buy_is_the_fewest_lots_back_to_min_stock(
        self, make: Callable[[random.Random], Case], count: int, strict: bool
    ) -> None:
        tried = 0
        for case in cases(make, count):
            least = Fraction(case.low, PPM)
            value = case.shares * case.price + case.funds * 10**4
            if case.shares * case.price >= least * value:
                continue
            quantity = case.drift(BUY)
            if case.funds + case.flow(BUY, quantity, booked=True) < 0:
                continue  # the cash trim has the word
            tried += 1
            assert case.share(BUY, quantity, at=case.price, booked=True) >= least, case
            divisor = case.divisor(BUY, case.low, at=case.price)
            less = quantity - (case.lot if strict else case.slack(quantity, divisor) + case.lot)
            if less > 0:
                assert case.share(BUY, less, at=case.price, booked=False) < least, case
        assert tried > count // 20


class TestTheMaxTradeBound:
    def test_is_the_last_unit_within_the_fraction_of_the_value(self) -> None:
        rng = random.Random(20240611)
        for _ in range(2_000):
            price, value = rng.randint(100, rules.PRICE_MAX), rng.randint(0, rules.VALUE_MAX)
            fraction = rng.randint(1_000, PPM)
            bound = rules.max_trade_bound(price, value, fraction)
            assert bound * price <= Fraction(fraction, PPM) * value < (bound + 1) * price

    def test_is_no_bound_without_a_fraction(self) -> None:
        assert rules.max_trade_bound(100, 10**10, 0) == rules.UNBOUNDED


@CASES
class TestTheLastCheck:
    def test_refuses_what_ends_outside_and_not_nearer_on_the_same_side(
        self, make: Callable[[random.Random], Case], count: int, strict: bool
    ) -> None:
        rng, found = random.Random(20240611), Counter[bool]()
        for case in cases(make, count):
            side, value = rng.choice((BUY, SELL)), case.shares * case.price + case.funds * 10**4
            quantity = rng.randint(1, max(case.shares, 1)) // rng.choice((1, 10, 1000)) + 1
            funds = case.funds + case.flow(side, quantity, booked=True)
            if not value or funds <= 0 or (side == SELL and quantity > case.shares):
                continue
            was = Fraction(case.shares * case.price, value)
            share = case.share(side, quantity, at=case.price, booked=True)
            low, high = Fraction(case.low, PPM), Fraction(case.high, PPM)
            worse = (share > high and share >= was) or (share < low and share <= was)
            crossed = (was <= high < share) or (was >= low > share)
            away = share > high if side == BUY else share < low
            worsens = rules.worsens_breach(
                side, quantity, case.price, case.worst(side), case.shares, case.cash,
                case.receivable, case.low, case.high, *case.costs,
            )  # fmt: skip
            assert worsens == (worse or crossed or away), case
            found[worsens] += 1
        assert min(found[True], found[False]) > count // 20


class TestASaleThatBringsNothing:
    def test_is_no_step_nearer(self) -> None:
        # Two shares of 1 USD and no cash; selling one costs what it brings: still all in stock.
        assert rules.worsens_breach(
            SELL, 10**6, 10**4, 10**4, 2 * 10**6, 0, 0, 250_000, 750_000, 0, 10**6, 0
        )  # fmt: skip
