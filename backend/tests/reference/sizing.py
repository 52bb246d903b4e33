"""Quantities by search: every bound is the last quantity that passes the rule's own question."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from tests.reference.rounding import MICRO, TICK, UNIT, down, up
from tests.reference.terms import Account, Policy, Rule, Side, Strategy, Trim


def commission(*, quantity: Fraction, price: Fraction, strategy: Strategy) -> Fraction:
    """Return the booked commission in USD, rounded up to 0.000001."""
    by_size = quantity * (strategy.commission_rate * price + strategy.commission_per_share)
    return up(max(by_size, strategy.commission_min), MICRO)


def notional(*, side: Side, quantity: Fraction, price: Fraction) -> Fraction:
    """Return the booked cost of a buy (rounded up) or the booked proceeds of a sell (down)."""
    return (up if side is Side.BUY else down)(quantity * price, MICRO)


def worst_price(*, side: Side, price: Fraction, strategy: Strategy) -> Fraction:
    """Return the price after slippage, rounded to 0.0001 against us."""
    slip = strategy.slippage_bps / 10_000
    return up(price * (1 + slip), TICK) if side is Side.BUY else down(price * (1 - slip), TICK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizing:
    """One order under consideration: it is sized at `price` and may have to fill at `worst`."""

    account: Account
    strategy: Strategy
    side: Side
    price: Fraction
    worst: Fraction

    def cash_change(self, quantity: Fraction, price: Fraction) -> Fraction:
        """Return what a fill at `price` adds to cash, commission included."""
        fee = commission(quantity=quantity, price=price, strategy=self.strategy)
        booked = notional(side=self.side, quantity=quantity, price=price)
        return (-booked if self.side is Side.BUY else booked) - fee

    def after(
        self, quantity: Fraction, *, filled_at: Fraction, valued_at: Fraction
    ) -> tuple[Fraction, Fraction]:
        """Return the stock value and the whole value after a fill."""
        signed = quantity if self.side is Side.BUY else -quantity
        stock = (self.account.shares + signed) * valued_at
        return stock, stock + self.account.effective_cash + self.cash_change(quantity, filled_at)

    def within_far_bound(self, quantity: Fraction, price: Fraction) -> bool:
        """Return whether a fill at `price`, valued there, stays short of the bound it goes to."""
        stock, value = self.after(quantity, filled_at=price, valued_at=price)
        if self.side is Side.BUY:
            return stock <= self.strategy.max_stock * value
        return stock >= self.strategy.min_stock * value

    def back_inside(self, quantity: Fraction) -> bool:
        """Return whether the worst fill, valued at the price, brings the share past the bound."""
        stock, value = self.after(quantity, filled_at=self.worst, valued_at=self.price)
        if self.side is Side.BUY:
            return stock >= self.strategy.min_stock * value
        return stock <= self.strategy.max_stock * value

    def affordable(self, quantity: Fraction) -> bool:
        """Return whether cash, without the receivable, pays for the worst fill."""
        return self.account.cash + self.cash_change(quantity, self.worst) >= 0

    def nearer_or_inside(self, quantity: Fraction) -> bool:
        """Return whether any fill leaves no breach, or a smaller one, valued at the price."""
        held = self.account.shares * self.price
        was = self._breach(held, self.account.value(self.price))
        ends = (
            self.after(quantity, filled_at=at, valued_at=self.price)
            for at in (self.worst, self.price)
        )
        left = [self._breach(stock, value) for stock, value in ends]
        return all(breach == 0 or breach < was for breach in left)

    def _breach(self, stock: Fraction, value: Fraction) -> Fraction:
        if value == 0:
            return Fraction(0)
        share = stock / value
        return max(share - self.strategy.max_stock, self.strategy.min_stock - share, Fraction(0))


def raw_quantity(sizing: Sizing) -> Fraction:
    """Return the policy's quantity toward zero to 0.000001 share, 0 where it asks for none."""
    return down(max(_wanted(sizing), Fraction(0)), UNIT)


def _wanted(sizing: Sizing) -> Fraction:
    account, strategy, price = sizing.account, sizing.strategy, sizing.price
    value, buying = account.value(price), sizing.side is Side.BUY
    match strategy.policy:
        case Policy.PROPORTIONAL:
            assert account.anchor is not None
            return abs(account.anchor / price - 1) * strategy.ratio * value / price
        case Policy.TARGET:
            missing = strategy.target * value - account.shares * price
            return (missing if buying else -missing) / price
        case Policy.FIXED_FRACTION:
            return strategy.fraction * (account.cash / price if buying else account.shares)
        case Policy.TO_BOUND:
            most = account.effective_cash / price if buying else account.shares
            return largest(most, lambda x: sizing.within_far_bound(x, price))


def drift_quantity(sizing: Sizing) -> Fraction:
    """Return the fewest lots that bring the share inside, or all there is when none do."""
    account, price = sizing.account, sizing.price
    everything = account.shares if sizing.side is Side.SELL else account.value(price) / price
    return smallest(everything, sizing.strategy.lot, sizing.back_inside)


def trims(sizing: Sizing, quantity: Fraction, *, guardrail: bool) -> tuple[Trim, ...]:
    """Return what each rule, in order, takes off the quantity, the lot last."""
    taken: list[Trim] = []
    for rule, bound in _bounds(sizing, guardrail=guardrail):
        after = bound(quantity)
        if after < quantity:
            taken.append(Trim(rule=rule, before=quantity, after=after))
            quantity = after
    return tuple(taken)


def _bounds(
    sizing: Sizing, *, guardrail: bool
) -> Iterator[tuple[Rule, Callable[[Fraction], Fraction]]]:
    account, strategy = sizing.account, sizing.strategy
    if strategy.max_trade is not None:
        most = strategy.max_trade * account.value(sizing.price)
        yield Rule.MAX_TRADE, lambda x: largest(x, lambda y: y * sizing.price <= most)
    if sizing.side is Side.BUY:
        yield Rule.CASH, lambda x: largest(x, sizing.affordable)
    else:
        yield Rule.HOLDINGS, lambda x: largest(x, lambda y: y <= account.shares)
    if guardrail:
        # Any fill from the price to the worst price is to leave the share inside.
        ends = (sizing.worst, sizing.price)
        yield (
            Rule.GUARDRAIL,
            lambda x: largest(x, lambda y: all(sizing.within_far_bound(y, end) for end in ends)),
        )
    yield Rule.LOT, lambda x: down(x, strategy.lot)


def largest(most: Fraction, fits: Callable[[Fraction], bool]) -> Fraction:
    """Return the largest quantity in 0.000001 share up to `most` that fits, or 0.

    `fits` must not turn true again once it has turned false.
    """
    high = floor(most / UNIT)
    if high <= 0 or fits(high * UNIT):
        return max(high, 0) * UNIT
    low = 0
    while high - low > 1:
        middle = (low + high) // 2
        if fits(middle * UNIT):
            low = middle
        else:
            high = middle
    return low * UNIT


def smallest(most: Fraction, lot: Fraction, enough: Callable[[Fraction], bool]) -> Fraction:
    """Return the fewest lots, at least one, that are enough; all of `most` when none are."""
    low, high = 0, max(ceil(most / lot), 1)
    while high - low > 1:
        middle = (low + high) // 2
        if enough(middle * lot):
            high = middle
        else:
            low = middle
    return high * lot
