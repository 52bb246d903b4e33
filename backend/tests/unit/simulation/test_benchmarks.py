"""Benchmarks against exact fractions worked out by hand."""

from decimal import Decimal
from fractions import Fraction

import pytest

from app.simulation.bars import Bars
from app.simulation.benchmarks import Benchmarks, benchmarks_of
from tests.unit.simulation.runs import daily, dividend, hourly, request, run, split

NEVER = {"orders": {"min_notional": "1000000"}}


def benchmarks(bars: Bars, **changes: object) -> Benchmarks:
    return benchmarks_of(run=run(bars, **changes), bars=bars, request=request(bars, **changes))


def near(value: Fraction) -> object:
    return pytest.approx(Decimal(value.numerator) / value.denominator, abs=Decimal("1e-20"))


def amounts(*usd: int) -> tuple[Decimal, ...]:
    return tuple(Decimal(amount) for amount in usd)


class TestBenchmarks:
    def test_all_open_with_the_same_value(self) -> None:
        compared = benchmarks(daily("100", "110"))
        openings = {name: float(values[0]) for name, values in compared.by_name().items()}
        assert set(openings.values()) == {20_000}
        assert list(openings) == ["hold_opening_mix", "all_stock", "constant_mix", "cash"]

    def test_have_a_value_for_every_bar(self) -> None:
        compared = benchmarks(hourly((0, 10, "100"), (0, 15, "101"), (1, 16, "102")))
        assert {len(values) for values in compared.by_name().values()} == {3}


class TestHoldOpeningMix:
    def test_keeps_its_dividends_in_cash(self) -> None:
        # 100 × 110 + 10,000 + 100 × 1 × 0.75, owed or paid
        bars = daily("100", "110", "110", dividends=[dividend(1, "1", paid=2)])
        assert benchmarks(bars).hold_opening_mix[1:] == amounts(21_075, 21_075)

    def test_splits_without_a_remainder(self) -> None:
        bars = daily("100", "66.6667", splits=[split(1, 3, 2)])
        expected = Fraction("33.3333") * Fraction(3, 2) * Fraction("66.6667") + 100
        assert benchmarks(bars, opening={"cash": "100", "shares": "33.3333"}).hold_opening_mix[
            1
        ] == near(expected)

    def test_earns_interest_that_is_not_rounded(self) -> None:
        expected = 10_000 * (1 + Fraction("0.05") / 365) ** 2 + 10_000
        held = benchmarks(daily("100", "100", "100"), cash_rate="0.05").hold_opening_mix
        assert held[2] == near(expected)


class TestAllStock:
    def test_buys_with_each_dividend_on_its_pay_date(self) -> None:
        # 200 shares; 150 net buys 150 / (110 × 1.001 × 1.0005) at the close of session 2
        bars = daily("100", "100", "110", "120", dividends=[dividend(1, "1", paid=2)])
        costs = {"commission_rate": "0.001", "slippage_bps": "5", "commission_min": "50"}
        everything = benchmarks(bars, strategy={"costs": costs}).all_stock
        bought = 150 / (110 * Fraction("1.001") * Fraction("1.0005"))
        assert everything[1] == near(Fraction(20_150))
        assert everything[2] == near((200 + bought) * 110)
        assert everything[3] == near((200 + bought) * 120)


class TestConstantMix:
    def test_returns_to_the_opening_share_after_paying(self) -> None:
        # sell s with 11,000 − s = ½(21,000 − s·c), c = 1 − 0.999 × 0.9995
        bars = daily("100", "110", "121")
        costs = {"commission_rate": "0.001", "slippage_bps": "5"}
        mixed = benchmarks(bars, strategy={"costs": costs}).constant_mix
        lost = 1 - Fraction("0.999") * Fraction("0.9995")
        sold = Fraction(500) / (1 - lost / 2)
        value = 21_000 - sold * lost
        assert mixed[1] == near(value)
        stock = (11_000 - sold) * Fraction("1.1")
        cash = 10_000 + sold * (1 - lost)
        again = (stock - cash) / 2 / (1 - lost / 2)
        assert mixed[2] == near(stock + cash - again * lost)

    def test_pays_for_what_it_buys(self) -> None:
        # 9,000 stock, 10,000 cash: buy s with 9,000 + s = ½(19,000 − s·c), c = 1.001 × 1.0005 − 1
        costs = {"commission_rate": "0.001", "slippage_bps": "5"}
        mixed = benchmarks(daily("100", "90"), strategy={"costs": costs}).constant_mix
        lost = Fraction("1.001") * Fraction("1.0005") - 1
        assert mixed[1] == near(19_000 - Fraction(500) / (1 + lost / 2) * lost)

    def test_buys_from_spendable_cash_alone(self) -> None:
        # 10 in stock, 20 in cash, 60 owed; ⅚ of 90 would be 65 more, but 20 buys 2 shares
        bars = daily("100", "10", "20", dividends=[dividend(1, "80", paid=3)])
        strategy = {"costs": {"commission_rate": "0"}}
        opening = {"cash": "20", "shares": "1"}
        mixed = benchmarks(bars, opening=opening, strategy=strategy).constant_mix
        assert mixed[1] == near(Fraction(90))
        assert mixed[2] == near(Fraction(3 * 20 + 60))

    def test_trades_at_session_closes_only(self) -> None:
        bars = hourly((0, 10, "100"), (0, 11, "200"), (0, 15, "100"))
        assert benchmarks(bars, strategy=NEVER).constant_mix[:] == amounts(20_000, 30_000, 20_000)


class TestCash:
    def test_earns_the_cash_rate(self) -> None:
        # Friday to Monday is three days
        closes = ("100", "100", "100", "100", "100")
        grown = benchmarks(daily(*closes), cash_rate="0.05").cash
        day = Fraction("0.05") / 365
        assert grown[4] == near(20_000 * (1 + day) ** 3 * (1 + 3 * day))

    def test_stands_still_without_one(self) -> None:
        assert set(benchmarks(daily("100", "50", "10")).cash) == {20_000}
