# ruff: noqa: T201 - a benchmark speaks to a person
"""The compiled run beside a C loop and other engines: `python -m tests.benchmarks.simulation`.

All run the same rule over the same closes, one after the other in every round; the figures are
medians of the rounds. `--peers FOLDER` keeps the venv of the other engines for the next time.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from random import Random
from statistics import median

import numpy as np
from numpy.typing import NDArray

from app.domain.units import VALUE_PER_USD
from app.simulation import kernel
from app.simulation.bars import Bars
from app.simulation.kernel import Course
from app.simulation.kernel_arrays import Memory
from app.simulation.kernel_columns import record_columns
from app.simulation.kernel_metrics import figures_of
from app.simulation.kernel_records import replay_of
from app.simulation.prepared import PreparedBars, prepare
from app.simulation.replay import replay
from app.simulation.request import parse_request
from app.simulation.run import SimulationRequest
from tests.benchmarks.c_loop import CLoop
from tests.benchmarks.peers_venv import Peer, make_venv
from tests.benchmarks.prices import daily_bars, minute_bars, save
from tests.integration.simulation.columns import compare_columns
from tests.unit.simulation.runs import unheard

SOURCE = "dataset:benchmark"
WHOLE, PLAIN = "kernel: run, curve, trades, metrics", "kernel: run, curve, trades"
FRESH, PREPARED = "kernel: the same in fresh memory", "kernel: bars prepared too"
LOOP, STEP = "C loop: run, curve, trades", "step: replay"
RECORDS, ASKED = "kernel: each record in columns", "kernel: each record asked of step"
PEERS = ("vectorbt", "backtesting", "backtrader")
SLOW = (STEP, RECORDS, ASKED)
TURN_SECONDS = 0.2  # an engine runs again and again for so long, whoever ran before it
CHECKED_MAX = 100_000  # bars; a replay of a million takes minutes

type Engine = Callable[[], tuple[float, str]]


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", type=Path, help="folder of the venv of the other engines")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        venv = given.peers or work / "peers"
        python = venv / "bin" / "python" if (venv / "bin").is_dir() else make_venv(venv)
        for title, bars, others in (
            ("5,000 daily bars", daily_bars(5_000), (*PEERS, *SLOW)),
            ("1,000,000 minute bars", minute_bars(1_000_000), ("vectorbt", "backtesting")),
            ("100,000 minute bars", minute_bars(100_000), ("backtrader", *SLOW)),
        ):
            with ExitStack() as stack:
                engines = _engines(bars, others, work, python, stack)
                _report(title, len(bars), _measured(engines, given.rounds))


def _engines(
    bars: Bars, others: Sequence[str], work: Path, python: Path, stack: ExitStack
) -> dict[str, Engine]:
    prices = work / "prices.npz"
    save(bars, prices)
    engines = {
        name: engine
        for name, engine in _own(bars, _request(bars), work).items()
        if name not in SLOW or name in others
    }
    for name in PEERS:
        if name in others:
            peer = Peer(python=python, engine=name, prices=prices)
            engines[name] = stack.enter_context(peer).run
    return engines


def _request(bars: Bars) -> SimulationRequest:
    return parse_request(
        {
            "start": bars.session(0).isoformat(),
            "end": bars.session(len(bars) - 1).isoformat(),
            "opening": {"value": "100000", "stock_fraction": "0.5"},
            "execution": {"model": "close"},
        }
    )


def _own(bars: Bars, request: SimulationRequest, work: Path) -> dict[str, Engine]:
    prepared, code, memory = prepare(bars), work / "code", Memory()

    def start(bars_used: PreparedBars, room: Memory | None = None) -> Course:
        return kernel.run(prepared=bars_used, request=request, code_folder=code, memory=room)

    def measured(course: Course) -> Course:
        figures_of(course, code_folder=code)
        return course

    def recorded(course: Course) -> Course:
        record_columns(course, code_folder=code)
        return course

    def step() -> tuple[int, int]:
        replayed = replay(bars=bars, request=request, source=SOURCE, on_progress=unheard)
        return len(replayed.trades), replayed.positions[-1].value_at(bars.closes[-1])

    run = start(prepared)
    if len(bars) <= CHECKED_MAX:
        _check_records(run, bars, code)
    return {
        WHOLE: _timed(lambda: _end(measured(start(prepared, memory)))),
        PLAIN: _timed(lambda: _end(start(prepared, memory))),
        FRESH: _timed(lambda: _end(measured(start(prepared)))),
        PREPARED: _timed(lambda: _end(measured(start(prepare(bars), memory)))),
        LOOP: _timed(_c_loop(run, work)),
        STEP: _timed(step),
        RECORDS: _timed(lambda: _end(recorded(start(prepared, memory)))),
        ASKED: _timed(lambda: _end(_asked(run))),
    }


def _asked(course: Course) -> Course:
    for _ in replay_of(course, source=SOURCE).records:
        pass
    return course


def _c_loop(run: Course, work: Path) -> Callable[[], tuple[int, int]]:
    loop, opening = CLoop(work), run.opening

    def engine() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        return loop.run(
            bars=run.prepared.bars,
            strategy=run.request.strategy,
            shares=opening.shares,
            cash=opening.cash,
        )

    curve, _ = engine()
    assert (curve == run.equity).all(), "the C loop runs the same rule, to the last unit"

    def ends() -> tuple[int, int]:
        equity, trades = engine()
        return len(trades), equity[-1]

    return ends


def _end(course: Course) -> tuple[int, int]:
    return len(course.trades), int(course.equity[-1])


def _check_records(run: Course, bars: Bars, code: Path) -> None:
    """Compare all columns, a thousand records that are read back, and all trades with `step`'s."""
    replayed = replay(bars=bars, request=run.request, source=SOURCE, on_progress=unheard)
    compare_columns(run, replayed, code)
    read = replay_of(run, source=SOURCE)
    for place in Random(1).sample(range(len(bars)), 1_000):
        assert read.records[place] == replayed.records[place]
    assert read.moves == replayed.moves


def _timed(run: Callable[[], tuple[int, int]]) -> Engine:
    def engine() -> tuple[float, str]:
        begun = time.perf_counter()
        trades, equity = run()
        seconds = time.perf_counter() - begun
        return seconds, f"{trades} trades, {equity / VALUE_PER_USD:,.2f} USD"

    return engine


def _measured(engines: Mapping[str, Engine], rounds: int) -> dict[str, tuple[float, str]]:
    seconds: dict[str, list[float]] = {name: [] for name in engines}
    outcomes: dict[str, str] = {}
    for _ in range(rounds):
        for name, engine in engines.items():
            turn: list[float] = []
            while not turn or sum(turn) < TURN_SECONDS:
                taken, outcomes[name] = engine()
                turn.append(taken)
            seconds[name].append(median(turn))
    return {name: (median(seconds[name]), outcomes[name]) for name in engines}


def _report(title: str, bars: int, measured: Mapping[str, tuple[float, str]]) -> None:
    print(f"\n{title}")
    whole, plain = measured[WHOLE][0], measured[PLAIN][0]
    for name, (seconds, outcome) in measured.items():
        speed = f"{seconds * 1000:12,.3f} ms {bars / seconds / 1e6:10,.4f} M bars/s"
        print(f"  {name:36}{speed} {seconds / whole:10,.1f} x   {outcome}")
    print(f"  without metrics: {plain / measured[LOOP][0]:.2f} times the time of the C loop")


if __name__ == "__main__":
    main()
