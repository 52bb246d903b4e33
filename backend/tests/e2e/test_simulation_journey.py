"""Simulations over HTTP: the same result on every way, progress, cancelling, removing."""

import json
import subprocess
import sys
import time
from pathlib import Path

import httpx

from app.simulation.bars import Bars
from app.simulation.request import parse_request
from app.simulation.simulate import simulate
from tests.e2e.backend import BACKEND
from tests.e2e.conftest import Product
from tests.e2e.prices import minute_csv
from tests.e2e.wire import Body, answered, items_of, problem

PATIENCE_SECONDS = 60
BARS = 2769  # sessions of the New York Stock Exchange in these eleven years
KO_DECADE: Body = {
    "start": "2010-01-04",
    "end": "2020-12-31",
    "opening": {"cash": "5000", "shares": "100"},
    "execution": {"model": "close"},
}


class TestASimulation:
    def test_gives_the_same_result_again_in_process_and_by_the_command_line(
        self, product: Product
    ) -> None:
        client = product.backend.client
        dataset = _bundled(client, "KO")
        runs = [_run(client, KO_DECADE | {"dataset_id": dataset["id"]}) for _ in range(2)]
        result = runs[0]["result"]
        assert result == runs[1]["result"]
        assert (result["bars"], result["counts"]["decisions"]) == (BARS, BARS)

        computed, _ = simulate(
            bars=_bars(product, dataset["id"]),
            request=parse_request(KO_DECADE),
            dataset_digest=dataset["digest"],
            code_folder=Path("no-code"),
            on_progress=lambda _done, _total: None,
        )
        assert json.loads(json.dumps(computed)) == result
        assert _printed_by_the_command_line(product) == result

        path = f"/v1/simulations/{runs[0]['id']}"
        trades = items_of(client, f"{path}/trades")
        assert len(trades) == result["counts"]["trades"]
        assert [t["n"] for t in trades] == list(range(1, len(trades) + 1))
        whole = answered(client.get(f"{path}/equity"))
        assert (len(whole["items"]), len(whole["holding"])) == (BARS, BARS)
        assert whole["items"][-1]["equity"] == result["final"]["equity"]
        thin = answered(client.get(f"{path}/equity", params={"points": 100}))["items"]
        assert len(thin) < 400
        assert {thin[0]["at"], thin[-1]["at"]} == {
            whole["items"][0]["at"],
            whole["items"][-1]["at"],
        }
        decisions = items_of(client, f"{path}/decisions")
        assert [d["number"] for d in decisions] == list(range(1, BARS + 1))

        assert answered(client.delete(path))["id"] == runs[0]["id"]
        problem(client.get(path), 404)

    def test_is_cancelled_within_seconds_and_keeps_its_inputs(self, product: Product) -> None:
        client = product.backend.client
        dataset = answered(
            client.post(
                "/v1/datasets",
                params={"symbol": "KO", "resolution": "1m", "adjustment": "raw"},
                content=minute_csv(sessions=150),
                headers={"Content-Type": "text/csv"},
            ),
            201,
        )
        wish = KO_DECADE | {
            "dataset_id": dataset["id"],
            "start": dataset["first_session"],
            "end": dataset["last_session"],
        }
        submitted = client.post("/v1/simulations", json=wish)
        path = submitted.headers["location"]
        run = answered(submitted, 202)
        assert problem(client.get(f"{path}/trades"), 409)["reason"].startswith("simulation_")
        _wait(client, path, while_in={"queued"})
        answered(client.delete(path))
        ended = _wait(client, path, while_in={"running"})
        assert (ended["status"], ended["result"]) == ("cancelled", None)
        assert ended["request"] == run["request"]


def _run(client: httpx.Client, wish: Body) -> Body:
    submitted = client.post("/v1/simulations", json=wish)
    run = answered(submitted, 202)
    assert submitted.headers["location"] == f"/v1/simulations/{run['id']}"
    ended = _wait(client, submitted.headers["location"], while_in={"queued", "running"})
    assert (ended["status"], ended["error"]) == ("completed", None)
    assert ended["done"] == ended["total"] == ended["result"]["bars"]
    return ended


def _wait(client: httpx.Client, path: str, *, while_in: set[str]) -> Body:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (run := answered(client.get(path)))["status"] in while_in:
        assert 0 <= run["done"] <= run["total"]
        assert time.monotonic() < deadline, run["status"]
        time.sleep(0.05)
    return run


def _printed_by_the_command_line(product: Product) -> Body:
    command = "simulate --dataset KO --from 2010-01-04 --to 2020-12-31 --model close --json"
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", *command.split()],
        cwd=BACKEND,
        env=product.backend.environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    printed: Body = json.loads(done.stdout)
    return printed


def _bundled(client: httpx.Client, symbol: str) -> Body:
    (found,) = (
        d for d in items_of(client, "/v1/datasets") if d["symbol"] == symbol and d["bars"] > 6000
    )
    return found


def _bars(product: Product, dataset_id: str) -> Bars:
    with product.store.shelf() as shelf:
        return shelf.load_bars(dataset_id=dataset_id)
