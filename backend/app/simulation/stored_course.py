"""A run in the columns that are stored, and the run that they stand for."""

from dataclasses import dataclass

import numpy as np

from app.simulation import kernel_layout as at
from app.simulation.agenda import agenda_of
from app.simulation.kernel import Course
from app.simulation.kernel_arrays import Bytes, Integers
from app.simulation.opening import opened
from app.simulation.prepared import PreparedBars
from app.simulation.run import SimulationRequest
from app.simulation.sessions import window_of


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StoredCourse:
    """The changes of the position and the codes of the decisions, as `kernel_layout` has them.

    With the bars and the request they are the whole run: the rest follows from them.
    """

    rows: Integers
    codes: Bytes


def stored(course: Course) -> StoredCourse:
    """Return the columns of `course` that do not follow from bars and request."""
    return StoredCourse(rows=course.rows, codes=course.codes)


def restored(
    columns: StoredCourse, *, prepared: PreparedBars, request: SimulationRequest
) -> Course:
    """Return the run that was stored, over the bars and by the request that it was made with."""
    window = window_of(bars=prepared.bars, request=request)
    events = agenda_of(
        prepared=prepared,
        window=window,
        pay_lag_days=request.strategy.pay_lag_days,
        interest=request.cash_rate > 0,
    )
    return Course(
        prepared=prepared,
        request=request,
        window=window,
        opening=opened(bars=prepared.bars, index=window.start, request=request).position,
        events=events,
        rows=columns.rows,
        codes=columns.codes,
        equity=_equity(columns.rows, prepared, window),
    )


def _equity(rows: Integers, prepared: PreparedBars, window: range) -> Integers:
    """Return the value at the close of each bar, in 1e-10 USD."""
    bars = np.arange(window.start, window.stop)
    held = np.searchsorted(rows[:, at.MOMENT], at.PLACES * (bars + 1)) - 1
    funds = (rows[:, at.CASH] + rows[:, at.RECEIVABLE]) * 10**4
    equity: Integers = rows[held, at.SHARES] * prepared.closes[window.start : window.stop]
    return equity + funds[held]
