"""Requests that carry an idempotency key: the same key and body get the first answer."""

from collections.abc import Callable
from dataclasses import dataclass

from app.domain.book import StoredAnswer
from app.services.ports import Requests


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket[T]:
    """The key of a request, the digest of its body, and how its answer is written down."""

    key: str
    digest: str
    render: Callable[[T], StoredAnswer]


def answered[T](requests: Requests, ticket: Ticket[T] | None) -> StoredAnswer | None:
    """Return the stored answer of an earlier request with this key, or None, and claim the key."""
    if ticket is None:
        return None
    return requests.begin_request(key=ticket.key, digest=ticket.digest)


def once[T](
    requests: Requests, ticket: Ticket[T] | None, work: Callable[[], T]
) -> T | StoredAnswer:
    """Return the stored answer of an earlier request with this key, or do the work and store it.

    Both happen in the transaction of `requests`, so that effect and answer are kept together.
    """
    stored = answered(requests, ticket)
    if stored is not None:
        return stored
    result = work()
    if ticket is not None:
        requests.finish_request(key=ticket.key, answer=ticket.render(result))
    return result
