"""The quality report of a dataset: what is doubtful about it, and what makes it unusable."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime

from app.domain import rules
from app.domain.units import TICKS_PER_USD, price_text
from app.simulation.action_checks import action_findings
from app.simulation.bars import Bars, Finding, Resolution, Severity
from app.simulation.findings import Code, bar_place, grouped
from app.simulation.hours_checks import hours_findings
from app.simulation.price_checks import price_findings


def assess(bars: Bars, *, sessions: tuple[date, ...] | None, now: datetime) -> tuple[Finding, ...]:
    """Return what is doubtful or wrong about `bars`; blocking findings come alone.

    `sessions` are the exchange's dates from the first to the last session of `bars`, None where
    its calendar does not reach; `now` is in UTC.
    """
    blocking = tuple(
        finding for check in (_times(bars), _clock(bars, now), _ranges(bars)) for finding in check
    )
    if blocking:
        return blocking
    return (
        *_membership(bars, sessions),
        *_short_sessions(bars),
        *hours_findings(bars),
        *price_findings(bars),
        *action_findings(bars, sessions=sessions),
        *_volumes(bars),
        *_price_grid(bars),
    )


def _times(bars: Bars) -> Iterator[Finding]:
    place = bar_place(bars)
    starts, ends = bars.starts, bars.ends
    late = [i for i in range(1, len(bars)) if starts[i] <= starts[i - 1]]
    yield from grouped(
        Code.TIMES_OUT_OF_ORDER,
        Severity.BLOCKING,
        late,
        place=place,
        message=f"Not later than the bar before: {{count}} of {len(bars)} bars. Sort them, oldest"
        " first, and keep one for each time.",
    )
    overlapping = [i for i in range(1, len(bars)) if starts[i - 1] < starts[i] < ends[i - 1]]
    yield from grouped(
        Code.BARS_OVERLAP,
        Severity.BLOCKING,
        overlapping,
        place=place,
        message=f"Begun before the bar before has ended: {{count}} of {len(bars)} bars. Import"
        f" them with the length that they have, which is shorter than {bars.resolution}.",
    )


def _clock(bars: Bars, now: datetime) -> Iterator[Finding]:
    moment = int(now.timestamp())
    unfinished = [i for i in range(len(bars)) if bars.ends[i] > moment]
    yield from grouped(
        Code.LATER_THAN_NOW,
        Severity.BLOCKING,
        unfinished,
        place=bar_place(bars),
        message=f"Ending later than now: {{count}} of {len(bars)} bars, whose prices can still"
        " change. Leave them out.",
    )


def _ranges(bars: Bars) -> Iterator[Finding]:
    place = bar_place(bars)
    prices = tuple(zip(bars.opens, bars.highs, bars.lows, bars.closes, strict=True))

    def read(index: int) -> str:
        opened, high, low, close = (price_text(price) for price in prices[index])
        return f"{place(index)} has open {opened}, high {high}, low {low}, close {close}"

    yield from grouped(
        Code.PRICE_OUT_OF_RANGE,
        Severity.BLOCKING,
        [i for i, bar in enumerate(prices) if min(bar) <= 0 or max(bar) > rules.PRICE_MAX],
        place=place,
        detail=read,
        message=f"With a price that is not above 0 and at most {price_text(rules.PRICE_MAX)} USD:"
        f" {{count}} of {len(bars)} bars. {{detail}}. Correct them or leave them out.",
    )
    yield from grouped(
        Code.RANGE_INCONSISTENT,
        Severity.BLOCKING,
        [i for i, (o, h, lo, c) in enumerate(prices) if not (lo <= o <= h and lo <= c <= h)],
        place=place,
        detail=read,
        message=f"Opening or closing outside their low and high: {{count}} of {len(bars)} bars."
        " {detail}. Correct them or leave them out.",
    )


def _membership(bars: Bars, sessions: tuple[date, ...] | None) -> Iterator[Finding]:
    if sessions is None:
        first, last = bars.session(0).isoformat(), bars.session(len(bars) - 1).isoformat()
        yield Finding(
            code=Code.SESSIONS_UNCHECKED.value,
            place=f"{first} to {last}",
            severity=Severity.INFO,
            message="The exchange calendar does not cover these dates, so missing and extra"
            " sessions were not looked for, and no session is known to have closed early.",
        )
        return
    expected = {session.toordinal() for session in sessions}
    present = set(bars.sessions)
    yield from grouped(
        Code.MISSING_SESSIONS,
        Severity.WARNING,
        sorted(expected - present),
        place=_on,
        message=f"Without a bar: {{count}} of {len(expected)} sessions of the exchange. Nothing is"
        " decided on them.",
    )
    yield from grouped(
        Code.EXTRA_SESSIONS,
        Severity.WARNING,
        sorted(present - expected),
        place=_on,
        message=f"With bars although the exchange was closed: {{count}} of {len(present)} dates."
        " Their prices cannot have been traded there.",
    )


def _short_sessions(bars: Bars) -> Iterator[Finding]:
    if bars.resolution is Resolution.DAY:
        return
    counts = Counter(bars.sessions)
    usual = sorted(counts.values())[len(counts) // 2]
    yield from grouped(
        Code.SHORT_SESSIONS,
        Severity.WARNING,
        [session for session, count in counts.items() if 2 * count < usual],
        place=_on,
        detail=lambda session: f"{counts[session]} on {_on(session)}",
        message=f"With less than half of the usual {usual} bars: {{count}} of {len(counts)}"
        " sessions, such as {detail}.",
    )


def _volumes(bars: Bars) -> Iterator[Finding]:
    silent = [i for i, volume in enumerate(bars.volumes) if volume == 0]
    is_doubtful = bars.resolution is Resolution.DAY and len(silent) < len(bars)
    yield from grouped(
        Code.ZERO_VOLUME,
        Severity.WARNING if is_doubtful else Severity.INFO,
        silent,
        place=bar_place(bars),
        message=f"Without volume: {{count}} of {len(bars)} bars. Nobody traded at these prices, or"
        " the source does not tell.",
    )


def _price_grid(bars: Bars) -> Iterator[Finding]:
    median = sorted(bars.closes)[len(bars) // 2]
    if median < TICKS_PER_USD:
        yield Finding(
            code=Code.COARSE_PRICES.value,
            place=bars.symbol,
            severity=Severity.WARNING,
            message=f"The median price is {price_text(median)} USD, so that a cent is more than"
            " 1 %. Triggers are met in coarse steps, and results depend on them.",
        )


def _on(session: int) -> str:
    return date.fromordinal(session).isoformat()
