"""Raw prices in other share units: those of the first session, or those of the last."""

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import accumulate
from math import lcm

from app.simulation.bars import Adjustment, Bars

type Rounding = Callable[[Fraction], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjusted:
    """Bars in other share units; `factors` are what the raw price of each bar was multiplied by."""

    bars: Bars
    factors: Sequence[Fraction]


def forward_adjusted(raw: Bars) -> Adjusted:
    """Return prices times the splits so far, and times what makes each product a whole tick.

    Nothing is rounded: the factor is a whole number. Dividends are multiplied alike, and there
    are no splits left.
    """
    ratios = _ratios(raw)
    whole = lcm(*(ratio.denominator for ratio in ratios))
    return _multiplied(replace(raw, splits=()), [ratio * whole for ratio in ratios], _exactly)


def back_adjusted(raw: Bars) -> Adjusted:
    """Return prices as a source of split-adjusted ones gives them, rounded half up to a tick."""
    ratios = _ratios(raw)
    bars = replace(raw, adjustment=Adjustment.SPLIT)
    return _multiplied(bars, [ratio / ratios[-1] for ratio in ratios], _half_up)


def _ratios(raw: Bars) -> list[Fraction]:
    """Return how many shares one of the beginning has become by each daily bar."""
    splits = {s.ex_date.toordinal(): Fraction(s.numerator, s.denominator) for s in raw.splits}
    steps = (splits.get(session, Fraction(1)) for session in raw.sessions)
    return list(accumulate(steps, lambda ratio, step: ratio * step))


def _multiplied(bars: Bars, factors: Sequence[Fraction], rounded: Rounding) -> Adjusted:
    def column(prices: array[int]) -> array[int]:
        return array("q", map(rounded, (p * f for p, f in zip(prices, factors, strict=True))))

    at = dict(zip(bars.sessions, factors, strict=True))
    dividends = tuple(
        replace(dividend, per_share=rounded(dividend.per_share * at[dividend.ex_date.toordinal()]))
        for dividend in bars.dividends
    )
    moved = replace(
        bars,
        opens=column(bars.opens),
        highs=column(bars.highs),
        lows=column(bars.lows),
        closes=column(bars.closes),
        dividends=dividends,
    )
    return Adjusted(bars=moved, factors=factors)


def _exactly(value: Fraction) -> int:
    assert value.denominator == 1, f"{value} is no whole number"
    return value.numerator


def _half_up(value: Fraction) -> int:
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)
