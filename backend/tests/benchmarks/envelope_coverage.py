# ruff: noqa: T201 - a benchmark speaks to a person
"""How often finer bars end in the daily envelope: `python -m tests.benchmarks.envelope_coverage`.

Every 20 sessions in a row are played twice with the same opening: through the recorded minutes
under `touch`, and with the envelope of `touch` through daily bars made of the same minutes. A
window counts when the minutes brought at least 3 trades.
"""

import argparse
import tempfile
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from app.domain.observation import MarketPhase
from app.simulation.bars import Bars, Resolution
from app.simulation.envelope import envelope_of
from app.simulation.prepared import PreparedBars, prepare
from app.simulation.replay import replay
from app.simulation.request import parse_request
from app.simulation.sessions import phase_of
from tests.integration.simulation.parity import read_intraday
from tests.unit.simulation.runs import unheard

SESSIONS = 20
TRADES_MIN = 3
TRIGGERS = ("0.03", "0.02", "0.01", "0.005")
SERIES = (
    ("intraday_1min_2025_26/SPY.csv", Resolution.MINUTE),
    ("intraday_1min_2025_26/NKE.csv", Resolution.MINUTE),
    ("intraday_5min_2025_26/AAPL.csv", Resolution.FIVE_MINUTES),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The trades of a window through fine and daily bars, and where the fine result lies.

    `place` is -1 below the daily envelope, 0 inside, 1 above.
    """

    fine_trades: int
    daily_trades: int
    place: int


def main() -> None:
    """Print a line for each symbol and trigger, and one for all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="begin a window at every n-th session")
    every = parser.parse_args().every
    print("symbol  bars  trigger  windows  inside  below  above  trades  daily trades")
    pooled: list[Window] = []
    with tempfile.TemporaryDirectory() as folder:
        for name, resolution in SERIES:
            bars = regular(read_intraday(name, resolution))
            for trigger in TRIGGERS:
                windows = list(windows_of(bars, trigger, every=every, code_folder=Path(folder)))
                print(f"{bars.symbol:6}  {resolution:4}  {trigger:7}", _line(windows), flush=True)
                pooled += windows
    print("all                   ", _line(pooled))


def regular(bars: Bars) -> Bars:
    """Return the bars inside regular hours."""
    kept = [i for i in range(len(bars)) if phase_of(bars, i) is MarketPhase.REGULAR]
    columns: dict[str, Any] = {
        name: array("q", (column[i] for i in kept)) for name, column in bars.columns().items()
    }
    return replace(bars, **columns)


def daily(bars: Bars) -> Bars:
    """Return one bar for each session of `bars`."""
    firsts = [0, *(i for i in range(1, len(bars)) if bars.sessions[i] != bars.sessions[i - 1])]
    spans = list(pairwise([*firsts, len(bars)]))
    return replace(
        bars,
        resolution=Resolution.DAY,
        starts=array("q", (bars.starts[first] for first, _ in spans)),
        ends=array("q", (bars.ends[after - 1] for _, after in spans)),
        sessions=array("q", (bars.sessions[first] for first, _ in spans)),
        opens=array("q", (bars.opens[first] for first, _ in spans)),
        highs=array("q", (max(bars.highs[first:after]) for first, after in spans)),
        lows=array("q", (min(bars.lows[first:after]) for first, after in spans)),
        closes=array("q", (bars.closes[after - 1] for _, after in spans)),
        volumes=array("q", (sum(bars.volumes[first:after]) for first, after in spans)),
    )


def windows_of(bars: Bars, trigger: str, *, every: int, code_folder: Path) -> Iterator[Window]:
    """Yield the windows with enough trades that begin at every `every`-th session."""
    days = prepare(daily(bars))
    for first in range(0, len(days.bars) - SESSIONS + 1, every):
        window = _window(bars, days, first, trigger, code_folder)
        if window.fine_trades >= TRADES_MIN:
            yield window


def share_inside(windows: Sequence[Window]) -> float:
    """Return which part of the windows has its fine result inside the daily envelope."""
    return sum(window.place == 0 for window in windows) / len(windows)


def _window(fine: Bars, days: PreparedBars, first: int, trigger: str, code_folder: Path) -> Window:
    request = parse_request(
        {
            "start": days.bars.session(first).isoformat(),
            "end": days.bars.session(first + SESSIONS - 1).isoformat(),
            "opening": {"value": "100000", "stock_fraction": "0.5"},
            "strategy": {"trigger": {"up": trigger, "down": trigger}},
            "execution": {"model": "touch"},
        }
    )
    runs = [
        replay(bars=bars, request=request, source="dataset:coverage", on_progress=unheard)
        for bars in (fine, days.bars)
    ]
    assert runs[0].opening == runs[1].opening, "both begin at the open of the first session"
    envelope = envelope_of(
        run=runs[1],
        prepared=days,
        request=request,
        code_folder=code_folder,
        on_progress=unheard,
    )
    final = runs[0].positions[-1].value_at(fine.closes[runs[0].window[-1]])
    return Window(
        fine_trades=len(runs[0].trades),
        daily_trades=len(runs[1].trades),
        place=(final > envelope.best) - (final < envelope.worst),
    )


def _line(windows: Sequence[Window]) -> str:
    if not windows:
        return "       0"
    below, above = (sum(window.place == place for window in windows) for place in (-1, 1))
    fine, coarse = (
        _mean(counts)
        for counts in ((w.fine_trades for w in windows), (w.daily_trades for w in windows))
    )
    return (
        f"{len(windows):8} {share_inside(windows):7.1%} {below:6} {above:6}"
        f" {fine:7.1f} {coarse:13.1f}"
    )


def _mean(numbers: Iterable[int]) -> float:
    counted = list(numbers)
    return sum(counted) / len(counted)


if __name__ == "__main__":
    main()
