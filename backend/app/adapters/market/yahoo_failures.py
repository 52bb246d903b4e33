"""Why Yahoo Finance gave no price, as errors that a person can act on."""

from app.domain.errors import ProviderError

PROVIDER = "yahoo"

_NO_DATA_RETRY_SECONDS = 60
_RATE_LIMITED_RETRY_SECONDS = 300
_UNKNOWN_SYMBOL_RETRY_SECONDS = 3600
_UNAVAILABLE_RETRY_SECONDS = 30


def no_data(*, symbol: str, reason: str) -> ProviderError:
    """Return the error for an answer that holds no usable price of `symbol`."""
    return _failure(
        code="NO_DATA",
        message=f"Yahoo Finance gave no usable price for {symbol}: {reason}.",
        retry_after_seconds=_NO_DATA_RETRY_SECONDS,
    )


def out_of_range(*, symbol: str, reason: str) -> ProviderError:
    """Return the error for a request outside what Yahoo Finance serves."""
    return _failure(
        code="RANGE",
        message=f"Yahoo Finance does not serve what was asked about {symbol}: {reason}.",
        retry_after_seconds=_NO_DATA_RETRY_SECONDS,
    )


def rate_limited(*, symbol: str, retry_after_seconds: int | None) -> ProviderError:
    """Return the error for "too many requests"; the provider's own waiting time wins."""
    seconds = retry_after_seconds or _RATE_LIMITED_RETRY_SECONDS
    return _failure(
        code="RATE_LIMITED",
        message=(
            f"Yahoo Finance takes no more requests for now (429), so there is no new price"
            f" for {symbol}. Ask again in {seconds} seconds; asking earlier prolongs the wait."
        ),
        retry_after_seconds=seconds,
    )


def unknown_symbol(*, symbol: str) -> ProviderError:
    """Return the error for a symbol that Yahoo Finance does not list."""
    return _failure(
        code="UNKNOWN_SYMBOL",
        message=(
            f"Yahoo Finance lists no symbol {symbol}. Check the spelling, and whether it was"
            " renamed or delisted."
        ),
        retry_after_seconds=_UNKNOWN_SYMBOL_RETRY_SECONDS,
    )


def unavailable(*, symbol: str, reason: str) -> ProviderError:
    """Return the error for a provider that is away or does not make sense."""
    return _failure(
        code="UNAVAILABLE",
        message=(
            f"Yahoo Finance could not be asked for {symbol}: {reason}."
            f" Ask again in {_UNAVAILABLE_RETRY_SECONDS} seconds."
        ),
        retry_after_seconds=_UNAVAILABLE_RETRY_SECONDS,
    )


def _failure(*, code: str, message: str, retry_after_seconds: int) -> ProviderError:
    return ProviderError(
        provider=PROVIDER, code=code, message=message, retry_after_seconds=retry_after_seconds
    )
