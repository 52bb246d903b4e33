"""A provider of past bars that gives what a test told it to give."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.domain.corporate_action import Dividend, Split
from app.domain.errors import ProviderError, ProviderFailure
from app.domain.history import History, HistoryBar, HistoryLimits
from app.simulation.bars import Bars, Resolution

NEW_YORK = ZoneInfo("America/New_York")
SETTLES_AFTER = timedelta(minutes=15)
NO_LIMITS = HistoryLimits(max_span=None, max_age=None)


class FakeHistory:
    """Satisfies `HistoryProvider`; what was never given is an unknown symbol.

    history.give(bars)                              # of its symbol and resolution, split-adjusted
    history.change(lambda bar: ..., reads=1)        # from the second read on
    history.fail(code=ProviderFailure.RATE_LIMITED)
    history.asked                                   # every question, in order
    """

    def __init__(
        self,
        *,
        now: Callable[[], datetime],
        limits: Mapping[Resolution, HistoryLimits] | None = None,
    ) -> None:
        self._now = now
        self._limits = dict(limits or {})
        self._given: dict[tuple[str, Resolution], tuple[Bars, tuple[HistoryBar, ...]]] = {}
        self._failure: ProviderError | None = None
        self._change: Callable[[HistoryBar], HistoryBar] | None = None
        self._unchanged_reads = 0
        self.asked: list[tuple[str, Resolution, date, date]] = []

    def give(self, bars: Bars, *, without_prices: Sequence[int] = ()) -> None:
        """Give `bars` from now on, some of them as rows that hold no prices."""
        self._failure = None
        self._given[bars.symbol, bars.resolution] = (bars, tuple(_rows(bars, without_prices)))

    def change(self, change: Callable[[HistoryBar], HistoryBar], *, reads: int = 0) -> None:
        """Give every bar as `change` returns it, after `reads` more questions."""
        self._change, self._unchanged_reads = change, reads

    def fail(self, *, code: ProviderFailure) -> None:
        self._failure = _failure(code)

    def limits(self, *, resolution: Resolution) -> HistoryLimits:
        return self._limits.get(resolution, NO_LIMITS)

    def fetch(
        self,
        *,
        symbol: str,
        resolution: Resolution,
        start: date,
        end: date,
        on_progress: Callable[[int, int], None],
    ) -> History:
        age = self.limits(resolution=resolution).max_age
        begins = datetime.combine(start, time(), NEW_YORK)
        if start > end or (age is not None and begins < self._now() - age):
            raise _failure(ProviderFailure.RANGE)
        self.asked.append((symbol, resolution, start, end))
        on_progress(0, 1)
        if self._failure is not None:
            raise self._failure
        if (symbol, resolution) not in self._given:
            raise _failure(ProviderFailure.UNKNOWN_SYMBOL)
        given, rows = self._given[symbol, resolution]
        inside = [bar for bar in rows if start <= bar.start.astimezone(NEW_YORK).date() <= end]
        on_progress(1, 1)
        if not inside:
            raise _failure(ProviderFailure.NO_DATA)
        return History(
            symbol=symbol,
            currency="USD",
            exchange_timezone=NEW_YORK.key,
            resolution=resolution.value,
            bars=tuple(self._shown(bar, given) for bar in inside),
            dividends=_between(given.dividends, start, end),
            splits=_between(given.splits, start, end),
            source="yahoo",
            received_at=self._now(),
        )

    def _shown(self, bar: HistoryBar, given: Bars) -> HistoryBar:
        length = timedelta(seconds=given.ends[0] - given.starts[0])
        final = bar.start + length + SETTLES_AFTER <= self._now()
        shown = replace(bar, final=final)
        if self._change is None or len(self.asked) <= self._unchanged_reads:
            return shown
        return self._change(shown)


def _rows(bars: Bars, without_prices: Sequence[int]) -> Iterable[HistoryBar]:
    for index in range(len(bars)):
        is_empty = index in without_prices
        yield HistoryBar(
            start=bars.start_at(index),
            open=None if is_empty else bars.opens[index],
            high=None if is_empty else bars.highs[index],
            low=None if is_empty else bars.lows[index],
            close=None if is_empty else bars.closes[index],
            volume=None if is_empty else bars.volumes[index],
            final=False,
        )


def _between[T: (Dividend, Split)](actions: Sequence[T], start: date, end: date) -> tuple[T, ...]:
    return tuple(action for action in actions if start <= action.ex_date <= end)


def _failure(code: ProviderFailure) -> ProviderError:
    return ProviderError(
        provider="yahoo",
        code=code,
        message=f"The provider of this test answers {code}.",
        retry_after_seconds=60,
    )
