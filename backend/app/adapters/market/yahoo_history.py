"""Past bars of Yahoo Finance, asked for in parts as long as it serves them, and joined."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from itertools import groupby
from typing import Protocol

from app.adapters.market.yahoo_access import YahooAccess
from app.adapters.market.yahoo_answer import Answer, Question
from app.adapters.market.yahoo_chart import CURRENCY, NEW_YORK, Chart, Row, read_chart
from app.adapters.market.yahoo_failures import (
    PROVIDER,
    closed,
    no_data,
    out_of_range,
    unavailable,
)
from app.domain.corporate_action import Dividend, Split
from app.domain.errors import InvalidInputError, ProviderError, ProviderFailure
from app.domain.history import History, HistoryBar, HistoryLimits
from app.simulation.bars import Resolution

SETTLES_AFTER = timedelta(minutes=15)
"""How long after its end Yahoo may still correct a bar in passing."""

_OPENING = time(9, 30)
_REGULAR = timedelta(hours=6, minutes=30)  # a half day is shorter
_DAY = timedelta(days=1)
_PAUSES_MAX = 5
_PAUSE_SECONDS_MAX = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class _Interval:
    """How bars of one resolution are asked for: Yahoo's name, its length, and the limits."""

    name: str
    length: timedelta
    limits: HistoryLimits


def _interval(
    name: str, length: timedelta, *, span_days: int | None, age_days: int | None
) -> _Interval:
    return _Interval(
        name=name,
        length=length,
        limits=HistoryLimits(
            max_span=None if span_days is None else timedelta(days=span_days),
            max_age=None if age_days is None else timedelta(days=age_days),
        ),
    )


_INTERVALS: Mapping[Resolution, _Interval] = {
    Resolution.MINUTE: _interval("1m", timedelta(minutes=1), span_days=8, age_days=30),
    Resolution.FIVE_MINUTES: _interval("5m", timedelta(minutes=5), span_days=60, age_days=60),
    Resolution.QUARTER_HOUR: _interval("15m", timedelta(minutes=15), span_days=60, age_days=60),
    # Yahoo answers 30m with bars of an hour, so they are made from quarters.
    Resolution.HALF_HOUR: _interval("15m", timedelta(minutes=30), span_days=60, age_days=60),
    Resolution.HOUR: _interval("1h", timedelta(hours=1), span_days=730, age_days=730),
    Resolution.DAY: _interval("1d", _REGULAR, span_days=None, age_days=None),
}


class Sessions(Protocol):
    """The exchange's trading days."""

    def sessions(self, *, start: date, end: date) -> tuple[date, ...]:
        """Return the trading days from `start` to `end`, both included."""
        ...


def limits(*, resolution: Resolution) -> HistoryLimits:
    """Return how far back and how long a span Yahoo serves."""
    return _INTERVALS[resolution].limits


class YahooHistory:
    """Fetches past bars; `sessions` tells why there are none."""

    def __init__(
        self,
        *,
        access: YahooAccess,
        sessions: Sessions,
        now: Callable[[], datetime],
        sleep: Callable[[float], None],
    ) -> None:
        self._access = access
        self._sessions = sessions
        self._now = now
        self._sleep = sleep

    def fetch(
        self,
        *,
        symbol: str,
        resolution: Resolution,
        start: date,
        end: date,
        on_progress: Callable[[int, int], None],
    ) -> History:
        """Return the bars of the New York dates `start` to `end`, both included.

        Raises
        ------
        ProviderError
            RANGE before anything is asked, when the span is outside the limits; UNAVAILABLE too
            when two answers contradict each other where they overlap.
        """
        interval = _INTERVALS[resolution]
        self._refuse_range(symbol, interval.limits, start=start, end=end)
        parts = tuple(_parts(start=start, end=end, span=interval.limits.max_span))
        joined = _Joined(symbol=symbol)
        received_at = self._now()
        for done, (first, last) in enumerate(parts):
            progress = partial(on_progress, done, len(parts))
            progress()
            question = _question(symbol, interval, first=first, last=last)
            answer = self._ask(question, progress=progress)
            received_at = answer.received_at
            assert answer.status is not None, "what is no answer was raised"
            chart = read_chart(
                status=answer.status, body=answer.body, symbol=symbol, interval=interval.name
            )
            joined.add(_bars(chart, interval, read_at=received_at), chart)
        on_progress(len(parts), len(parts))
        if not joined.bars:
            raise self._nothing(symbol, start=start, end=end)
        return History(
            symbol=symbol,
            currency=CURRENCY,
            exchange_timezone=NEW_YORK.key,
            resolution=resolution,
            bars=_within(joined.bars.values(), start=start, end=end),
            dividends=tuple(d for d in joined.dividends.values() if start <= d.ex_date <= end),
            splits=tuple(s for s in joined.splits.values() if start <= s.ex_date <= end),
            source=PROVIDER,
            received_at=received_at,
        )

    def _refuse_range(self, symbol: str, allowed: HistoryLimits, *, start: date, end: date) -> None:
        now = self._now()
        today = now.astimezone(NEW_YORK).date()
        if start > end:
            raise out_of_range(symbol=symbol, reason=f"the span begins on {start}, after its end")
        if end > today:
            raise out_of_range(symbol=symbol, reason=f"{end} is in the future; today is {today}")
        if allowed.max_age is not None and _midnight(start) < now - allowed.max_age:
            earliest = (now - allowed.max_age).astimezone(NEW_YORK).date() + _DAY
            raise out_of_range(
                symbol=symbol,
                reason=(
                    f"bars of this length go back {allowed.max_age.days} days;"
                    f" the earliest start is {earliest}, not {start}"
                ),
            )

    def _ask(self, question: Question, *, progress: Callable[[], None]) -> Answer:
        """Ask, and wait out a short refusal: a long span is not to fail for one part of it.

        `progress` is told while that lasts, so that it can end the wait.
        """
        for _ in range(_PAUSES_MAX):
            try:
                return self._access.ask(question)
            except ProviderError as error:
                is_short = error.retry_after_seconds <= _PAUSE_SECONDS_MAX
                if error.code is not ProviderFailure.RATE_LIMITED or not is_short:
                    raise
                for _ in range(error.retry_after_seconds):
                    self._sleep(1)
                    progress()
        return self._access.ask(question)

    def _nothing(self, symbol: str, *, start: date, end: date) -> ProviderError:
        try:
            trading_days = self._sessions.sessions(start=start, end=end)
        except InvalidInputError:  # the calendar does not reach there, so it does not know
            trading_days = (start,)
        if not trading_days:
            return closed(symbol=symbol, start=start, end=end)
        return no_data(symbol=symbol, reason=f"it has no bars from {start} to {end}")


class _Joined:
    """Bars and actions of the parts so far; what two parts both hold has to be equal."""

    def __init__(self, *, symbol: str) -> None:
        self._symbol = symbol
        self.bars: dict[datetime, HistoryBar] = {}
        self.dividends: dict[date, Dividend] = {}
        self.splits: dict[date, Split] = {}

    def add(self, bars: Iterable[HistoryBar], chart: Chart) -> None:
        for bar in bars:
            known = self.bars.get(bar.start, bar)
            if known != bar and known.final and bar.final:
                raise self._contradiction(f"the bar of {bar.start.isoformat()}")
            self.bars[bar.start] = bar
        for dividend in chart.dividends:
            if self.dividends.setdefault(dividend.ex_date, dividend) != dividend:
                raise self._contradiction(f"the dividend of {dividend.ex_date}")
        for split in chart.splits:
            if self.splits.setdefault(split.ex_date, split) != split:
                raise self._contradiction(f"the split of {split.ex_date}")

    def _contradiction(self, what: str) -> ProviderError:
        return unavailable(
            symbol=self._symbol, reason=f"its answers contradict each other about {what}"
        )


def _parts(*, start: date, end: date, span: timedelta | None) -> Iterator[tuple[date, date]]:
    """Yield first and last dates; each part begins with the last date of the one before."""
    while span is not None and end - start >= span:
        last = start + span - _DAY
        yield start, last
        start = last
    yield start, end


def _question(symbol: str, interval: _Interval, *, first: date, last: date) -> Question:
    begins, ends = _midnight(first), _midnight(last + _DAY)
    if interval.limits.max_span is not None:  # the day that clocks go back is an hour longer
        ends = min(ends, begins + interval.limits.max_span)
    return Question(
        symbol=symbol,
        path=f"/v8/finance/chart/{symbol}",
        parameters={
            "period1": str(int(begins.timestamp())),
            "period2": str(int(ends.timestamp())),
            "interval": interval.name,
            "includePrePost": "false",
            "events": "div,splits",
        },
    )


def _bars(chart: Chart, interval: _Interval, *, read_at: datetime) -> Iterator[HistoryBar]:
    """Yield the bars of the rows of one answer, oldest first.

    Rows outside the regular session, and one between two bars, are not what was asked for: the
    last is the trade of this moment, which Yahoo adds to its bars.
    """
    placed = ((_start(row, interval), row) for row in chart.rows)
    kept = [(start, row) for start, row in placed if start is not None]
    for start, group in groupby(kept, key=lambda each: each[0]):
        rows = [row for _, row in group]
        if interval.length == _REGULAR:
            del rows[1:]  # a day under way has a row of its own at times
        under_way = rows[0] is chart.rows[-1] and rows[0].at != start
        is_settled = start + interval.length + SETTLES_AFTER <= read_at
        yield _bar(rows, start=start, final=is_settled and not under_way)


def _start(row: Row, interval: _Interval) -> datetime | None:
    """Return the start of the bar that `row` belongs to; None when it is not part of one."""
    on = row.at.astimezone(NEW_YORK).date()
    opening = datetime.combine(on, _OPENING, NEW_YORK).astimezone(UTC)
    if interval.length == _REGULAR:
        return opening
    since = row.at - opening
    step = timedelta(minutes=15) if interval.name == "15m" else interval.length
    if not timedelta(0) <= since < _REGULAR or since % step:
        return None
    return row.at - since % interval.length


def _bar(rows: Sequence[Row], *, start: datetime, final: bool) -> HistoryBar:
    if len(rows) > 1:
        rows = [row for row in rows if row.close is not None] or rows[:1]
    volumes = [row.volume for row in rows if row.volume is not None]
    return HistoryBar(
        start=start,
        open=rows[0].open,
        high=_extreme(max, [row.high for row in rows]),
        low=_extreme(min, [row.low for row in rows]),
        close=rows[-1].close,
        volume=sum(volumes) if volumes else None,
        final=final,
    )


def _extreme(pick: Callable[[list[int]], int], prices: list[int | None]) -> int | None:
    known = [price for price in prices if price is not None]
    return pick(known) if len(known) == len(prices) else None


def _within(bars: Iterable[HistoryBar], *, start: date, end: date) -> tuple[HistoryBar, ...]:
    inside = (bar for bar in bars if start <= bar.start.astimezone(NEW_YORK).date() <= end)
    return tuple(sorted(inside, key=lambda bar: bar.start))


def _midnight(on: date) -> datetime:
    return datetime.combine(on, time(), NEW_YORK).astimezone(UTC)
