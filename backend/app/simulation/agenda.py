"""What happens before the first bars of the sessions of a run, as the kernel reads it."""

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np

from app.domain import entitlement, rules
from app.domain.corporate_action import Dividend, Split
from app.domain.entitlement import SPLIT_TERM_MAX
from app.domain.errors import FieldError, InvalidInputError
from app.simulation import kernel_layout as at
from app.simulation.bars import Adjustment
from app.simulation.kernel_arrays import Events, Integers
from app.simulation.prepared import PreparedBars

type Item = tuple[int, int, int, int]


def agenda_of(
    *, prepared: PreparedBars, window: range, pay_lag_days: int, interest: bool
) -> Events:
    """Return the events of a run over `window`; with `interest` every later session has one.

    The same actions and payments as those of `sessions_of`, for the sessions that have any.

    Raises
    ------
    InvalidInputError
        When a split or a dividend is outside the range in which the arithmetic is exact.
    """
    first_bars = prepared.first_bars
    first = int(np.searchsorted(first_bars, window.start, side="right")) - 1
    stop = int(np.searchsorted(first_bars, window.stop))
    dates = prepared.session_dates[first:stop]
    items: dict[int, list[Item]] = {index: [] for index in range(1, len(dates) if interest else 0)}
    payments: dict[int, list[Item]] = {}
    for session, number, action, price in _booked(prepared, first, dates):
        if isinstance(action, Split):
            opening = prepared.bars.opens[first_bars[first + session]]
            item = (at.SPLIT, action.numerator, action.denominator, opening)
        else:
            item = (at.DIVIDEND, number, action.per_share, price)
            due = action.pay_date or action.ex_date + timedelta(days=pay_lag_days)
            paid = max(session, int(np.searchsorted(dates, due.toordinal())))
            if paid < len(dates):
                payments.setdefault(paid, []).append((at.PAYMENT, number, 0, 0))
        items.setdefault(session, []).append(item)
    for session, owed in payments.items():
        items.setdefault(session, []).extend(owed)
    sessions = np.array(sorted(items), dtype=np.int64)
    listed = [item for session in sessions for item in items[session]]
    return Events(
        bars=first_bars[first + sessions],
        days=dates[sessions] - dates[sessions - 1],
        starts=np.cumsum([0, *(len(items[session]) for session in sessions)]),
        items=np.array(listed, dtype=np.int64).reshape(-1, 4),
    )


def _booked(
    prepared: PreparedBars, first: int, dates: Integers
) -> Iterator[tuple[int, int, Split | Dividend, int]]:
    """Yield session, number, action and the close before it, split-adjusted to the ex-date."""
    last, close = 0, 0
    for number, action in enumerate(_in_order(prepared, after=int(dates[0]))):
        _check(action)
        session = int(np.searchsorted(dates, action.ex_date.toordinal()))
        if session == len(dates):
            return
        if session != last:
            last, close = session, _close_before(prepared, first + session)
        if isinstance(action, Split):
            close = entitlement.split_anchor(close, action.numerator, action.denominator)
        yield session, number, action, close


def _in_order(prepared: PreparedBars, *, after: int) -> list[Split | Dividend]:
    bars = prepared.bars
    splits = bars.splits if bars.adjustment is Adjustment.RAW else ()
    actions: tuple[Split | Dividend, ...] = (*splits, *bars.dividends)
    later = [action for action in actions if action.ex_date > date.fromordinal(after)]
    return sorted(later, key=lambda action: (action.ex_date, isinstance(action, Dividend)))


def _close_before(prepared: PreparedBars, session: int) -> int:
    """Return the last regular close of the session before, or its last close."""
    regular = int(prepared.regular_closes[session - 1])
    return int(prepared.closes[regular if regular >= 0 else prepared.first_bars[session] - 1])


def _check(action: Split | Dividend) -> None:
    if isinstance(action, Split):
        if max(action.numerator, action.denominator) > SPLIT_TERM_MAX:
            raise InvalidInputError(
                FieldError(
                    field="dataset.split_ratio",
                    message=f"is {action.numerator}/{action.denominator} on {action.ex_date}",
                    allowed=f"a ratio of whole numbers up to {SPLIT_TERM_MAX}",
                )
            )
    elif action.per_share > rules.PRICE_MAX * 100:
        raise InvalidInputError(
            FieldError(
                field="dataset.dividend",
                message=f"is above the highest price on {action.ex_date}",
                allowed="a dividend below the price",
            )
        )
