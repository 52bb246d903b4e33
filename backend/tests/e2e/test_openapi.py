"""The OpenAPI document: what the generated client of the dashboard is made from."""

import ast
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import Product
from tests.e2e.wire import PROBLEM, Body, every_problem_schema

_FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef
PROJECT = Path(__file__).resolve().parents[3]
ROUTES = PROJECT / "backend" / "app" / "routes" / "v1"
KEPT = PROJECT / "frontend" / "src" / "api" / "openapi.json"
REFRESH = """frontend/src/api/openapi.json is not what the API serves. Refresh both files with:
    ./vb up
    curl -s http://127.0.0.1:8000/v1/openapi.json \\
        | python3 -m json.tool --indent 2 --sort-keys > frontend/src/api/openapi.json
    npm --prefix frontend run client"""


class TestTheDocument:
    @pytest.fixture
    def document(self, product: Product) -> Body:
        document: Body = product.backend.client.get("/v1/openapi.json").json()
        return document

    def test_is_the_one_that_the_dashboards_client_is_made_from(self, document: Body) -> None:
        assert json.loads(KEPT.read_text(encoding="utf-8")) == document, REFRESH

    def test_names_each_operation_after_its_function(self, document: Body) -> None:
        operations = Counter(
            operation["operationId"]
            for path in document["paths"].values()
            for operation in path.values()
        )
        assert set(operations.values()) == {1}
        assert set(operations) == set(_endpoints())

    def test_gives_no_property_of_an_answer_a_default(self, document: Body) -> None:
        answers = {
            name: document["components"]["schemas"][name] for name in _schemas_of_answers(document)
        }
        assert len(answers) > 30
        assert [
            f"{name}.{field}"
            for name, schema in answers.items()
            for field, described in schema.get("properties", {}).items()
            if "default" in described
        ] == []

    def test_requires_every_property_of_an_answer(self, document: Body) -> None:
        schemas = document["components"]["schemas"]
        assert [
            name
            for name in _schemas_of_answers(document)
            if set(schemas[name].get("properties", ())) != set(schemas[name].get("required", ()))
        ] == []

    def test_describes_every_error_as_a_problem(self, document: Body) -> None:
        assert [
            f"{operation} {status}"
            for operation, status, content in every_problem_schema(document)
            # Readiness says which dependency is away, in the shape of its good answer.
            if set(content) != {PROBLEM} and operation != "get_readiness"
        ] == []

    def test_describes_the_errors_that_a_change_can_meet(self, document: Body) -> None:
        documented = {
            (operation, status) for operation, status, _ in every_problem_schema(document)
        }
        for operation in ("tick_position", "move_cash", "set_anchor", "start_position"):
            assert {(operation, status) for status in ("404", "409", "422", "503")} <= documented


def _endpoints() -> Iterator[str]:
    """Yield the names of the functions that are decorated as endpoints."""
    for module in ROUTES.glob("*.py"):
        for node in ast.parse(module.read_text(encoding="utf-8")).body:
            if isinstance(node, _FUNCTIONS) and node.decorator_list:
                yield node.name


def _schemas_of_answers(document: Body) -> set[str]:
    """Return the names of the schemas that answers consist of, at any depth; problems aside."""
    found: set[str] = set()
    waiting = [
        response
        for path in document["paths"].values()
        for operation in path.values()
        for status, response in operation["responses"].items()
        if status.startswith("2")
    ]
    while waiting:
        for name in _references(waiting.pop()):
            if name not in found:
                found.add(name)
                waiting.append(document["components"]["schemas"][name])
    return found


def _references(schema: object) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(reference := schema.get("$ref"), str):
            yield reference.rpartition("/")[2]
        for member in schema.values():
            yield from _references(member)
    elif isinstance(schema, list):
        for member in schema:
            yield from _references(member)
