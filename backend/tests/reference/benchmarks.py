"""The four benchmarks a second time, in rational numbers, over daily bars decided at their close.

`hold_opening_mix` and `cash` are exact. The two that trade would need numbers whose length grows
with every trade; they are cut to 50 decimals each session, which leaves them far closer than
1e-12 after thousands of sessions.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise

from tests.reference.bars import Bar
from tests.reference.rounding import down

_CUT = Fraction(1, 10**50)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a benchmark shares with the run; fractions of one."""

    withholding: Fraction
    pay_lag: timedelta
    cash_rate: Fraction
    commission_rate: Fraction
    slippage: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Wealth:
    shares: Fraction
    cash: Fraction
    owed: tuple[tuple[date, Fraction], ...] = ()

    def value(self, price: Fraction) -> Fraction:
        return self.shares * price + self.cash + sum(amount for _, amount in self.owed)


type AtClose = Callable[[Wealth, Fraction], Wealth]


def hold_opening_mix(bars: Sequence[Bar], opening: Wealth, terms: Terms) -> list[Fraction]:
    """Return the value at each close of an opening that is left alone."""
    return list(_values(bars, opening, terms, lambda wealth, _: wealth))


def cash(bars: Sequence[Bar], opening: Wealth, terms: Terms) -> list[Fraction]:
    """Return the value at each close of the opening value, all in cash."""
    value = opening.value(bars[0].close)
    everything = Wealth(shares=Fraction(0), cash=value)
    return list(_values(bars, everything, terms, lambda wealth, _: wealth))


def all_stock(bars: Sequence[Bar], opening: Wealth, terms: Terms) -> list[Fraction]:
    """Return the value at each close of the opening value, all in stock; cash buys more of it."""
    first = bars[0].close
    everything = Wealth(shares=opening.value(first) / first, cash=Fraction(0))
    return list(_values(bars, everything, terms, lambda w, price: _bought(w, price, w.cash, terms)))


def constant_mix(bars: Sequence[Bar], opening: Wealth, terms: Terms) -> list[Fraction]:
    """Return the value at each close of an opening that returns to its stock share there."""
    first = bars[0].close
    share = opening.shares * first / opening.value(first)
    return list(_values(bars, opening, terms, lambda w, price: _mixed(w, price, share, terms)))


def _values(
    bars: Sequence[Bar], opening: Wealth, terms: Terms, at_close: AtClose
) -> Iterator[Fraction]:
    wealth = opening
    yield wealth.value(bars[0].close)
    for last, bar in pairwise(bars):
        wealth = at_close(_next_session(wealth, last, bar, terms), bar.close)
        yield wealth.value(bar.close)


def _next_session(wealth: Wealth, last: Bar, bar: Bar, terms: Terms) -> Wealth:
    growth = 1 + terms.cash_rate * (bar.session - last.session).days / 365
    shares = wealth.shares * bar.split
    owed = wealth.owed
    if bar.dividend:
        net = shares * bar.dividend * (1 - terms.withholding)
        owed = (*owed, (bar.pay_date or bar.session + terms.pay_lag, net))
    paid = sum(amount for due, amount in owed if due <= bar.session)
    return Wealth(
        shares=shares,
        cash=wealth.cash * growth + paid,
        owed=tuple(item for item in owed if item[0] > bar.session),
    )


# All of `budget` is spent: stock at the price after slippage, and commission on that.
def _bought(wealth: Wealth, price: Fraction, budget: Fraction, terms: Terms) -> Wealth:
    paid = price * (1 + terms.slippage)
    shares = budget / (paid * (1 + terms.commission_rate))
    return _cut(replace(wealth, shares=wealth.shares + shares, cash=wealth.cash - budget))


def _sold(wealth: Wealth, price: Fraction, shares: Fraction, terms: Terms) -> Wealth:
    got = shares * price * (1 - terms.slippage) * (1 - terms.commission_rate)
    return _cut(replace(wealth, shares=wealth.shares - shares, cash=wealth.cash + got))


# What is missing to the wanted stock is linear in the size of a trade, its costs included, so the
# size that leaves nothing missing follows from no trade and from any other one.
def _mixed(wealth: Wealth, price: Fraction, share: Fraction, terms: Terms) -> Wealth:
    missing = share * wealth.value(price) - wealth.shares * price
    if missing == 0:
        return wealth
    if missing > 0:
        budget = _root(wealth, price, share, lambda x: _bought(wealth, price, x, terms))
        return _bought(wealth, price, min(budget, wealth.cash), terms)
    size = _root(wealth, price, share, lambda x: _sold(wealth, price, x, terms))
    return _sold(wealth, price, size, terms)


def _root(
    wealth: Wealth, price: Fraction, share: Fraction, traded: Callable[[Fraction], Wealth]
) -> Fraction:
    def missing(after: Wealth) -> Fraction:
        return share * after.value(price) - after.shares * price

    none, one = missing(wealth), missing(traded(Fraction(1)))
    return none / (none - one)


def _cut(wealth: Wealth) -> Wealth:
    return replace(wealth, shares=down(wealth.shares, _CUT), cash=down(wealth.cash, _CUT))
