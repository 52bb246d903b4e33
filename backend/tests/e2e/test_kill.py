"""A backend that is killed while it works: nothing that it answered is lost, nothing is half."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

import httpx
import pytest

from tests.e2e.conftest import ProductInSession
from tests.e2e.prices import minute_csv
from tests.yahoo_replay import ko_closes

SEED = 20241125
THREADS = 16
POSITIONS = 6
ANSWERS_MAX = 120  # the kill comes after one to so many
TRADES_A_MINUTE = 55  # a second apart, so that none is too old or from the future
PATIENCE_SECONDS = 30
EVERYTHING = {"limit": 1000}
OPENING = {"cash": "6000", "shares": "100"}
# Trades on the daily moves of a real stock.
EAGER = {
    "trigger": {"up": "0.003", "down": "0.003"},
    "orders": {"min_notional": "1", "max_per_day": 1000},
}
# What later equal refusals on a decision change.
COUNTED = {"checks", "last_at", "price_low", "price_high"}

type Body = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Storm:
    """Threads that tick positions until the backend is gone, and what they were answered."""

    base_url: str
    positions: list[str]
    answers: list[tuple[str, Body]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def run(self, *, seed: float) -> None:
        random = Random(seed)
        with (
            httpx.Client(base_url=self.base_url, timeout=PATIENCE_SECONDS) as client,
            suppress(httpx.TransportError),
        ):
            while True:
                position_id = random.choice(self.positions)
                answer = client.post(f"/v1/positions/{position_id}/tick")
                if answer.status_code == httpx.codes.OK:
                    self.answers.append((position_id, answer.json()))
                elif answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                    self.problems.append(answer.text)

    def wait(self, *, answers: int) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while len(self.answers) < answers:
            assert time.monotonic() < deadline, "the storm does not get going"
            time.sleep(0.005)

    def of(self, position_id: str) -> list[Body]:
        return [body for answered, body in self.answers if answered == position_id]


class TestABackendKilledInATickStorm:
    @pytest.mark.parametrize("kills", [2, pytest.param(5, marks=pytest.mark.long)])
    def test_keeps_every_answer_whole_and_every_status(
        self, product_in_session: ProductInSession, kills: int
    ) -> None:
        product, random = product_in_session, Random(SEED)
        trades = 0
        for kill in range(kills):
            running = [_started(product, f"K{kill}N{n}") for n in range(POSITIONS)]
            paused = _opened(product, "KO")
            storm = Storm(base_url=product.backend.base_url, positions=running)
            with ThreadPoolExecutor(max_workers=THREADS) as pool:
                threads = [pool.submit(storm.run, seed=random.random()) for _ in range(THREADS)]
                storm.wait(answers=random.randint(1, ANSWERS_MAX))
                product.backend.kill()
                for thread in threads:
                    thread.result(PATIENCE_SECONDS)
            product.backend.start()
            assert storm.problems == []
            trades += sum(_found(product, position_id, storm) for position_id in running)
            assert _get(product, f"/v1/positions/{paused}")["status"] == "paused"
        assert trades > kills

    def test_marks_a_simulation_that_was_running_as_failed_and_keeps_its_inputs(
        self, product_in_session: ProductInSession
    ) -> None:
        client = product_in_session.backend.client
        dataset = client.post(
            "/v1/datasets",
            params={"symbol": "KO", "resolution": "1m", "adjustment": "raw"},
            content=minute_csv(sessions=100),
            headers={"Content-Type": "text/csv"},
        ).json()
        wish = {
            "dataset_id": dataset["id"],
            "start": dataset["first_session"],
            "end": dataset["last_session"],
            "opening": OPENING,
            "strategy": EAGER,
            "execution": {"model": "close"},
        }
        started = client.post("/v1/simulations", json=wish).json()
        path = f"/v1/simulations/{started['id']}"
        deadline = time.monotonic() + PATIENCE_SECONDS
        while _get(product_in_session, path)["status"] == "queued":
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert _get(product_in_session, path)["status"] == "running"
        product_in_session.backend.kill()
        product_in_session.backend.start()
        run = _get(product_in_session, path)
        assert (run["status"], run["result"]) == ("failed", None)
        assert "Run it again" in run["error"]
        assert (run["request"], run["dataset_id"]) == (started["request"], dataset["id"])


def _found(product: ProductInSession, position_id: str, storm: Storm) -> int:
    """Find every answer of the storm in the book, and return how many trades that book has."""
    assert product.store.verify_book(position_id=position_id) == ()
    path = f"/v1/positions/{position_id}"
    assert _get(product, path)["status"] == "running"
    decisions = {d["number"]: d for d in _get(product, f"{path}/decisions")["items"]}
    trades = {t["n"]: t for t in _get(product, f"{path}/trades")["items"]}
    orders = {o["id"]: o for o in _get(product, f"{path}/orders")["items"]}
    answers = storm.of(position_id)
    for answer in answers:
        assert _fixed(decisions[answer["decision"]["number"]]) == _fixed(answer["decision"])
        if answer["trade"] is not None:
            assert trades[answer["trade"]["n"]] == answer["trade"]
            assert orders[answer["order"]["id"]] == answer["order"]
    # What was stored and not answered was on its way when the process died.
    unanswered = sum(d["checks"] for d in decisions.values()) - len(answers)
    assert 0 <= unanswered <= THREADS
    return len(trades)


def _fixed(decision: Body) -> Body:
    return {name: value for name, value in decision.items() if name not in COUNTED}


def _started(product: ProductInSession, symbol: str) -> str:
    """Return a running position on a market that moves with every look at it."""
    product.yahoo.walk(
        symbol,
        prices=ko_closes()[:TRADES_A_MINUTE],
        start=product.clock.now() - timedelta(seconds=TRADES_A_MINUTE),
        step=timedelta(seconds=1),
    )
    position_id = _opened(product, symbol)
    product.backend.client.post(f"/v1/positions/{position_id}/start").raise_for_status()
    return position_id


def _opened(product: ProductInSession, symbol: str) -> str:
    wish = {"symbol": symbol, "opening": OPENING, "strategy": EAGER}
    answer = product.backend.client.post("/v1/positions", json=wish).raise_for_status()
    return str(answer.json()["id"])


def _get(product: ProductInSession, path: str) -> Body:
    answer = product.backend.client.get(path, params=EVERYTHING if path.count("/") > 3 else None)
    found: Body = answer.raise_for_status().json()
    return found
