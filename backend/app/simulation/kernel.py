"""Runs at compiled speed, with the decisions of `step` bit for bit.

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

from app.domain import entitlement, rules
from app.domain.errors import FieldError, InvalidInputError
from app.domain.position import Position
from app.domain.strategy import Sessions
from app.domain.units import money_text, shares_text, value_text
from app.simulation import kernel_layout as at
from app.simulation.agenda import agenda_of
from app.simulation.kernel_arrays import Bytes, Columns, Events, Integers, Memory
from app.simulation.opening import opened
from app.simulation.prepared import PreparedBars
from app.simulation.pyramid import BLOCK_BITS
from app.simulation.run import ExecutionModel, SimulationRequest
from app.simulation.sessions import window_of


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Course:
    """A whole run in columns, oldest first.

    `rows` are the position at the opening and after each of its changes, `codes` the decisions
    at the close of each bar of `window`, in `touch` at its open; both as `kernel_layout` describes
    them. `equity` is the value at the
    close of each bar of `window`, in 1e-10 USD.
    """

    prepared: PreparedBars
    request: SimulationRequest
    window: range
    opening: Position
    events: Events
    rows: Integers
    codes: Bytes
    equity: Integers

    @property
    def traded(self) -> Integers:
        """Return the indexes of the rows of the trades."""
        orders = self.rows[:, at.CODE] % at.SELLS >= at.BY_TRIGGER
        return np.flatnonzero(orders & (self.rows[:, at.WAITING] == at.NO_ORDER))

    @property
    def trades(self) -> Integers:
        """Return the rows of the trades."""
        return self.rows[self.traded]

    @property
    def inside(self) -> Integers:
        """Return the rows of what was filled on the way through a bar."""
        places = self.rows[:, at.MOMENT] % at.PLACES
        return self.rows[np.flatnonzero(places == at.INSIDE)]

    def rows_after(self, bars: Integers) -> Integers:
        """Return the position at the close of each of `bars`, after what is decided there."""
        later = np.searchsorted(self.rows[:, at.MOMENT], at.PLACES * (bars + 1))
        return self.rows[later - 1]


def run(
    *,
    prepared: PreparedBars,
    request: SimulationRequest,
    code_folder: Path,
    memory: Memory | None = None,
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
    bars, strategy = prepared.bars, request.strategy
    window = window_of(bars=bars, request=request)
    opening = opened(bars=bars, index=window.start, request=request).position
    check_costs(prepared, window, request)
    events = agenda_of(
        prepared=prepared,
        window=window,
        pay_lag_days=strategy.pay_lag_days,
        interest=request.cash_rate > 0,
    )
    code, memory = compiled(code_folder), memory or Memory()
    columns = columns_of(prepared, request, by_blocks=by_blocks)
    codes = memory.codes(window.stop)
    if columns.closed.size:
        codes[columns.closed[: window.stop] == 1] = at.SESSION_CLOSED
    memory.rows[0] = opening_row(opening, window.start)
    owed = np.zeros(len(bars.dividends) + len(bars.splits), np.int64)
    count = _follow(code, columns, window, request, events, owed, memory, codes)
    rows, equity = memory.rows[:count], memory.equity(len(window))
    code.write_equity(prepared.closes, window.start, rows, equity)
    return Course(
        prepared=prepared,
        request=request,
        window=window,
        opening=opening,
        events=events,
        rows=rows,
        codes=codes[window.start :],
        equity=equity,
    )


def columns_of(prepared: PreparedBars, request: SimulationRequest, *, by_blocks: bool) -> Columns:
    """Return the bars as the compiled code reads them under the execution model of `request`."""
    all_open = request.strategy.sessions is Sessions.EXTENDED or prepared.is_regular
    lows, highs, blocks = prepared.closes, prepared.closes, prepared.close_blocks
    if request.model is ExecutionModel.TOUCH:
        lows, highs, blocks = prepared.lows, prepared.highs, prepared.range_blocks
    nothing = np.empty(0, np.int64)
    return Columns(
        opens=prepared.opens,
        highs=highs,
        lows=lows,
        closes=prepared.closes,
        starts=prepared.starts,
        ends=prepared.ends,
        dates=prepared.dates,
        closed=np.empty(0, np.uint8) if all_open else prepared.extended,
        lowest=blocks.lowest if by_blocks else nothing,
        highest=blocks.highest if by_blocks else nothing,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """The compiled functions."""

    follow: Callable[..., tuple[int, int, int]]
    write_equity: Callable[..., None]
    write_numbers: Callable[..., None]
    write_sizings: Callable[..., None]
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
    table = importlib.import_module("app.simulation.kernel_table")
    sums = importlib.import_module("app.simulation.kernel_sums")
    return Compiled(
        follow=loop.follow,
        write_equity=loop.write_equity,
        write_numbers=table.write_numbers,
        write_sizings=table.write_sizings,
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


def _follow(
    code: Compiled,
    columns: Columns,
    window: range,
    request: SimulationRequest,
    events: Events,
    owed: Integers,
    memory: Memory,
    codes: Bytes,
) -> int:
    """Lead the run from the first of the rows to its end; return how many rows there are then."""
    model, vector = (
        at.model_number(request),
        np.array(at.strategy_vector(request.strategy), np.int64),
    )
    now, other = memory.rows[0].copy(), np.empty(at.ROW_WIDTH, np.int64)
    bar, event, count = window.start, 0, 1
    while True:
        try:
            bar, event, count = code.follow(
                columns,
                bar,
                window.stop,
                model,
                event,
                events,
                owed,
                request.cash_rate,
                vector,
                now,
                other,
                memory.rows,
                count,
                codes,
            )
        except OverflowError:
            raise out_of_range() from None
        if bar == window.stop:
            return count
        memory.widen(most_orders=request.strategy.max_per_day)


def opening_row(opening: Position, bar: int) -> Integers:
    """Return the state before the first decision, on bar `bar`, as the compiled code keeps it."""
    row = np.zeros(at.ROW_WIDTH, np.int64)
    row[at.MOMENT] = at.PLACES * bar
    row[at.SHARES] = opening.shares
    row[at.CASH] = opening.cash
    row[at.ANCHOR] = opening.anchor or at.NO_ANCHOR
    row[at.DONE_AT] = at.NEVER
    return row


def check_costs(prepared: PreparedBars, window: range, request: SimulationRequest) -> None:
    """Refuse a commission per share near the price: an order could ask for any quantity."""
    close, strategy = request.model is ExecutionModel.CLOSE, request.strategy
    blocks = prepared.close_blocks if close else prepared.range_blocks
    passed = slice(window.start >> BLOCK_BITS, (window[-1] >> BLOCK_BITS) + 1)
    price = int(blocks.lowest[passed].min())
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
            allowed=f"a value up to {value_text(rules.VALUE_MAX)} USD at every price, up to "
            f"{shares_text(rules.SHARES_MAX)} shares, and orders of that size",
        )
    )
