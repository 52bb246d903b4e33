"""Rounding of exact rationals to the three decimal grids of the rules."""

from fractions import Fraction
from math import ceil, floor

TICK = Fraction(1, 10_000)
UNIT = Fraction(1, 1_000_000)
MICRO = Fraction(1, 1_000_000)


def down(value: Fraction, step: Fraction) -> Fraction:
    """Return the greatest multiple of `step` that is not above `value`."""
    return floor(value / step) * step


def up(value: Fraction, step: Fraction) -> Fraction:
    """Return the least multiple of `step` that is not below `value`."""
    return ceil(value / step) * step


def half_up(value: Fraction, step: Fraction) -> Fraction:
    """Return the multiple of `step` nearest to `value`, the upper one of two equally near."""
    return floor(value / step + Fraction(1, 2)) * step
