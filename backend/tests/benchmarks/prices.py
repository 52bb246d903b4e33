"""The bars of the benchmark: real daily closes, and minutes led through them."""

from array import array
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.simulation.bars import Adjustment, Bars, Resolution
from tests.integration.simulation.recorded import BUNDLED, read_daily

MINUTES = 390
SEED = 20_261_122
_DAILY_DEVIATION = 0.011  # of a KO session in the years used; only the way inside a day needs it


def daily_bars(count: int) -> Bars:
    """Return the last `count` real daily bars of KO, without dividends, which peers cannot pay."""
    bars = read_daily(BUNDLED / "KO.csv", Adjustment.SPLIT)
    columns = {name: column[-count:] for name, column in bars.columns().items()}
    return Bars(
        symbol=bars.symbol,
        resolution=bars.resolution,
        adjustment=bars.adjustment,
        dividends=(),
        splits=(),
        early_closes={},
        **columns,
    )


def minute_bars(count: int) -> Bars:
    """Return one-minute bars that end each session at the real daily close of KO.

    Inside a session the closes are a seeded Brownian bridge from the close before, rounded to
    cents: made up inside the day, real from day to day.
    """
    sessions = -(-count // MINUTES)
    days = daily_bars(sessions + 1)
    closes = _bridges(np.frombuffer(days.closes, np.int64))[:count]
    starts = np.frombuffer(days.starts, np.int64)[1:, None] + 60 * np.arange(MINUTES)
    starts = starts.reshape(-1)[:count]
    dates = np.repeat(np.frombuffer(days.sessions, np.int64)[1:], MINUTES)[:count]
    prices = _column(closes)
    return Bars(
        symbol=days.symbol,
        resolution=Resolution.MINUTE,
        adjustment=days.adjustment,
        starts=_column(starts),
        ends=_column(starts + 60),
        sessions=_column(dates),
        opens=prices,
        highs=prices,
        lows=prices,
        closes=prices,
        volumes=_column(np.full(count, 1000)),
        dividends=(),
        splits=(),
    )


def _bridges(closes: NDArray[np.int64]) -> NDArray[np.int64]:
    logs = np.log(closes)
    steps = np.random.default_rng(SEED).normal(size=(len(closes) - 1, MINUTES))
    walk = np.cumsum(steps * _DAILY_DEVIATION / MINUTES**0.5, axis=1)
    part = np.arange(1, MINUTES + 1) / MINUTES
    bridge = walk - part * walk[:, -1:] + logs[:-1, None] + part * np.diff(logs)[:, None]
    cents: NDArray[np.int64] = np.rint(np.exp(bridge) / 100).astype(np.int64)
    return cents.reshape(-1) * 100


def _column(values: NDArray[np.int64]) -> array[int]:
    return array("q", values.astype(np.int64).tobytes())


def save(bars: Bars, file: Path) -> None:
    """Write the closes in USD and the starts, for the peers' processes."""
    closes = np.frombuffer(bars.closes, np.int64) / 10_000
    np.savez(file, closes=closes, starts=np.frombuffer(bars.starts, np.int64))
