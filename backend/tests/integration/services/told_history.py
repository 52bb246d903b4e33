"""A provider of recorded daily prices that knows, on each date, what was known by then."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from fractions import Fraction

from app.domain.corporate_action import Dividend, Split
from app.domain.errors import ProviderError, ProviderFailure
from app.domain.history import History, HistoryBar, HistoryLimits
from app.simulation.bars import Adjustment, Bars, Resolution

SETTLES_AFTER = timedelta(minutes=15)


class ToldHistory:
    """Satisfies `HistoryProvider` with recorded bars, told as a provider tells them.

    Of bars as traded, prices and dividends are divided by the splits told up to then. A day has a
    bar once its session is open. Actions in `hidden` are not known yet, dividends in `changed`
    are told otherwise, also with another ex-date.
    """

    def __init__(self, *, bars: Bars, now: Callable[[], datetime]) -> None:
        self._bars = bars
        self._now = now
        self.hidden: set[date] = set()
        self.changed: dict[date, Dividend] = {}
        self.failure: ProviderError | None = None
        self.asked = 0

    def limits(self, *, resolution: Resolution) -> HistoryLimits:
        return HistoryLimits(max_span=None, max_age=None)

    def fetch(
        self,
        *,
        symbol: str,
        resolution: Resolution,
        start: date,
        end: date,
        on_progress: Callable[[int, int], None],
    ) -> History:
        assert resolution is Resolution.DAY, "actions are told with daily bars"
        self.asked += 1
        if self.failure is not None:
            raise self.failure
        if symbol != self._bars.symbol:
            raise ProviderError(
                provider="yahoo",
                code=ProviderFailure.UNKNOWN_SYMBOL,
                message=f"{symbol} is not listed.",
                retry_after_seconds=3600,
            )
        splits = tuple(s for s in self._bars.splits if self._is_told(s, start, end))
        told = [self.changed.get(d.ex_date, d) for d in self._bars.dividends]
        return History(
            symbol=symbol,
            currency="USD",
            exchange_timezone="America/New_York",
            resolution="1d",
            bars=tuple(self._told_bars(start, end, splits)),
            dividends=tuple(
                replace(d, per_share=self._divided(d.per_share, d.ex_date, splits))
                for d in told
                if self._is_told(d, start, end)
            ),
            splits=splits,
            source="yahoo",
            received_at=self._now(),
        )

    def _is_told(self, action: Dividend | Split, start: date, end: date) -> bool:
        return start <= action.ex_date <= end and action.ex_date not in self.hidden

    def _told_bars(self, start: date, end: date, splits: tuple[Split, ...]) -> list[HistoryBar]:
        return [
            self._bar(index, splits)
            for index in range(len(self._bars))
            if start <= self._bars.session(index) <= end
            and self._bars.start_at(index) <= self._now()
        ]

    def _bar(self, index: int, splits: tuple[Split, ...]) -> HistoryBar:
        bars, on = self._bars, self._bars.session(index)
        ends_at = bars.start_at(index) + timedelta(seconds=Resolution.DAY.seconds)
        return HistoryBar(
            start=bars.start_at(index),
            open=self._divided(bars.opens[index], on, splits),
            high=self._divided(bars.highs[index], on, splits),
            low=self._divided(bars.lows[index], on, splits),
            close=self._divided(bars.closes[index], on, splits),
            volume=None,
            final=ends_at + SETTLES_AFTER <= self._now(),
        )

    def _divided(self, value: int, on: date, splits: tuple[Split, ...]) -> int:
        ratio = Fraction(1)
        for split in splits if self._bars.adjustment is Adjustment.RAW else ():
            if split.ex_date > on:
                ratio *= Fraction(split.numerator, split.denominator)
        return int((value / ratio + Fraction(1, 2)) // 1)
