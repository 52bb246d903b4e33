# mypy: ignore-errors
# Run in the venv of the other engines, whose types are not at hand here.
"""One engine in a process of its own: runs when asked to, and says how long it took."""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd


def prices(file: Path) -> pd.Series:
    """Return the closes in USD by their time."""
    with np.load(file) as saved:
        index = pd.to_datetime(saved["starts"], unit="s")
        return pd.Series(saved["closes"], index=index)


def serve(run: Callable[[], tuple[float, int]]) -> None:
    """For each line that comes in, run once; answer with seconds, final equity and trades."""
    for _ in sys.stdin:
        begun = time.perf_counter()
        equity, trades = run()
        seconds = time.perf_counter() - begun
        answer = {"seconds": seconds, "equity": equity, "trades": trades}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def given() -> pd.Series:
    """Return the closes of the file that the command line names."""
    return prices(Path(sys.argv[1]))
