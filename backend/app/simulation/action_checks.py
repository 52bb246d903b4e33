"""Dividends and splits that do not fit the prices, or are no dividends and splits at all."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from fractions import Fraction

from app.domain.corporate_action import Dividend, Split
from app.domain.units import TICKS_PER_USD, price_text
from app.simulation.bars import Adjustment, Bars, Finding, Resolution, Severity
from app.simulation.findings import Code, grouped
from app.simulation.plausibility import Doubt, by_code, doubts

_CENT = TICKS_PER_USD // 100
_CENTS_SINCE = date(2001, 4, 9)  # the last exchanges left fractions of a dollar
_BETWEEN_CENTS_MIN = 10  # fewer closes tell nothing
# Of prices that were multiplied nearly all closes are between cents, half of them by a 2:1 split.
# A trade inside the spread is too, and so is up to a fifth of the closes made of minutes.
_BETWEEN_CENTS_SHARE_MIN = Fraction(2, 5)
_RATIO_MAX = 20  # beyond it, ticks are too coarse to tell the cents that were traded
_BASIS = "Check that they are per share, in the basis of the prices."
_MEANING = {
    Code.DIVIDEND_ABOVE_PRICE: (
        "Not below the close before",
        "Correct the amounts; they are per share, in the basis of the prices.",
    ),
    Code.DIVIDEND_IMPLAUSIBLE: ("At least half of the close before", _BASIS),
    Code.DIVIDEND_REPEATED: (
        "With the amount of another one within a week",
        "Leave out the one that was not paid.",
    ),
    Code.DIVIDEND_CONTRADICTED: ("Without a trace in the opening price", _BASIS),
    Code.ODD_SPLIT: (
        "With a ratio that companies do not choose",
        "A spin-off booked as a split can leave earlier dividends in another basis; a rounded"
        " ratio such as 0.3333 is better written 1/3.",
    ),
    Code.SPLIT_NOT_IN_PRICES: (
        "Not taken out of the prices",
        "Choose the adjustment that the prices have, or leave out a split that never was.",
    ),
    Code.ACTION_OFF_SESSION: (
        "With an ex-date on which the exchange was closed",
        "Correct the dates.",
    ),
}


def action_findings(bars: Bars, *, sessions: Sequence[date] | None) -> Iterator[Finding]:
    """Yield what is doubtful about the corporate actions; a dividend above the price blocks.

    `sessions` are the exchange's dates, None where its calendar does not reach.
    """
    found = doubts(bars, sessions=sessions)
    for code, of_code in by_code(found):
        meaning, advice = _MEANING[code]
        yield from grouped(
            code,
            Severity.BLOCKING if code is Code.DIVIDEND_ABOVE_PRICE else Severity.WARNING,
            of_code,
            place=lambda doubt: _ex_date(doubt.action),
            detail=lambda doubt: doubt.reason,
            message=f"{meaning}: {{count}} of {_kind(bars, of_code)}, such as {{detail}}. {advice}",
        )
    off_session = {doubt.action for doubt in found if doubt.code is Code.ACTION_OFF_SESSION}
    yield from _without_bar(bars, off_session)
    yield from _rescaled(bars)


def quarantine_findings(found: Sequence[Doubt]) -> Iterator[Finding]:
    """Yield what was left out of a dataset because it can hardly be true."""
    has_split = any(isinstance(doubt.action, Split) for doubt in found)
    effect = (
        " A split that is left out moves the price without giving shares: begin a simulation after"
        " it, or use split-adjusted prices."
        if has_split
        else " Nothing is booked for it."
    )
    yield from grouped(
        Code.QUARANTINED,
        Severity.WARNING,
        found,
        place=lambda doubt: _ex_date(doubt.action),
        detail=doubt_text,
        message=f"Kept apart because it can hardly be true: {{detail}}; {{count}} in all.{effect}",
    )


def doubt_text(doubt: Doubt) -> str:
    """Return why a dividend or split can hardly be true, in words."""
    meaning, _ = _MEANING[doubt.code]
    kind = "dividend" if isinstance(doubt.action, Dividend) else "split"
    return f"a {kind} {meaning[0].lower()}{meaning[1:]} ({doubt.reason})"


def _kind(bars: Bars, found: Sequence[Doubt]) -> str:
    kinds = {type(doubt.action) for doubt in found}
    if kinds == {Dividend}:
        return f"{len(bars.dividends)} dividends"
    if kinds == {Split}:
        return f"{len(bars.splits)} splits"
    return f"{len(bars.dividends) + len(bars.splits)} dividends and splits"


def _without_bar(bars: Bars, off_session: Collection[Dividend | Split]) -> Iterator[Finding]:
    present = set(bars.sessions)
    actions: tuple[Dividend | Split, ...] = (*bars.dividends, *bars.splits)
    yield from grouped(
        Code.ACTION_WITHOUT_BAR,
        Severity.WARNING,
        [a for a in actions if a.ex_date.toordinal() not in present and a not in off_session],
        place=_ex_date,
        message=f"With an ex-date that has no bar: {{count}} of {len(actions)} dividends and"
        " splits. Add the bars, or correct the dates.",
    )


def _rescaled(bars: Bars) -> Iterator[Finding]:
    """Yield a finding when closes up to some day are no cents, with the recorded splits undone.

    Closes are made in cents. Others were multiplied by something that is not recorded, as
    providers do for spin-offs, and then all closes before it were.
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
    if len(between) < _BETWEEN_CENTS_MIN:
        return
    earlier = sum(index <= between[-1] for index, _ in checked)
    if len(between) > _BETWEEN_CENTS_SHARE_MIN * earlier:
        first, last = (bars.session(index) for index in (between[0], between[-1]))
        yield Finding(
            code=Code.RESCALED_PRICES.value,
            place=f"{first} to {last}",
            severity=Severity.WARNING,
            message=f"Not in cents, with the recorded splits undone: {len(between)} of"
            f" {earlier} closes, the last one {price_text(bars.closes[between[-1]])} on"
            f" {last}. The source has multiplied the prices up to there, probably for a spin-off"
            " on the session after it; check that the dividends are in the same basis.",
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
