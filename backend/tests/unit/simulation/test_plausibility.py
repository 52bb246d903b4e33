"""Dividends and splits that can hardly be true, each by the check that says so."""

from datetime import date, timedelta
from fractions import Fraction

import pytest

from app.domain.corporate_action import Dividend, Split
from app.simulation.bars import Adjustment, Bars
from app.simulation.findings import Code
from app.simulation.plausibility import doubts
from tests.price_files import Row, daily_bars, flat, weekdays

DATES = weekdays(date(2020, 1, 6), 120)
MIDDLE = 60
EX = DATES[MIDDLE]
CALM = [flat("100"), flat("100.50")] * 60


def fallen(rows: list[Row], ratio: str) -> list[Row]:
    """Return `rows` with the prices from the middle on multiplied."""
    factor = Fraction(ratio)
    after = [tuple(f"{float(Fraction(p) * factor):.2f}" for p in row) for row in rows[MIDDLE:]]
    return [*rows[:MIDDLE], *after]  # type: ignore[list-item]


def dividend(per_share: str, *, on: date = EX) -> Dividend:
    return Dividend(ex_date=on, per_share=int(Fraction(per_share) * 10**6), pay_date=None)


def split(new: int, old: int = 1) -> Split:
    return Split(ex_date=EX, numerator=new, denominator=old)


def codes(bars: Bars, *, sessions: list[date] | None = DATES) -> list[Code]:
    return [doubt.code for doubt in doubts(bars, sessions=sessions)]


class TestADividend:
    def test_is_plausible_when_it_is_small_or_shows(self) -> None:
        assert codes(daily_bars(CALM, dividends=[dividend("0.50")])) == []
        assert codes(daily_bars(fallen(CALM, "0.8"), dividends=[dividend("20")])) == []

    def test_of_half_the_close_before_is_not(self) -> None:
        rows = fallen(CALM, "0.5")
        (doubt,) = doubts(daily_bars(rows, dividends=[dividend("50.25")]), sessions=DATES)
        assert doubt.code is Code.DIVIDEND_IMPLAUSIBLE
        assert doubt.reason == f"50.25 on {EX} after a close of 100.5"
        assert codes(daily_bars(rows, dividends=[dividend("50.249999")])) == []

    def test_above_the_close_before_is_not(self) -> None:
        found = codes(daily_bars(CALM, dividends=[dividend("100.5")]))
        assert found == [Code.DIVIDEND_ABOVE_PRICE]

    def test_without_a_trace_in_the_price_is_contradicted(self) -> None:
        (doubt,) = doubts(daily_bars(CALM, dividends=[dividend("20")]), sessions=DATES)
        assert doubt.code is Code.DIVIDEND_CONTRADICTED
        assert doubt.reason == f"20 on {EX} after a close of 100.5, and an open of 100"

    def test_that_comes_again_within_a_week_is_repeated(self) -> None:
        first = dividend("0.50")
        for days, expected in ((7, [Code.DIVIDEND_REPEATED]), (8, [])):
            again = dividend("0.50", on=EX + timedelta(days=days))
            assert codes(daily_bars(CALM, dividends=[first, again]), sessions=None) == expected
        other = dividend("0.51", on=DATES[MIDDLE + 2])
        assert codes(daily_bars(CALM, dividends=[first, other])) == []

    def test_needs_an_open_exchange(self) -> None:
        closed = [on for on in DATES if on != EX]
        bars = daily_bars(CALM, dividends=[dividend("0.50")])
        assert codes(bars, sessions=closed) == [Code.ACTION_OFF_SESSION]
        assert codes(bars, sessions=None) == []


class TestASplit:
    @pytest.mark.parametrize(("new", "old"), [(2, 1), (3, 2), (1, 20), (21, 20)])
    def test_is_plausible_when_adjusted_prices_do_not_show_it(self, new: int, old: int) -> None:
        bars = daily_bars(CALM, splits=[split(new, old)], adjustment=Adjustment.SPLIT)
        assert codes(bars) == []

    @pytest.mark.parametrize("ratio", ["1/2", "2"])
    def test_is_contradicted_when_adjusted_prices_still_jump_by_it(self, ratio: str) -> None:
        rows = fallen(CALM, ratio)
        bars = daily_bars(rows, splits=[split(2)], adjustment=Adjustment.SPLIT)
        (doubt,) = doubts(bars, sessions=DATES)
        assert doubt.code is Code.SPLIT_NOT_IN_PRICES
        assert "prices go from 100.5 to " in doubt.reason

    def test_of_raw_prices_is_left_to_the_check_for_jumps(self) -> None:
        assert codes(daily_bars(CALM, splits=[split(2)])) == []

    @pytest.mark.parametrize(("new", "old"), [(1324, 1000), (1281, 1000), (104, 100)])
    def test_with_a_ratio_that_nobody_chooses_is_odd(self, new: int, old: int) -> None:
        ratio = Fraction(new, old)
        odd = Split(ex_date=EX, numerator=ratio.numerator, denominator=ratio.denominator)
        bars = daily_bars(CALM, splits=[odd], adjustment=Adjustment.SPLIT)
        assert codes(bars) == [Code.ODD_SPLIT]
