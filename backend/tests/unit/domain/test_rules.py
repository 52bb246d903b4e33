"""The integer rules one by one, against exact fractions and numbers worked out by hand."""

from fractions import Fraction
from math import ceil, floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import entitlement, rules
from app.domain.rules import BUY, NEITHER, SELL
from app.domain.units import PPM
from tests.builders import ppm, shares, ticks, usd
from tests.unit.domain.drawn import prices, quick, within

ratios = st.integers(0, PPM)
quantities = st.integers(1, 10**15)


def half_up(value: Fraction) -> int:
    return floor(value + Fraction(1, 2))


class TestMuldiv:
    @quick
    @given(a=st.integers(-(2**62), 2**62), b=st.integers(0, 2**62), c=st.integers(1, 2**51))
    def test_is_the_floor_and_the_ceiling_of_the_exact_quotient(
        self, a: int, b: int, c: int
    ) -> None:
        assert rules.muldiv(a, b, c) == floor(Fraction(a * b, c))
        assert rules.muldiv_up(a, b, c) == ceil(Fraction(a * b, c))


class TestTriggers:
    def test_round_away_from_the_anchor(self) -> None:
        assert rules.sell_at(ticks("0.0333"), ppm("0.03")) == ticks("0.0343")  # 0.034299 up
        assert rules.buy_at(ticks("0.0333"), ppm("0.03")) == ticks("0.0323")  # 0.032301 down

    def test_are_exact_on_round_numbers(self) -> None:
        assert rules.sell_at(ticks("60"), ppm("0.03")) == ticks("61.8")
        assert rules.buy_at(ticks("60"), ppm("0.03")) == ticks("58.2")

    @quick
    @given(anchor=prices(), up=st.integers(1, PPM), down=st.integers(1, 900_000))
    def test_are_the_nearest_ticks_that_the_move_has_reached(
        self, anchor: int, up: int, down: int
    ) -> None:
        sell, buy = rules.sell_at(anchor, up), rules.buy_at(anchor, down)
        assert sell == ceil(anchor * (1 + Fraction(up, PPM)))
        assert buy == floor(anchor * (1 - Fraction(down, PPM)))
        assert buy < anchor < sell

    @pytest.mark.parametrize(
        ("price", "side"),
        [
            *(("61.8", SELL), ("61.7999", NEITHER), ("61.8001", SELL), ("60", NEITHER)),
            *(("58.2", BUY), ("58.2001", NEITHER), ("58.1999", BUY)),
        ],
    )
    def test_have_been_crossed_by_a_price_exactly_on_them(self, price: str, side: int) -> None:
        assert rules.trigger_side(ticks(price), ticks("61.8"), ticks("58.2")) == side


class TestDrift:
    @pytest.mark.parametrize(
        ("stock", "side"),
        [(760_000, NEITHER), (760_001, SELL), (240_000, NEITHER), (239_999, BUY), (500_000, 0)],
    )
    def test_begins_beyond_the_tolerance_not_on_it(self, stock: int, side: int) -> None:
        assert rules.drift_side(stock, 10**6, 250_000, 750_000, 10_000) == side

    @quick
    @given(
        stock=st.integers(0, rules.VALUE_MAX),
        rest=st.integers(0, 10**18),
        low=within(0, 980_000, 0, 5_000),
        tolerance=st.integers(0, 100_000),
    )
    def test_compares_exact_shares(self, stock: int, rest: int, low: int, tolerance: int) -> None:
        value, high = stock + rest + 1, low + 20_000
        share = Fraction(stock, value)
        side = rules.drift_side(stock, value, low, high, tolerance)
        assert (side == SELL) == (share > Fraction(high + tolerance, PPM))
        assert (side == BUY) == (share < Fraction(low - tolerance, PPM))


class TestWorstPrice:
    def test_is_rounded_against_us(self) -> None:
        assert rules.worst_buy_price(ticks("59.9999"), ppm("0.0005"), 0) == ticks("60.0299")
        assert rules.worst_sell_price(ticks("59.9999"), ppm("0.0005"), 0) == ticks("59.9699")

    @pytest.mark.parametrize(
        ("ask", "worst"),
        [("0", "60.03"), ("60.03", "60.03"), ("60.0301", "60.0301"), ("1", "60.03")],
    )
    def test_of_a_buy_is_the_ask_where_that_is_higher(self, ask: str, worst: str) -> None:
        assert rules.worst_buy_price(ticks("60"), ppm("0.0005"), ticks(ask)) == ticks(worst)

    @pytest.mark.parametrize(
        ("bid", "worst"),
        [("0", "59.97"), ("59.97", "59.97"), ("59.9699", "59.9699"), ("99", "59.97")],
    )
    def test_of_a_sale_is_the_bid_where_that_is_lower(self, bid: str, worst: str) -> None:
        assert rules.worst_sell_price(ticks("60"), ppm("0.0005"), ticks(bid)) == ticks(worst)

    def test_stays_above_zero(self) -> None:
        assert rules.worst_sell_price(1, 50_000, 0) == 1


class TestCosts:
    @quick
    @given(
        quantity=quantities,
        price=prices(),
        rate=st.integers(0, 50_000),
        per_share=st.integers(0, PPM),
        minimum=st.integers(0, 10**8),
    )
    def test_are_rounded_up_once_and_proceeds_down(
        self, quantity: int, price: int, rate: int, per_share: int, minimum: int
    ) -> None:
        charged = Fraction(rate * quantity * price, 10**10) + Fraction(per_share * quantity, 10**6)
        commission = rules.commission(quantity, price, rate, per_share, minimum)
        assert commission == max(ceil(charged), minimum)
        assert rules.buy_cost(quantity, price) == ceil(Fraction(quantity * price, 10**4))
        assert rules.sell_proceeds(quantity, price) == floor(Fraction(quantity * price, 10**4))

    @pytest.mark.parametrize(
        ("quantity", "rate", "per_share", "minimum", "commission"),
        [
            ("9.5675", "0.0001", "0", "0", "0.059128"),  # 0.05912715
            ("100", "0.0001", "0.005", "0", "1.118"),  # 0.618 + 0.5
            ("100", "0.0001", "0.005", "1.118", "1.118"),
            ("100", "0.0001", "0.005", "1.118001", "1.118001"),
            ("0.000001", "0.000001", "0", "0", "0.000001"),
            ("0.000001", "0", "0", "0", "0"),
        ],
    )
    def test_are_the_rate_and_the_shares_or_the_minimum(
        self, quantity: str, rate: str, per_share: str, minimum: str, commission: str
    ) -> None:
        assert rules.commission(
            shares(quantity), ticks("61.8"), ppm(rate), usd(per_share), usd(minimum)
        ) == usd(commission)


def raw(side: int, price: str, policy: int, **changes: int) -> int:
    """Ask a policy for 100 shares, 6,000 USD and the anchor 60, without costs."""
    terms = {
        "shares": shares("100"),
        "cash": usd("6000"),
        "receivable": 0,
        "anchor": ticks("60"),
        "ratio": ppm("1.6667"),
        "target": ppm("0.5"),
        "fraction": ppm("0.1"),
        "min_stock": ppm("0.25"),
        "max_stock": ppm("0.75"),
        "rate": 0,
        "per_share": 0,
        "minimum": 0,
        "lot": 100,
    } | changes
    return rules.raw_quantity(side=side, price=ticks(price), policy=policy, **terms)


class TestProportional:
    def test_asks_for_the_move_times_the_ratio_of_the_value(self) -> None:
        # V = 12180; (61.8 - 60) / 61.8 * 1.6667 * 12180 / 61.8 = 9.56754...
        assert raw(SELL, "61.8", rules.PROPORTIONAL) == shares("9.567539")
        # V = 11820; (60 - 58.2) / 58.2 * 1.6667 * 11820 / 58.2 = 10.46890...
        assert raw(BUY, "58.2", rules.PROPORTIONAL) == shares("10.468909")

    def test_counts_the_receivable_in_the_value(self) -> None:
        with_receivable = raw(SELL, "61.8", rules.PROPORTIONAL, cash=0, receivable=usd("6000"))
        assert with_receivable == raw(SELL, "61.8", rules.PROPORTIONAL)

    def test_asks_for_nothing_at_the_anchor(self) -> None:
        assert raw(SELL, "60", rules.PROPORTIONAL) == 0


class TestTarget:
    def test_goes_to_the_target_share(self) -> None:
        # V = 12180, half of it is 6090 = 98.543689... shares at 61.8
        assert raw(SELL, "61.8", rules.TARGET) == shares("1.45631")
        # V = 11820, half of it is 5910 = 101.546391... shares at 58.2
        assert raw(BUY, "58.2", rules.TARGET) == shares("1.546391")

    def test_asks_for_zero_or_less_where_the_target_lies_the_other_way(self) -> None:
        assert raw(BUY, "61.8", rules.TARGET) < 0
        assert raw(SELL, "58.2", rules.TARGET) < 0
        assert raw(BUY, "60", rules.TARGET) == raw(SELL, "60", rules.TARGET) == 0


class TestFixedFraction:
    def test_buys_from_spendable_cash_and_sells_from_the_shares(self) -> None:
        assert raw(BUY, "58.2", rules.FIXED_FRACTION) == shares("10.309278")  # 600 / 58.2
        assert raw(SELL, "61.8", rules.FIXED_FRACTION) == shares("10")

    def test_leaves_the_receivable_alone(self) -> None:
        assert raw(BUY, "58.2", rules.FIXED_FRACTION, cash=0, receivable=usd("6000")) == 0


class TestToBound:
    def test_goes_to_the_guardrail(self) -> None:
        # V = 12180, a quarter is 3045 = 49.271844... shares at 61.8
        assert raw(SELL, "61.8", rules.TO_BOUND) == shares("50.728155")
        # V = 11820, three quarters are 8865 = 152.319587... shares at 58.2
        assert raw(BUY, "58.2", rules.TO_BOUND) == shares("52.319587")

    def test_pays_the_commission_on_the_way(self) -> None:
        # 5820 + 58.2 x = 0.75 (11820 - 0.582 x): x = 3045 / 58.6365 = 51.930111...
        assert raw(BUY, "58.2", rules.TO_BOUND, rate=ppm("0.01")) == shares("51.930111")

    def test_pays_the_minimum_on_the_way(self) -> None:
        # 5820 + 58.2 x = 0.75 (11820 - 10): x = 3037.5 / 58.2 = 52.190721...
        assert raw(BUY, "58.2", rules.TO_BOUND, minimum=usd("10")) == shares("52.190721")


@quick
@given(
    price=prices(),
    held=st.integers(0, 10**12),
    cash=st.integers(0, 10**13),
    receivable=st.integers(0, 10**9),
    anchor=prices(),
    ratio=within(10_000, 100 * PPM, 1_666_700),
    target=ratios,
    fraction=ratios,
)
def test_raw_quantities_are_exact_to_a_share_unit_toward_zero(
    price: int,
    held: int,
    cash: int,
    receivable: int,
    anchor: int,
    ratio: int,
    target: int,
    fraction: int,
) -> None:
    at = Fraction(price, 10**4)
    value = Fraction(held, 10**6) * at + Fraction(cash + receivable, 10**6)
    gap = abs(Fraction(anchor, price) - 1)
    stock = Fraction(target, PPM) * value / at
    wanted = {
        (rules.PROPORTIONAL, BUY): gap * Fraction(ratio, PPM) * value / at,
        (rules.PROPORTIONAL, SELL): gap * Fraction(ratio, PPM) * value / at,
        (rules.TARGET, BUY): stock - Fraction(held, 10**6),
        (rules.TARGET, SELL): Fraction(held, 10**6) - stock,
        (rules.FIXED_FRACTION, BUY): Fraction(fraction, PPM) * Fraction(cash, 10**6) / at,
        (rules.FIXED_FRACTION, SELL): Fraction(fraction * held, PPM * 10**6),
    }
    for (policy, side), quantity in wanted.items():
        asked = rules.raw_quantity(
            side, price, held, cash, receivable, anchor, policy, ratio, target, fraction,
            0, PPM, 0, 0, 0, 1,
        )  # fmt: skip
        assert asked == floor(quantity * 10**6)


class TestAnchors:
    @quick
    @given(anchor=prices(), close=prices(1), part=st.integers(1, 999_999))
    def test_shift_by_the_dividend_half_up_and_stay_positive(
        self, anchor: int, close: int, part: int
    ) -> None:
        dividend = max(1, min(close * 100 * part // PPM, close * 100 - 1))
        exact = anchor * (1 - Fraction(dividend, close * 100))
        shifted = entitlement.ex_dividend_anchor(anchor, close, dividend)
        assert shifted == max(half_up(exact), 1)

    @quick
    @given(anchor=prices(1), new=st.integers(1, 1000), old=st.integers(1, 1000))
    def test_divide_by_the_split_half_up_and_stay_positive(
        self, anchor: int, new: int, old: int
    ) -> None:
        expected = max(half_up(Fraction(anchor * old, new)), 1)
        assert entitlement.split_anchor(anchor, new, old) == expected

    def test_round_a_tie_up(self) -> None:
        assert entitlement.split_anchor(3, 2, 1) == 2
        assert entitlement.ex_dividend_anchor(3, 2, 100) == 2


class TestLots:
    @pytest.mark.parametrize(("quantity", "down", "up"), [(0, 0, 0), (1, 0, 100), (100, 100, 100)])
    def test_round_toward_zero_and_up(self, quantity: int, down: int, up: int) -> None:
        assert rules.floor_to_lot(quantity, 100) == down
        assert rules.ceil_to_lot(quantity, 100) == up
