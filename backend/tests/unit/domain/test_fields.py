"""The kinds of field: what each reads, writes and refuses."""

from decimal import Decimal

import pytest

from app.domain import units
from app.domain.fields import Amount, Choice, Lot, OutOfRangeError, Switch, Whole
from app.domain.strategy import Policy
from app.domain.units import NotExactError

RATIO = Amount(per_one=units.PPM, low="0.01", high="100", default="1")
NOT_DECIMALS: list[object] = [None, True, 1.5, "", "one", "NaN", "Infinity", "1,5", [], {}, b"1"]


class TestAmount:
    @pytest.mark.parametrize(
        ("raw", "count"), [("0.01", 10_000), (100, 100_000_000), (Decimal("1.50"), 1_500_000)]
    )
    def test_reads_text_whole_numbers_and_decimals(self, raw: object, count: int) -> None:
        assert RATIO.read(raw) == count

    @pytest.mark.parametrize("raw", NOT_DECIMALS)
    def test_refuses_what_is_not_a_decimal_floats_too(self, raw: object) -> None:
        with pytest.raises(OutOfRangeError):
            RATIO.read(raw)

    @pytest.mark.parametrize("raw", ["0.009999", "100.000001", "-1", "1e999999999"])
    def test_refuses_what_is_out_of_range(self, raw: str) -> None:
        with pytest.raises(OutOfRangeError):
            RATIO.read(raw)

    def test_refuses_more_decimals_than_it_counts(self) -> None:
        with pytest.raises(NotExactError):
            RATIO.read("0.0100001")

    def test_writes_the_shortest_decimal(self) -> None:
        assert RATIO.write(1_500_000) == "1.5"

    def test_says_its_range_and_its_decimals(self) -> None:
        assert RATIO.allowed == "a decimal from 0.01 to 100, at most 6 decimals"

    def test_reads_and_writes_null_where_allowed(self) -> None:
        limit = Amount(per_one=units.PPM, low="0.001", high="1", default=None, nullable=True)
        assert limit.read(None) == 0
        assert limit.write(0) is None
        assert limit.allowed == "null or a decimal from 0.001 to 1, at most 6 decimals"
        with pytest.raises(OutOfRangeError):
            limit.read("0")


class TestLot:
    @pytest.mark.parametrize("power", range(7))
    def test_reads_every_power_of_ten_up_to_one_share(self, power: int) -> None:
        text = units.shares_text(10**power)
        assert Lot().read(text) == 10**power
        assert Lot().write(10**power) == text

    @pytest.mark.parametrize(
        "raw", ["0", "10", "0.5", "0.0000001", "-1", "1e999999999", *NOT_DECIMALS]
    )
    def test_refuses_everything_else(self, raw: object) -> None:
        with pytest.raises(NotExactError):
            Lot().read(raw)


class TestWhole:
    @pytest.mark.parametrize("raw", [1, 1000])
    def test_reads_both_ends(self, raw: int) -> None:
        whole = Whole(low=1, high=1000, default=5)
        assert whole.write(whole.read(raw)) == raw
        assert whole.allowed == "a whole number from 1 to 1000"

    @pytest.mark.parametrize("raw", [0, 1001, -1, True, 5.0, "5", None, Decimal(5)])
    def test_refuses_everything_else(self, raw: object) -> None:
        with pytest.raises(OutOfRangeError):
            Whole(low=1, high=1000, default=5).read(raw)


class TestSwitch:
    def test_reads_true_and_false(self) -> None:
        assert Switch(default=True).read(False) is False
        assert Switch(default=False).write(True) is True

    @pytest.mark.parametrize("raw", [0, 1, "true", None])
    def test_refuses_everything_else(self, raw: object) -> None:
        with pytest.raises(OutOfRangeError):
            Switch(default=True).read(raw)


class TestChoice:
    def test_reads_and_writes_its_words(self) -> None:
        choice = Choice(options=Policy, default=Policy.PROPORTIONAL)
        assert choice.write(choice.read("to_bound")) == "to_bound"
        assert choice.allowed == "proportional, target, fixed_fraction, to_bound"

    @pytest.mark.parametrize("raw", ["TARGET", "", None, 1, [], True])
    def test_refuses_other_words(self, raw: object) -> None:
        with pytest.raises(OutOfRangeError):
            Choice(options=Policy, default=Policy.PROPORTIONAL).read(raw)
