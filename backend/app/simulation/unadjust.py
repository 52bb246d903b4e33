"""Split-adjusted prices brought back to those that were traded."""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

from app.domain.corporate_action import Dividend, Split
from app.simulation.bars import Adjustment, Bars

_CENT = 100  # ticks
_DIVIDEND_GRID = 100  # micros; companies declare hundredths of a cent at the finest
_HALF = Fraction(1, 2)


def unadjusted(bars: Bars, *, divided_by: Sequence[Split], splits: Sequence[Split]) -> Bars:
    """Return split-adjusted `bars` as they were traded.

    Parameters
    ----------
    divided_by : every split that the source has divided the prices by, those after the last bar
        and spin-offs booked as splits too.
    splits : those that gave shares, again those after the last bar too. Dividends are multiplied
        by them alone, so that one whose basis a spin-off left unclear is rather too small than
        too large.

    Rounding
    --------
    One adjusted tick is `ratio` ticks as traded. Where this uncertainty holds exactly one whole
    cent, the price is that cent; else half up to a tick. Dividends alike, to hundredths of a
    cent, else half up to a micro. Volumes half up to a share.
    """
    assert bars.adjustment is Adjustment.SPLIT, "prices as traded need no split undone"
    ratios = list(_ratios(bars.sessions, divided_by))

    def traded(column: array[int]) -> array[int]:
        return array(
            "q",
            (
                price if ratio == 1 else _recovered(price, ratio, grid=_CENT)
                for price, ratio in zip(column, ratios, strict=True)
            ),
        )

    return replace(
        bars,
        adjustment=Adjustment.RAW,
        opens=traded(bars.opens),
        highs=traded(bars.highs),
        lows=traded(bars.lows),
        closes=traded(bars.closes),
        volumes=array(
            "q", (_half_up(v / ratio) for v, ratio in zip(bars.volumes, ratios, strict=True))
        ),
        dividends=tuple(_paid(dividend, splits) for dividend in bars.dividends),
    )


def _ratios(sessions: Sequence[int], splits: Sequence[Split]) -> Iterator[Fraction]:
    """Yield for each session, oldest first, the product of the splits after it."""
    waiting = sorted(splits, key=lambda split: split.ex_date)
    ratio = _product(waiting)
    for session in sessions:
        while waiting and waiting[0].ex_date.toordinal() <= session:
            ratio /= _product([waiting.pop(0)])
        yield ratio


def _paid(dividend: Dividend, splits: Sequence[Split]) -> Dividend:
    ratio = _product([split for split in splits if split.ex_date > dividend.ex_date])
    if ratio == 1:
        return dividend
    per_share = _recovered(dividend.per_share, ratio, grid=_DIVIDEND_GRID)
    return replace(dividend, per_share=per_share)


def _product(splits: Sequence[Split]) -> Fraction:
    ratio = Fraction(1)
    for split in splits:
        ratio *= Fraction(split.numerator, split.denominator)
    return ratio


def _recovered(adjusted: int, ratio: Fraction, *, grid: int) -> int:
    """Return the whole number near `adjusted * ratio` that was most likely divided by `ratio`.

    Everything from `(adjusted - 1/2) * ratio` to `(adjusted + 1/2) * ratio` was rounded to
    `adjusted`.
    """
    low, high = (adjusted - _HALF) * ratio, (adjusted + _HALF) * ratio
    first = -(-low // grid)
    if first * grid <= high < (first + 1) * grid:
        return max(1, int(first) * grid)
    return max(1, _half_up(adjusted * ratio))


def _half_up(number: Fraction) -> int:
    return int((number + _HALF) // 1)
