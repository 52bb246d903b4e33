"""Why Alpaca could not be read, as errors that a person can act on."""

from collections.abc import Iterator
from contextlib import contextmanager

from app.adapters.broker.alpaca_client import Answer
from app.adapters.broker.alpaca_json import UnreadableError
from app.domain.errors import BrokerError

_RETRY_SECONDS = 5
_PERSON_RETRY_SECONDS = 60  # a person has to act first
_NOTHING = "Nothing was concluded from that, and nothing was changed."


def unanswered(answer: Answer, *, what: str) -> BrokerError:
    """Return the error for an answer that is not the `what` that was asked for."""
    match answer.status:
        case None:
            return _failure(f"Alpaca was asked for {what}: {answer.problem}.")
        case 401 | 403 as status:
            return _failure(
                f"Alpaca does not let these keys read {what} ({status}). Check that the keys in the"
                " credentials file are valid, and belong to the account type (paper or live) of"
                " the configured URL.",
                retry_after_seconds=_PERSON_RETRY_SECONDS,
            )
        case 429:
            wait = answer.retry_after_seconds or _RETRY_SECONDS
            return _failure(
                f"Alpaca takes no more requests for now (429), so {what} could not be read."
                f" It is asked again in {wait} seconds at the earliest.",
                retry_after_seconds=wait,
            )
        case status:
            return _failure(f"Alpaca was asked for {what} and answered with status {status}.")


def unreadable(*, what: str, reason: str) -> BrokerError:
    """Return the error for an answer that does not make sense."""
    return _failure(
        f"Alpaca was asked for {what}, and its answer cannot be relied on: {reason}. If this"
        " repeats, look at the account on Alpaca's own pages before trading goes on.",
        retry_after_seconds=_PERSON_RETRY_SECONDS,
    )


@contextmanager
def reading(*, what: str) -> Iterator[None]:
    """Turn what cannot be read inside the block into the error for people."""
    try:
        yield
    except UnreadableError as error:
        raise unreadable(what=what, reason=str(error)) from error


def endless(*, what: str) -> BrokerError:
    """Return the error for a list of which there is always more."""
    return unreadable(what=what, reason="the list does not come to an end")


def not_traded(*, symbol: str, reason: str) -> BrokerError:
    """Return the error for a symbol that cannot be ordered."""
    return _failure(
        f"Alpaca does not trade {symbol}: {reason}. Check the spelling, or choose another broker"
        " for this position.",
        retry_after_seconds=_PERSON_RETRY_SECONDS,
    )


def _failure(message: str, *, retry_after_seconds: int = _RETRY_SECONDS) -> BrokerError:
    return BrokerError(message=f"{message} {_NOTHING}", retry_after_seconds=retry_after_seconds)
