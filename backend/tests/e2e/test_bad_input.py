"""Bad input to imports and simulations: refused with place and cure, and nothing of it stored."""

import json
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode

import httpx
import psycopg
import pytest

from app.domain.fields import Amount, Lot, Whole
from app.domain.strategy import FIELDS
from tests.e2e.bad_input import DAILY, FILES, HEADER, ROWS, SIMULATIONS, TIMES
from tests.e2e.conftest import Product
from tests.e2e.wire import Body, answered, problem

CSV = {"Content-Type": "text/csv"}
DAY = {"symbol": "BAD", "resolution": "1d", "adjustment": "raw"}
MINUTE = DAY | {"resolution": "1m"}
MIB = 2**20
TEN_MILLION = 10_000_000


@pytest.fixture
def client(product: Product) -> httpx.Client:
    return product.backend.client


@pytest.fixture(autouse=True)
def nothing_is_stored(product: Product) -> Iterator[None]:
    """Compare the number of rows of every table before and after each test."""
    before = _row_counts(product)
    yield
    assert _row_counts(product) == before
    assert "unexpected error" not in product.backend.log()


def _row_counts(product: Product) -> dict[str, int]:
    url = product.backend.environment["DATABASE_URL"]
    with psycopg.connect(url) as connection:
        tables = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        ).fetchall()
        assert len(tables) > 5
        return {
            name: connection.execute(
                psycopg.sql.SQL("SELECT count(*) FROM {}").format(psycopg.sql.Identifier(name))
            ).fetchall()[0][0]
            for (name,) in tables
        }


def _errors(answer: httpx.Response) -> dict[str, Body]:
    """Return the errors of an invalid request by their place, after a look at the sentences."""
    body = problem(answer, httpx.codes.UNPROCESSABLE_ENTITY)
    assert body["type"] == "/problems/invalid-input"
    assert body["detail"].endswith(". Nothing was changed.")
    first = body["errors"][0]
    assert body["detail"].startswith(f"{first['field']} {first['message']}")
    assert f". Allowed: {first['allowed']}. Nothing" in body["detail"]
    assert ".. " not in body["detail"]
    return {error["field"]: error for error in reversed(body["errors"])}


def _assert_named(answer: httpx.Response, place: str, wrong: str, allowed: str) -> None:
    errors = _errors(answer)
    assert place in errors, errors
    assert wrong in errors[place]["message"], errors[place]
    assert allowed in errors[place]["allowed"], errors[place]


class TestAFile:
    @pytest.mark.parametrize("name", FILES)
    def test_of_days_is_refused(self, client: httpx.Client, name: str) -> None:
        content, *expected = FILES[name]
        raw = content if isinstance(content, bytes) else content.encode()
        sent = client.post("/v1/datasets", params=DAY, content=raw, headers=CSV)
        _assert_named(sent, *expected)
        form = client.post("/v1/datasets", params=DAY, files={"file": ("BAD.csv", raw)})
        assert form.json() == sent.json()

    @pytest.mark.parametrize("name", TIMES)
    def test_of_minutes_is_refused(self, client: httpx.Client, name: str) -> None:
        content, *expected = TIMES[name]
        assert isinstance(content, str)
        sent = client.post("/v1/datasets", params=MINUTE, content=content.encode(), headers=CSV)
        _assert_named(sent, *expected)

    @pytest.mark.parametrize(
        ("query", "place", "allowed"),
        [
            ({"symbol": "bad"}, "symbol", "capital letters"),
            ({"symbol": ""}, "symbol", "capital letters"),
            ({"resolution": "2d"}, "resolution", "'1m', '5m'"),
            ({"adjustment": "total"}, "adjustment", "'raw' or 'split'"),
            ({"timezone": "Mars/Olympus"}, "timezone", "America/New_York or UTC"),
            ({"timezone": "x" * 65}, "timezone", "at most 64 characters"),
        ],
    )
    def test_with_a_bad_description_is_refused(
        self, client: httpx.Client, query: dict[str, str], place: str, allowed: str
    ) -> None:
        content = DAILY.encode()
        sent = client.post("/v1/datasets", params=DAY | query, content=content, headers=CSV)
        _assert_named(sent, place, "", allowed)


class TestATooLargeBody:
    ALLOWED = "at most 64 MiB; import it in parts"

    @pytest.mark.parametrize("headers", [CSV, CSV | {"Idempotency-Key": "large"}])
    def test_of_ten_million_rows_is_refused_before_it_is_read(
        self, product: Product, headers: dict[str, str]
    ) -> None:
        before = product.backend.memory_bytes()
        most = before
        rows = ROWS.encode() * 10_000

        def ten_million_rows() -> Iterator[bytes]:
            nonlocal most
            yield HEADER.encode()
            for sent in range(0, TEN_MILLION, 30_000):
                if sent % 600_000 == 0:
                    most = max(most, product.backend.memory_bytes())
                yield rows

        answer = product.backend.client.post(
            "/v1/datasets", params=DAY, content=ten_million_rows(), headers=headers
        )
        _assert_named(answer, "body", "is larger than 64 MiB", self.ALLOWED)
        assert answer.elapsed.total_seconds() < 20
        assert most - before < 256 * MIB

    def test_that_says_its_length_is_refused_unread(self, client: httpx.Client) -> None:
        connection = HTTPConnection(client.base_url.host, client.base_url.port, timeout=20)
        connection.putrequest("POST", "/v1/datasets?" + urlencode(DAY))
        connection.putheader("Content-Type", "text/csv")
        connection.putheader("Content-Length", str(TEN_MILLION * len(ROWS) // 3))
        connection.endheaders()  # and nothing follows
        answer = connection.getresponse()
        assert answer.status == httpx.codes.UNPROCESSABLE_ENTITY
        (error,) = json.load(answer)["errors"]
        assert error["allowed"] == self.ALLOWED
        connection.close()

    def test_as_a_form_is_refused_too(self, client: httpx.Client) -> None:
        answer = client.post("/v1/datasets", params=DAY, files={"file": b"1" * 65 * MIB})
        _assert_named(answer, "body", "is larger than 64 MiB", self.ALLOWED)

    @pytest.mark.parametrize("path", ["/v1/simulations", "/v1/positions"])
    def test_of_another_request_is_refused_at_a_megabyte(
        self, client: httpx.Client, path: str
    ) -> None:
        body = json.dumps({"dataset_id": "x" * 2 * MIB}).encode()
        sent = {"Content-Type": "application/json"}
        _assert_named(
            client.post(path, content=body, headers=sent), "body", "larger than 1 MiB", "at most 1"
        )
        _assert_named(
            client.post(path, content=iter([body]), headers=sent), "body", "larger", "at most 1 MiB"
        )


@pytest.fixture(scope="module")
def simulation(product: Product) -> Body:
    """Return a request that would run."""
    datasets = answered(product.backend.client.get("/v1/datasets"))["items"]
    (ko,) = (dataset["id"] for dataset in datasets if dataset["symbol"] == "KO")
    return {
        "dataset_id": ko,
        "start": "2010-01-04",
        "end": "2010-12-31",
        "opening": {"cash": "5000", "shares": "100"},
        "strategy": {},
        "execution": {"model": "close"},
    }


STRATEGY = [
    (group, name, field)
    for group, fields in FIELDS.items()
    for name, (_, field) in fields.items()
    if name != "min_notional"  # a simulation may set it to 0
]


class TestASimulation:
    @pytest.mark.parametrize("name", SIMULATIONS)
    def test_is_refused(self, client: httpx.Client, simulation: Body, name: str) -> None:
        change, *expected = SIMULATIONS[name]
        answer = client.post("/v1/simulations", json=simulation | change)
        _assert_named(answer, *expected)

    @pytest.mark.parametrize(("group", "name", "field"), STRATEGY)
    def test_with_a_strategy_out_of_range_is_refused(
        self, client: httpx.Client, simulation: Body, group: str, name: str, field: Any
    ) -> None:
        for value in _out_of_range(field):
            strategy = {group: {name: value}}
            answer = client.post("/v1/simulations", json=simulation | {"strategy": strategy})
            _assert_named(answer, f"strategy.{group}.{name}", "", field.allowed)

    def test_of_a_dataset_that_was_refused_finds_none(
        self, client: httpx.Client, simulation: Body
    ) -> None:
        answer = client.post("/v1/simulations", json=simulation | {"dataset_id": "0" * 16})
        assert problem(answer, 404)["title"] == "No such dataset"

    @pytest.mark.parametrize("deep", [b"[" * 100_000, b'{"a":' * 100_000])
    def test_nested_without_end_is_refused(
        self, client: httpx.Client, simulation: Body, deep: bytes
    ) -> None:
        closing = {b"[": b"]", b"{": b"}"}[deep[:1]] * 100_000
        whole = deep + b"1" + closing
        for body in (deep, whole, json.dumps(simulation)[:-1].encode() + b',"x":' + whole + b"}"):
            answer = client.post(
                "/v1/simulations", content=body, headers={"Content-Type": "application/json"}
            )
            _assert_named(answer, "body", "is nested too deeply", "a JSON object")

    def test_nested_in_a_field_is_refused(self, client: httpx.Client, simulation: Body) -> None:
        deep: object = "0.03"
        for _ in range(500):
            deep = {"a": deep}
        answer = client.post("/v1/simulations", json=simulation | {"strategy": {"trigger": deep}})
        _assert_named(answer, "strategy.trigger.a", "unknown", "up, down")


def _out_of_range(field: object) -> list[object]:
    """Return values beside the range of a field, and of other types."""
    others: list[object] = [[], {}, "NaN", True, 0.5, "1e-2", "9" * 40]
    match field:
        case Amount(per_one=per_one, low=low, high=high):
            return [_beside(low, -1, per_one), _beside(high, 1, per_one), *others]
        case Lot():
            return ["0.05", "0", "10", "0.0000001", *others]
        case Whole(low=low, high=high):
            return [low - 1, high + 1, "5", 1.5, True, None, []]
        case _:
            return ["lucky", 1.5, [], {}, None]


def _beside(bound: str, steps: int, per_one: int) -> str:
    whole, _, part = bound.partition(".")
    digits = len(str(per_one)) - 1
    count = int(whole) * per_one + int(part.ljust(digits, "0") or 0) + steps
    return f"{'-' * (count < 0)}{abs(count) // per_one}.{abs(count) % per_one:0{digits}d}"
