"""Reading bars from the provider: settled ones alone, as traded where asked for."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from app.domain.errors import FieldError, InvalidInputError
from app.domain.history import History, HistoryBar
from app.services.ports import Calendar, Clock, HistoryProvider
from app.services.shelve_dataset import sessions_between
from app.simulation.bars import Adjustment, Bars, Resolution
from app.simulation.findings import Code
from app.simulation.plausibility import Doubt, doubts
from app.simulation.provided import Settled, bars_of, is_usable, session_of, settle
from app.simulation.unadjust import unadjusted

SECOND_READ_AFTER = timedelta(minutes=1)
_FRESH_SESSIONS = 2  # read twice; older ones have settled long ago
_LONGEST_CLOSURE = timedelta(days=14)

type Progress = Callable[[int, int], None]
type Wait = Callable[[timedelta], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Provided:
    """What the provider gave for a range of dates.

    `bars` are the settled ones with the actions of the whole range, None when nothing settled in
    it; `actions` are the daily bars in the same basis, from its start until now, with the actions
    that the prices do not contradict. `quarantine` holds the others.
    """

    bars: Bars | None
    actions: Bars
    settled: Settled
    quarantine: tuple[Doubt, ...]
    source: str
    received_at: datetime


class ReadProvider:
    """Reads bars from the provider, the freshest sessions twice."""

    def __init__(
        self,
        *,
        provider: HistoryProvider,
        calendar: Calendar,
        clock: Clock,
        second_read_after: timedelta = SECOND_READ_AFTER,
    ) -> None:
        self._second_read_after = second_read_after
        self._provider = provider
        self._calendar = calendar
        self._clock = clock

    def today(self) -> date:
        """Return the exchange's date."""
        return self._calendar.session_date(at=self._clock.now())

    def first_date(self, *, resolution: Resolution) -> date | None:
        """Return the first date that the provider gives in full, None without a limit."""
        age = self._provider.limits(resolution=resolution).max_age
        if age is None:
            return None
        return self._calendar.session_date(at=self._clock.now() - age) + timedelta(days=1)

    def read(
        self,
        *,
        symbol: str,
        resolution: Resolution,
        adjustment: Adjustment,
        start: date,
        end: date,
        actions_from: date,
        on_progress: Progress,
        wait: Wait | None,
    ) -> Provided:
        """Return the settled bars of `start` to `end`, and the actions from `actions_from` on.

        A start after the end asks for the actions alone. The freshest sessions are read twice,
        `wait` apart: a session that changes meanwhile is not settled, nor is any after it. Who
        reads them again later anyway gives None. The daily bars until now tell the splits that
        the provider has divided by, those after `end` included.

        Raises
        ------
        ProviderError
            When the provider cannot answer.
        InvalidInputError
            When there is no day with prices.
        """
        fresh_from = date.max if wait is None else self._fresh_from()
        daily, first, second = self._asked(
            symbol,
            resolution,
            (start, end),
            actions_from=actions_from,
            fresh_from=fresh_from,
            on_progress=on_progress,
            wait=wait,
        )
        settled = settle(first=first, second=second, fresh_from=fresh_from)
        actions, quarantine = self._screened(daily)
        apart = {doubt.action: doubt.code for doubt in quarantine}
        divided_by = [s for s in daily.splits if apart.get(s) is not Code.SPLIT_NOT_IN_PRICES]
        splits = [split for split in daily.splits if split not in apart]

        def based(bars: Bars) -> Bars:
            if adjustment is Adjustment.SPLIT:
                return bars
            return unadjusted(bars, divided_by=divided_by, splits=splits)

        return Provided(
            bars=based(_with_actions(settled.bars, actions, resolution)) if settled.bars else None,
            actions=based(actions),
            settled=settled,
            quarantine=quarantine,
            source=first.source,
            received_at=first.received_at,
        )

    def _asked(
        self,
        symbol: str,
        resolution: Resolution,
        span: tuple[date, date],
        *,
        actions_from: date,
        fresh_from: date,
        on_progress: Progress,
        wait: Wait | None,
    ) -> tuple[History, History, History | None]:
        """Return the days until now, the bars of `span`, and a second read of the fresh ones."""
        start, end = span
        is_asked = start <= end and resolution is not Resolution.DAY
        is_fresh = fresh_from <= end  # as long as it has bars there
        parts = _Parts(report=on_progress, questions=1 + is_asked + is_fresh)

        def ask(of: Resolution, first: date, last: date) -> History:
            history = self._provider.fetch(
                symbol=symbol, resolution=of, start=first, end=last, on_progress=parts.progress
            )
            parts.answered()
            return history

        daily = ask(Resolution.DAY, actions_from, self.today())
        if is_asked:
            first = ask(resolution, start, end)
        else:
            kept = tuple(bar for bar in daily.bars if start <= session_of(bar) <= end)
            first = replace(daily, bars=kept)
        second = None
        if wait is not None and any(session_of(bar) >= fresh_from for bar in first.bars):
            wait(self._second_read_after)
            second = ask(resolution, max(start, fresh_from), end)
        return daily, first, second

    def _fresh_from(self) -> date:
        today = self.today()
        recent = sessions_between(self._calendar, start=today - _LONGEST_CLOSURE, end=today)
        return recent[-_FRESH_SESSIONS] if recent else today - _LONGEST_CLOSURE

    def _screened(self, daily: History) -> tuple[Bars, tuple[Doubt, ...]]:
        usable = [bar for bar in daily.bars if is_usable(bar)]
        if not usable:
            raise InvalidInputError(
                FieldError(
                    field="start",
                    message="is followed by no day with prices",
                    allowed="dates on which the symbol was traded",
                )
            )
        bars = bars_of(
            usable,
            symbol=daily.symbol,
            resolution=Resolution.DAY,
            dividends=daily.dividends,
            splits=daily.splits,
        )
        sessions = sessions_between(
            self._calendar, start=bars.session(0), end=bars.session(len(bars) - 1)
        )
        doubtful = doubts(bars, sessions=sessions)
        apart = {doubt.action for doubt in doubtful}
        plausible = replace(
            bars,
            dividends=tuple(dividend for dividend in bars.dividends if dividend not in apart),
            splits=tuple(split for split in bars.splits if split not in apart),
        )
        return plausible, doubtful


class _Parts:
    """Counts the parts of some questions together; each says how many it has as it goes."""

    def __init__(self, *, report: Progress, questions: int) -> None:
        self._report = report
        self._questions = questions
        self._done = 0
        self._total = 1

    def progress(self, done: int, total: int) -> None:
        """Tell how far the question that is being asked has come."""
        self._total = total
        self._report(self._done + done, self._done + total + self._questions - 1)

    def answered(self) -> None:
        """Go on to the next question."""
        self._done += self._total
        self._questions -= 1


def _with_actions(bars: tuple[HistoryBar, ...], actions: Bars, resolution: Resolution) -> Bars:
    return bars_of(
        bars,
        symbol=actions.symbol,
        resolution=resolution,
        dividends=actions.dividends,
        splits=actions.splits,
    )
