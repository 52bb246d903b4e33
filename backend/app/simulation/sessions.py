"""The sessions of a run: their bars, and the corporate actions before the first of them."""

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from app.domain import entitlement
from app.domain.corporate_action import Dividend, Split
from app.domain.errors import FieldError, InvalidInputError
from app.domain.observation import MarketPhase
from app.domain.strategy import Sessions
from app.simulation.bars import Adjustment, Bars, Resolution
from app.simulation.hours import regular_hours
from app.simulation.run import SimulationRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class ExDividend:
    """A dividend of the run: its number, and the close before it, split-adjusted, in ticks."""

    number: int
    dividend: Dividend
    previous_close: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One exchange date of a run.

    `bars` are its indexes in the dataset, `close` that of its last regular bar. `idle_days` are
    the calendar days since the session before, 0 for the first. `actions` are booked in their
    order before the first bar, then the dividends numbered in `payments` become cash.
    """

    date: date
    bars: range
    close: int | None
    idle_days: int
    actions: tuple[Split | ExDividend, ...]
    payments: tuple[int, ...]


def phase_of(bars: Bars, index: int) -> MarketPhase:
    """Return the part of the exchange's day that a bar belongs to, by its start.

    Daily bars are regular. Others outside regular hours are extended, however early or late.
    """
    if bars.resolution is Resolution.DAY:
        return MarketPhase.REGULAR
    opens, closes = regular_hours(bars, bars.sessions[index])
    is_regular = opens <= bars.starts[index] < closes
    return MarketPhase.REGULAR if is_regular else MarketPhase.EXTENDED


def check_coverage(request: SimulationRequest, *, first: date, last: date) -> str:
    """Return the dates that a dataset covers, in words, when it covers those of `request`.

    Raises
    ------
    InvalidInputError
        When a date of the request lies before `first` or after `last`.
    """
    coverage = f"from {first} to {last}, the sessions of the dataset"
    outside = [
        FieldError(field=name, message=f"is {day}", allowed=coverage)
        for name, day in (("start", request.start), ("end", request.end))
        if not first <= day <= last
    ]
    if outside:
        raise InvalidInputError(*outside)
    return coverage


def window_of(*, bars: Bars, request: SimulationRequest) -> range:
    """Return the indexes of the bars of a run, from the first that may be evaluated.

    Raises
    ------
    InvalidInputError
        When the dates reach beyond the dataset, or no bar between them may be evaluated.
    """
    coverage = check_coverage(request, first=bars.session(0), last=bars.session(len(bars) - 1))
    low = bisect_left(bars.sessions, request.start.toordinal())
    high = bisect_right(bars.sessions, request.end.toordinal())
    extended = request.strategy.sessions is Sessions.EXTENDED
    for index in range(low, high):
        if extended or phase_of(bars, index) is MarketPhase.REGULAR:
            return range(index, high)
    message = f"is {request.end}, and no bar since {request.start} is in an open session"
    raise InvalidInputError(FieldError(field="end", message=message, allowed=coverage))


def sessions_of(*, bars: Bars, window: range, pay_lag_days: int) -> tuple[Session, ...]:
    """Return the sessions of `window` with their actions, oldest first.

    The opening is stated after the actions of its own date, so the first session has none. An
    action on a date without bars comes before the next session.

    Source
    ------
    The trading rules, "Corporate actions".
    """
    sessions: list[Session] = []
    waiting = deque(enumerate(_in_order(bars, after=bars.session(window.start))))
    owed: dict[int, date] = {}
    for indexes in _grouped(bars, window):
        day = bars.session(indexes.start)
        before = sessions[-1] if sessions else None
        booked: tuple[Split | ExDividend, ...] = ()
        if before is not None:
            booked = tuple(_booked(waiting, day, _closing_price(bars, before)))
        owed |= _due_dates(booked, pay_lag_days)
        sessions.append(
            Session(
                date=day,
                bars=indexes,
                close=_last_regular(bars, indexes),
                idle_days=(day - before.date).days if before else 0,
                actions=booked,
                payments=tuple(number for number, due in owed.items() if due <= day),
            )
        )
        owed = {number: due for number, due in owed.items() if due > day}
    return tuple(sessions)


def _grouped(bars: Bars, window: range) -> Iterator[range]:
    """Yield the indexes of each session."""
    first = window.start
    while first < window.stop:
        after = bisect_right(bars.sessions, bars.sessions[first], first, window.stop)
        yield range(first, after)
        first = after


def _in_order(bars: Bars, *, after: date) -> list[Split | Dividend]:
    """Return the later actions by ex-date, splits first; adjusted prices contain their splits."""
    splits = bars.splits if bars.adjustment is Adjustment.RAW else ()
    actions: list[Split | Dividend] = [*splits, *bars.dividends]
    later = [action for action in actions if action.ex_date > after]
    return sorted(later, key=lambda action: (action.ex_date, isinstance(action, Dividend)))


def _booked(
    waiting: deque[tuple[int, Split | Dividend]], day: date, previous_close: int
) -> Iterator[Split | ExDividend]:
    """Yield, and take from `waiting`, what is booked before the first bar of `day`."""
    while waiting and waiting[0][1].ex_date <= day:
        number, action = waiting.popleft()
        match action:
            case Split(numerator=new, denominator=old):
                previous_close = entitlement.split_anchor(previous_close, new, old)
                yield action
            case Dividend():
                yield ExDividend(number=number, dividend=action, previous_close=previous_close)


def _due_dates(actions: Sequence[Split | ExDividend], pay_lag_days: int) -> dict[int, date]:
    lag = timedelta(days=pay_lag_days)
    return {
        action.number: action.dividend.pay_date or action.dividend.ex_date + lag
        for action in actions
        if isinstance(action, ExDividend)
    }


def _last_regular(bars: Bars, indexes: range) -> int | None:
    regular = (i for i in reversed(indexes) if phase_of(bars, i) is MarketPhase.REGULAR)
    return next(regular, None)


def _closing_price(bars: Bars, session: Session) -> int:
    return bars.closes[session.bars[-1] if session.close is None else session.close]
