"""Prices and moments of Yahoo's answers, read as printed, or what is wrong with them."""

import json
from datetime import UTC, datetime
from decimal import Decimal

from app.adapters.market.yahoo_failures import unavailable
from app.domain.units import TICKS_PER_USD, half_up

_PRICE_USD_MIN = Decimal("0.00005")  # rounds up to a tick
_PRICE_USD_MAX = 1_000_000
_UNTIL = datetime(2100, 1, 1, tzinfo=UTC)


class UnusableError(ValueError):
    """A value in an answer that cannot be what its name says."""


def parsed(*, body: bytes, symbol: str, bytes_max: int) -> object:
    """Return the JSON in `body`, with fractions as Decimal.

    Raises
    ------
    ProviderError
        UNAVAILABLE when the body is too large or no JSON.
    """
    if len(body) > bytes_max:
        raise unavailable(symbol=symbol, reason="its answer is too large to be one")
    try:
        return json.loads(body, parse_float=Decimal)
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise unavailable(symbol=symbol, reason="its answer is not readable as JSON") from error


def ticks(*, value: object, field: str) -> int:
    """Return a price in ticks, rounded half up once.

    Raises
    ------
    UnusableError
        When it is not a number from half a tick to 1,000,000 USD.
    """
    number = decimal(value=value, field=field)
    if not _PRICE_USD_MIN <= number <= _PRICE_USD_MAX:
        raise UnusableError(f"{field} is not between {_PRICE_USD_MIN:f} and {_PRICE_USD_MAX} USD")
    return half_up(number, TICKS_PER_USD)


def decimal(*, value: object, field: str) -> Decimal:
    """Return a finite number.

    Raises
    ------
    UnusableError
        When it is anything else.
    """
    # A float here is NaN or Infinity: everything else was read as int or Decimal.
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise UnusableError(f"{field} is not a number")
    return Decimal(value)


def moment(*, value: object, field: str, earliest: datetime) -> datetime:
    """Return a time in whole epoch seconds, in UTC.

    Raises
    ------
    UnusableError
        When it is not between `earliest` and 2100.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise UnusableError(f"{field} is not a time in whole seconds")
    if not earliest.timestamp() <= value < _UNTIL.timestamp():
        raise UnusableError(f"{field} is not a time between {earliest:%Y} and {_UNTIL:%Y}")
    return datetime.fromtimestamp(value, UTC)
