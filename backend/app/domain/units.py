"""The integer units that everything counts in, and exact conversion to and from decimals.

Prices are whole ticks of 0.0001 USD, shares whole units of 0.000001 share, money whole micros
of 0.000001 USD, ratios whole parts per million. Shares times price is 1e-10 USD ("value").
"""

import re
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import NewType

Ticks = NewType("Ticks", int)
ShareUnits = NewType("ShareUnits", int)
Micros = NewType("Micros", int)
Ppm = NewType("Ppm", int)

TICKS_PER_USD = 10**4
UNITS_PER_SHARE = 10**6
MICROS_PER_USD = 10**6
PPM = 10**6
PPM_PER_BPS = 100
VALUE_PER_MICRO = 10**4
VALUE_PER_USD = 10**10
PLAIN_DECIMAL = r"-?[0-9]{1,40}(\.[0-9]{1,100})?"
_PLAIN = re.compile(PLAIN_DECIMAL)
_DIGITS_MAX = 30  # far beyond every range, far below what would exhaust memory


class NotExactError(ValueError):
    """A decimal that is not a whole number of the unit it should be counted in."""


def read_decimal(raw: object) -> Decimal:
    """Return the decimal that `raw` is: text such as "-12.5", a whole number, or a decimal.

    Raises
    ------
    NotExactError
        For anything else, a binary float and an exponent included.
    """
    if isinstance(raw, str) and _PLAIN.fullmatch(raw):
        return Decimal(raw)
    if isinstance(raw, int) and not isinstance(raw, bool) and abs(raw) < 10**_DIGITS_MAX:
        return Decimal(raw)
    if isinstance(raw, Decimal) and raw.is_finite():
        return raw
    if isinstance(raw, float):
        raise NotExactError(f'is not a decimal written as text, such as "{str(raw)[:40]}"')
    raise NotExactError(f"is not a decimal: {str(raw)[:40]!r}")


def exact(value: Decimal, per_one: int) -> int:
    """Return `value` counted in units of 1/`per_one`.

    Raises
    ------
    NotExactError
        When the value is not finite or has more decimals than the unit.
    """
    counted = _scaled(value, per_one)
    if counted != counted.to_integral_value():
        raise NotExactError(f"{value} has more than {len(str(per_one)) - 1} decimals")
    return int(counted)


def half_up(value: Decimal, per_one: int) -> int:
    """Return `value` in units of 1/`per_one`, rounded half up (away from zero on a tie).

    Raises
    ------
    NotExactError
        When the value is not finite.
    """
    return int(_scaled(value, per_one).to_integral_value(rounding=ROUND_HALF_UP))


def _scaled(value: Decimal, per_one: int) -> Decimal:
    if not value.is_finite():
        raise NotExactError(f"{value} is not a finite number")
    if abs(value.adjusted()) > _DIGITS_MAX:
        raise NotExactError(f"{value} is too large or too small")
    with localcontext() as context:
        context.prec = len(value.as_tuple().digits) + len(str(per_one))  # the product is exact
        return value * per_one


def decimal_text(count: int, per_one: int) -> str:
    """Return `count` units of 1/`per_one` as the shortest plain decimal, such as "59.82"."""
    sign = "-" if count < 0 else ""
    whole, part = divmod(abs(count), per_one)
    digits = len(str(per_one)) - 1
    fraction = f"{part:0{digits}d}".rstrip("0") if part else ""
    return f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"


def price_text(ticks: int) -> str:
    """Return a price in USD, such as "61.6146"."""
    return decimal_text(ticks, TICKS_PER_USD)


def shares_text(units: int) -> str:
    """Return a number of shares, such as "9.2932"."""
    return decimal_text(units, UNITS_PER_SHARE)


def money_text(micros: int) -> str:
    """Return an amount in USD, such as "7860.96"."""
    return decimal_text(micros, MICROS_PER_USD)


def ratio_text(ppm: int) -> str:
    """Return a fraction or ratio, such as "0.03"."""
    return decimal_text(ppm, PPM)


def bps_text(ppm: int) -> str:
    """Return basis points, such as "20"."""
    return decimal_text(ppm, PPM_PER_BPS)


def value_text(value: int) -> str:
    """Return a value of shares times price (1e-10 USD) in USD."""
    return decimal_text(value, VALUE_PER_USD)
