"""Counting in whole units and writing decimals."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import units
from app.domain.units import NotExactError
from tests.unit.domain.drawn import quick

PER_ONE = (units.TICKS_PER_USD, units.MICROS_PER_USD, units.PPM_PER_BPS, units.VALUE_PER_USD)


class TestExact:
    @pytest.mark.parametrize(
        ("text", "count"),
        [("59.82", 598_200), ("-0.0001", -1), ("0", 0), ("-0", 0), ("1e3", 10_000_000)],
    )
    def test_counts_whole_units(self, text: str, count: int) -> None:
        assert units.exact(Decimal(text), units.TICKS_PER_USD) == count

    @pytest.mark.parametrize(
        "text",
        ["0.00001", "-0.00005", "1e-999999", "0.03" + "0" * 70 + "1", "NaN", "-Infinity", "sNaN"],
    )
    def test_refuses_more_decimals_than_the_unit_however_far_out(self, text: str) -> None:
        with pytest.raises(NotExactError):
            units.exact(Decimal(text), units.TICKS_PER_USD)

    def test_says_how_many_decimals_there_may_be(self) -> None:
        with pytest.raises(NotExactError, match=r"0\.00001 has more than 4 decimals"):
            units.exact(Decimal("0.00001"), units.TICKS_PER_USD)

    @pytest.mark.parametrize("count", [units.exact, units.half_up])
    def test_refuses_what_no_number_of_units_can_hold(self, count: type) -> None:
        with pytest.raises(NotExactError, match="too large"):
            count(Decimal("1e999999999"), units.TICKS_PER_USD)

    def test_counts_long_numbers(self) -> None:
        assert units.exact(Decimal("9" * 31), units.PPM) == (10**31 - 1) * 10**6


class TestHalfUp:
    @pytest.mark.parametrize(
        ("text", "count"),
        [
            ("0.00005", 1),
            ("0.000049999", 0),
            ("-0.00005", -1),
            ("-0.000049999", 0),
            ("61.61455", 616_146),
            ("0.00025", 3),
            ("0.0000" + "4" + "9" * 70, 0),
        ],
    )
    def test_rounds_ties_away_from_zero_and_only_once(self, text: str, count: int) -> None:
        assert units.half_up(Decimal(text), units.TICKS_PER_USD) == count

    @pytest.mark.parametrize("text", ["NaN", "Infinity"])
    def test_refuses_what_is_not_a_number(self, text: str) -> None:
        with pytest.raises(NotExactError, match="not a finite number"):
            units.half_up(Decimal(text), units.TICKS_PER_USD)


class TestDecimalText:
    @pytest.mark.parametrize(
        ("count", "text"),
        [(598_200, "59.82"), (0, "0"), (-1, "-0.0001"), (10_000, "1"), (-15_000, "-1.5")],
    )
    def test_is_the_shortest_plain_decimal(self, count: int, text: str) -> None:
        assert units.decimal_text(count, units.TICKS_PER_USD) == text

    @quick
    @given(count=st.integers(-(10**30), 10**30), per_one=st.sampled_from(PER_ONE))
    def test_comes_back_to_the_same_count(self, count: int, per_one: int) -> None:
        text = units.decimal_text(count, per_one)
        assert units.exact(Decimal(text), per_one) == count
        assert "e" not in text.lower()
        assert not ("." in text and text.endswith(("0", ".")))

    def test_has_a_name_for_every_unit(self) -> None:
        assert units.price_text(616_146) == "61.6146"
        assert units.shares_text(9_293_200) == "9.2932"
        assert units.money_text(7_860_960_000) == "7860.96"
        assert units.ratio_text(30_000) == "0.03"
        assert units.bps_text(2_000) == "20"
        assert units.value_text(123_450_000_001) == "12.3450000001"
