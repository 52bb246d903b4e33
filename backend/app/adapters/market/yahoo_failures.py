"""Why Yahoo Finance gave nothing, as errors that a person can act on."""

from datetime import date

from app.domain.errors import ProviderError, ProviderFailure

PROVIDER = "yahoo"

_NO_DATA_RETRY_SECONDS = 60
_UNKNOWN_SYMBOL_RETRY_SECONDS = 3600
_UNAVAILABLE_RETRY_SECONDS = 30
_NEVER_SECONDS = 86_400  # what was asked has to change first


def no_data(*, symbol: str, reason: str) -> ProviderError:
    """Return the error for an answer that holds nothing about `symbol` that can be used."""
    return _failure(
        code=ProviderFailure.NO_DATA,
        message=f"Yahoo Finance gave no usable price for {symbol}: {reason}.",
        retry_after_seconds=_NO_DATA_RETRY_SECONDS,
    )


def closed(*, symbol: str, start: date, end: date) -> ProviderError:
    """Return the error for a span in which the exchange did not open."""
    return _failure(
        code=ProviderFailure.CLOSED,
        message=(
            f"Yahoo Finance has no bars of {symbol} from {start} to {end}, because the exchange"
            " was closed on all of these days. Choose a span with a trading day in it."
        ),
        retry_after_seconds=_NEVER_SECONDS,
    )


def out_of_range(*, symbol: str, reason: str) -> ProviderError:
    """Return the error for a request outside what Yahoo Finance serves."""
    return _failure(
        code=ProviderFailure.RANGE,
        message=f"Yahoo Finance does not serve what was asked about {symbol}: {reason}.",
        retry_after_seconds=_NEVER_SECONDS,
    )


def rate_limited(*, symbol: str, retry_after_seconds: int) -> ProviderError:
    """Return the error for "too many requests"."""
    return _failure(
        code=ProviderFailure.RATE_LIMITED,
        message=(
            f"Yahoo Finance takes no more requests for now (429), so there is no new price"
            f" for {symbol}. It is asked again in {retry_after_seconds} seconds at the earliest."
        ),
        retry_after_seconds=retry_after_seconds,
    )


def over_budget(*, symbol: str, retry_after_seconds: int) -> ProviderError:
    """Return the error for a request that we ourselves hold back, to spare the provider."""
    return _failure(
        code=ProviderFailure.RATE_LIMITED,
        message=(
            f"Yahoo Finance was not asked for {symbol}, because the requests that we allow"
            f" ourselves are used up. The next one may go in {retry_after_seconds} seconds."
        ),
        retry_after_seconds=retry_after_seconds,
    )


def resting(*, symbol: str, reason: str | None, retry_after_seconds: int) -> ProviderError:
    """Return the error for a request held back because the provider failed just before.

    `reason` is None when another process, or an earlier life of this one, saw it fail.
    """
    why = "" if reason is None else f": {reason}"
    return _failure(
        code=ProviderFailure.UNAVAILABLE,
        message=(
            f"Yahoo Finance was not asked for {symbol}, because it failed several times just"
            f" before{why}. It is tried again in {retry_after_seconds} seconds."
        ),
        retry_after_seconds=retry_after_seconds,
    )


def unknown_symbol(*, symbol: str) -> ProviderError:
    """Return the error for a symbol that Yahoo Finance does not list."""
    return _failure(
        code=ProviderFailure.UNKNOWN_SYMBOL,
        message=(
            f"Yahoo Finance lists no symbol {symbol}. Check the spelling, and whether it was"
            " renamed or delisted."
        ),
        retry_after_seconds=_UNKNOWN_SYMBOL_RETRY_SECONDS,
    )


def unavailable(*, symbol: str, reason: str) -> ProviderError:
    """Return the error for a provider that is away or does not make sense."""
    return _failure(
        code=ProviderFailure.UNAVAILABLE,
        message=(
            f"Yahoo Finance could not be asked for {symbol}: {reason}."
            f" Ask again in {_UNAVAILABLE_RETRY_SECONDS} seconds."
        ),
        retry_after_seconds=_UNAVAILABLE_RETRY_SECONDS,
    )


def _failure(*, code: ProviderFailure, message: str, retry_after_seconds: int) -> ProviderError:
    return ProviderError(
        provider=PROVIDER, code=code, message=message, retry_after_seconds=retry_after_seconds
    )
