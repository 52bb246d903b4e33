"""What the API answers when something is wrong: always a problem, never an error of ours."""

import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import httpx
import pytest

from tests.e2e.conftest import Product
from tests.e2e.wire import Body, answered, fields, items_of, problem
from tests.yahoo_replay import Answer

SEED = 7
BODIES = 300
NOWHERE = "00000000-0000-4000-8000-000000000000"
OPENING = {"cash": "6000", "shares": "100", "anchor_price": "60"}
SIMULATION = {
    "dataset_id": "KO",
    "start": "2010-01-04",
    "end": "2010-12-31",
    "opening": {"cash": "1", "shares": "1"},
    "execution": {"model": "close"},
}


@pytest.fixture
def client(product: Product) -> httpx.Client:
    return product.backend.client


@pytest.fixture(scope="module")
def position(product: Product) -> str:
    """Return the path of a position that nothing here may change."""
    wish = {"symbol": "KO", "opening": OPENING}
    opened = answered(product.backend.client.post("/v1/positions", json=wish), 201)
    return f"/v1/positions/{opened['id']}"


class TestWhatIsNotThere:
    @pytest.mark.parametrize("identity", [NOWHERE, "1", "KO", "%00", "a" * 3000, NOWHERE.upper()])
    @pytest.mark.parametrize(
        ("method", "path", "body"),
        [
            ("GET", "/v1/positions/{}", None),
            ("DELETE", "/v1/positions/{}", None),
            ("PATCH", "/v1/positions/{}", {"name": "x"}),
            ("POST", "/v1/positions/{}/tick", None),
            ("POST", "/v1/positions/{}/start", None),
            ("POST", "/v1/positions/{}/evaluate", {"price": "1"}),
            ("POST", "/v1/positions/{}/anchor", {"price": "1", "reason": "x"}),
            ("GET", "/v1/positions/{}/decisions", None),
            ("GET", "/v1/positions/{}/ledger", None),
            ("GET", "/v1/positions/{}/audit-events", None),
            ("GET", "/v1/positions/{}/dividends", None),
            ("GET", "/v1/datasets/{}/bars", None),
            ("GET", "/v1/simulations/{}", None),
            ("DELETE", "/v1/simulations/{}", None),
        ],
    )
    def test_is_not_found(
        self, client: httpx.Client, method: str, path: str, body: Body | None, identity: str
    ) -> None:
        answer = client.request(method, path.format(identity), json=body)
        assert problem(answer, 404)["type"] == "/problems/not-found"

    def test_as_an_address_or_a_method_is_said_so(self, client: httpx.Client) -> None:
        problem(client.get("/v1/nothing"), 404)
        answer = client.put("/v1/positions", json={})
        problem(answer, 405)
        problem(client.delete("/v1/healthz"), 405)

    @pytest.mark.parametrize("number", ["0", "-1", "99", str(10**30)])
    def test_as_a_decision_is_not_found(
        self, client: httpx.Client, position: str, number: str
    ) -> None:
        problem(client.get(f"{position}/decisions/{number}"), 404)


class TestAnInvalidField:
    @pytest.mark.parametrize(
        ("path", "body", "field", "allowed"),
        [
            ("", {"symbol": "KO"}, "opening", "required"),
            ("", {"symbol": "KO", "opening": {"cash": "1"}}, "opening", "{cash, shares"),
            ("", {"symbol": "KO", "opening": {"cash": 1.5, "shares": "1"}}, "opening.cash", "text"),
            (
                "",
                {"symbol": "KO", "opening": {"cash": "1.2345678", "shares": "1"}},
                "opening.cash",
                "at most 6 decimals",
            ),
            ("", {"symbol": "KO", "opening": OPENING, "luck": 1}, "luck", "documented"),
            ("", {"symbol": "ko", "opening": OPENING}, "symbol", "capital letters"),
            ("", {"symbol": "KO", "opening": OPENING, "broker": "x"}, "broker", "paper"),
            (
                "",
                {"symbol": "KO", "opening": OPENING, "strategy": {"trigger": {"up": "1.1"}}},
                "strategy.trigger.up",
                "from 0.000001 to 1",
            ),
            (
                "",
                {"symbol": "KO", "opening": OPENING, "strategy": {"trigger": {"upp": "1"}}},
                "strategy.trigger.upp",
                "up, down",
            ),
            (
                "",
                {"symbol": "KO", "opening": OPENING, "protections": {"max_drawdown": "0.95"}},
                "protections.max_drawdown",
                "null or a decimal from 0.01 to 0.9",
            ),
            (
                "",
                {"symbol": "KO", "opening": OPENING, "protections": {"max_daily_loss": "0.004"}},
                "protections.max_daily_loss",
                "null or a decimal from 0.005 to 0.5",
            ),
            (
                "",
                {"symbol": "KO", "opening": OPENING, "protections": {"max_daily_loss": 0.1}},
                "protections.max_daily_loss",
                "text",
            ),
            (
                "",
                {"symbol": "KO", "opening": OPENING, "protections": {"max_loss": "0.1"}},
                "protections.max_loss",
                "documented",
            ),
            ("/reset-protection", {}, "reason", "required"),
            ("/reset-protection", {"reason": "x"}, None, ""),
            ("/anchor", {"price": "0", "reason": "x"}, "price", "from 0.0001 to"),
            ("/anchor", {"price": "NaN", "reason": "x"}, "price", "a decimal as text"),
            ("/anchor", {"price": "60"}, "reason", "required"),
            ("/anchor", {"price": "60", "reason": ""}, "reason", "at least 1"),
            (
                "/cash-movements",
                {"kind": "withdrawal", "amount": "6000.01", "reason": "x"},
                "amount",
                "from 0.000001 to 6000",
            ),
            ("/cash-movements", {"kind": "gift", "amount": "1", "reason": "x"}, "kind", "deposit"),
            ("/evaluate", {"price": "6e9999999"}, "price", "a decimal as text"),
            ("/start", {"reason": "\0"}, "reason", "text without NUL"),
            ("/resolve-halt", {}, None, ""),
        ],
    )
    def test_is_named_with_what_is_allowed(
        self,
        client: httpx.Client,
        position: str,
        path: str,
        body: Body,
        field: str | None,
        allowed: str,
    ) -> None:
        answer = client.post(f"{position}{path}" if path else "/v1/positions", json=body)
        if field is None:
            problem(answer, 409)
        else:
            assert allowed in fields(answer)[field]

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ({"limit": 0}, "limit"),
            ({"limit": 1001}, "limit"),
            ({"limit": "x"}, "limit"),
            ({"cursor": "x"}, "cursor"),
            ({"cursor": "1" * 300}, "cursor"),
            ({"kind": "x"}, "kind"),
            ({"reason": "\0"}, "reason"),
        ],
    )
    def test_of_a_query_is_named_too(
        self, client: httpx.Client, position: str, query: dict[str, Any], field: str
    ) -> None:
        assert field in fields(client.get(f"{position}/decisions", params=query))

    @pytest.mark.parametrize("strategy", [r'{"\ud800":1}', r'{"trigger":{"\ud800":"1"}}'])
    def test_whose_name_is_no_text_is_refused_like_any_other(
        self, client: httpx.Client, position: str, strategy: str
    ) -> None:
        answer = client.patch(
            position,
            content=f'{{"strategy":{strategy}}}',
            headers={"Content-Type": "application/json"},
        )
        assert fields(answer)

    def test_that_is_no_text_can_be_repeated_in_the_answer(self, client: httpx.Client) -> None:
        wish = json.dumps(SIMULATION | {"dataset_id": "\ud800"})
        answer = client.post(
            "/v1/simulations", content=wish, headers={"Content-Type": "application/json"}
        )
        assert "\ud800" in problem(answer, 404)["detail"]

    def test_is_named_beside_every_other(self, client: httpx.Client) -> None:
        wish = SIMULATION | {
            "start": "2010-02-30",
            "cash_rate": "x",
            "execution": {"model": "guess"},
            "strategy": {"orders": {"max_per_day": 0}},
        }
        assert set(fields(client.post("/v1/simulations", json=wish))) == {
            "start",
            "cash_rate",
            "execution.model",
            "strategy.orders.max_per_day",
        }


class TestYahooThatFails:
    @pytest.mark.long
    def test_to_answer_in_time_is_a_503(self, product: Product, position: str) -> None:
        product.yahoo.script("KO", Answer(body=b"{}", delay_seconds=15))
        answer = product.backend.client.post(f"{position}/evaluate")
        assert problem(answer, 503)["code"] == "UNAVAILABLE"

    @pytest.mark.parametrize(
        ("answer", "code"),
        [
            (Answer(status=404, body=b"{}"), "UNKNOWN_SYMBOL"),
            (Answer(body=b"<html>garbage"), "UNAVAILABLE"),
            (Answer(body=b""), "UNAVAILABLE"),
            (Answer(body=b"[" * 100_000), "UNAVAILABLE"),
            (Answer(body=b'{"quoteResponse":{"result":[],"error":null}}'), "UNKNOWN_SYMBOL"),
            # The last one, since Yahoo is left alone for a while after it.
            (Answer(status=500, body=b""), "UNAVAILABLE"),
        ],
    )
    def test_is_a_503_that_says_when_to_ask_again_and_changes_nothing(
        self, product: Product, answer: Answer, code: str
    ) -> None:
        client = product.backend.client
        symbol = "FAIL"
        product.yahoo.script(symbol, answer)
        wish = {"symbol": symbol, "opening": OPENING}
        opened = answered(client.post("/v1/positions", json=wish), 201)
        path = f"/v1/positions/{opened['id']}"
        for request in (f"{path}/tick", f"{path}/evaluate"):
            failed = problem(client.post(request), 503)
            assert (failed["code"], failed["provider"]) == (code, "yahoo")
        problem(client.get(f"/v1/market/{symbol}/quote"), 503)
        assert answered(client.get(path)) == opened
        assert items_of(client, f"{path}/decisions") == []


class TestMalformedBodies:
    def test_are_never_an_error_of_ours_and_change_nothing(
        self, product: Product, client: httpx.Client, position: str
    ) -> None:
        before = answered(client.get(position))
        kept = [items_of(client, path) for path in ("/v1/positions", "/v1/simulations")]
        random = Random(SEED)
        targets = list(_targets(position))
        for number in range(BODIES):
            method, path, good = targets[number % len(targets)]
            body = _spoilt(random, good)
            answer = client.request(
                method, path, content=body, headers={"Content-Type": "application/json"}
            )
            assert 400 <= answer.status_code < 500, (method, path, body[:200], answer.text[:500])
            problem(answer, answer.status_code)
        assert answered(client.get(position)) == before
        assert kept == [items_of(client, path) for path in ("/v1/positions", "/v1/simulations")]
        assert "unexpected error" not in product.backend.log()

    def test_of_uploads_are_never_an_error_of_ours(self, client: httpx.Client) -> None:
        query = {"symbol": "KO", "resolution": "1d", "adjustment": "raw"}
        for kind in ("multipart/form-data; boundary=x", "multipart/form-data", "text/csv", "", "x"):
            for content in (b"", b"--x\r\n", b"--x\r\n\r\n\0\r\n--x--", bytes(range(256))):
                answer = client.post(
                    "/v1/datasets", params=query, content=content, headers={"Content-Type": kind}
                )
                assert 400 <= answer.status_code < 500, (kind, content, answer.text)
                problem(answer, answer.status_code)


def _targets(position: str) -> Iterator[tuple[str, str, Body]]:
    """Yield the endpoints that take a body, each with a body that it would accept."""
    yield "POST", "/v1/positions", {"symbol": "KO", "opening": OPENING, "name": "x"}
    yield "POST", "/v1/simulations", SIMULATION
    yield "PATCH", position, {"name": "x", "strategy": {"trigger": {"up": "0.05"}}}
    yield "POST", f"{position}/cash-movements", {"kind": "deposit", "amount": "1", "reason": "x"}
    yield "POST", f"{position}/anchor", {"price": "60", "reason": "x"}
    yield "POST", f"{position}/evaluate", {"price": "60"}
    for name in ("start", "pause", "resolve-halt"):
        yield "POST", f"{position}/{name}", {"reason": "x"}


BAD_VALUES = (
    *(b"null", b"true", b"-1", b"1e999", b"NaN", b"-Infinity", b"1.5", b"[]", b"{}", b'""'),
    *(b'"\\u0000"', b'"\\ud800"', b'"1e9999999"', b'"NaN"', b'"-0"', b'"' + b"9" * 5000 + b'"'),
    *(b"9" * 6000, b"[" * 2000 + b"]" * 2000, b'"\\uD83D"', b'"1_000"', b'" 1"'),
)


def _spoilt(random: Random, good: Body) -> bytes:
    """Return a body that no endpoint accepts, made from one that an endpoint does."""
    text = json.dumps(good).encode()
    kinds: tuple[Callable[[], bytes], ...] = (
        lambda: text[: random.randrange(len(text))],
        lambda: b"[" * random.choice((10, 100_000)),
        lambda: b'{"a":' * random.choice((10, 100_000)),
        lambda: random.randbytes(random.randrange(1, 200)),
        lambda: b'{"x":"' + b"y" * 2_000_000 + b'"}',
        lambda: random.choice(BAD_VALUES[3:8]),
        lambda: text[:-1] + b',"\\ud800":' + random.choice(BAD_VALUES) + b"}",
        lambda: text[:-1] + b',"extra":' + random.choice(BAD_VALUES) + b"}",
        lambda: _with_a_bad_value(random, good),
    )
    return random.choice(kinds)()


def _with_a_bad_value(random: Random, good: Body) -> bytes:
    name = random.choice(list(good))
    spoilt = json.dumps(good | {name: "@"}).encode()
    return spoilt.replace(b'"@"', random.choice(BAD_VALUES)).replace(b"{", b'{"extra":1,', 1)
