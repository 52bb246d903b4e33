"""Volatility and Sharpe ratio over the sessions before each point of the curve."""

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, pairwise

from app.simulation.metrics import SESSIONS_PER_YEAR, Statistic, Undefined

WINDOWS = (63, 252)  # a quarter and a year of sessions
_STEPS = 10**24  # returns are counted in these, so that sums are exact and nothing cancels


def rolling_statistics(values: Sequence[int]) -> Iterator[Mapping[str, Statistic]]:
    """Yield for each value the statistics of the returns before it, named as "sharpe_63".

    They are those of the whole curve, `metrics.volatility` and `metrics.sharpe`, over so many
    returns, from running sums of whole numbers.

    Source
    ------
    Simulation, "Metrics".
    """
    bases = values[:-1]
    returns = [
        (after - before) * _STEPS // before if before else 0 for before, after in pairwise(values)
    ]
    sums = list(accumulate(returns, initial=0))
    squares = list(accumulate((change**2 for change in returns), initial=0))
    worthless = list(accumulate((not base for base in bases), initial=0))
    for end in range(len(values)):
        body: dict[str, Statistic] = {}
        for window in WINDOWS:
            start = end - window
            if start < 0:
                body |= _undefined(window, f"there are fewer than {window} returns")
            elif worthless[end] - worthless[start]:
                body |= _undefined(window, "the equity was zero")
            else:
                total, square = sums[end] - sums[start], squares[end] - squares[start]
                body |= _statistics(window, total, square)
        yield body


def _statistics(window: int, total: int, square: int) -> Mapping[str, Statistic]:
    """Return volatility and Sharpe ratio from the sum of the returns and that of their squares."""
    spread = window * square - total**2  # the variance (ddof 1) times n·(n - 1), in steps²
    deviation = math.sqrt(spread / (window * (window - 1) * _STEPS**2))
    mean = total / (window * _STEPS)
    yearly = math.sqrt(SESSIONS_PER_YEAR)
    ratio: Statistic = Undefined(reason="the returns do not vary")
    if deviation:
        ratio = mean / deviation * yearly
    return {f"volatility_{window}": deviation * yearly, f"sharpe_{window}": ratio}


def _undefined(window: int, reason: str) -> Mapping[str, Statistic]:
    return dict.fromkeys((f"volatility_{window}", f"sharpe_{window}"), Undefined(reason=reason))
