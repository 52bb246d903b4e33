"""Dividends and splits that do not fit the prices, or are no dividends and splits at all."""

from bisect import bisect_left
from collections.abc import Iterator
from datetime import date
from fractions import Fraction

from app.domain.corporate_action import Dividend, Split
from app.domain.units import MICROS_PER_USD, TICKS_PER_USD, money_text, price_text
from app.simulation.bars import Adjustment, Bars, Finding, Resolution, Severity
from app.simulation.findings import Code, bar_place, grouped

_MICROS_PER_TICK = MICROS_PER_USD // TICKS_PER_USD
_SPLIT_TERM_MAX = 20  # 3:2, 1:20 and 21:20 are splits; 331:250 is a spin-off booked as one
_CENT = TICKS_PER_USD // 100
_CENTS_SINCE = date(2001, 4, 9)  # the last exchanges left fractions of a dollar
_BETWEEN_CENTS_MIN = 10  # suspicious from one close in so many
_RATIO_MAX = 20  # beyond it, ticks are too coarse to tell the cents that were traded


def action_findings(bars: Bars) -> Iterator[Finding]:
    """Yield what is doubtful about the corporate actions; a dividend above the price blocks."""
    yield from _dividends(bars)
    yield from _splits(bars)
    yield from _without_bar(bars)
    yield from _rescaled(bars)


def _dividends(bars: Bars) -> Iterator[Finding]:
    ratios = {
        split.ex_date: Fraction(split.denominator, split.numerator)
        for split in bars.splits
        if bars.adjustment is Adjustment.RAW
    }

    def close_before(dividend: Dividend) -> Fraction:
        """Return the close before the ex-date in micros; the first bar has its open."""
        index = bisect_left(bars.sessions, dividend.ex_date.toordinal())
        ticks = bars.closes[index - 1] if index else bars.opens[0]
        return ticks * _MICROS_PER_TICK * ratios.get(dividend.ex_date, Fraction(1))

    def read(dividend: Dividend) -> str:
        before = money_text(int(close_before(dividend)))
        return f"{money_text(dividend.per_share)} on {dividend.ex_date} after a close of {before}"

    above = [d for d in bars.dividends if d.per_share >= close_before(d)]
    large = [d for d in bars.dividends if close_before(d) > d.per_share >= close_before(d) / 2]
    yield from grouped(
        Code.DIVIDEND_ABOVE_PRICE,
        Severity.BLOCKING,
        above,
        place=_ex_date,
        detail=read,
        message=f"Not below the close before: {{count}} of {len(bars.dividends)} dividends, such as"
        " {detail}. Correct the amounts; they are per share, in the basis of the prices.",
    )
    yield from grouped(
        Code.DIVIDEND_IMPLAUSIBLE,
        Severity.WARNING,
        large,
        place=_ex_date,
        detail=read,
        message=f"At least half of the close before: {{count}} of {len(bars.dividends)} dividends,"
        " such as {detail}. Check that they are per share, in the basis of the prices.",
    )


def _splits(bars: Bars) -> Iterator[Finding]:
    yield from grouped(
        Code.ODD_SPLIT,
        Severity.WARNING,
        [s for s in bars.splits if min(s.numerator, s.denominator) > _SPLIT_TERM_MAX],
        place=_ex_date,
        detail=lambda split: f"{split.numerator}:{split.denominator} on {split.ex_date}",
        message=f"With a ratio that companies do not choose: {{count}} of {len(bars.splits)}"
        " splits, such as {detail}. A spin-off booked as a split can leave earlier dividends in"
        " another basis; a rounded ratio such as 0.3333 is better written 1/3.",
    )


def _without_bar(bars: Bars) -> Iterator[Finding]:
    sessions = set(bars.sessions)
    actions: tuple[Dividend | Split, ...] = (*bars.dividends, *bars.splits)
    yield from grouped(
        Code.ACTION_WITHOUT_BAR,
        Severity.WARNING,
        [action for action in actions if action.ex_date.toordinal() not in sessions],
        place=_ex_date,
        message=f"With an ex-date that has no bar: {{count}} of {len(actions)} dividends and"
        " splits. Add the bars, or correct the dates.",
    )


def _rescaled(bars: Bars) -> Iterator[Finding]:
    """Yield a finding when closes are no cents, even with the recorded splits undone.

    Closes are made in cents. Others were multiplied by something that is not recorded, as
    providers do for spin-offs.
    """
    if bars.resolution is not Resolution.DAY:
        return
    checked = [
        (index, ratio)
        for index, ratio in _as_traded(bars)
        if bars.sessions[index] >= _CENTS_SINCE.toordinal()
        and bars.closes[index] * ratio >= TICKS_PER_USD
        and ratio <= _RATIO_MAX
    ]
    between = [
        index for index, ratio in reversed(checked) if _is_between_cents(bars.closes[index], ratio)
    ]
    if len(between) * _BETWEEN_CENTS_MIN > len(checked):
        yield from grouped(
            Code.RESCALED_PRICES,
            Severity.WARNING,
            between,
            place=bar_place(bars),
            detail=lambda index: f"{price_text(bars.closes[index])} on {bars.session(index)}",
            message=f"Not in cents, with the recorded splits undone: {{count}} of {len(checked)}"
            " closes, such as {detail}. The source has multiplied them, probably for a spin-off;"
            " check that the dividends are in the same basis.",
        )


def _as_traded(bars: Bars) -> Iterator[tuple[int, Fraction]]:
    """Yield each bar, newest first, with what turns its prices into those that were traded."""
    is_adjusted = bars.adjustment is Adjustment.SPLIT
    splits = sorted(bars.splits, key=lambda split: split.ex_date) if is_adjusted else []
    ratio = Fraction(1)
    for index in reversed(range(len(bars))):
        while splits and splits[-1].ex_date.toordinal() > bars.sessions[index]:
            split = splits.pop()
            ratio *= Fraction(split.numerator, split.denominator)
        yield index, ratio


def _is_between_cents(close: int, ratio: Fraction) -> bool:
    """Return whether a close is no cent as traded; a tick of rounding is forgiven."""
    cent = _CENT * ratio.denominator
    above = close * ratio.numerator % cent
    return min(above, cent - above) > ratio.numerator


def _ex_date(action: Dividend | Split) -> str:
    return action.ex_date.isoformat()
