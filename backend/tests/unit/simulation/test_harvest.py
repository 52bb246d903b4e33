"""The theory of harvesting, by hand."""

from fractions import Fraction

import pytest

from app.domain.units import VALUE_PER_USD
from app.simulation.bars import Bars
from app.simulation.harvest import harvest_efficiency, harvest_theory
from app.simulation.metrics import Undefined
from tests.unit.simulation.runs import daily, dividend, run, split

NEVER = {"orders": {"min_notional": "1000000"}}


def theory(bars: Bars, **changes: object) -> float:
    return harvest_theory(run=run(bars, strategy=NEVER, **changes), bars=bars)


class TestHarvestTheory:
    def test_takes_share_and_equity_of_the_close_before(self) -> None:
        # ½ · ½ · ½ · 0.4² · 20,000; then 14,000 of 24,000, and back by 2/7
        first = 400
        second = Fraction(14, 24) * Fraction(10, 24) * Fraction(2, 7) ** 2 * 24_000 / 2
        assert theory(daily("100", "140")) == pytest.approx(first)
        assert theory(daily("100", "140", "100")) == pytest.approx(float(first + second))

    def test_counts_dividends_before_tax(self) -> None:
        assert theory(daily("100", "99", dividends=[dividend(1, "1")])) == 0
        falling = daily("100", "90", dividends=[dividend(1, "1")])
        assert theory(falling) == pytest.approx(0.125 * 0.09**2 * 20_000)

    def test_sees_through_splits(self) -> None:
        bars = daily("100", "50", splits=[split(1, 2, 1)])
        assert theory(bars) == 0
        both = daily("100", "49.5", splits=[split(1, 2, 1)], dividends=[dividend(1, "0.5")])
        assert theory(both) == 0

    def test_is_zero_without_stock_or_without_cash(self) -> None:
        rising = daily("100", "140", "90")
        assert theory(rising, opening={"cash": "100", "shares": "0"}) == 0
        assert theory(rising, opening={"cash": "0", "shares": "10"}) == 0

    def test_starts_touch_at_the_first_open(self) -> None:
        bars = daily("140", opens={0: "100"})
        assert theory(bars, execution={"model": "touch"}) == pytest.approx(400)


class TestHarvestEfficiency:
    def test_compares_the_round_trips_with_the_theory(self) -> None:
        assert harvest_efficiency(harvest=Fraction(110 * VALUE_PER_USD), theory=40.0) == 2.75

    def test_is_undefined_where_there_was_nothing_to_harvest(self) -> None:
        efficiency = harvest_efficiency(harvest=Fraction(0), theory=0.0)
        assert efficiency == Undefined(reason="in theory there was nothing to harvest")
