"""What a client of the API checks of every answer."""

from collections.abc import Iterator
from typing import Any

import httpx

type Body = dict[str, Any]

PROBLEM = "application/problem+json"


def answered(answer: httpx.Response, status: int = 200) -> Body:
    """Return the JSON body of an answer with this status."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    body: Body = answer.json()
    return body


def problem(answer: httpx.Response, status: int) -> Body:
    """Return the body of a problem with this status, which says all that a problem has to say."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == PROBLEM
    body: Body = answer.json()
    assert body["type"].startswith("/problems/")
    assert body["title"]
    assert body["detail"].endswith((".", "Found", "Allowed", "body")), body["detail"]
    assert body["status"] == status
    assert body["instance"] == answer.request.url.path
    if status == httpx.codes.SERVICE_UNAVAILABLE:
        assert int(answer.headers["retry-after"]) == body["retry_after_seconds"] > 0
    return body


def fields(answer: httpx.Response) -> dict[str, str]:
    """Return the fields of an invalid request with what is allowed for each."""
    body = problem(answer, httpx.codes.UNPROCESSABLE_ENTITY)
    assert all(error["message"] and error["allowed"] for error in body["errors"])
    return {error["field"]: error["allowed"] for error in body["errors"]}


def items_of(client: httpx.Client, path: str, **query: Any) -> list[Body]:
    """Return the items of all pages."""
    found: list[Body] = []
    cursor: str | None = None
    while True:
        asked = {"limit": 1000, **query} | ({} if cursor is None else {"cursor": cursor})
        page = answered(client.get(path, params=asked))
        found += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return found


def every_problem_schema(document: Body) -> Iterator[tuple[str, str, Body]]:
    """Yield operation id, status and documented content of each error of an OpenAPI document."""
    for path in document["paths"].values():
        for operation in path.values():
            for status, response in operation["responses"].items():
                if status.startswith(("4", "5")):
                    yield operation["operationId"], status, response.get("content", {})
