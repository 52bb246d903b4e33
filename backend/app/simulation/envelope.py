"""The envelope of `touch`: what the way inside the bars, which nobody knows, can make of a run."""

import importlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.domain.units import value_text
from app.simulation import kernel_layout as at
from app.simulation.agenda import agenda_of
from app.simulation.kernel import check_costs, columns_of, compiled, opening_row, out_of_range
from app.simulation.kernel_arrays import Integers
from app.simulation.prepared import PreparedBars
from app.simulation.replay import OnProgress, Replay
from app.simulation.run import SimulationRequest

_WIDTH = 64  # states kept at either end
_BARS_PER_REPORT = 2_000  # a fraction of a second


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """The final equity on the worst way, on the model's own and on the best, in 1e-10 USD.

    An estimate over ways chosen bar by bar among O-L-H-C and O-H-L-C, not a bound.
    """

    worst: int
    model: int
    best: int

    def __post_init__(self) -> None:
        assert self.worst <= self.model <= self.best, "the model's own way is one of all ways"


def envelope_body(envelope: Envelope) -> dict[str, str]:
    """Return the envelope as on the wire."""
    return {
        "worst": value_text(envelope.worst),
        "model": value_text(envelope.model),
        "best": value_text(envelope.best),
    }


def envelope_of(
    *,
    run: Replay,
    prepared: PreparedBars,
    request: SimulationRequest,
    code_folder: Path,
    on_progress: OnProgress,
) -> Envelope:
    """Return the envelope of a `touch` run, found by a beam in which the run's own way stays.

    The beam keeps the 64 states of least and the 64 of most equity, distinct by shares, anchor
    and orders of the day. Machine code is kept in a folder inside `code_folder`. `on_progress`
    hears how many bars of how many are done; what it raises ends the search.

    Raises
    ------
    InvalidInputError
        When the run leaves the range of exact arithmetic.

    Source
    ------
    Simulation, "Execution models", envelope.
    """
    assert request.path is not None, "only touch has ways to choose from"
    compiled(code_folder)
    beam = importlib.import_module("app.simulation.kernel_beam")
    window, strategy = run.window, request.strategy
    check_costs(prepared, window, request)
    columns = columns_of(prepared, request, by_blocks=False)
    events = agenda_of(
        prepared=prepared,
        window=window,
        pay_lag_days=strategy.pay_lag_days,
        interest=request.cash_rate > 0,
    )
    vector = np.array(at.strategy_vector(strategy), np.int64)
    path = at.model_number(request)
    states, count = _opening_states(run, prepared), 1
    for bar in range(window.start, window.stop, _BARS_PER_REPORT):
        on_progress(bar - window.start, len(window))
        until = min(bar + _BARS_PER_REPORT, window.stop)
        try:
            count = beam.lead(
                columns, bar, until, events, request.cash_rate, vector, path, _WIDTH, states, count
            )
        except OverflowError:
            raise out_of_range() from None
    on_progress(len(window), len(window))
    return _spread(states[:count], run, prepared.bars.closes[window[-1]])


def _opening_states(run: Replay, prepared: PreparedBars) -> Integers:
    """Return room for every state, the opening in the first; dividends owed stand after it."""
    actions = len(prepared.bars.dividends) + len(prepared.bars.splits)
    states = np.zeros((2 * _WIDTH + 1, at.ROW_WIDTH + actions), np.int64)
    states[0, : at.ROW_WIDTH] = opening_row(run.opening, run.window.start)
    return states


def _spread(states: Integers, run: Replay, close: int) -> Envelope:
    own = run.positions[-1]
    columns = [at.SHARES, at.CASH, at.RECEIVABLE, at.ANCHOR]
    found = tuple(states[0, columns].tolist())
    known = (own.shares, own.cash, own.receivable, own.anchor or at.NO_ANCHOR)
    assert found == known, "the compiled decisions are those of step"
    funds = (states[:, at.CASH] + states[:, at.RECEIVABLE]) * 10**4
    finals = states[:, at.SHARES] * close + funds
    return Envelope(worst=int(finals.min()), model=own.value_at(close), best=int(finals.max()))
