"""Prices that do not fit those around them: stray prints, jumps, unit changes, missed splits.

A price is compared with its neighbours, the close before (after the session's corporate actions)
and the open after, in multiples of the usual move: 1.5 times the median move of the bars around,
which is a normal distribution's standard deviation that outliers leave alone.
"""

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import repeat

from app.domain.corporate_action import is_near_split
from app.domain.units import MICROS_PER_USD, PPM, TICKS_PER_USD, price_text
from app.simulation.bars import Adjustment, Bars, Finding, Severity
from app.simulation.findings import Code, bar_place, grouped

_MICROS_PER_TICK = MICROS_PER_USD // TICKS_PER_USD
_USUAL_MOVES_MAX = 8  # beyond it a move is a jump, and an unconfirmed price a stray print
_SPLIT_MOVES_MIN = 4  # a move near a split ratio is suspected earlier
_SESSION_MOVE_MIN = 5_000  # ppm; calm data do not make small moves suspicious
_BAR_MOVE_MIN = 2_000  # ppm, inside a session
_BLOCK = 20  # bars that share one usual move, taken from three blocks

_UNIT_LEAST, _UNIT_MOST = 90, 111  # around 100: cents read as dollars
_MEANING = {
    Code.UNIT_JUMP: (
        "About 100 times above or below the close before",
        "Bring the prices into one unit, or add the split that is missing.",
    ),
    Code.STRAY_PRINT: (
        f"With a price more than {_USUAL_MOVES_MAX} usual moves beyond the close before and the"
        " next open",
        "Such a print can fill an order that nobody could have traded: correct it, or begin a"
        " simulation after it.",
    ),
    Code.NEAR_SPLIT: (
        "Opening away from the close before by about the ratio of a split",
        "Record the split that is missing, or choose the adjustment that the prices have.",
    ),
    Code.JUMP: (
        f"Opening more than {_USUAL_MOVES_MAX} usual moves from the close before, and staying"
        " there",
        "News such as earnings does that; so does a distribution that is not recorded.",
    ),
}


def price_findings(bars: Bars) -> Iterator[Finding]:
    """Yield unit jumps (blocking), stray prints and near splits (warnings) and jumps (info)."""
    neighbours = _Neighbours(bars)
    later = range(1, len(bars))
    stray = [i for i in range(len(bars)) if neighbours.is_stray(i)]
    unsure = {*stray, *(i + 1 for i in stray)}
    splits = [i for i in later if i not in unsure and neighbours.is_near_split(i)]
    unsure.update(splits)
    found = (
        (Code.UNIT_JUMP, Severity.BLOCKING, [i for i in later if neighbours.changes_unit(i)]),
        (Code.STRAY_PRINT, Severity.WARNING, stray),
        (Code.NEAR_SPLIT, Severity.WARNING, splits),
        (
            Code.JUMP,
            Severity.INFO,
            [i for i in later if i not in unsure and neighbours.jumps(i)],
        ),
    )
    for code, severity, indices in found:
        meaning, advice = _MEANING[code]
        yield from grouped(
            code,
            severity,
            sorted(indices, key=neighbours.distance, reverse=True),
            place=bar_place(bars),
            detail=neighbours.describe,
            message=f"{meaning}: {{count}} of {len(bars)} bars, most of all {{detail}}. {advice}",
        )


class _Neighbours:
    """The prices around each bar, in the bar's own basis, and the usual move there."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._place = bar_place(bars)
        self._before = _closes_before(bars)
        self._after = _opens_after(bars)
        self._usual = usual_moves(bars)

    def changes_unit(self, index: int) -> bool:
        before = self._before[index]
        high, low = self._bars.highs[index], self._bars.lows[index]
        return (
            _UNIT_LEAST * before <= high <= _UNIT_MOST * before
            or _UNIT_LEAST * low <= before <= _UNIT_MOST * low
        )

    def is_stray(self, index: int) -> bool:
        before, after = self._before[index], self._after[index]
        limit = _USUAL_MOVES_MAX * self._usual[index] + PPM
        highest, lowest = max(before, after), min(before, after)
        return (
            self._bars.highs[index] * PPM > highest * limit
            or lowest * PPM > self._bars.lows[index] * limit
        )

    def jumps(self, index: int) -> bool:
        move = _move(self._bars.opens[index], self._before[index])
        return move > _USUAL_MOVES_MAX * self._usual[index]

    def is_near_split(self, index: int) -> bool:
        opened, before = self._bars.opens[index], self._before[index]
        if self._bars.sessions[index] == self._bars.sessions[index - 1]:
            return False
        if _move(opened, before) <= _SPLIT_MOVES_MIN * self._usual[index]:
            return False
        return is_near_split(before, opened)

    def distance(self, index: int) -> int:
        """Return how far the bar's farthest price is from the close before, in ppm."""
        bars, before = self._bars, self._before[index]
        return max(_move(bars.highs[index], before), _move(bars.lows[index], before))

    def describe(self, index: int) -> str:
        bars = self._bars
        prices = (bars.opens, bars.highs, bars.lows, bars.closes)
        opened, high, low, close = (price_text(column[index]) for column in prices)
        before, after = price_text(self._before[index]), price_text(self._after[index])
        return (
            f"{self._place(index)} has open {opened}, high {high}, low {low}, close {close}"
            f" between {before} before and {after} after"
        )


def _closes_before(bars: Bars) -> array[int]:
    """Return the close before each bar after the actions of its session; the first one its own."""
    before = bars.closes[:1] + bars.closes[:-1]
    for index, (new, old, cash) in _actions(bars).items():
        before[index] = max(1, before[index] * old // new - cash)
    return before


def _opens_after(bars: Bars) -> array[int]:
    """Return the open after each bar before the actions of its session; the last bar's close."""
    after = bars.opens[1:] + bars.closes[-1:]
    for index, (new, old, cash) in _actions(bars).items():
        after[index - 1] = (after[index - 1] + cash) * new // old
    return after


def _actions(bars: Bars) -> Mapping[int, tuple[int, int, int]]:
    """Return new shares, old shares and ticks a share by the first bar of their ex-date."""
    ratios = {
        split.ex_date.toordinal(): (split.numerator, split.denominator)
        for split in bars.splits
        if bars.adjustment is Adjustment.RAW
    }
    cash = Counter[int]()
    for dividend in bars.dividends:
        cash[dividend.ex_date.toordinal()] += dividend.per_share // _MICROS_PER_TICK
    firsts = {session: bisect_left(bars.sessions, session) for session in {*ratios, *cash}}
    return {
        index: (*ratios.get(session, (1, 1)), cash[session])
        for session, index in firsts.items()
        if 0 < index < len(bars) and bars.sessions[index] == session
    }


def usual_moves(bars: Bars) -> array[int]:
    """Return the usual move of each bar in ppm; a session's first bar moves as sessions do."""
    before = _closes_before(bars)
    firsts = [0, *(i for i in range(1, len(bars)) if bars.sessions[i] != bars.sessions[i - 1])]
    lasts = [*(first - 1 for first in firsts[1:]), len(bars) - 1]
    inner = sorted(set(range(len(bars))) - set(firsts))
    usual = array("q", bytes(8 * len(bars)))
    by_session = [_move(bars.closes[j], before[i]) for i, j in zip(firsts, lasts, strict=True)]
    by_bar = [_move(bars.closes[i], before[i]) for i in inner]
    for indices, moves, least in (
        (firsts, by_session, _SESSION_MOVE_MIN),
        (inner, by_bar, _BAR_MOVE_MIN),
    ):
        for index, move in zip(indices, _smooth(moves), strict=True):
            usual[index] = max(least, move)
    return usual


def _smooth(moves: Sequence[int]) -> Iterator[int]:
    for block in range(0, len(moves), _BLOCK):
        around = sorted(moves[max(0, block - _BLOCK) : block + 2 * _BLOCK])
        usual = around[len(around) // 2] * 3 // 2
        yield from repeat(usual, min(_BLOCK, len(moves) - block))


def _move(price: int, reference: int) -> int:
    """Return the distance in ppm of the lower one, so that up and down count alike."""
    return abs(price - reference) * PPM // min(price, reference)
