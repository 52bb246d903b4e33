"""Exceptions for what cannot be answered; a refused decision is a value, not an exception."""

from dataclasses import dataclass
from enum import StrEnum


class DomainError(Exception):
    """An input or a state that the product cannot accept, in words for the person who sent it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldError:
    """One field outside its range: its path in the request, what is wrong, what is allowed."""

    field: str
    message: str
    allowed: str


class InvalidInputError(DomainError):
    """One or more fields outside their allowed range; nothing was changed."""

    def __init__(self, *errors: FieldError) -> None:
        assert errors, "an invalid input names at least one field"
        super().__init__("; ".join(f"{e.field} {e.message} (allowed: {e.allowed})" for e in errors))
        self.errors = errors


class NotFoundError(DomainError):
    """Nothing with this identity exists."""

    def __init__(self, *, what: str, identity: str) -> None:
        super().__init__(f"There is no {what} {identity}.")
        self.what = what
        self.identity = identity


class ConflictError(DomainError):
    """The request is well formed, but the present state does not allow it."""

    def __init__(self, *, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class ProviderFailure(StrEnum):
    """Why a provider gave no answer; none of them says anything about a price."""

    NO_DATA = "NO_DATA"
    """It answered, and the answer holds nothing that can be used."""
    RATE_LIMITED = "RATE_LIMITED"
    """It takes no more requests for now, or our own budget of requests is used up."""
    RANGE = "RANGE"
    """The span of time is longer, or further back, than it serves."""
    CLOSED = "CLOSED"
    """The exchange was closed in the whole span, so there is nothing to give."""
    UNKNOWN_SYMBOL = "UNKNOWN_SYMBOL"
    """It lists nothing under this name."""
    UNAVAILABLE = "UNAVAILABLE"
    """It did not answer, or its answer does not make sense."""


class ProviderError(DomainError):
    """A provider could not give an answer.

    `retry_after_seconds` says when asking again makes sense.
    """

    def __init__(
        self, *, provider: str, code: ProviderFailure, message: str, retry_after_seconds: int
    ) -> None:
        super().__init__(message)
        self.provider = provider
        self.code = code
        self.retry_after_seconds = retry_after_seconds


class UnavailableError(DomainError):
    """A part that the product needs does not answer; nothing was changed.

    `what` names the part, `retry_after_seconds` says when asking again makes sense.
    """

    def __init__(self, *, what: str, message: str, retry_after_seconds: int) -> None:
        super().__init__(message)
        self.what = what
        self.retry_after_seconds = retry_after_seconds


class BrokerError(DomainError):
    """The broker did not answer, or not in a way that can be relied on; nothing was concluded."""

    def __init__(self, *, message: str, retry_after_seconds: int) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds
