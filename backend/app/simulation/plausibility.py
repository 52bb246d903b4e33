"""Whether a dividend or split can be true, by the prices around it and the exchange's calendar."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from app.domain.corporate_action import Dividend, Split
from app.domain.units import MICROS_PER_USD, PPM, TICKS_PER_USD, money_text, price_text
from app.simulation.bars import Adjustment, Bars
from app.simulation.findings import Code
from app.simulation.price_checks import usual_moves

MICROS_PER_TICK = MICROS_PER_USD // TICKS_PER_USD
_LEAST_SHARE = Fraction(1, 2)  # of the close before, from which a dividend is implausible
_SHOWN_IN_MOVES = 4  # a dividend of so many usual moves has to show in the opening price
_REPEATED_WITHIN = timedelta(days=7)
_SPLIT_TERM_MAX = 20  # 3:2, 1:20 and 21:20 are splits; 331:250 is a spin-off booked as one
_SPLIT_SHOWN_MIN = Fraction(5, 4)  # a smaller one hides among usual moves


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A dividend or split that can hardly be true: by which check, and in words."""

    action: Dividend | Split
    code: Code
    reason: str


def doubts(bars: Bars, *, sessions: Sequence[date] | None) -> tuple[Doubt, ...]:
    """Return the dividends and splits of `bars` that can hardly be true, one doubt each.

    `sessions` are the exchange's dates over the range of `bars`, None where its calendar does not
    reach. Dividends and prices are in one basis.
    """
    closed = _Closed(sessions)
    prices = _Prices(bars)
    found: list[Doubt] = []
    for number, dividend in enumerate(bars.dividends):
        earlier = bars.dividends[:number]
        checks = (closed.doubt(dividend), prices.doubt(dividend), _repeated(dividend, earlier))
        found += [doubt for doubt in checks if doubt][:1]
    for split in bars.splits:
        checks = (closed.doubt(split), _odd(split), prices.missing_split(split))
        found += [doubt for doubt in checks if doubt][:1]
    return tuple(found)


class _Closed:
    """The dates on which the exchange was closed."""

    def __init__(self, sessions: Sequence[date] | None) -> None:
        self._open = frozenset(sessions or ())

    def doubt(self, action: Dividend | Split) -> Doubt | None:
        on = action.ex_date
        if not self._open or not min(self._open) <= on <= max(self._open) or on in self._open:
            return None
        reason = f"its ex-date {on} is no session of the exchange"
        return Doubt(action=action, code=Code.ACTION_OFF_SESSION, reason=reason)


class _Prices:
    """The prices around each ex-date, and what they say about its action."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._usual = usual_moves(bars)
        self._is_raw = bars.adjustment is Adjustment.RAW
        self._ratios = {s.ex_date: Fraction(s.denominator, s.numerator) for s in bars.splits}

    def doubt(self, dividend: Dividend) -> Doubt | None:
        """Return what the prices say against a dividend; the first bar has its open before it."""
        bars, on = self._bars, dividend.ex_date
        index = bisect_left(bars.sessions, on.toordinal())
        before = self._close_before(index, on)
        per_share = Fraction(dividend.per_share, MICROS_PER_TICK)
        amount = money_text(dividend.per_share)
        told = f"{amount} on {on} after a close of {price_text(int(before))}"
        if per_share >= before:
            return Doubt(action=dividend, code=Code.DIVIDEND_ABOVE_PRICE, reason=told)
        if per_share >= before * _LEAST_SHARE:
            return Doubt(action=dividend, code=Code.DIVIDEND_IMPLAUSIBLE, reason=told)
        if not 0 < index < len(bars) or bars.sessions[index] != on.toordinal():
            return None
        opened = bars.opens[index]
        has_to_show = per_share * PPM > _SHOWN_IN_MOVES * self._usual[index] * before
        if has_to_show and 2 * (before - opened) < per_share:
            reason = f"{told}, and an open of {price_text(opened)}"
            return Doubt(action=dividend, code=Code.DIVIDEND_CONTRADICTED, reason=reason)
        return None

    def missing_split(self, split: Split) -> Doubt | None:
        """Return the doubt that split-adjusted prices still jump by the split's ratio."""
        bars, on = self._bars, split.ex_date
        index = bisect_left(bars.sessions, on.toordinal())
        ratio = Fraction(split.numerator, split.denominator)
        is_plain = max(ratio, 1 / ratio) >= _SPLIT_SHOWN_MIN
        if self._is_raw or not is_plain or not 0 < index < len(bars):
            return None
        before, opened = bars.closes[index - 1], bars.opens[index]
        # Nearer to the whole ratio than to none, on the scale where up and down count alike.
        moved = max(Fraction(before, opened), Fraction(opened, before))
        if moved**2 <= max(ratio, 1 / ratio):
            return None
        reason = (
            f"{split.numerator}:{split.denominator} on {on}, where prices go from"
            f" {price_text(before)} to {price_text(opened)} as if they were not adjusted for it"
        )
        return Doubt(action=split, code=Code.SPLIT_NOT_IN_PRICES, reason=reason)

    def _close_before(self, index: int, on: date) -> Fraction:
        ticks = self._bars.closes[index - 1] if index else self._bars.opens[0]
        return ticks * self._ratios.get(on, Fraction(1)) if self._is_raw else Fraction(ticks)


def _repeated(dividend: Dividend, earlier: Sequence[Dividend]) -> Doubt | None:
    for other in earlier:
        gap = dividend.ex_date - other.ex_date
        if other.per_share == dividend.per_share and gap <= _REPEATED_WITHIN:
            reason = f"{money_text(dividend.per_share)} on {other.ex_date} and {dividend.ex_date}"
            return Doubt(action=dividend, code=Code.DIVIDEND_REPEATED, reason=reason)
    return None


def _odd(split: Split) -> Doubt | None:
    if min(split.numerator, split.denominator) <= _SPLIT_TERM_MAX:
        return None
    reason = f"{split.numerator}:{split.denominator} on {split.ex_date}"
    return Doubt(action=split, code=Code.ODD_SPLIT, reason=reason)


def by_code(found: Sequence[Doubt]) -> Iterator[tuple[Code, list[Doubt]]]:
    """Yield the doubts of each check, in the order of the codes."""
    for code in Code:
        of_code = [doubt for doubt in found if doubt.code is code]
        if of_code:
            yield code, of_code
