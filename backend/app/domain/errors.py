"""Exceptions for what cannot be answered; a refused decision is a value, not an exception."""

from dataclasses import dataclass


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


class ProviderError(DomainError):
    """A provider could not give an answer.

    `code` is one of NO_DATA, RATE_LIMITED, RANGE, CLOSED, UNKNOWN_SYMBOL, UNAVAILABLE;
    `retry_after_seconds` says when asking again makes sense.
    """

    def __init__(self, *, provider: str, code: str, message: str, retry_after_seconds: int) -> None:
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
