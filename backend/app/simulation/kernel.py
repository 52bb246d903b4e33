"""Runs of model `close` at compiled speed, with the decisions of `step` bit for bit.

The rules are compiled from the very functions that `step` calls. A run keeps the changes of the
position; its equity curve, its decisions and its positions follow from them exactly.
"""

import hashlib
import importlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.domain import entitlement, rules
from app.domain.errors import FieldError, InvalidInputError
from app.domain.position import Position
from app.domain.strategy import Sessions, Strategy
from app.domain.units import money_text, shares_text, value_text
from app.simulation import kernel_layout as at
from app.simulation.agenda import agenda_of
from app.simulation.kernel_arrays import Columns, Events, Integers
from app.simulation.opening import opened
from app.simulation.prepared import PreparedBars
from app.simulation.pyramid import BLOCK_BITS
from app.simulation.run import ExecutionModel, SimulationRequest
from app.simulation.sessions import window_of


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Course:
    """A whole run in columns, oldest first.

    `rows` are the position at the opening and after each of its changes, `codes` the decisions
    at the bars of `window`, both as `kernel_layout` describes them. `equity` is the value at the
    close of each bar of `window`, in 1e-10 USD.
    """

    prepared: PreparedBars
    request: SimulationRequest
    window: range
    opening: Position
    events: Events
    rows: Integers
    codes: NDArray[np.uint8]
    equity: Integers

    @property
    def trades(self) -> Integers:
        """Return the rows of the trades."""
        return self.rows[self.rows[:, at.CODE] % at.SELLS >= at.BY_TRIGGER]

    def rows_after(self, bars: Integers) -> Integers:
        """Return the position after the evaluation of each of `bars`."""
        moments = self.rows[:, at.MOMENT]
        return self.rows[np.searchsorted(moments, 2 * bars + 1, side="right") - 1]


def run(
    *,
    prepared: PreparedBars,
    request: SimulationRequest,
    code_folder: Path,
    by_blocks: bool = True,
) -> Course:
    """Return the run that `request` describes, as `replay` decides it.

    Machine code is kept in a folder inside `code_folder`. With `by_blocks`, quiet times are
    passed in blocks of bars, which was never slower, from 500 bars to 1,000,000, and up to six
    times as fast; the result is the same.

    Raises
    ------
    InvalidInputError
        When the request does not fit the dataset, or leaves the range of exact arithmetic.
    """
    assert request.model is ExecutionModel.CLOSE, "only the model close is compiled"
    bars, strategy = prepared.bars, request.strategy
    window = window_of(bars=bars, request=request)
    opening = opened(bars=bars, index=window.start, request=request).position
    check_costs(prepared, window, strategy)
    events = agenda_of(
        prepared=prepared,
        window=window,
        pay_lag_days=strategy.pay_lag_days,
        interest=request.cash_rate > 0,
    )
    code = compiled(code_folder)
    columns = _columns(prepared, strategy, by_blocks=by_blocks)
    codes = _codes(columns, window)
    changes = _changes_max(prepared, window, events, strategy)
    rows = np.empty((changes, at.ROW_WIDTH), np.int64)
    try:
        count = code.follow(
            columns,
            window.stop,
            events,
            np.zeros(len(bars.dividends) + len(bars.splits), np.int64),
            request.cash_rate,
            np.array(at.strategy_vector(strategy), np.int64),
            opening_row(opening, window.start),
            rows,
            codes,
        )
    except OverflowError:
        raise out_of_range() from None
    equity = np.empty(len(window), np.int64)
    code.write_equity(prepared.closes, window.start, rows[:count], equity)
    return Course(
        prepared=prepared,
        request=request,
        window=window,
        opening=opening,
        events=events,
        rows=rows[:count],
        codes=codes,
        equity=equity,
    )


def numbers_of(course: Course, *, code_folder: Path) -> Integers:
    """Return what the decision at each bar compared, in columns as `kernel_layout` names them.

    With the closes and the codes this is the whole record of a bar without an order; that of a
    bar with one is read back by `kernel_records`.
    """
    numbers = np.empty((len(course.window), at.NUMBERS), np.int64)
    strategy = np.array(at.strategy_vector(course.request.strategy), np.int64)
    closes, first = course.prepared.closes, course.window.start
    compiled(code_folder).write_numbers(closes, first, course.rows, strategy, numbers)
    return numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """The compiled functions."""

    follow: Callable[..., int]
    write_equity: Callable[..., None]
    write_numbers: Callable[..., None]
    return_sums: Callable[..., tuple[float, ...]]
    share_sums: Callable[..., tuple[float, float, int]]
    deepest_fall: Callable[..., tuple[int, int]]


@cache
def compiled(code_folder: Path) -> Compiled:
    """Return the compiled functions, from machine code kept in `code_folder` where there is some.

    numba keeps its code by the file of the compiled function and does not see a change in one
    that it calls; therefore the folder carries the digest of all of them in its name. The first
    folder asked for stays the one of this process.
    """
    numba = importlib.import_module("numba")
    numba.config.CACHE_DIR = str(code_folder / code_digest(sources()))
    loop = importlib.import_module("app.simulation.kernel_loop")
    sums = importlib.import_module("app.simulation.kernel_sums")
    return Compiled(
        follow=loop.follow,
        write_equity=loop.write_equity,
        write_numbers=loop.write_numbers,
        return_sums=sums.return_sums,
        share_sums=sums.share_sums,
        deepest_fall=sums.deepest_fall,
    )


def sources() -> tuple[bytes, ...]:
    """Return the source texts that machine code is made from."""
    here = Path(__file__).parent
    files = [Path(inspect.getfile(module)) for module in (rules, entitlement)]
    files += [here / "pyramid.py", *sorted(here.glob("kernel_*.py"))]
    return tuple(file.read_bytes() for file in files)


def code_digest(texts: tuple[bytes, ...]) -> str:
    """Return the sha256 in hex of source texts and the version of numba."""
    digest = hashlib.sha256(version("numba").encode())
    for text in texts:
        digest.update(hashlib.sha256(text).digest())
    return digest.hexdigest()


def _columns(prepared: PreparedBars, strategy: Strategy, *, by_blocks: bool) -> Columns:
    nothing = np.empty(0, np.int64)
    all_open = strategy.sessions is Sessions.EXTENDED or prepared.is_regular
    return Columns(
        closes=prepared.closes,
        ends=prepared.ends,
        dates=prepared.dates,
        closed=np.empty(0, np.uint8) if all_open else prepared.extended,
        lowest=prepared.lowest if by_blocks else nothing,
        highest=prepared.highest if by_blocks else nothing,
    )


def _codes(columns: Columns, window: range) -> NDArray[np.uint8]:
    """Return the codes before the run: every bar inside the band, or closed."""
    codes = np.zeros(len(window), np.uint8)
    if columns.closed.size:
        codes[columns.closed[window.start : window.stop] == 1] = at.SESSION_CLOSED
    return codes


def _changes_max(prepared: PreparedBars, window: range, events: Events, strategy: Strategy) -> int:
    """Return how many rows there can be: the opening, the anchor, the events and the trades."""
    first, stop = np.searchsorted(prepared.first_bars, (window.start, window.stop))
    sessions = int(stop - first) + 1
    trades = min(len(window), sessions * strategy.max_per_day)
    return 2 + len(events.bars) + trades


def opening_row(opening: Position, bar: int) -> Integers:
    """Return the state before the first decision, on bar `bar`, as the compiled code keeps it."""
    row = np.zeros(at.ROW_WIDTH, np.int64)
    row[at.MOMENT] = 2 * bar
    row[at.SHARES] = opening.shares
    row[at.CASH] = opening.cash
    row[at.ANCHOR] = opening.anchor or at.NO_ANCHOR
    row[at.DONE_AT] = at.NEVER
    return row


def check_costs(prepared: PreparedBars, window: range, strategy: Strategy) -> None:
    """Refuse a commission per share near the price: an order could ask for any quantity."""
    blocks = slice(window.start >> BLOCK_BITS, (window[-1] >> BLOCK_BITS) + 1)
    price = int(prepared.lowest[blocks].min())
    most = rules.worst_sell_price(price, strategy.slippage, 0) * 10
    if strategy.commission_per_share > most:
        raise InvalidInputError(
            FieldError(
                field="strategy.costs.commission_per_share",
                message=f"is {money_text(strategy.commission_per_share)}",
                allowed=f"up to {money_text(most)}, a tenth of the lowest price",
            )
        )


def out_of_range() -> InvalidInputError:
    """Return the refusal of a run that leaves the range of exact arithmetic."""
    return InvalidInputError(
        FieldError(
            field="opening",
            message="leads to amounts beyond the range in which the arithmetic is exact",
            allowed=f"a value up to {value_text(rules.VALUE_MAX)} USD at every close, up to "
            f"{shares_text(rules.SHARES_MAX)} shares, and orders of that size",
        )
    )
