"""The compiled kernel against `step`: every bar, every trade, every number."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from random import Random

import pytest

from app.domain.corporate_action import Split
from app.simulation import kernel
from app.simulation import kernel_layout as at
from app.simulation.bars import Adjustment, Resolution
from app.simulation.kernel_metrics import curve_of, figures_of
from app.simulation.metrics import (
    Undefined,
    mean_stock_share,
    performance,
    time_inside,
    turnover,
)
from app.simulation.prepared import PreparedBars, prepare
from app.simulation.request import parse_request
from tests.integration.simulation.parity import (
    MODELS,
    Execution,
    compare,
    drawn_body,
    exact_hits,
    read_intraday,
    read_minutes,
)
from tests.integration.simulation.recorded import BUNDLED, SHARED, read_daily
from tests.unit.simulation.runs import body as requested
from tests.unit.simulation.runs import candles, daily, request

RAW = tuple(SHARED / "daily_raw" / f"{symbol}.csv" for symbol in ("AAPL", "AIG"))


@pytest.fixture(scope="module")
def datasets() -> tuple[PreparedBars, ...]:
    """Return real daily bars: with dividends, and raw with splits where present."""
    bundled = [read_daily(BUNDLED / f"{name}.csv", Adjustment.SPLIT) for name in ("KO", "MSFT")]
    raw = [read_daily(path, Adjustment.RAW) for path in RAW if path.is_file()]
    return tuple(prepare(bars) for bars in (*bundled, *raw))


def compare_drawn(
    datasets: tuple[PreparedBars, ...],
    models: Sequence[Execution],
    seeds: range,
    code_folder: Path,
) -> tuple[int, int]:
    """Compare one drawn run for each seed; return all trades, and orders exactly on a trigger."""
    trades = hits = 0
    for seed in seeds:
        random = Random(seed)
        prepared = datasets[seed % len(datasets)]
        turn = seed // len(datasets)
        execution = models[turn // 2 % len(models)]
        body = drawn_body(random, prepared, execution=execution, tied=turn % 2 == 0)
        course, _ = compare(prepared, body, code_folder, random)
        trades += len(course.trades)
        hits += exact_hits(course)
    return trades, hits


CLOSE, NEXT_OPEN, TOUCH = MODELS[:1], MODELS[1:2], MODELS[2:]


class TestKernel:
    @pytest.mark.parametrize(
        ("models", "sets", "least"),
        [(CLOSE, 60, (2_000, 10)), (NEXT_OPEN, 40, (750, 8)), (TOUCH, 32, (1_000, 350))],
        ids=["close", "next_open", "touch"],
    )
    def test_decides_like_step(
        self,
        models: Sequence[Execution],
        sets: int,
        least: tuple[int, int],
        datasets: tuple[PreparedBars, ...],
        code_folder: Path,
    ) -> None:
        trades, hits = compare_drawn(datasets, models, range(sets), code_folder)
        assert trades > least[0]
        assert hits > least[1]

    @pytest.mark.long
    @pytest.mark.parametrize(
        ("models", "sets", "least"),
        [
            (CLOSE, 4_000, (160_000, 1_000)),
            (NEXT_OPEN, 3_000, (100_000, 700)),
            (TOUCH, 3_000, (100_000, 30_000)),
        ],
        ids=["close", "next_open", "touch"],
    )
    def test_decides_like_step_ten_thousand_times(
        self,
        models: Sequence[Execution],
        sets: int,
        least: tuple[int, int],
        datasets: tuple[PreparedBars, ...],
        code_folder: Path,
    ) -> None:
        trades, hits = compare_drawn(datasets, models, range(1_000, 1_000 + sets), code_folder)
        assert trades > least[0]
        assert hits > least[1]

    def test_decides_like_step_where_fixed_costs_outweigh_the_cash(
        self, datasets: tuple[PreparedBars, ...], code_folder: Path
    ) -> None:
        for seed in range(60):
            random = Random(seed)
            prepared = datasets[seed % len(datasets)]
            execution = MODELS[seed % len(MODELS)]
            body = drawn_body(random, prepared, execution=execution, tied=False)
            body["opening"] = {"value": "600", "stock_fraction": random.choice(["0.2", "1"])}
            body["strategy"]["trigger"] = {"up": "0.06", "down": "0.06"}
            body["strategy"]["sizing"] |= {"policy": "proportional", "ratio": "100"}
            body["strategy"]["guardrails"] |= {"min_stock": "0.4", "max_stock": "0.9"}
            body["strategy"]["guardrails"]["rebalance_on_drift"] = False
            body["strategy"]["costs"] |= {"commission_min": "40", "slippage_bps": "500"}
            body["strategy"]["orders"] |= {"min_notional": "0", "lot": "0.000001"}
            compare(prepared, body, code_folder, random)

    def test_decides_like_step_where_the_price_leaps_over_a_narrow_band(
        self, datasets: tuple[PreparedBars, ...], code_folder: Path
    ) -> None:
        for seed in range(24):
            random = Random(seed)
            prepared = datasets[seed % len(datasets)]
            body = drawn_body(random, prepared, execution=MODELS[1], tied=False)
            body["opening"] = {"value": "10000", "stock_fraction": "0.5"}
            body["strategy"]["trigger"] = {"up": "0.2", "down": "0.2"}
            body["strategy"]["sizing"] |= {"policy": "proportional"}
            body["strategy"]["guardrails"] = {
                "min_stock": "0.49",
                "max_stock": "0.51",
                "drift_tolerance": "0",
            }
            body["strategy"]["orders"] |= {"min_notional": "0", "cooldown_seconds": 0}
            compare(prepared, body, code_folder, random)

    @pytest.mark.parametrize("execution", TOUCH, ids=[each["path"] for each in TOUCH])
    def test_takes_the_same_way_where_both_are_worth_the_same(
        self, execution: Execution, code_folder: Path
    ) -> None:
        bars = candles(*(("100", "103", "97", "100") for _ in range(3)))
        request = requested(
            bars,
            execution=dict(execution),
            opening={"cash": "10000", "shares": "100", "anchor_price": "100"},
            strategy={
                "sizing": {"policy": "fixed_fraction", "fraction": "0.1"},
                "orders": {"max_per_day": 1, "lot": "1"},
                "costs": {"commission_rate": "0"},
            },
        )
        compare(prepare(bars), request, code_folder, Random(0))

    @pytest.mark.parametrize(("least", "trades"), [("103", 1), ("103.000001", 0)])
    def test_places_an_order_of_just_the_least_notional(
        self, least: str, trades: int, code_folder: Path
    ) -> None:
        bars = daily("10", "10.3")
        sells_ten_shares = {
            "sizing": {"policy": "fixed_fraction", "fraction": "0.1"},
            "guardrails": {"min_stock": "0", "max_stock": "1"},
            "orders": {"min_notional": least},
        }
        body = requested(bars, strategy=sells_ten_shares)
        course, _ = compare(prepare(bars), body, code_folder, Random(0))
        assert len(course.trades) == trades

    @pytest.mark.parametrize("sessions", ["regular", "extended"])
    @pytest.mark.parametrize("execution", MODELS[:3], ids=["close", "next_open", "touch"])
    def test_decides_like_step_inside_the_day(
        self, sessions: str, execution: Execution, code_folder: Path
    ) -> None:
        bars = read_intraday("intraday_5min_2025_26/AAPL.csv", Resolution.FIVE_MINUTES)
        prepared = prepare(bars)
        for seed in range(3):
            random = Random(seed)
            first = random.randrange(len(bars) - 4_000)
            body = drawn_body(random, prepared, execution=execution, tied=False)
            body["start"] = bars.session(first).isoformat()
            body["end"] = bars.session(first + 1_500).isoformat()
            body["opening"] = {"value": "10000", "stock_fraction": "0.5"}
            trigger = random.choice(["0.002", "0.005", "0.01"])
            body["strategy"]["trigger"] = {"up": trigger, "down": trigger}
            body["strategy"]["costs"]["slippage_bps"] = "0"
            body["strategy"]["orders"]["cooldown_seconds"] = random.choice([0, 900])
            body["strategy"]["sessions"] = sessions
            compare(prepared, body, code_folder, random)

    @pytest.mark.parametrize("sessions", ["regular", "extended"])
    @pytest.mark.parametrize("execution", MODELS[:3], ids=["close", "next_open", "touch"])
    def test_decides_like_step_in_minutes_across_a_split(
        self, sessions: str, execution: Execution, code_folder: Path
    ) -> None:
        split = Split(ex_date=date(2014, 6, 9), numerator=7, denominator=1)
        bars = replace(read_minutes("AAPL", ("20140605", "20140606", "20140609")), splits=(split,))
        prepared = prepare(bars)
        for seed, trigger in enumerate(("0.0005", "0.002")):
            random = Random(seed)
            body = {
                "start": bars.session(0).isoformat(),
                "end": bars.session(len(bars) - 1).isoformat(),
                "opening": {"value": "10000", "stock_fraction": "0.5"},
                "execution": dict(execution),
                "strategy": {
                    "trigger": {"up": trigger, "down": trigger},
                    "orders": {"min_notional": "1", "max_per_day": 50, "collar_bps": "0"},
                    "sessions": sessions,
                },
                "cash_rate": "0.03",
            }
            course, _ = compare(prepared, body, code_folder, random)
            assert len(course.trades) > 5


class TestFiguresOf:
    def test_equal_the_statistics_of_the_replay(
        self, datasets: tuple[PreparedBars, ...], code_folder: Path
    ) -> None:
        for seed in range(60):
            random = Random(seed)
            prepared = datasets[seed % len(datasets)]
            execution = MODELS[seed % len(MODELS)]
            body = drawn_body(random, prepared, execution=execution, tied=False)
            course = kernel.run(
                prepared=prepared, request=parse_request(body), code_folder=code_folder
            )
            figures, curve = figures_of(course, code_folder=code_folder), curve_of(course)
            values, stocks = curve.values.tolist(), curve.stocks.tolist()
            strategy = course.request.strategy
            expected = performance(values=values, days=curve.days)
            notional = sum(row[at.QUANTITY] * row[at.PRICE] for row in course.trades.tolist())
            inside = time_inside(
                stocks=stocks,
                values=values,
                min_stock=strategy.min_stock,
                max_stock=strategy.max_stock,
            )
            pairs = [
                *((getattr(figures.performance, name), getattr(expected, name)) for name in NAMES),
                (figures.turnover, turnover(notional=notional, values=values, days=curve.days)),
                (figures.mean_stock_share, mean_stock_share(stocks=stocks, values=values)),
                (figures.time_inside, inside),
            ]
            for ours, theirs in pairs:
                assert ours == theirs or ours == pytest.approx(theirs, rel=1e-12, abs=0)
            assert figures.performance.drawdown == expected.drawdown

    def test_give_the_reason_of_what_is_undefined(self, code_folder: Path) -> None:
        bars = daily("10", "10", "10")
        cash = {
            "opening": {"cash": "1000", "shares": "0"},
            "strategy": {"guardrails": {"min_stock": "0"}},
        }
        course = kernel.run(
            prepared=prepare(bars), request=request(bars, **cash), code_folder=code_folder
        )
        figures = figures_of(course, code_folder=code_folder)
        assert figures.performance.sharpe == Undefined(reason="the returns do not vary")
        assert figures.performance.drawdown.depth == 0


NAMES = ("total_return", "cagr", "volatility", "sharpe", "sortino", "calmar")
