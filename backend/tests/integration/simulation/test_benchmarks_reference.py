"""The benchmarks against an independent exact computation, on recorded prices."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from app.simulation.benchmarks import Benchmarks, benchmarks_of
from app.simulation.replay import replay
from app.simulation.request import parse_request
from tests.integration.simulation.test_attribution import Recorded, recorded
from tests.reference import benchmarks as reference
from tests.reference.benchmarks import Terms, Wealth
from tests.unit.simulation.runs import unheard

COSTS = {"commission_rate": "0.001", "slippage_bps": "5"}
OPENING = {"cash": "5000", "shares": "100"}
CLOSE_TO = Fraction(1, 10**12)
CUT_TO_60_DIGITS = Fraction(1, 10**40)


def both(
    found: Recorded, *, first: int, count: int, cash_rate: str
) -> tuple[Benchmarks, dict[str, list[Fraction]]]:
    """Return the curves of the product and of the reference over `count` bars from `first`."""
    bars = found.reference[first : first + count]
    body: dict[str, Any] = {
        "start": bars[0].session.isoformat(),
        "end": bars[-1].session.isoformat(),
        "opening": OPENING,
        "strategy": {"costs": COSTS, "orders": {"min_notional": "1000000"}},
        "execution": {"model": "close"},
        "cash_rate": cash_rate,
    }
    request = parse_request(body)
    run = replay(bars=found.bars, request=request, source="dataset:test", on_progress=unheard)
    terms = Terms(
        withholding=Fraction(1, 4),
        pay_lag=timedelta(days=30),
        cash_rate=Fraction(cash_rate),
        commission_rate=Fraction(1, 1000),
        slippage=Fraction(5, 10_000),
    )
    opening = Wealth(shares=Fraction(OPENING["shares"]), cash=Fraction(OPENING["cash"]))
    expected = {
        "hold_opening_mix": reference.hold_opening_mix(bars, opening, terms),
        "all_stock": reference.all_stock(bars, opening, terms),
        "constant_mix": reference.constant_mix(bars, opening, terms),
        "cash": reference.cash(bars, opening, terms),
    }
    return benchmarks_of(run=run, bars=found.bars, request=request), expected


def gap(ours: Sequence[Decimal], theirs: Sequence[Fraction]) -> Fraction:
    return max(abs(Fraction(a) - b) for a, b in zip(ours, theirs, strict=True))


@pytest.mark.parametrize("symbol", ["KO", "MSFT", "SPY", "AAPL", "AIG", "IBM", "ZIM"])
class TestBenchmarks:
    def test_equal_the_reference(self, symbol: str) -> None:
        found = recorded(symbol)
        ours, theirs = both(found, first=0, count=len(found.bars), cash_rate="0")
        curves = ours.by_name()
        assert gap(curves["hold_opening_mix"], theirs["hold_opening_mix"]) == 0
        assert gap(curves["cash"], theirs["cash"]) == 0
        assert gap(curves["all_stock"], theirs["all_stock"]) <= CLOSE_TO
        assert gap(curves["constant_mix"], theirs["constant_mix"]) <= CLOSE_TO

    def test_equal_the_reference_with_interest(self, symbol: str) -> None:
        found = recorded(symbol)
        count = 600
        first = (len(found.bars) - count) // 2
        ours, theirs = both(found, first=first, count=count, cash_rate="0.03")
        curves = ours.by_name()
        assert gap(curves["hold_opening_mix"], theirs["hold_opening_mix"]) <= CUT_TO_60_DIGITS
        assert gap(curves["cash"], theirs["cash"]) <= CUT_TO_60_DIGITS
        assert gap(curves["all_stock"], theirs["all_stock"]) <= CLOSE_TO
        assert gap(curves["constant_mix"], theirs["constant_mix"]) <= CLOSE_TO
