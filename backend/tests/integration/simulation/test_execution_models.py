"""What must hold in every execution model, on recorded bars."""

from array import array
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.domain.decision import Hold
from app.simulation.bars import Adjustment, Bars
from app.simulation.replay import Replay, replay
from app.simulation.request import parse_request
from app.simulation.simulate import simulate
from tests.integration.simulation.recorded import BUNDLED, read_daily
from tests.unit.simulation.runs import unheard

MODELS: list[dict[str, str]] = [
    {"model": "close"},
    {"model": "next_open"},
    {"model": "touch", "path": "pessimistic"},
    {"model": "touch", "path": "optimistic"},
    {"model": "touch", "path": "olhc"},
    {"model": "touch", "path": "ohlc"},
]
TOUCH = MODELS[2:]
STRATEGY = {"trigger": {"up": "0.02", "down": "0.02"}, "costs": {"slippage_bps": "5"}}
# No rule but the cash stands between a trigger and its order.
FREE = {
    "sizing": {"policy": "fixed_fraction"},
    "guardrails": {"min_stock": "0", "max_stock": "1", "rebalance_on_drift": False},
    "orders": {"min_notional": "0"},
    **STRATEGY,
}


@pytest.fixture(scope="module")
def msft() -> Bars:
    return read_daily(BUNDLED / "MSFT.csv", Adjustment.SPLIT)


def body(
    bars: Bars, execution: dict[str, str], strategy: dict[str, Any] = STRATEGY
) -> dict[str, Any]:
    first = bars.sessions.index(date(2019, 7, 1).toordinal())
    return {
        "start": bars.session(first).isoformat(),
        "end": bars.session(first + 299).isoformat(),
        "opening": {"cash": "10000", "shares": "100"},
        "strategy": strategy,
        "execution": execution,
    }


def played(bars: Bars, execution: dict[str, str], strategy: dict[str, Any] = STRATEGY) -> Replay:
    request = parse_request(body(bars, execution, strategy))
    return replay(bars=bars, request=request, source="dataset:test", on_progress=unheard)


def changed_after(bars: Bars, index: int) -> Bars:
    """Return the bars with every price after bar `index` a fifth lower."""

    def lowered(prices: array[int]) -> array[int]:
        return prices[: index + 1] + array("q", [price * 4 // 5 for price in prices[index + 1 :]])

    return replace(
        bars,
        opens=lowered(bars.opens),
        highs=lowered(bars.highs),
        lows=lowered(bars.lows),
        closes=lowered(bars.closes),
    )


class TestEveryModel:
    @pytest.mark.parametrize("execution", MODELS)
    def test_does_not_look_ahead(self, msft: Bars, execution: dict[str, str]) -> None:
        run = played(msft, execution)
        start = run.window.start
        for known in (0, 1, 57, 170, 171, 172, 298):
            other = played(changed_after(msft, start + known), execution)
            until = start + known
            assert [record for record in other.records if record.bar <= until] == [
                record for record in run.records if record.bar <= until
            ]
            assert [trade for trade in other.trades if trade.bar <= until] == [
                trade for trade in run.trades if trade.bar <= until
            ]
            assert other.positions[: known + 1] == run.positions[: known + 1]
        assert len(run.trades) > 50

    @pytest.mark.parametrize("execution", MODELS)
    def test_fills_inside_the_range_of_the_bar(self, msft: Bars, execution: dict[str, str]) -> None:
        for trade in played(msft, execution).trades:
            assert msft.lows[trade.bar] <= trade.price <= msft.highs[trade.bar]

    @pytest.mark.parametrize("execution", MODELS)
    def test_gives_the_same_digest_again(
        self, msft: Bars, execution: dict[str, str], code_folder: Path
    ) -> None:
        request = parse_request(body(msft, execution))
        results = [
            simulate(
                bars=msft,
                request=request,
                dataset_digest="d" * 64,
                code_folder=code_folder,
                on_progress=unheard,
            )
            for _ in range(2)
        ]
        (result, course), (again, other) = results
        assert result == again
        assert np.array_equal(course.rows, other.rows)
        assert np.array_equal(course.codes, other.codes)

    def test_gives_a_digest_of_its_own(self, msft: Bars, code_folder: Path) -> None:
        digests = set()
        for execution in MODELS:
            request = parse_request(body(msft, execution))
            result, _ = simulate(
                bars=msft,
                request=request,
                dataset_digest="d" * 64,
                code_folder=code_folder,
                on_progress=unheard,
            )
            digests.add(result["digest"])
        assert len(digests) == len(MODELS)


class TestNextOpen:
    def test_fills_at_the_open_of_the_bar_after_the_decision(self, msft: Bars) -> None:
        run = played(msft, MODELS[1])
        for trade in run.trades:
            assert trade.bar == trade.decided + 1
            assert trade.price == msft.opens[trade.bar]
        proposed = sum(record.decision.reason.value == "trigger" for record in run.records)
        assert proposed == len(run.trades) + len(run.unfilled)


class TestTouch:
    @pytest.mark.parametrize("execution", TOUCH)
    def test_fills_at_the_trigger_or_at_a_gap(self, msft: Bars, execution: dict[str, str]) -> None:
        run = played(msft, execution, FREE)
        gaps = 0
        for record in run.records:
            numbers = record.decision.numbers
            if record.at == msft.start_at(record.bar):
                gaps += not isinstance(record.decision, Hold)
            else:
                assert numbers.price in {numbers.sell_at, numbers.buy_at}
        assert 10 < gaps < len(run.trades)

    def test_records_the_open_of_each_bar_and_each_fill(self, msft: Bars) -> None:
        run = played(msft, TOUCH[0])
        opens = [record for record in run.records if record.at == msft.start_at(record.bar)]
        assert [record.bar for record in opens] == list(run.window)
        on_the_way = len(run.records) - len(opens)
        assert on_the_way == sum(trade.at != msft.start_at(trade.bar) for trade in run.trades)

    def test_trades_flat_bars_as_at_their_close(self, msft: Bars) -> None:
        closes = msft.closes
        flat = replace(msft, opens=closes, highs=closes, lows=closes)
        closed = played(flat, MODELS[0])
        for execution in TOUCH:
            run = played(flat, execution)
            assert [trade.fill for trade in run.trades] == [trade.fill for trade in closed.trades]
            assert [record.decision for record in run.records] == [
                record.decision for record in closed.records
            ]

    def test_keeps_the_worse_or_the_better_way(self, msft: Bars) -> None:
        finals = [
            run.positions[-1].value_at(msft.closes[run.window[-1]])
            for run in (played(msft, execution) for execution in TOUCH[:2])
        ]
        assert finals[0] < finals[1]
