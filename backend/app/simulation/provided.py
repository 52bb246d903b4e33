"""What a provider gave, as bars: the settled part of a history, and what was left out of it."""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import chain, pairwise
from zoneinfo import ZoneInfo

from app.domain.corporate_action import Dividend, Split
from app.domain.history import History, HistoryBar, settled
from app.simulation.bars import Adjustment, Bars, Finding, Resolution, Severity
from app.simulation.findings import Code, grouped

_NEW_YORK = ZoneInfo("America/New_York")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """The bars of a history that will not change any more, oldest first.

    `pending` are the sessions that are not settled yet, `unusable` the starts of settled rows
    whose prices are missing or outside their low and high; neither is among `bars`.
    """

    bars: tuple[HistoryBar, ...]
    pending: tuple[date, ...]
    unusable: tuple[datetime, ...]


def settle(*, first: History, second: History | None, fresh_from: date) -> Settled:
    """Return the bars before the first one that may still change.

    A bar is settled when it is final and, in the sessions from `fresh_from` on, a second read gave
    it alike; None when the history ends before them. A session is settled as a whole, so that no
    dataset ends in the middle of one.
    """
    alike = frozenset() if second is None else frozenset(settled(first=first, second=second))
    both = {*first.bars, *(() if second is None else second.bars)}
    unsettled = {
        session_of(bar) for bar in both if not _is_settled(bar, alike, fresh_from=fresh_from)
    }
    cut = min(unsettled, default=date.max)
    kept = [bar for bar in first.bars if session_of(bar) < cut]
    return Settled(
        bars=tuple(bar for bar in kept if is_usable(bar)),
        pending=tuple(sorted({session_of(bar) for bar in both if session_of(bar) >= cut})),
        unusable=tuple(bar.start for bar in kept if not is_usable(bar)),
    )


def is_usable(bar: HistoryBar) -> bool:
    """Return whether all prices of a bar are there, open and close between low and high."""
    prices = (bar.open, bar.high, bar.low, bar.close)
    known = [price for price in prices if price is not None]
    return len(known) == len(prices) and bar.low == min(known) and bar.high == max(known)


def _is_settled(bar: HistoryBar, alike: frozenset[HistoryBar], *, fresh_from: date) -> bool:
    return bar in alike if session_of(bar) >= fresh_from else bar.final


def session_of(bar: HistoryBar) -> date:
    """Return the exchange date of a bar."""
    return bar.start.astimezone(_NEW_YORK).date()


def bars_of(
    bars: Sequence[HistoryBar],
    *,
    symbol: str,
    resolution: Resolution,
    dividends: Sequence[Dividend] = (),
    splits: Sequence[Split] = (),
) -> Bars:
    """Return complete bars of a provider, split-adjusted, with the actions between their ends.

    Actions of the first session are among them, as a price file of it would have them.
    """
    starts = array("q", (int(bar.start.timestamp()) for bar in bars))
    first, last = session_of(bars[0]), session_of(bars[-1])
    return Bars(
        symbol=symbol,
        resolution=resolution,
        adjustment=Adjustment.SPLIT,
        starts=starts,
        ends=array("q", (start + resolution.seconds for start in starts)),
        sessions=array("q", (session_of(bar).toordinal() for bar in bars)),
        opens=_column([bar.open for bar in bars]),
        highs=_column([bar.high for bar in bars]),
        lows=_column([bar.low for bar in bars]),
        closes=_column([bar.close for bar in bars]),
        volumes=array("q", (bar.volume or 0 for bar in bars)),
        dividends=tuple(d for d in dividends if first <= d.ex_date <= last),
        splits=tuple(s for s in splits if first <= s.ex_date <= last),
    )


def _column(prices: Sequence[int | None]) -> array[int]:
    column = array("q", (price for price in prices if price is not None))
    assert len(column) == len(prices), "bars of a dataset are complete"
    return column


def by_session(bars: Bars) -> tuple[Bars, ...]:
    """Return the bars of each session, oldest first, without corporate actions."""
    firsts = [i for i in range(len(bars)) if i == 0 or bars.sessions[i] != bars.sessions[i - 1]]
    return tuple(
        replace(
            bars,
            starts=bars.starts[low:high],
            ends=bars.ends[low:high],
            sessions=bars.sessions[low:high],
            opens=bars.opens[low:high],
            highs=bars.highs[low:high],
            lows=bars.lows[low:high],
            closes=bars.closes[low:high],
            volumes=bars.volumes[low:high],
            dividends=(),
            splits=(),
        )
        for low, high in pairwise([*firsts, len(bars)])
    )


def joined(parts: Sequence[Bars], *, actions: Bars) -> Bars:
    """Return the bars of `parts`, oldest first, in one basis, with `actions` between their ends."""
    first, last = parts[0].session(0), parts[-1].session(len(parts[-1]) - 1)

    def whole(name: str) -> array[int]:
        return array("q", chain.from_iterable(part.columns()[name] for part in parts))

    return replace(
        parts[0],
        starts=whole("starts"),
        ends=whole("ends"),
        sessions=whole("sessions"),
        opens=whole("opens"),
        highs=whole("highs"),
        lows=whole("lows"),
        closes=whole("closes"),
        volumes=whole("volumes"),
        dividends=tuple(d for d in actions.dividends if first <= d.ex_date <= last),
        splits=tuple(s for s in actions.splits if first <= s.ex_date <= last),
    )


def read_once_findings(sessions: Sequence[date]) -> Iterator[Finding]:
    """Yield the sessions of the archive that no second read has confirmed."""
    yield from grouped(
        Code.READ_ONCE,
        Severity.INFO,
        sessions,
        place=date.isoformat,
        message="From our archive, read once and not confirmed by a second read: {count} sessions.",
    )


def settled_findings(found: Settled, *, resolution: Resolution) -> tuple[Finding, ...]:
    """Return what was left out of a history: rows without prices, and sessions that are pending."""

    def place(start: datetime) -> str:
        if resolution is Resolution.DAY:
            return start.astimezone(_NEW_YORK).date().isoformat()
        return f"{start:%Y-%m-%dT%H:%MZ}"

    return (
        *grouped(
            Code.PENDING,
            Severity.INFO,
            found.pending,
            place=date.isoformat,
            message="Left out because their prices can still change: {count} sessions. They enter"
            " when the provider has closed them and two reads are alike; fetch again later.",
        ),
        *grouped(
            Code.UNUSABLE_ROWS,
            Severity.WARNING,
            found.unusable,
            place=place,
            message="Left out because prices were missing or outside their low and high: {count}"
            " rows. Nothing is decided on them.",
        ),
    )
