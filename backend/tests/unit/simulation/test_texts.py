"""Numbers and moments as text."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.simulation.texts import amount_text, moment_text, statistic_text


class TestMomentText:
    def test_is_rfc_3339_in_utc(self) -> None:
        assert moment_text(datetime(2010, 1, 4, 21, tzinfo=UTC)) == "2010-01-04T21:00:00Z"


class TestAmountText:
    @pytest.mark.parametrize(
        ("amount", "text"),
        [
            ("20000", "20000"),
            ("12180.6949452688869999", "12180.694945268887"),
            ("0.0000000000004", "0"),
            ("-0.0000000000004", "0"),
            ("-1.50", "-1.5"),
        ],
    )
    def test_has_at_most_twelve_decimals(self, amount: str, text: str) -> None:
        assert amount_text(Decimal(amount)) == text


class TestStatisticText:
    @pytest.mark.parametrize(
        ("number", "text"),
        [(0.1, "0.1"), (-0.0, "0"), (1.0, "1"), (1e-7, "0.0000001"), (1e22, f"1{'0' * 22}")],
    )
    def test_is_a_plain_decimal(self, number: float, text: str) -> None:
        assert statistic_text(number) == text

    @settings(max_examples=200, deadline=None, derandomize=True, database=None)
    @given(number=st.floats(allow_nan=False, allow_infinity=False))
    def test_reads_back_as_the_same_float(self, number: float) -> None:
        assert float(statistic_text(number)) == number
