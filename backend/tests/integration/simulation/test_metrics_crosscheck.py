"""Our statistics against those of empyrical, quantstats and ffn on the same total returns."""

import csv
import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal, localcontext
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from app.simulation.metrics import Performance, performance
from tests.integration.simulation.recorded import shared

KNOWN = Path(__file__).parents[2] / "recordings" / "reference" / "metrics_crosscheck.json"
LAST = date(2020, 12, 31)


@pytest.fixture(params=["SPY", "AIG"])
def both(request: pytest.FixtureRequest) -> tuple[Performance, Mapping[str, Any]]:
    """Return our figures and theirs, over the returns of 2000 to 2020."""
    figures = json.loads(KNOWN.read_text())
    with shared(f"daily_raw/{request.param}.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if date.fromisoformat(row["date"]) <= LAST]
    first = date.fromisoformat(figures["series"][request.param]["first_return_date"])
    start = next(n for n, row in enumerate(rows) if date.fromisoformat(row["date"]) >= first) - 1
    values = [Decimal(1)]
    with localcontext(prec=60):
        for before, row in pairwise(rows[start:]):
            gained = Decimal(row["close"]) * Decimal(row["split_ratio"]) + Decimal(row["dividend"])
            values.append(values[-1] * gained / Decimal(before["close"]))
    days = (LAST - date.fromisoformat(rows[start]["date"])).days
    return performance(values=values, days=days), figures["series"][request.param]


class TestPerformance:
    @pytest.mark.parametrize(
        ("ours", "library", "theirs"),
        [
            ("volatility", "empyrical", "annual_volatility"),
            ("volatility", "quantstats", "volatility"),
            ("volatility", "ffn", "daily_vol"),
            ("sharpe", "empyrical", "sharpe_rf0"),
            ("sharpe", "quantstats", "sharpe"),
            ("sharpe", "ffn", "daily_sharpe"),
            ("sortino", "empyrical", "sortino_rf0"),
            ("sortino", "quantstats", "sortino"),
            ("total_return", "ffn", "total_return"),
        ],
    )
    def test_agrees(
        self,
        both: tuple[Performance, Mapping[str, Any]],
        ours: str,
        library: str,
        theirs: str,
    ) -> None:
        figures, known = both
        assert getattr(figures, ours) == pytest.approx(known[library][theirs], rel=1e-11)

    @pytest.mark.parametrize("library", ["empyrical", "quantstats", "ffn"])
    def test_agrees_on_the_drawdown(
        self, both: tuple[Performance, Mapping[str, Any]], library: str
    ) -> None:
        figures, known = both
        assert figures.drawdown.depth == pytest.approx(known[library]["max_drawdown"], rel=1e-11)

    def test_grows_by_calendar_time_as_ffn_does(
        self, both: tuple[Performance, Mapping[str, Any]]
    ) -> None:
        figures, known = both
        assert figures.cagr == pytest.approx(known["ffn"]["cagr"], rel=1e-3)
