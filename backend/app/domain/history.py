"""Bars as a provider gave them, with its corporate actions and where all of it came from."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from app.domain.corporate_action import Dividend, Split


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryBar:
    """One bar of a provider: its start in UTC, prices in ticks, volume in shares.

    A number is None where the provider gave none. `final` is set by the provider's adapter: the
    bar ended longer ago than the settle delay, and is not what the provider shows of a day under
    way. A bar is to be relied on when a second read, later, is equal; that read is the caller's,
    see `settled`.
    """

    start: datetime
    open: int | None
    high: int | None
    low: int | None
    close: int | None
    volume: int | None
    final: bool

    def __post_init__(self) -> None:
        assert self.start.utcoffset() == timedelta(0), "a bar starts at a moment in UTC"
        prices = (self.open, self.high, self.low, self.close)
        assert all(price is None or price > 0 for price in prices), "a price is positive"
        assert self.volume is None or self.volume >= 0, "a volume is not negative"


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What a provider told about one symbol: bars oldest first, none twice, and its actions.

    Prices are split-adjusted up to `received_at` and never adjusted for dividends; dividends are
    split-adjusted alike, as the provider gives them. `resolution` is "1m", "5m", "15m", "30m",
    "1h" or "1d". A daily bar starts at 09:30 New York time.
    """

    symbol: str
    currency: str
    exchange_timezone: str
    resolution: str
    bars: tuple[HistoryBar, ...]
    dividends: tuple[Dividend, ...]
    splits: tuple[Split, ...]
    source: str
    received_at: datetime

    def __post_init__(self) -> None:
        assert self.received_at.utcoffset() == timedelta(0), "received_at is in UTC"
        starts = [bar.start for bar in self.bars]
        assert all(a < b for a, b in pairwise(starts)), "bars ascend"


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryLimits:
    """How far back a provider reaches, and how long a span it gives at once; None: no limit.

    `max_age` counts back from now. `max_span` is the longest span of one question; a provider
    puts a longer one to itself in parts.
    """

    max_span: timedelta | None
    max_age: timedelta | None


def settled(*, first: History, second: History) -> tuple[HistoryBar, ...]:
    """Return the bars that two reads gave alike and that were final in both, oldest first.

    The provider marks `final`; the second read, some time after the first, is the caller's. A
    split between the reads changes every bar before it, so nothing is settled then.
    """
    once = set(first.bars)
    return tuple(bar for bar in second.bars if bar.final and bar in once)
