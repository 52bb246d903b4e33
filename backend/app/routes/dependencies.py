"""What the endpoints are given: the use cases, the page, and the idempotency key."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Query, Request, Response

from app.domain.book import StoredAnswer
from app.routes.v1.schemas.wire import WireModel
from app.services.catalogue import Services
from app.services.once import Ticket


def services(request: Request) -> Services:
    """Return the use cases that bootstrap built."""
    built = request.app.state.services
    assert isinstance(built, Services)
    return built


UseCases = Annotated[Services, Depends(services)]
Limit = Annotated[int, Query(ge=1, le=1000, description="How many at most.")]
Cursor = Annotated[
    str | None, Query(max_length=200, description="`next_cursor` of the page before.")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestKey:
    """The idempotency key of a request and the digest of everything that it asks for."""

    key: str
    digest: str


async def request_key(
    request: Request,
    idempotency_key: Annotated[
        str | None,
        Header(
            min_length=1,
            max_length=255,
            description="The same key and body get the first answer, and no second effect.",
        ),
    ] = None,
) -> RequestKey | None:
    """Return the idempotency key of the request, or None."""
    if idempotency_key is None:
        return None
    url = request.url
    asked = f"{request.method} {url.path}?{url.query}\n".encode() + await request.body()
    return RequestKey(key=idempotency_key, digest=hashlib.sha256(asked).hexdigest())


Key = Annotated[RequestKey | None, Depends(request_key)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering[T]:
    """How the result of a use case becomes an answer, now and when the request is repeated."""

    render: Callable[[T], WireModel]
    status: int = 200

    def ticket(self, key: RequestKey | None) -> Ticket[T] | None:
        """Return the ticket of a request with a key."""
        if key is None:
            return None
        return Ticket(key=key.key, digest=key.digest, render=self._written)

    def respond(self, result: T | StoredAnswer) -> Response:
        """Return the response to `result`, fresh or stored."""
        answer = result if isinstance(result, StoredAnswer) else self._written(result)
        return Response(answer.body, status_code=answer.status, media_type="application/json")

    def _written(self, result: T) -> StoredAnswer:
        return StoredAnswer(status=self.status, body=self.render(result).model_dump_json())
