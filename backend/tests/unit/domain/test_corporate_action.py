"""Dividends and splits: what they book, and what they leave as it was."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.domain import rules
from app.domain.corporate_action import (
    Dividend,
    DividendBooking,
    Split,
    book_dividend,
    book_split,
    settle_receivable,
)
from app.domain.position import Position
from app.domain.strategy import Strategy
from tests.builders import SESSION, a_position, a_strategy, shares, ticks, usd
from tests.unit.domain.drawn import prices, quick, strategies


def a_dividend(per_share: str | int) -> Dividend:
    micros = usd(per_share) if isinstance(per_share, str) else per_share
    return Dividend(ex_date=SESSION, per_share=micros, pay_date=None)


def a_split(numerator: int, denominator: int) -> Split:
    return Split(ex_date=SESSION, numerator=numerator, denominator=denominator)


class TestADividend:
    def test_is_owed_after_tax_and_leaves_shares_and_cash(self) -> None:
        after, booking = book_dividend(
            a_position(receivable=usd("1")),
            a_dividend("0.485"),
            a_strategy(),
            previous_close=ticks("60"),
        )
        assert booking == DividendBooking(gross=usd("48.5"), tax=usd("12.125"), net=usd("36.375"))
        assert after.receivable == usd("37.375")
        assert (after.shares, after.cash) == (shares("100"), usd("6000"))

    def test_rounds_down_to_a_micro_and_calls_the_rest_tax(self) -> None:
        # 1.234567 * 0.485 = 0.598764995; three quarters of it are 0.44907374625.
        position = a_position(shares=shares("1.234567"))
        _, booking = book_dividend(
            position, a_dividend("0.485"), a_strategy(), previous_close=ticks("60")
        )
        assert booking == DividendBooking(
            gross=usd("0.598764"), tax=usd("0.149691"), net=usd("0.449073")
        )

    def test_shifts_the_anchor_by_its_part_of_the_previous_close(self) -> None:
        # 60 * (61.5 - 0.485) / 61.5 = 59.52682926...
        after, _ = book_dividend(
            a_position(), a_dividend("0.485"), a_strategy(), previous_close=ticks("61.5")
        )
        assert after.anchor == ticks("59.5268")

    def test_leaves_the_anchor_where_the_strategy_says_so(self) -> None:
        strategy = a_strategy(dividends={"adjust_anchor": False})
        after, _ = book_dividend(
            a_position(), a_dividend("0.485"), strategy, previous_close=ticks("61.5")
        )
        assert after.anchor == ticks("60")

    def test_leaves_an_unset_anchor_unset(self) -> None:
        after, _ = book_dividend(
            a_position(anchor=None), a_dividend("1"), a_strategy(), previous_close=ticks("60")
        )
        assert after.anchor is None

    @quick
    @given(
        strategy=strategies(),
        anchor=prices(10**4),
        close=prices(10**4),
        part=st.integers(1, 499_999),
    )
    def test_keeps_the_distance_to_both_triggers(
        self, strategy: Strategy, anchor: int, close: int, part: int
    ) -> None:
        assume(strategy.adjust_anchor)
        dividend = max(close * 100 * part // 10**6, 1)
        after, _ = book_dividend(
            a_position(anchor=anchor), a_dividend(dividend), strategy, previous_close=close
        )
        assert after.anchor is not None
        factor = 1 - Fraction(dividend, close * 100)
        for trigger, distance in (
            (rules.sell_at, strategy.up),
            (rules.buy_at, strategy.down),
        ):
            # Each price is rounded to a tick once: the anchor by half a tick, the trigger by one.
            moved = trigger(after.anchor, distance)
            assert abs(moved - trigger(anchor, distance) * factor) <= 3

    @quick
    @given(
        strategy=strategies(),
        held=st.integers(0, 10**12),
        close=prices(10**3),
        part=st.integers(1, 999),
    )
    def test_keeps_the_value_up_to_tax(
        self, strategy: Strategy, held: int, close: int, part: int
    ) -> None:
        dividend = close * part // 1000 * 100  # a whole number of ticks, so that the price exists
        assume(dividend > 0)
        before = a_position(shares=held)
        after, booking = book_dividend(before, a_dividend(dividend), strategy, previous_close=close)
        lost = before.value_at(close) - after.value_at(close - dividend // 100)
        assert booking.gross == booking.tax + booking.net
        assert 0 <= lost - booking.tax * 10**4 < 10**4  # less than a micro by rounding down
        exact_tax = Fraction(held * dividend * strategy.withholding_rate, 10**12)
        assert abs(booking.tax - exact_tax) <= 1

    @pytest.mark.parametrize(
        ("per_share", "pay_date"), [(0, None), (-1, None), (1, date(2024, 6, 10))]
    )
    def test_is_positive_and_paid_after_its_ex_date(
        self, per_share: int, pay_date: date | None
    ) -> None:
        with pytest.raises(AssertionError):
            Dividend(ex_date=SESSION, per_share=per_share, pay_date=pay_date)


class TestThePayDate:
    def test_moves_the_receivable_to_cash(self) -> None:
        after = settle_receivable(a_position(receivable=usd("37.375")), usd("36.375"))
        assert (after.receivable, after.cash) == (usd("1"), usd("6036.375"))

    def test_moves_no_more_than_is_owed(self) -> None:
        with pytest.raises(AssertionError):
            settle_receivable(a_position(receivable=1), 2)


class TestASplit:
    def test_multiplies_the_shares_and_divides_the_anchor(self) -> None:
        after, paid = book_split(
            a_position(last_price=ticks("61")), a_split(4, 1), a_strategy(), opening_price=1
        )
        assert (after.shares, after.anchor, after.last_price) == (
            shares("400"), ticks("15"), ticks("15.25"),
        )  # fmt: skip
        assert (after.cash, paid) == (usd("6000"), 0)

    def test_rounds_the_anchor_half_up(self) -> None:
        after, _ = book_split(
            a_position(anchor=ticks("60.0005")), a_split(2, 1), a_strategy(), opening_price=1
        )
        assert after.anchor == ticks("30.0003")

    def test_sells_what_is_left_below_the_lot_at_the_opening(self) -> None:
        # 100.3333 * 3 / 2 = 150.49995: 150.4999 stay, 0.00005 at 40.01 bring 0.0020005.
        position = a_position(shares=shares("100.3333"))
        after, paid = book_split(
            position, a_split(3, 2), a_strategy(), opening_price=ticks("40.01")
        )
        assert after.shares == shares("150.4999")
        assert paid == usd("0.002")
        assert after.cash == usd("6000.002")

    def test_in_reverse_leaves_a_twentieth(self) -> None:
        # 101 / 20 = 5.05: with whole shares 5 stay and 0.05 at 1200 bring 60.
        whole = a_strategy(orders={"lot": "1"})
        after, paid = book_split(
            a_position(shares=shares("101")), a_split(1, 20), whole, opening_price=ticks("1200")
        )
        assert (after.shares, after.anchor) == (shares("5"), ticks("1200"))
        assert paid == usd("60")

    def test_may_turn_all_shares_into_cash(self) -> None:
        whole = a_strategy(orders={"lot": "1"})
        after, paid = book_split(
            a_position(shares=shares("19")), a_split(1, 20), whole, opening_price=ticks("1200")
        )
        assert (after.shares, paid) == (0, usd("1140"))

    def test_leaves_an_unset_anchor_unset(self) -> None:
        after, _ = book_split(a_position(anchor=None), a_split(2, 1), a_strategy(), opening_price=1)
        assert after.anchor is after.last_price is None

    @quick
    @given(
        strategy=strategies(),
        held=st.integers(0, 10**12),
        new=st.integers(1, 100),
        old=st.integers(1, 100),
        opening=prices(),
    )
    def test_keeps_the_value_but_for_less_than_a_micro(
        self, strategy: Strategy, held: int, new: int, old: int, opening: int
    ) -> None:
        before = a_position(shares=held)
        after, paid = book_split(before, a_split(new, old), strategy, opening_price=opening)
        exact = Fraction(held * new, old) * opening + before.cash * 10**4
        assert 0 <= exact - after.value_at(opening) < 10**4
        assert after.cash == before.cash + paid
        assert after.shares % strategy.lot == 0
        assert 0 <= Fraction(held * new, old) - after.shares < strategy.lot

    @pytest.mark.parametrize(("numerator", "denominator"), [(0, 1), (1, 0), (-2, 1)])
    def test_has_positive_numbers(self, numerator: int, denominator: int) -> None:
        with pytest.raises(AssertionError):
            a_split(numerator, denominator)


class TestASplitAndADividendOnOneDate:
    def test_are_booked_in_that_order_the_dividend_per_new_share(self) -> None:
        position: Position = a_position()
        position, _ = book_split(position, a_split(2, 1), a_strategy(), opening_price=ticks("30"))
        position, booking = book_dividend(
            position, a_dividend("0.3"), a_strategy(), previous_close=ticks("30")
        )
        assert booking.gross == usd("60")
        assert position.anchor == ticks("29.7")
