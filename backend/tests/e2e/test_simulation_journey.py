"""Simulations over HTTP: the same result on every way, progress, cancelling, removing."""

import json
import subprocess
import sys
import time
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

import httpx
import psutil
import psycopg
import pytest

from app.routes.v1.schemas.simulations import EquitySeriesOut
from app.simulation.bars import Bars
from app.simulation.request import parse_request
from app.simulation.simulate import simulate
from tests.e2e.backend import BACKEND
from tests.e2e.conftest import Product
from tests.e2e.prices import minute_csv
from tests.e2e.wire import Body, answered, items_of, problem
from tests.unit.simulation.runs import unheard

PATIENCE_SECONDS = 60
BARS = 2769  # sessions of the New York Stock Exchange in these eleven years
KO_DECADE: Body = {
    "start": "2010-01-04",
    "end": "2020-12-31",
    "opening": {"cash": "5000", "shares": "100"},
    "execution": {"model": "close"},
}


@pytest.fixture(scope="module")
def on_minutes(product: Product) -> Body:
    """Return a request that takes a while: `touch` over 150 sessions of one-minute bars."""
    dataset = answered(
        product.backend.client.post(
            "/v1/datasets",
            params={"symbol": "KO", "resolution": "1m", "adjustment": "raw"},
            content=minute_csv(sessions=150),
            headers={"Content-Type": "text/csv"},
        ),
        201,
    )
    return KO_DECADE | {
        "dataset_id": dataset["id"],
        "start": dataset["first_session"],
        "end": dataset["last_session"],
        "execution": {"model": "touch"},
    }


class TestASimulation:
    def test_gives_the_same_result_again_in_process_and_by_the_command_line(
        self, product: Product, code_folder: Path
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
            code_folder=code_folder,
            on_progress=unheard,
        )
        assert json.loads(json.dumps(computed)) == result
        assert _printed_by_the_command_line(product) == result
        assert result["digest"] in _verified_by_the_command_line(product, runs[0]["id"])

        path = f"/v1/simulations/{runs[0]['id']}"
        trades = items_of(client, f"{path}/trades")
        assert len(trades) == result["counts"]["trades"]
        assert [t["n"] for t in trades] == list(range(1, len(trades) + 1))
        text = client.get(f"{path}/equity").text
        assert EquitySeriesOut.model_validate_json(text).model_dump_json() == text
        whole = json.loads(text)
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

    @pytest.mark.parametrize(
        "models", [("close", "next_open"), pytest.param(("touch",), marks=pytest.mark.long)]
    )
    def test_has_one_digest_over_restarts_and_imports_and_another_with_another_price(
        self, product: Product, superuser_url: str, models: tuple[str, ...]
    ) -> None:
        client = product.backend.client
        header, *rows = (BACKEND / "data" / "KO.csv").read_bytes().splitlines(keepends=True)[:252]
        content = header + b"".join(rows)
        dataset = _imported(client, content)
        first = _digests(client, dataset, models)
        assert len(set(first.values())) == len(first)

        product.backend.stop()
        product.backend.start()
        assert _digests(client, dataset, models) == first

        _delete_dataset(f"{superuser_url.rpartition('/')[0]}/{product.database}", dataset["id"])
        problem(client.get(f"/v1/datasets/{dataset['id']}"), 404)
        again = _imported(client, content)
        assert (again["id"], again["digest"]) == (dataset["id"], dataset["digest"])
        assert _digests(client, again, models) == first

        cells = rows[100].split(b",")
        close = header.lower().split(b",").index(b"close")
        cells[close] = str(Decimal(cells[close].decode()) + Decimal("0.0001")).encode()
        changed = header + b"".join([*rows[:100], b",".join(cells), *rows[101:]])
        others = _digests(client, _imported(client, changed), models)
        assert set(others.values()).isdisjoint(first.values())

    def test_shows_its_curve_and_is_cancelled_within_a_second(
        self, product: Product, on_minutes: Body
    ) -> None:
        client = product.backend.client
        submitted = client.post("/v1/simulations", json=on_minutes)
        path = submitted.headers["location"]
        run = answered(submitted, 202)
        assert problem(client.get(f"{path}/trades"), 409)["reason"].startswith("simulation_")
        shown = _curve(client, path)
        assert 2 <= len(shown) <= 500
        assert shown[0]["at"][:10] == on_minutes["start"]
        asked_at = time.monotonic()
        answered(client.delete(path))
        ended = _wait(client, path, while_in={"running"})
        assert time.monotonic() - asked_at < 1
        assert (ended["status"], ended["result"]) == ("cancelled", None)
        assert ended["request"] == run["request"]
        assert ended["partial_curve"] == []

    def test_fails_with_the_reason_when_its_process_is_killed(
        self, product: Product, on_minutes: Body
    ) -> None:
        client = product.backend.client
        submitted = client.post("/v1/simulations", json=on_minutes)
        path = submitted.headers["location"]
        _curve(client, path)
        (child,) = psutil.Process(product.backend.process_id).children()
        child.kill()
        ended = _wait(client, path, while_in={"running"})
        assert (ended["status"], ended["result"]) == ("failed", None)
        assert "stopped from outside, by SIGKILL" in ended["error"]
        assert ended["request"] == answered(submitted, 202)["request"]


def _imported(client: httpx.Client, content: bytes) -> Body:
    query = {"symbol": "AGAIN", "resolution": "1d", "adjustment": "split"}
    headers = {"Content-Type": "text/csv"}
    sent = client.post("/v1/datasets", params=query, content=content, headers=headers)
    return answered(sent, 201)


def _digests(client: httpx.Client, dataset: Body, models: Iterable[str]) -> dict[str, str]:
    """Return the digest of a run over the whole dataset under each of `models`."""
    wish = KO_DECADE | {
        "dataset_id": dataset["id"],
        "start": dataset["first_session"],
        "end": dataset["last_session"],
    }
    return {
        model: _run(client, wish | {"execution": {"model": model}})["result"]["digest"]
        for model in models
    }


def _delete_dataset(database: str, dataset_id: str) -> None:
    """Delete a dataset with its runs, against the database's own refusal."""
    with psycopg.connect(database) as connection:
        connection.execute("SET session_replication_role = replica")  # no trigger, no foreign key
        for statement in (
            "DELETE FROM simulation_course WHERE run_id IN"
            " (SELECT id FROM simulation_run WHERE dataset_id = %s)",
            "DELETE FROM simulation_run WHERE dataset_id = %s",
            "DELETE FROM dataset_action WHERE dataset_id = %s",
            "DELETE FROM dataset WHERE id = %s",
        ):
            connection.execute(statement, [dataset_id])


def _run(client: httpx.Client, wish: Body) -> Body:
    submitted = client.post("/v1/simulations", json=wish)
    run = answered(submitted, 202)
    assert submitted.headers["location"] == f"/v1/simulations/{run['id']}"
    ended = _wait(client, submitted.headers["location"], while_in={"queued", "running"})
    assert (ended["status"], ended["error"]) == ("completed", None)
    assert ended["done"] == ended["total"] == ended["result"]["bars"]
    return ended


def _curve(client: httpx.Client, path: str) -> list[Body]:
    """Return the curve of a run as soon as it shows one."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (curve := answered(client.get(path))["partial_curve"]):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    shown: list[Body] = curve
    return shown


def _wait(client: httpx.Client, path: str, *, while_in: set[str]) -> Body:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (run := answered(client.get(path)))["status"] in while_in:
        assert 0 <= run["done"] <= run["total"]
        assert time.monotonic() < deadline, run["status"]
        time.sleep(0.05)
    return run


def _printed_by_the_command_line(product: Product) -> Body:
    command = "simulate --dataset KO --from 2010-01-04 --to 2020-12-31 --model close --json"
    printed: Body = json.loads(_said_by_the_command_line(product, command))
    return printed


def _verified_by_the_command_line(product: Product, run_id: str) -> str:
    said = _said_by_the_command_line(product, f"verify {run_id}")
    assert "The same result, down to the last unit" in said
    return said


def _said_by_the_command_line(product: Product, command: str) -> str:
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
    return done.stdout


def _bundled(client: httpx.Client, symbol: str) -> Body:
    (found,) = (
        d for d in items_of(client, "/v1/datasets") if d["symbol"] == symbol and d["bars"] > 6000
    )
    return found


def _bars(product: Product, dataset_id: str) -> Bars:
    with product.store.shelf() as shelf:
        return shelf.load_bars(dataset_id=dataset_id)
