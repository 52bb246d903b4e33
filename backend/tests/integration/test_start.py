"""A start trades before it imports what trading does not need: most of the time that it takes."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.yahoo_replay import YahooReplay

BACKEND = Path(__file__).resolve().parents[2]
HEAVY = {"alembic", "exchange_calendars", "fastapi", "numba", "pandas", "uvicorn", "yfinance"}
KEPT = {"exchange_calendars", "pandas", "yfinance"}
STARTS = """
import json, sys
from app import cli
from app.adapters.clock import SystemClock
from app.cli_serve import run_product
from app.settings import read_settings

with run_product(read_settings(), clock=SystemClock()) as services:
    services.market.clock()
    price = services.market.observe(symbol=sys.argv[1]).price
    print(json.dumps({"price": price, "modules": sorted(sys.modules)}))
"""


@pytest.fixture
def start(
    new_database: Callable[[], str], redis_url: str, tmp_path: Path
) -> Callable[[YahooReplay, str], set[str]]:
    """Return what starts the product, reads a price, and returns the modules that were imported."""
    inherited = {name: text for name, text in os.environ.items() if not name.startswith("VB_")}
    variables = {
        "DATABASE_URL": new_database(),
        "REDIS_URL": redis_url,
        "VB_STATE": str(tmp_path),
        "VB_HARVEST": "off",
    }

    def start(yahoo: YahooReplay, symbol: str) -> set[str]:
        yahoo.quote(symbol, price="59.52")
        done = subprocess.run(
            [sys.executable, "-c", STARTS, symbol],
            cwd=BACKEND,
            env=inherited | variables | {"VB_YAHOO_BASE_URL": yahoo.base_url},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        found = json.loads(done.stdout)
        assert found["price"] == 595200
        return set(found["modules"])

    return start


class TestAStart:
    def test_imports_nothing_heavy_once_an_earlier_one_has_kept_what_it_needs(
        self, start: Callable[[YahooReplay, str], set[str]]
    ) -> None:
        with YahooReplay() as yahoo:
            first, second = start(yahoo, "KO"), start(yahoo, "MSFT")

        assert first & HEAVY == KEPT
        assert second & HEAVY == set()
