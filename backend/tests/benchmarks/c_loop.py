"""The plain C loop, compiled where the benchmark runs."""

import ctypes
import subprocess
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.domain.strategy import Strategy
from app.simulation.bars import Bars

SOURCE = Path(__file__).parent / "rule.c"
FLAGS = ("-O3", "-march=native", "-shared", "-fPIC")
_FIELDS = (
    *("up", "down", "ratio", "min_stock", "max_stock", "drift_tolerance", "min_notional"),
    *("max_per_day", "lot", "commission_rate"),
)
_TRADE_WIDTH = 5


class CLoop:
    """The compiled loop; `run` gives the equity of every bar and the trades in fresh arrays."""

    def __init__(self, folder: Path) -> None:
        library = folder / "rule.so"
        subprocess.run(["cc", *FLAGS, "-o", str(library), str(SOURCE)], check=True)
        self._run = ctypes.CDLL(str(library)).run
        self._run.restype = ctypes.c_int64

    def run(
        self, *, bars: Bars, strategy: Strategy, shares: int, cash: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        closes, dates = (np.frombuffer(c, np.int64) for c in (bars.closes, bars.sessions))
        fields = np.array([getattr(strategy, name) for name in _FIELDS], np.int64)
        equity = np.empty(len(bars), np.int64)
        trades = np.empty((len(bars), _TRADE_WIDTH), np.int64)
        pointers = (array.ctypes.data_as(ctypes.c_void_p) for array in (closes, dates))
        made = self._run(
            *pointers,
            ctypes.c_int64(len(bars)),
            fields.ctypes.data_as(ctypes.c_void_p),
            ctypes.c_int64(shares),
            ctypes.c_int64(cash),
            equity.ctypes.data_as(ctypes.c_void_p),
            trades.ctypes.data_as(ctypes.c_void_p),
        )
        return equity, trades[:made]
