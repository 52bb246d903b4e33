"""Statistics against figures worked out by hand, and the properties that hold for any curve."""

import math
import statistics
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.simulation.metrics import (
    Undefined,
    max_drawdown,
    mean_stock_share,
    performance,
    time_inside,
    turnover,
)

CURVES = st.lists(st.integers(1, 10**12), min_size=2, max_size=60)
quick = settings(max_examples=200, deadline=None, derandomize=True, database=None)


class TestPerformance:
    def test_takes_simple_returns(self) -> None:
        # returns 0.1, −0.1, 0.2; mean 0.0666667; stdev 0.1527525
        figures = performance(values=[1000, 1100, 990, 1188], days=365)
        returns = [0.1, -0.1, 0.2]
        yearly = math.sqrt(252)
        deviation = statistics.stdev(returns)
        downside = math.sqrt(0.01 / 3)
        assert figures.total_return == 0.188
        assert figures.volatility == pytest.approx(deviation * yearly, rel=1e-14)
        assert figures.sharpe == pytest.approx(0.2 / 3 / deviation * yearly, rel=1e-14)
        assert figures.sortino == pytest.approx(0.2 / 3 / downside * yearly, rel=1e-14)
        assert figures.cagr == pytest.approx(1.188 ** (365.25 / 365) - 1, rel=1e-14)
        assert figures.drawdown.depth == -0.1
        assert (figures.drawdown.peak, figures.drawdown.trough) == (1, 2)
        assert figures.calmar == pytest.approx((1.188 ** (365.25 / 365) - 1) / 0.1, rel=1e-14)

    def test_says_why_a_statistic_is_undefined(self) -> None:
        figures = performance(values=[1000], days=0)
        assert figures.total_return == 0
        assert figures.volatility == Undefined(reason="there are fewer than two returns")
        assert figures.sharpe == Undefined(reason="there are fewer than two returns")
        assert figures.sortino == Undefined(reason="there is no return")
        assert figures.cagr == Undefined(reason="the run spans 0 days, fewer than 30")
        assert figures.calmar == figures.cagr

    def test_has_no_sharpe_for_constant_returns(self) -> None:
        figures = performance(values=[1000, 1100, 1210], days=40)
        assert figures.sharpe == Undefined(reason="the returns do not vary")
        assert figures.sortino == Undefined(reason="no session had a loss")
        assert figures.calmar == Undefined(reason="the equity never fell")

    def test_is_defined_for_a_total_loss(self) -> None:
        figures = performance(values=[1000, 500, 0], days=40)
        assert (figures.total_return, figures.cagr, figures.drawdown.depth) == (-1, -1, -1)

    def test_has_no_returns_on_nothing(self) -> None:
        figures = performance(values=[1000, 0, 0], days=40)
        assert figures.sharpe == Undefined(reason="the equity is zero somewhere")

    @quick
    @given(values=CURVES, factor=st.integers(2, 1000))
    def test_does_not_depend_on_the_unit(self, values: list[int], factor: int) -> None:
        scaled = [value * factor for value in values]
        assert performance(values=values, days=400) == performance(values=scaled, days=400)


class TestMaxDrawdown:
    @quick
    @given(values=CURVES)
    def test_is_the_worst_of_all_pairs(self, values: list[int]) -> None:
        worst = min(
            Fraction(after, before) - 1
            for index, before in enumerate(values)
            for after in values[index:]
        )
        drawdown = max_drawdown(values)
        assert drawdown.depth == float(worst)
        assert drawdown.peak <= drawdown.trough
        assert Fraction(values[drawdown.trough], values[drawdown.peak]) - 1 == pytest.approx(worst)

    def test_is_zero_for_a_curve_that_never_falls(self) -> None:
        assert max_drawdown([1, 1, 2]).depth == 0

    def test_names_the_first_of_equal_falls(self) -> None:
        drawdown = max_drawdown([10, 5, 10, 5])
        assert (drawdown.peak, drawdown.trough) == (0, 1)


class TestTurnover:
    def test_is_the_traded_amount_over_the_mean_value_a_year(self) -> None:
        # 3,000 / 1,500 in half a year of 365.25 days
        assert turnover(notional=3000, values=[1000, 2000], days=1461) == pytest.approx(0.5)

    def test_is_undefined_without_a_day(self) -> None:
        assert isinstance(turnover(notional=1, values=[1], days=0), Undefined)


class TestShares:
    def test_mean_runs_over_every_point(self) -> None:
        assert mean_stock_share(stocks=[50, 20, 30], values=[100, 100, 100]) == pytest.approx(1 / 3)

    def test_time_inside_counts_the_bounds_as_inside(self) -> None:
        shares = {"stocks": [25, 75, 24, 76], "values": [100] * 4}
        assert time_inside(**shares, min_stock=250_000, max_stock=750_000) == 0.5

    def test_are_undefined_without_value(self) -> None:
        assert isinstance(mean_stock_share(stocks=[0], values=[0]), Undefined)
        inside = time_inside(stocks=[0], values=[0], min_stock=0, max_stock=1)
        assert isinstance(inside, Undefined)
