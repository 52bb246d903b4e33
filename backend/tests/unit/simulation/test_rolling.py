"""Rolling statistics are those of the whole curve, over fewer returns."""

from random import Random

import pytest

from app.simulation.metrics import Undefined, performance
from app.simulation.rolling import rolling_statistics


def walk(count: int, *, seed: int = 7) -> list[int]:
    """Return a curve of values in 1e-10 USD."""
    random = Random(seed)
    values = [10**14]
    while len(values) < count:
        values.append(values[-1] * random.randint(970_000, 1_031_000) // 10**6)
    return values


class TestRollingStatistics:
    @pytest.mark.parametrize("window", [63, 252])
    def test_are_those_of_the_returns_up_to_each_value(self, window: int) -> None:
        values = walk(400)
        rolled = list(rolling_statistics(values))
        for end in (window, window + 1, 300, 399):
            whole = performance(values=values[end - window : end + 1], days=1)
            found = rolled[end]
            assert found[f"volatility_{window}"] == pytest.approx(whole.volatility, rel=1e-12)
            assert found[f"sharpe_{window}"] == pytest.approx(whole.sharpe, rel=1e-11)

    def test_begin_with_the_first_full_window(self) -> None:
        rolled = list(rolling_statistics(walk(64)))
        assert len(rolled) == 64
        assert rolled[62]["sharpe_63"] == Undefined(reason="there are fewer than 63 returns")
        assert isinstance(rolled[63]["sharpe_63"], float)
        assert rolled[63]["volatility_252"] == Undefined(reason="there are fewer than 252 returns")

    def test_have_no_sharpe_ratio_where_nothing_moved(self) -> None:
        *_, last = rolling_statistics([10**14] * 64)
        assert last["volatility_63"] == 0.0
        assert last["sharpe_63"] == Undefined(reason="the returns do not vary")

    def test_are_undefined_while_the_equity_was_zero(self) -> None:
        values = [*walk(70), 0, *[0] * 63, *[0] * 5]
        rolled = list(rolling_statistics(values))
        assert isinstance(rolled[70]["sharpe_63"], float)  # the fall to zero has a base
        assert rolled[71]["sharpe_63"] == Undefined(reason="the equity was zero")
        assert rolled[-1]["volatility_63"] == Undefined(reason="the equity was zero")

    def test_of_small_moves_on_a_large_value_lose_no_digits(self) -> None:
        values = [10**18 + (-1) ** n * 10**9 * n for n in range(64)]
        *_, last = rolling_statistics(values)
        whole = performance(values=values, days=1)
        assert last["volatility_63"] == pytest.approx(whole.volatility, rel=1e-12)
