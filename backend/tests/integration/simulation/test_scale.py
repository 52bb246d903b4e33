"""The same strategy with little and with much money, and with none of it in stock at first."""

from collections.abc import Callable
from pathlib import Path

import pytest

from app.simulation.bars import Adjustment, Bars, Resolution
from app.simulation.replay import Replay
from app.simulation.request import parse_request
from tests.integration.simulation.parity import read_intraday
from tests.integration.simulation.recorded import (
    BUNDLED,
    compiled_replay,
    read_adjusted_table,
    read_daily,
    shared,
)

NEARNESS = 0.02  # of the final equity: what lots and the least order may make


def minutes(symbol: str) -> Bars:
    return read_intraday(f"intraday_1min_2025_26/{symbol}.csv", Resolution.MINUTE)


def played(bars: Bars, value: str, fraction: str, model: str, code_folder: Path) -> Replay:
    body = {
        "start": bars.session(0).isoformat(),
        "end": bars.session(len(bars) - 1).isoformat(),
        "opening": {"value": value, "stock_fraction": fraction},
        "execution": {"model": model},
    }
    request = parse_request(body)
    return compiled_replay(bars, request, code_folder)


def growth(run: Replay, bars: Bars) -> float:
    opening = run.opening.value_at(run.opened.price)
    return run.positions[-1].value_at(bars.closes[run.window[-1]]) / opening


class TestTheSameStrategy:
    @pytest.mark.parametrize("model", ["close", "touch"])
    @pytest.mark.parametrize(
        "read",
        [
            lambda: read_daily(BUNDLED / "KO.csv", Adjustment.SPLIT),
            lambda: minutes("SPY"),
            lambda: minutes("NKE"),
        ],
        ids=["KO", "SPY", "NKE"],
    )
    def test_earns_alike_with_a_hundred_times_the_money(
        self, read: Callable[[], Bars], model: str, code_folder: Path
    ) -> None:
        bars = read()
        small, large = (
            played(bars, value, "0.5", model, code_folder) for value in ("10000", "1000000")
        )
        assert len(small.trades) > 0
        assert growth(small, bars) == pytest.approx(growth(large, bars), rel=NEARNESS)


class TestAnOpeningAllInCash:
    @pytest.mark.parametrize("model", ["close", "next_open", "touch"])
    def test_buys_its_way_in(self, model: str, code_folder: Path) -> None:
        bars = read_adjusted_table(shared("daily_splitadj/ZIM.csv"))
        run = played(bars, "10000", "0", model, code_folder)
        assert run.trades[0].fill.shares_flow > 0
        assert run.positions[-1].shares > 0
