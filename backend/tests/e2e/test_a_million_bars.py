"""A million one-minute bars: neither the service nor the computation needs a gigabyte.

`pytest tests/e2e/test_a_million_bars.py -m long --log-cli-level=INFO` shows the figures.
"""

import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.benchmarks.prices import minute_bars
from tests.e2e.conftest import Product
from tests.e2e.wire import Body, answered
from tests.integration.postgres.test_shelf import a_dataset

_log = logging.getLogger(__name__)
BARS = 1_000_000
GIGABYTE = 10**9
PATIENCE_SECONDS = 600


@pytest.fixture(scope="module")
def dataset_id(product: Product) -> str:
    dataset = a_dataset(minute_bars(BARS))
    with product.store.shelf() as shelf:
        shelf.add_dataset(dataset=dataset)
    return dataset.record.id


@pytest.mark.long
class TestAMillionBars:
    @pytest.mark.parametrize("model", ["close", "next_open", "touch"])
    def test_are_run_and_read_within_a_gigabyte_each(
        self, product: Product, dataset_id: str, model: str
    ) -> None:
        client = product.backend.client
        dataset = answered(client.get(f"/v1/datasets/{dataset_id}"))
        wish = {
            "dataset_id": dataset_id,
            "start": dataset["first_session"],
            "end": dataset["last_session"],
            "opening": {"value": "100000", "stock_fraction": "0.5"},
            "execution": {"model": model},
        }
        submitted = client.post("/v1/simulations", json=wish)
        path = submitted.headers["location"]
        begun = time.monotonic()
        peak = 0
        while (run := answered(client.get(path)))["status"] in {"queued", "running"}:
            peak = max([peak, *_peaks_of_children(product)])
            assert time.monotonic() - begun < PATIENCE_SECONDS
            time.sleep(0.02)
        taken = time.monotonic() - begun
        assert (run["status"], run["error"]) == ("completed", None)
        assert run["result"]["bars"] == BARS
        times = dict(_read(client, path, run))
        service = _peak(product.backend.process_id)
        _log.info("%s: %.2f s, computation %d MB", model, taken, peak // 10**6)
        _log.info("service %d MB, seconds to read: %s", service // 10**6, times)
        assert 0 < peak < GIGABYTE
        assert service < GIGABYTE


def _read(client: httpx.Client, path: str, run: Body) -> Iterator[tuple[str, float]]:
    """Yield how long each series takes to answer."""
    series: dict[str, dict[str, Any]] = {
        "equity": {"points": 2000},
        "rolling": {},
        "trades": {},
        "decisions": {"cursor": BARS - 1000},
    }
    for name, query in series.items():
        begun = time.monotonic()
        items = answered(client.get(f"{path}/{name}", params=query))["items"]
        yield name, round(time.monotonic() - begun, 2)
        assert items
        if name == "equity":
            assert items[-1]["equity"] == run["result"]["final"]["equity"]
    begun = time.monotonic()
    assert len(answered(client.get(f"{path}/equity"))["items"]) <= 100_000
    yield "longest equity", round(time.monotonic() - begun, 2)


def _peaks_of_children(product: Product) -> Iterator[int]:
    for child in psutil.Process(product.backend.process_id).children():
        try:
            yield _peak(child.pid)
        except FileNotFoundError:  # it has ended
            continue


def _peak(process_id: int) -> int:
    """Return the most memory that a process ever had, in bytes."""
    status = Path(f"/proc/{process_id}/status").read_text(encoding="utf-8")
    found = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")]
    return int(found[0]) * 1024 if found else 0
