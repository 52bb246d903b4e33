"""Statistics of an equity curve: floats computed once from exact values, never fed back.

Every function takes the curve or its returns, oldest first, and answers `Undefined` with the
reason where the statistic has no value.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from app.domain.units import PPM

SESSIONS_PER_YEAR = 252
DAYS_PER_YEAR = 365.25
_LEAST_DAYS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Undefined:
    """Why a statistic has no value; completes "it is undefined because ..."."""

    reason: str


type Statistic = float | Undefined

_TOO_SHORT = Undefined(reason="there are fewer than two returns")
_WORTHLESS = Undefined(reason="the equity is zero somewhere")


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawdown:
    """The deepest fall: a negative fraction, 0 for none, and the indexes of peak and trough."""

    depth: float
    peak: int
    trough: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Performance:
    """The statistics that a run and its benchmarks share."""

    total_return: float
    cagr: Statistic
    volatility: Statistic
    sharpe: Statistic
    sortino: Statistic
    calmar: Statistic
    drawdown: Drawdown


def performance[N: (int, Decimal)](*, values: Sequence[N], days: int) -> Performance:
    """Return the statistics of `values` (one unit, not negative) that span `days` calendar days.

    The risk-free rate is 0.

    Source
    ------
    Simulation, "Metrics"; Sharpe 1994, eq. 9, with 252 sessions a year.
    """
    assert values[0] > 0, "a run opens with a value"
    drawdown = max_drawdown(values)
    yearly = cagr(growth=float(values[-1] / values[0]), days=days)
    returns = _returns(values)
    return Performance(
        total_return=float((values[-1] - values[0]) / values[0]),
        cagr=yearly,
        volatility=_WORTHLESS if returns is None else volatility(returns),
        sharpe=_WORTHLESS if returns is None else sharpe(returns),
        sortino=_WORTHLESS if returns is None else sortino(returns),
        calmar=calmar(yearly, drawdown),
        drawdown=drawdown,
    )


def max_drawdown[N: (int, Decimal)](values: Sequence[N]) -> Drawdown:
    """Return the deepest fall from a peak before it; of equally deep ones the first."""
    deepest = Drawdown(depth=0.0, peak=0, trough=0)
    peak = 0
    for index, value in enumerate(values):
        if value > values[peak]:
            peak = index
        elif value < values[peak]:
            depth = float((value - values[peak]) / values[peak])
            if depth < deepest.depth:
                deepest = Drawdown(depth=depth, peak=peak, trough=index)
    return deepest


def cagr(*, growth: float, days: int) -> Statistic:
    """Return the yearly growth rate, (E_T / E_0)^(365.25 / days) - 1."""
    if days < _LEAST_DAYS:
        return Undefined(reason=f"the run spans {days} days, fewer than {_LEAST_DAYS}")
    return float(growth ** (DAYS_PER_YEAR / days) - 1)


def volatility(returns: Sequence[float]) -> Statistic:
    """Return the standard deviation (ddof 1) of a session's return, times √252."""
    if len(returns) < 2:
        return _TOO_SHORT
    return _deviation(returns) * math.sqrt(SESSIONS_PER_YEAR)


def sharpe(returns: Sequence[float]) -> Statistic:
    """Return the mean over the standard deviation of the returns, times √252."""
    if len(returns) < 2:
        return _TOO_SHORT
    if min(returns) == max(returns):
        return Undefined(reason="the returns do not vary")
    return _mean(returns) / _deviation(returns) * math.sqrt(SESSIONS_PER_YEAR)


def sortino(returns: Sequence[float]) -> Statistic:
    """Return the mean over the downside deviation √mean(min(r, 0)²) of the returns, times √252."""
    if not returns:
        return Undefined(reason="there is no return")
    downside = math.sqrt(_mean([min(change, 0.0) ** 2 for change in returns]))
    if not downside:
        return Undefined(reason="no session had a loss")
    return _mean(returns) / downside * math.sqrt(SESSIONS_PER_YEAR)


def calmar(yearly: Statistic, drawdown: Drawdown) -> Statistic:
    """Return the yearly growth rate over the size of the deepest fall."""
    if isinstance(yearly, Undefined):
        return yearly
    if not drawdown.depth:
        return Undefined(reason="the equity never fell")
    return yearly / -drawdown.depth


def turnover(*, notional: int, values: Sequence[int], days: int) -> Statistic:
    """Return the traded `notional` over the mean value, a year of 365.25 days."""
    if not days:
        return Undefined(reason="the run spans no whole day")
    mean = sum(values) / len(values)
    return notional / mean / (days / DAYS_PER_YEAR)


def mean_stock_share(*, stocks: Sequence[int], values: Sequence[int]) -> Statistic:
    """Return the mean of stock over value."""
    if not all(values):
        return _WORTHLESS
    return _mean([stock / value for stock, value in zip(stocks, values, strict=True)])


def time_inside(
    *, stocks: Sequence[int], values: Sequence[int], min_stock: int, max_stock: int
) -> Statistic:
    """Return the fraction of points whose stock share is inside [min, max], both in ppm."""
    if not all(values):
        return _WORTHLESS
    inside = [
        min_stock * value <= stock * PPM <= max_stock * value
        for stock, value in zip(stocks, values, strict=True)
    ]
    return sum(inside) / len(inside)


# None where a value of zero leaves a return without a base.
def _returns[N: (int, Decimal)](values: Sequence[N]) -> list[float] | None:
    if not all(values[:-1]):
        return None
    return [float((after - before) / before) for before, after in pairwise(values)]


def _mean(numbers: Sequence[float]) -> float:
    return math.fsum(numbers) / len(numbers)


def _deviation(returns: Sequence[float]) -> float:
    mean = _mean(returns)
    squares = math.fsum((change - mean) ** 2 for change in returns)
    return math.sqrt(squares / (len(returns) - 1))
