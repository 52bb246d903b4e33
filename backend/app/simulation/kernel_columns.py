"""The whole record of every decision of a compiled run, in columns."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from app.simulation import kernel_layout as at
from app.simulation.kernel import Course, compiled
from app.simulation.kernel_arrays import Integers
from app.simulation.run import ExecutionModel


class RecordColumns(NamedTuple):
    """The records of a run, oldest first: one a bar, in `touch` its open, and the fills after it.

    `codes` are what was decided, `prices` what was evaluated, in ticks; `numbers` what was
    compared, and `sizings` how each order was sized that was, as `kernel_layout` names them.
    """

    codes: Integers
    prices: Integers
    numbers: Integers
    sizings: Integers


def record_columns(course: Course, *, code_folder: Path) -> RecordColumns:
    """Return the records of a run, the same as those that `step` makes one by one."""
    codes, prices, before = _evaluations(course)
    code = compiled(code_folder)
    strategy = np.array(at.strategy_vector(course.request.strategy), np.int64)
    numbers = np.empty((len(codes), at.NUMBERS), np.int64)
    code.write_numbers(course.rows, before, prices, strategy, numbers)
    sized = np.flatnonzero(codes % at.SELLS >= at.TRIMMED_TO_ZERO)
    sizings = np.empty((len(sized), at.SIZING), np.int64)
    code.write_sizings(course.rows, before, prices, strategy, sized, sizings)
    return RecordColumns(codes=codes, prices=prices, numbers=numbers, sizings=sizings)


def _evaluations(course: Course) -> tuple[Integers, Integers, Integers]:
    """Return code, price and index of the row before each evaluation, in their order."""
    window, bars, rows = course.window, course.prepared, course.rows
    touch = course.request.model is ExecutionModel.TOUCH
    place = at.AT_OPEN if touch else at.AT_CLOSE
    first_after = (rows[1:, at.MOMENT] - place) // at.PLACES + 1 - window.start
    spans = np.diff(first_after, prepend=0, append=len(window))
    codes = course.codes.astype(np.int64)
    prices = (bars.opens if touch else bars.closes)[window.start : window.stop]
    before = np.repeat(np.arange(len(rows)), spans)
    inside = np.flatnonzero(rows[:, at.MOMENT] % at.PLACES == at.INSIDE)
    after = rows[inside, at.MOMENT] // at.PLACES - window.start + 1
    return (
        np.insert(codes, after, rows[inside, at.CODE]),
        np.insert(prices, after, rows[inside, at.ASKED]),
        np.insert(before, after, inside - 1),
    )
