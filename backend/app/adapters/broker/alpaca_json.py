"""Values in Alpaca's answers, read exactly, or an error that names what cannot be read."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TypeGuard

from app.adapters.broker.alpaca_client import Answer
from app.domain.decision import Side
from app.domain.units import NotExactError, exact, half_up, read_decimal

type Record = Mapping[str, object]

NOT_FOUND_CODE = 40_410_000

_TEXT_CHARS_MAX = 200
_DIGITS_MAX = 30
_MOMENT = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)
_DAY = re.compile(r"20\d\d-\d\d-\d\d", re.ASCII)
_SIDES = {"buy": Side.BUY, "sell": Side.SELL, "sell_short": Side.SELL}


class UnreadableError(ValueError):
    """An answer, or a value in one, that cannot be what its name says."""


def parsed(body: bytes) -> object:
    """Return the JSON in `body`, with fractions as Decimal.

    Raises
    ------
    UnreadableError
        When it is no JSON.
    """
    try:
        return json.loads(body, parse_float=Decimal)
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise UnreadableError("its answer is not readable as JSON") from error


def record(value: object) -> Record:
    """Return an object of named values.

    Raises
    ------
    UnreadableError
        When it is anything else.
    """
    if not _is_record(value):
        raise UnreadableError("its answer is not made of named values")
    return value


def records(value: object) -> tuple[Record, ...]:
    """Return the objects of a list.

    Raises
    ------
    UnreadableError
        When it is anything else.
    """
    if not isinstance(value, list):
        raise UnreadableError("its answer is not a list")
    return tuple(map(record, value))


def text(given: Record, field: str) -> str:
    """Return a text of 1 to 200 characters.

    Raises
    ------
    UnreadableError
        When it is anything else.
    """
    value = given.get(field)
    if not isinstance(value, str) or not 0 < len(value) <= _TEXT_CHARS_MAX:
        raise UnreadableError(f"{field} is not a text of 1 to {_TEXT_CHARS_MAX} characters")
    return value


def flag(given: Record, field: str) -> bool:
    """Return a yes or no.

    Raises
    ------
    UnreadableError
        When it is anything else.
    """
    value = given.get(field)
    if not isinstance(value, bool):
        raise UnreadableError(f"{field} is not true or false")
    return value


def decimal(given: Record, field: str) -> Decimal:
    """Return a decimal.

    Raises
    ------
    UnreadableError
        When it is none.
    """
    try:
        return read_decimal(given.get(field))
    except NotExactError as error:
        raise UnreadableError(f"{field} is not a decimal") from error


def counted(given: Record, field: str, per_one: int) -> int:
    """Return a decimal in whole units of 1/`per_one`.

    Raises
    ------
    UnreadableError
        When it is none, or finer than a unit.
    """
    try:
        return exact(decimal(given, field), per_one)
    except NotExactError as error:
        raise UnreadableError(f"{field} has more decimals than are counted here") from error


def rounded_down(given: Record, field: str, per_one: int) -> int:
    """Return a decimal in units of 1/`per_one`, rounded down.

    Raises
    ------
    UnreadableError
        When it is none, or far beyond every range.
    """
    numerator, denominator = _ratio(given, field)
    return numerator * per_one // denominator


def rounded_up(given: Record, field: str, per_one: int) -> int:
    """Return a decimal in units of 1/`per_one`, rounded up.

    Raises
    ------
    UnreadableError
        When it is none, or far beyond every range.
    """
    numerator, denominator = _ratio(given, field)
    return -(-numerator * per_one // denominator)


def rounded_half_up(given: Record, field: str, per_one: int) -> int:
    """Return a decimal in units of 1/`per_one`, rounded half up.

    Raises
    ------
    UnreadableError
        When it is none, or far beyond every range.
    """
    _ratio(given, field)
    return half_up(decimal(given, field), per_one)


def side(given: Record) -> Side:
    """Return the side; a short sale is a sale.

    Raises
    ------
    UnreadableError
        When it is none.
    """
    found = _SIDES.get(text(given, "side"))
    if found is None:
        raise UnreadableError("side is neither buy nor sell")
    return found


def moment(given: Record, field: str) -> datetime:
    """Return a time in UTC, cut to the microsecond.

    Raises
    ------
    UnreadableError
        When it is no time with a zone, from 2000 to 2099.
    """
    value = text(given, field)
    try:
        if _MOMENT.fullmatch(value):
            return datetime.fromisoformat(value).astimezone(UTC)
    except ValueError:
        pass
    raise UnreadableError(f"{field} is not a time with a zone")


def day(given: Record, field: str) -> date:
    """Return a date.

    Raises
    ------
    UnreadableError
        When it is none.
    """
    value = text(given, field)
    try:
        if _DAY.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise UnreadableError(f"{field} is not a date")


def refusal(answer: Answer) -> str | None:
    """Return the message of an answer in which Alpaca itself says no; None for any other."""
    try:
        return text(record(parsed(answer.body)), "message")
    except UnreadableError:
        return None


def is_not_found(answer: Answer) -> bool:
    """Return whether Alpaca itself says that it has no such thing; a lost way says no such thing.

    Its own answer carries a code, that of a proxy or of a wrong URL does not.
    """
    if answer.status != 404:
        return False
    try:
        return record(parsed(answer.body)).get("code") == NOT_FOUND_CODE
    except UnreadableError:
        return False


def _is_record(value: object) -> TypeGuard[Record]:
    return isinstance(value, dict)


def _ratio(given: Record, field: str) -> tuple[int, int]:
    value = decimal(given, field)
    # The ratio of 1E+1000000000 would fill the memory.
    if value and abs(value.adjusted()) > _DIGITS_MAX:
        raise UnreadableError(f"{field} is far beyond every range")
    return value.as_integer_ratio()
