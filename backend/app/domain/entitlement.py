"""What a holding brings without a trade, as functions of whole numbers that can be compiled.

Units and range are those of the trading rules. Split ratios are exact up to SPLIT_TERM_MAX.

Source of every formula: the trading rules, "Corporate actions"; simulation, "Replay".
"""

from app.domain.rules import floor_to_lot, muldiv

SPLIT_TERM_MAX = 10**6


def interest(cash: int, rate: int, days: int) -> int:
    """Return what `cash` earns in calendar `days` at `rate` (ppm a year of 365), rounded down."""
    return muldiv(cash, rate * days, 365 * 10**6)


def dividend(shares: int, per_share: int, withholding: int) -> int:
    """Return what is left of a dividend after `withholding` (ppm), in micros, rounded down."""
    return muldiv(shares, per_share * (10**6 - withholding), 10**12)


def split_shares(shares: int, numerator: int, denominator: int, lot: int) -> int:
    """Return the whole lots that `shares` become."""
    return floor_to_lot(muldiv(shares, numerator, denominator), lot)


def split_remainder(shares: int, kept: int, numerator: int, denominator: int, price: int) -> int:
    """Return what a split leaves beside the `kept` shares, sold at `price`, rounded down."""
    remainder = shares * numerator - kept * denominator
    return muldiv(remainder, price, denominator * 10**4)


def ex_dividend_anchor(anchor: int, previous_close: int, dividend: int) -> int:
    """Return anchor * (P0 - D) / P0, half up to a tick; D in micros, 0 < D < P0."""
    close = previous_close * 100
    shifted = muldiv(anchor, close - dividend, close)
    shifted += 2 * (anchor * (close - dividend) - shifted * close) >= close
    return shifted if shifted > 0 else 1


def split_anchor(anchor: int, numerator: int, denominator: int) -> int:
    """Return anchor * denominator / numerator, half up to a tick, for an n:d split."""
    scaled = (2 * anchor * denominator + numerator) // (2 * numerator)
    return scaled if scaled > 0 else 1
