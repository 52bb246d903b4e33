"""Two backends on one database and one Valkey: they ask Yahoo together, within one budget."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx
import pytest

from app.adapters.market.yahoo_access import ALLOWANCE
from tests.e2e.backend import PATIENCE_SECONDS, Backend
from tests.yahoo_replay import Answer, YahooReplay, quote_answer

OPENING = {"cash": "6000", "shares": "100", "anchor_price": "60"}
# Each process asks for a cookie and a crumb of its own.
FIRST_REQUESTS = 2
SYMBOLS = [f"S{number}" for number in range(100)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two running backends and the Yahoo that both ask."""

    backends: tuple[Backend, Backend]
    yahoo: YahooReplay

    def each_in_turn(
        self, requests: list[tuple[str, str]], *, threads: int
    ) -> list[httpx.Response]:
        """Return the answers to requests (method, path), sent to the backends alternately."""
        with ThreadPoolExecutor(threads) as pool:
            sent = [
                pool.submit(self.backends[n % 2].client.request, method, path)
                for n, (method, path) in enumerate(requests)
            ]
            return [each.result() for each in sent]


@pytest.fixture(scope="module")
def pair(
    new_database: Callable[[], str],
    cache_url: Callable[[], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Pair]:
    shared = {"DATABASE_URL": new_database(), "REDIS_URL": cache_url()} | {
        "VB_HARVEST": "off",
        "VB_LOOP": "off",
    }
    with YahooReplay() as yahoo:
        folders = [tmp_path_factory.mktemp("backend") for _ in range(2)]
        one, other = (
            Backend(
                entry="app.main:app",
                variables=shared | {"VB_YAHOO_BASE_URL": yahoo.base_url, "VB_STATE": str(folder)},
                log=folder / "backend.log",
            )
            for folder in folders
        )
        try:
            one.start()
            other.start()
            yield Pair(backends=(one, other), yahoo=yahoo)
        finally:
            for backend in (one, other):
                backend.stop()
                backend.client.close()


class TestTwoBackends:
    def test_make_one_request_of_fifty_ticks_at_once(self, pair: Pair) -> None:
        answer = quote_answer("KO", price="60")
        pair.yahoo.script("KO", Answer(body=answer.body, delay_seconds=1.5))
        client = pair.backends[0].client
        opened = client.post("/v1/positions", json={"symbol": "KO", "opening": OPENING})
        path = f"/v1/positions/{opened.raise_for_status().json()['id']}"
        client.post(f"{path}/start").raise_for_status()
        asked = pair.yahoo.quotes("KO")

        answers = pair.each_in_turn([("POST", f"{path}/tick")] * 50, threads=50)

        assert {each.status_code for each in answers} == {httpx.codes.OK}
        assert pair.yahoo.quotes("KO") - asked == 1

    def test_share_one_budget(self, pair: Pair) -> None:
        for symbol in SYMBOLS:
            pair.yahoo.quote(symbol, price="60")
        before, started = len(pair.yahoo.requests), time.monotonic()

        answers = pair.each_in_turn(
            [("GET", f"/v1/market/{symbol}/quote") for symbol in SYMBOLS], threads=8
        )

        asked = len(pair.yahoo.requests) - before
        refilled = (time.monotonic() - started) / ALLOWANCE.interval.total_seconds()
        assert asked <= ALLOWANCE.burst + refilled + 2 * FIRST_REQUESTS
        refused = [each for each in answers if each.status_code != httpx.codes.OK]
        assert len(answers) - len(refused) <= asked
        assert len(refused) > len(SYMBOLS) // 5
        for backend in range(2):  # neither had a budget of its own
            assert any(each in refused for each in answers[backend::2])
        for each in refused:
            assert each.status_code == httpx.codes.SERVICE_UNAVAILABLE
            assert each.json()["code"] == "RATE_LIMITED"
            assert "allow ourselves" in each.json()["detail"]
            assert int(each.headers["Retry-After"]) >= 1

    def test_both_leave_yahoo_alone_when_it_refuses_one(self, pair: Pair) -> None:
        refusal = Answer(status=429, body=b"", headers={"Retry-After": "120"})
        pair.yahoo.script("REFUSED", refusal)
        pair.yahoo.quote("OTHER", price="60")
        one, other = (backend.client for backend in pair.backends)
        deadline = time.monotonic() + PATIENCE_SECONDS
        refused = one.get("/v1/market/REFUSED/quote")
        while pair.yahoo.quotes("REFUSED") == 0:  # until the budget allows one more request
            assert time.monotonic() < deadline
            time.sleep(0.1)
            refused = one.get("/v1/market/REFUSED/quote")

        assert refused.status_code == httpx.codes.SERVICE_UNAVAILABLE
        assert (refused.json()["code"], refused.headers["Retry-After"]) == ("RATE_LIMITED", "120")
        held_back = other.get("/v1/market/OTHER/quote")
        assert held_back.status_code == httpx.codes.SERVICE_UNAVAILABLE
        assert held_back.json()["code"] == "RATE_LIMITED"
        assert 100 < int(held_back.headers["Retry-After"]) <= 120
        assert pair.yahoo.quotes("OTHER") == 0
