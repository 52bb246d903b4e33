"""What rebalancing should have harvested in theory, and how much of it was harvested."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise

from app.domain.corporate_action import Split
from app.domain.units import MICROS_PER_USD, TICKS_PER_USD, VALUE_PER_USD
from app.simulation.bars import Bars
from app.simulation.curve import closing_bars, curve_of
from app.simulation.metrics import Statistic, Undefined
from app.simulation.replay import Replay
from app.simulation.sessions import ExDividend

_MICROS_PER_TICK = MICROS_PER_USD // TICKS_PER_USD


def harvest_theory(*, run: Replay, bars: Bars) -> float:
    """Return Σ ½·w·(1 - w)·r²·E over the sessions, in USD.

    The stock share w and the equity E are those of the close before, r is the stock's total
    return of the session.

    Source
    ------
    Simulation, "Attribution"; Fernholz 2002, Stochastic Portfolio Theory, eq. 1.1.13: the excess
    growth rate of one stock beside cash, ½·w·(1 - w)·σ².
    """
    theory = 0.0
    curve = curve_of(run=run, bars=bars)
    for (before, _), change in zip(pairwise(curve), _total_returns(run, bars), strict=True):
        if before.equity:
            share = before.stock / before.equity
            equity = before.equity / VALUE_PER_USD
            theory += share * (1 - share) * change**2 * equity / 2
    return theory


def harvest_efficiency(*, harvest: Fraction, theory: float) -> Statistic:
    """Return what the matched trades gained (1e-10 USD) over what theory says (USD)."""
    if not theory:
        return Undefined(reason="in theory there was nothing to harvest")
    return float(harvest / VALUE_PER_USD) / theory


def _total_returns(run: Replay, bars: Bars) -> Iterator[float]:
    """Yield the stock's return, dividends before tax included, between the points of the curve."""
    closes = set(closing_bars(run=run, bars=bars))
    price = run.opened.price
    shares, cash = Fraction(1), Fraction(0)  # what one share became; cash in ticks
    for session in run.sessions:
        for action in session.actions:
            match action:
                case ExDividend(dividend=dividend):
                    cash += shares * dividend.per_share / _MICROS_PER_TICK
                case Split(numerator=new, denominator=old):
                    shares *= Fraction(new, old)
        if session.close is not None and session.close in closes:
            last = bars.closes[session.close]
            yield float((shares * last + cash - price) / price)
            price, shares, cash = last, Fraction(1), Fraction(0)
