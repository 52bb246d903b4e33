"""Known answers: Cover's table, Shannon's demon, excess growth and the constant mix."""

import csv
import json
import math
from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest

from app.simulation.attribution import attribution_of
from app.simulation.bars import Bars
from app.simulation.benchmarks import benchmarks_of
from app.simulation.harvest import harvest_theory
from app.simulation.replay import Replay
from tests.price_files import daily_bars, flat
from tests.unit.simulation.runs import daily, request, run

KNOWN = Path(__file__).parents[2] / "recordings" / "reference"
CLOSED_FORMS = json.loads((KNOWN / "closed_form_checks.json").read_text())
COVER = json.loads((KNOWN / "cover1991_iroq_kinark_published.json").read_text())
VALUE_PER_USD = 10**10


def rebalanced(share: str, value: str = "1000000") -> dict[str, Any]:
    """Return a request that goes back to the stock share `share` at every close, without cost."""
    return {
        "opening": {"value": value, "stock_fraction": share},
        "strategy": {
            "trigger": {"up": "0.000001", "down": "0.000001"},
            "sizing": {"policy": "target", "target": share},
            "guardrails": {"min_stock": "0", "max_stock": "1"},
            "orders": {"min_notional": "0", "lot": "0.000001", "collar_bps": "0"},
            "costs": {"commission_rate": "0"},
        },
    }


def growth(of: Replay, bars: Bars) -> float:
    opening = of.opening.value_at(of.opened.price)
    return of.positions[-1].value_at(bars.closes[-1]) / opening


def cover_relatives() -> Iterator[tuple[Fraction, Fraction]]:
    with (KNOWN / "cover1991_iroq_kinark_relatives.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            yield Fraction(row["IROQU"]), Fraction(row["KINAR"])


def in_ticks(prices: Sequence[Fraction]) -> list[str]:
    return [str(Decimal(round(price * 10**4)).scaleb(-4)) for price in prices]


@pytest.fixture(scope="module")
def iroquois() -> tuple[Bars, float]:
    """Return Iroquois priced in Kin Ark, from 10,000, and what Kin Ark itself grew by."""
    relatives = list(cover_relatives())
    assert len(relatives) == COVER["n_days"]
    ratios = (ours / theirs for ours, theirs in relatives)
    prices = list(accumulate(ratios, _shortened, initial=Fraction(10_000)))
    bars = daily_bars([flat(price) for price in in_ticks(prices)])
    return bars, float(math.prod(theirs for _, theirs in relatives))


# Far finer than a tick, and no longer after thousands of days.
def _shortened(price: Fraction, relative: Fraction) -> Fraction:
    return Fraction(round(price * relative * 10**30), 10**30)


def oscillating(example: dict[str, float]) -> Bars:
    """Return sessions that all move by s·√(T/n) around a trend, over two calendar years."""
    sessions = 522  # the weekdays of two years
    move = example["s"] * math.sqrt(example["T"] / sessions)
    trend = math.log(example["S_ratio"]) / sessions
    logs = [trend * n + (move if n % 2 else 0.0) for n in range(sessions + 1)]
    return daily_bars([flat(f"{1000 * math.exp(log):.4f}") for log in logs])


class TestCover:
    """The pair in units of Kin Ark: Iroquois is the stock, priced in it, and Kin Ark the cash.

    What the robot's value grows by, times what Kin Ark grew by, is the published wealth.
    """

    @pytest.mark.parametrize("weight", COVER["S_n"])
    def test_is_reproduced(self, iroquois: tuple[Bars, float], weight: str) -> None:
        bars, kin_ark = iroquois
        traded = run(bars, **rebalanced(weight))
        wealth = growth(traded, bars) * kin_ark
        assert wealth == pytest.approx(COVER["S_n"][weight], abs=5e-5)


class TestShannonsDemon:
    def test_gains_an_eighth_in_every_pair(self) -> None:
        pairs = 20
        bars = daily("100", *["200", "100"] * pairs)
        traded = run(bars, **rebalanced("0.5"))
        for pair in range(1, pairs + 1):
            value = traded.positions[2 * pair].value_at(bars.closes[2 * pair])
            assert value / (10**6 * VALUE_PER_USD) == pytest.approx(1.125**pair, rel=1e-9)

    def test_harvests_all_of_it(self) -> None:
        bars = daily("100", "200", "100")
        wanted = rebalanced("0.5")
        found = attribution_of(
            run=run(bars, **wanted), bars=bars, request=request(bars, **wanted), since=None, until=2
        )
        assert found.harvest == found.total == 125_000 * VALUE_PER_USD
        assert found.hold == found.open_timing == 0


class TestExcessGrowth:
    def test_is_the_theory_of_a_session(self) -> None:
        example = CLOSED_FORMS["fernholz_excess_growth"]["example"]
        bars = daily("100", str(100 * (1 + Decimal(str(example["s"])))))
        theory = harvest_theory(run=run(bars, **rebalanced(str(example["w"]), "10000")), bars=bars)
        assert theory / 10_000 == pytest.approx(example["excess_growth_per_year"], rel=1e-12)


class TestConstantMix:
    def test_ends_where_the_closed_form_does(self) -> None:
        example = CLOSED_FORMS["constant_mix_terminal_wealth_GBM"]["example"]
        path = oscillating(example)
        wanted = {**rebalanced(str(example["w"])), "cash_rate": str(example["r"])}
        traded = run(path, **wanted)
        mixed = benchmarks_of(run=traded, bars=path, request=request(path, **wanted)).constant_mix
        assert float(mixed[-1] / mixed[0]) == pytest.approx(example["V_ratio"], rel=1e-4)
        assert growth(traded, path) == pytest.approx(example["V_ratio"], rel=1e-4)
