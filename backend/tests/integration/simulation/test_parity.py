"""The compiled kernel against `step`: every bar, every trade, every number."""

from pathlib import Path
from random import Random

import numpy as np
import pytest

from app.domain import rules
from app.domain.errors import InvalidInputError
from app.simulation import kernel
from app.simulation import kernel_layout as at
from app.simulation.bars import Adjustment, Resolution
from app.simulation.kernel_arrays import Integers
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
from tests.integration.simulation.parity import compare, drawn_body, exact_hits, read_intraday
from tests.integration.simulation.recorded import BUNDLED, SHARED, read_daily
from tests.unit.simulation.runs import body as requested
from tests.unit.simulation.runs import daily, request

RAW = tuple(SHARED / "daily_raw" / f"{symbol}.csv" for symbol in ("AAPL", "AIG"))


@pytest.fixture(scope="module")
def datasets() -> tuple[PreparedBars, ...]:
    """Return real daily bars: with dividends, and raw with splits where present."""
    bundled = [read_daily(BUNDLED / f"{name}.csv", Adjustment.SPLIT) for name in ("KO", "MSFT")]
    raw = [read_daily(path, Adjustment.RAW) for path in RAW if path.is_file()]
    return tuple(prepare(bars) for bars in (*bundled, *raw))


def compare_drawn(
    datasets: tuple[PreparedBars, ...], seeds: range, code_folder: Path
) -> tuple[int, int]:
    """Compare one drawn run for each seed; return all trades, and those exactly on a trigger."""
    trades = hits = 0
    for seed in seeds:
        random = Random(seed)
        prepared = datasets[seed % len(datasets)]
        body = drawn_body(random, prepared, tied=seed // len(datasets) % 2 == 0)
        course, _ = compare(prepared, body, code_folder, random)
        trades += len(course.trades)
        hits += exact_hits(course)
    return trades, hits


class TestKernel:
    def test_decides_like_step(self, datasets: tuple[PreparedBars, ...], code_folder: Path) -> None:
        trades, hits = compare_drawn(datasets, range(200), code_folder)
        assert trades > 8_000
        assert hits > 50

    @pytest.mark.long
    def test_decides_like_step_ten_thousand_times(
        self, datasets: tuple[PreparedBars, ...], code_folder: Path
    ) -> None:
        trades, hits = compare_drawn(datasets, range(1_000, 11_000), code_folder)
        assert trades > 400_000
        assert hits > 2_500

    def test_decides_like_step_where_fixed_costs_outweigh_the_cash(
        self, datasets: tuple[PreparedBars, ...], code_folder: Path
    ) -> None:
        for seed in range(60):
            random = Random(seed)
            prepared = datasets[seed % len(datasets)]
            body = drawn_body(random, prepared, tied=False)
            body["opening"] = {"value": "600", "stock_fraction": random.choice(["0.2", "1"])}
            body["strategy"]["trigger"] = {"up": "0.06", "down": "0.06"}
            body["strategy"]["sizing"] |= {"policy": "proportional", "ratio": "100"}
            body["strategy"]["guardrails"] |= {"min_stock": "0.4", "max_stock": "0.9"}
            body["strategy"]["guardrails"]["rebalance_on_drift"] = False
            body["strategy"]["costs"] |= {"commission_min": "40", "slippage_bps": "500"}
            body["strategy"]["orders"] |= {"min_notional": "0", "lot": "0.000001"}
            compare(prepared, body, code_folder, random)

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
    def test_decides_like_step_inside_the_day(self, sessions: str, code_folder: Path) -> None:
        bars = read_intraday("intraday_5min_2025_26/AAPL.csv", Resolution.FIVE_MINUTES)
        prepared = prepare(bars)
        for seed in range(6):
            random = Random(seed)
            first = random.randrange(len(bars) - 4_000)
            body = drawn_body(random, prepared, tied=False)
            body["start"] = bars.session(first).isoformat()
            body["end"] = bars.session(first + 1_500).isoformat()
            body["opening"] = {"value": "10000", "stock_fraction": "0.5"}
            trigger = random.choice(["0.002", "0.005", "0.01"])
            body["strategy"]["trigger"] = {"up": trigger, "down": trigger}
            body["strategy"]["costs"]["slippage_bps"] = "0"
            body["strategy"]["orders"]["cooldown_seconds"] = random.choice([0, 900])
            body["strategy"]["sessions"] = sessions
            compare(prepared, body, code_folder, random)


class TestFiguresOf:
    def test_equal_the_statistics_of_the_replay(
        self, datasets: tuple[PreparedBars, ...], code_folder: Path
    ) -> None:
        for seed in range(60):
            random = Random(seed)
            prepared = datasets[seed % len(datasets)]
            body = drawn_body(random, prepared, tied=False)
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


class TestRange:
    def test_refuses_a_commission_near_the_price(self, code_folder: Path) -> None:
        bars = daily("1", "1.1")
        costly = request(bars, strategy={"costs": {"commission_per_share": "0.2"}})
        with pytest.raises(InvalidInputError, match=r"up to 0\.1, a tenth of the lowest price"):
            kernel.run(prepared=prepare(bars), request=costly, code_folder=code_folder)

    @pytest.mark.parametrize(
        ("closes", "opening"),
        [
            (("100", "100000"), {"cash": "1", "shares": "300000"}),
            (("0.001", "0.0009"), {"cash": "100000000", "shares": "0"}),
        ],
    )
    def test_refuses_what_would_leave_exact_arithmetic(
        self, closes: tuple[str, ...], opening: dict[str, str], code_folder: Path
    ) -> None:
        bars = daily(*closes)
        with pytest.raises(InvalidInputError, match="400000000 USD at every close"):
            kernel.run(
                prepared=prepare(bars),
                request=request(bars, opening=opening),
                code_folder=code_folder,
            )

    def test_is_exact_up_to_its_end(self, code_folder: Path) -> None:
        bars = daily(*(str(200_000 - 3_000 * (step % 7)) for step in range(40)))
        body = {"opening": {"value": "350000000", "stock_fraction": "0.5"}}
        wild = {"sizing": {"ratio": "100"}, "costs": {"slippage_bps": "50"}}
        for strategy in ({}, wild):
            compare(
                prepare(bars),
                {
                    "start": bars.session(0).isoformat(),
                    "end": bars.session(39).isoformat(),
                    "execution": {"model": "close"},
                    "strategy": {"trigger": {"up": "0.01", "down": "0.01"}} | strategy,
                    **body,
                },
                code_folder,
                Random(1),
            )


class TestMuldiv:
    def test_is_exact_for_a_million_triples(self, code_folder: Path) -> None:
        check_muldiv(1_000_000, code_folder)

    @pytest.mark.long
    def test_is_exact_for_nine_million_triples(self, code_folder: Path) -> None:
        check_muldiv(9_000_000, code_folder)

    def test_raises_where_the_quotient_does_not_fit(self, code_folder: Path) -> None:
        kernel.compiled(code_folder)
        from tests.integration.simulation.compiled_muldiv import quotients

        wide = np.array([2**62], np.int64)
        with pytest.raises(OverflowError):
            quotients(wide, np.array([3], np.int64), np.array([2], np.int64))


def check_muldiv(count: int, code_folder: Path) -> None:
    """Compare the two bodies on triples of every size, a third of them exact multiples."""
    kernel.compiled(code_folder)
    from tests.integration.simulation.compiled_muldiv import quotients

    for chunk in range(0, count, 1_000_000):
        a, b, c = drawn_triples(np.random.default_rng(chunk), min(count, 1_000_000))
        expected = [
            rules.muldiv(*triple) for triple in zip(a.tolist(), b.tolist(), c.tolist(), strict=True)
        ]
        assert quotients(a, b, c).tolist() == expected


def drawn_triples(random: np.random.Generator, count: int) -> tuple[Integers, Integers, Integers]:
    """Return factors and divisors whose quotient is below 2^62."""
    c = wide_integers(random, count, 51)
    a = wide_integers(random, count, 63)
    a = np.where(a / c < 2.0**61, a, a >> 3)
    bits = np.minimum(62, np.floor(61 + np.log2(c) - np.log2(a))).clip(0)
    b = np.maximum(1, (2.0 ** (bits * random.random(count)) - 1).astype(np.int64))
    multiple = random.random(count) < 1 / 3
    a = np.where(multiple & (a >= c), a // c * c, a)
    a *= random.choice([-1, 1], count)
    return a, b, c


def wide_integers(random: np.random.Generator, count: int, bits: int) -> Integers:
    """Return positive integers of all sizes below 2^bits."""
    return (random.integers(1, 2**bits - 1, count) >> random.integers(0, bits - 1, count)) + 1
