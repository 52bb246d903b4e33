"""Attribution worked out by hand; a tenth of the shares is sold, a tenth of the cash spent."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from app.domain.units import VALUE_PER_USD
from app.simulation.attribution import (
    Attribution,
    attribution_body,
    attribution_of,
    excess_text,
)
from app.simulation.bars import Bars
from tests.unit.simulation.runs import daily, dividend, request, run, split

TENTH: Mapping[str, Mapping[str, object]] = {
    "sizing": {"policy": "fixed_fraction", "fraction": "0.1"},
    "orders": {"lot": "1"},
    "costs": {"commission_rate": "0"},
}
OPENING = {"cash": "10000", "shares": "100", "anchor_price": "100"}
# 10 sold at 110, 11 bought at 99.
THERE_AND_BACK = ("100", "110", "99", "100")


def attribution(
    bars: Bars,
    *,
    since: int | None = None,
    until: int | None = None,
    strategy: Mapping[str, object] | None = None,
    **changes: object,
) -> Attribution:
    changes = {"opening": OPENING, "strategy": {**TENTH, **(strategy or {})}, **changes}
    return attribution_of(
        run=run(bars, **changes),
        bars=bars,
        request=request(bars, **changes),
        since=since,
        until=len(bars) - 1 if until is None else until,
    )


def parts(bars: Bars, **changes: Any) -> dict[str, Fraction]:
    """Return the parts that are not zero, and the total, in USD."""
    found = attribution(bars, **changes)
    named = {**found.parts(), "total": Fraction(found.total)}
    return {name: part / VALUE_PER_USD for name, part in named.items() if part}


class TestAttribution:
    def test_gives_holding_the_change_of_the_opening_mix(self) -> None:
        assert parts(daily("100", "102")) == {"hold": 200, "total": 200}

    def test_tells_matched_trades_from_open_ones(self) -> None:
        # 10 × (110 − 99); 1 × (100 − 99)
        assert parts(daily(*THERE_AND_BACK)) == {"harvest": 110, "open_timing": 1, "total": 111}

    def test_counts_what_a_sale_missed(self) -> None:
        # 10 sold at 110, worth 120 at the end, when 9 more are sold at 120
        found = parts(daily("100", "110", "120"))
        assert found == {"hold": 2000, "open_timing": -100, "total": 1900}

    def test_takes_costs_from_the_parts_without_them(self) -> None:
        # sold at 108.9 for 1,089.00, bought at 99.99 for 1,099.89, a thousandth each
        costs = {"commission_rate": "0.001", "slippage_bps": "100"}
        assert parts(daily(*THERE_AND_BACK), strategy={"costs": costs}) == {
            "harvest": 110,
            "open_timing": 1,
            "slippage": Fraction("-21.89"),
            "commissions": Fraction("-2.18889"),
            "total": Fraction("86.92111"),
        }

    def test_books_roundings_as_slippage(self) -> None:
        # 0.1 of 10,000 / 96.9999 is 10.30929…; its cost has ten decimals and is booked with six
        found = parts(daily("100", "96.9999"), strategy={"orders": {"lot": "0.000001"}})
        assert Fraction(-1, 10**6) < found["slippage"] < 0
        assert found["total"] == found["hold"] + found["slippage"]

    def test_compares_dividends_and_tax_with_those_of_holding(self) -> None:
        # 90 shares against 100, 1.00 each, a quarter withheld
        bars = daily("100", "110", "110", "110", dividends=[dividend(2, "1", paid=3)])
        assert parts(bars) == {
            "hold": 1075,
            "dividends": -10,
            "withholding": Fraction("2.5"),
            "total": Fraction("1067.5"),
        }

    def test_compares_interest_with_that_of_holding(self) -> None:
        # a day is 0.0001: 1 + 1.1101 against 1 + 1.0001
        found = parts(daily("100", "110", "110"), cash_rate="0.0365")
        assert found == {
            "hold": 1000 + Fraction("2.0001"),
            "interest": Fraction("0.11"),
            "total": Fraction("1002.1101"),
        }

    def test_scales_open_lots_with_a_split_and_sells_its_remainder_at_the_open(self) -> None:
        # 10 sold at 110 are 15 at 73.33; of 136.5 shares the half is sold at 74
        bars = daily("100", "110", "72", opens={2: "74"}, splits=[split(2, 3, 2)])
        opening = {**OPENING, "shares": "101"}
        assert parts(bars, opening=opening) == {"hold": 808, "open_timing": 21, "total": 829}

    def test_matches_the_remainder_of_a_split(self) -> None:
        # 11 bought at 90 are 16.5 at 60; the half is sold at 62
        bars = daily("100", "90", "60", opens={2: "62"}, splits=[split(2, 3, 2)])
        assert parts(bars) == {"hold": -1000, "harvest": 1, "total": -999}

    def test_holds_the_remainder_of_a_split(self) -> None:
        # 33⅓ shares are held; of the robot's the third was sold at 300
        bars = daily("100", "303", opens={1: "300"}, splits=[split(1, 1, 3)])
        assert parts(bars) == {"hold": 100, "open_timing": -1, "total": 99}

    def test_measures_slippage_of_next_open_from_the_open(self) -> None:
        bars = daily("100", "110", "112", opens={2: "111"})
        model = {"execution": {"model": "next_open"}}
        assert parts(bars, **model) == {"hold": 1200, "open_timing": -10, "total": 1190}

    def test_starts_touch_at_the_first_open(self) -> None:
        bars = daily("100", opens={0: "98"})
        model = {"execution": {"model": "touch"}, "opening": {"cash": "10000", "shares": "100"}}
        assert parts(bars, **model) == {"hold": 200, "total": 200}

    def test_refuses_parts_that_do_not_add_up(self) -> None:
        with pytest.raises(AssertionError, match="add up"):
            replace(attribution(daily(*THERE_AND_BACK)), harvest=Fraction(0))


class TestWindow:
    def test_starts_with_its_own_mix_and_no_lots(self) -> None:
        # 90 shares lose 10 each; 11 bought at 99
        bars = daily(*THERE_AND_BACK)
        assert parts(bars, since=1) == {"hold": -900, "open_timing": 11, "total": -889}

    def test_ends_at_its_last_close(self) -> None:
        bars = daily(*THERE_AND_BACK)
        assert parts(bars, until=1) == {"hold": 1000, "total": 1000}

    def test_holds_the_dividend_that_it_was_owed(self) -> None:
        paid = daily("100", "110", "110", "110", dividends=[dividend(2, "1", paid=3)])
        assert parts(paid, since=2) == {}

    def test_earns_interest_on_what_it_was_owed_once_it_is_paid(self) -> None:
        # 0.0001 a day of 10,001, then of 10,077.0001 with the 75 that were owed
        bars = daily("100", "100", "100", "100", dividends=[dividend(1, "1", paid=2)])
        found = parts(bars, since=1, cash_rate="0.0365")
        assert set(found) == {"hold", "total", "interest"}
        assert abs(found["interest"]) < Fraction(1, 10**6)  # the robot's is rounded down
        assert found["hold"] == Fraction("1.0001") + Fraction("1.00770001")

    def test_of_one_close_is_empty(self) -> None:
        assert parts(daily(*THERE_AND_BACK), since=2, until=2) == {}

    def test_adds_up_over_windows_side_by_side(self) -> None:
        bars = daily(*THERE_AND_BACK, "105", "96", dividends=[dividend(4, "1", paid=5)])
        whole = attribution(bars)
        pieces = [
            attribution(bars, since=since, until=until)
            for since, until in ((None, 1), (1, 3), (3, 5))
        ]
        assert sum(piece.total for piece in pieces) == whole.total


class TestTexts:
    def test_add_up_to_the_last_decimal(self) -> None:
        # a third of a share is no decimal: 100 / 3 × 303.01
        bars = daily("100", "303.01", "310", "299", splits=[split(1, 1, 3)])
        found = attribution(bars, cash_rate="0.0731")
        body = attribution_body(found)
        *texts, total = body.values()
        assert sum(map(Decimal, texts)) == Decimal(total)
        for name, part in found.parts().items():
            assert abs(Fraction(body[name]) - part / VALUE_PER_USD) <= Fraction(1, 10**12)
        assert any(part.denominator > 1 for part in found.parts().values())

    def test_give_the_excess_as_the_sum_of_the_parts_after_the_first(self) -> None:
        bars = daily("100", "303.01", "310", "299", splits=[split(1, 1, 3)])
        found = attribution(bars, cash_rate="0.0731")
        body = attribution_body(found)
        after = [Decimal(text) for name, text in body.items() if name not in {"hold", "total"}]
        assert Decimal(excess_text(found)) == sum(after)

    def test_are_plain_decimals_by_name(self) -> None:
        assert attribution_body(attribution(daily(*THERE_AND_BACK))) == {
            "hold": "0",
            "harvest": "110",
            "open_timing": "1",
            "dividends": "0",
            "withholding": "0",
            "interest": "0",
            "commissions": "0",
            "slippage": "0",
            "total": "111",
        }
