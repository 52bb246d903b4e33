"""The kinds of field that a strategy has: each reads, writes and names its allowed values."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from app.domain import units
from app.domain.units import NotExactError


class OutOfRangeError(NotExactError):
    """A value that its field does not allow; the message completes "the field ..."."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """A decimal field: `per_one` of its unit make one, allowed from `low` to `high`."""

    per_one: int
    low: str
    high: str
    default: str | None
    nullable: bool = False

    def read(self, raw: object) -> int:
        """Return the amount in its unit; 0 for an allowed null."""
        if raw is None and self.nullable:
            return 0
        number = _decimal(raw)
        if not Decimal(self.low) <= number <= Decimal(self.high):
            raise OutOfRangeError(f"is {number}")
        return units.exact(number, self.per_one)

    def write(self, value: int) -> str | None:
        """Return the amount as the wire writes it."""
        return None if self.nullable and value == 0 else units.decimal_text(value, self.per_one)

    @property
    def allowed(self) -> str:
        """Return the range in words."""
        decimals = len(str(self.per_one)) - 1
        null = "null or " if self.nullable else ""
        return f"{null}a decimal from {self.low} to {self.high}, at most {decimals} decimals"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """The smallest quantity: a power of ten from 0.000001 to 1 share."""

    default: str = "0.0001"
    allowed: str = "0.000001, 0.00001, 0.0001, 0.001, 0.01, 0.1 or 1"

    def read(self, raw: object) -> int:
        """Return the lot in share units."""
        lot = units.exact(_decimal(raw), units.UNITS_PER_SHARE)
        if lot not in {10**power for power in range(7)}:
            raise OutOfRangeError(f"is {raw}")
        return lot

    def write(self, value: int) -> str:
        """Return the lot as the wire writes it."""
        return units.shares_text(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A whole number from `low` to `high`."""

    low: int
    high: int
    default: int

    def read(self, raw: object) -> int:
        """Return the number."""
        if isinstance(raw, bool) or not isinstance(raw, int):
            raise OutOfRangeError("is not a whole number")
        if not self.low <= raw <= self.high:
            raise OutOfRangeError(f"is {raw}")
        return raw

    def write(self, value: int) -> int:
        """Return the number."""
        return value

    @property
    def allowed(self) -> str:
        """Return the range in words."""
        return f"a whole number from {self.low} to {self.high}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """True or false."""

    default: bool
    allowed: str = "true or false"

    def read(self, raw: object) -> bool:
        """Return the switch."""
        if not isinstance(raw, bool):
            raise OutOfRangeError("is neither true nor false")
        return raw

    def write(self, value: bool) -> bool:  # noqa: FBT001 - the value is the switch
        """Return the switch."""
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice[E: StrEnum]:
    """One of a few words."""

    options: type[E]
    default: E

    def read(self, raw: object) -> E:
        """Return the member that `raw` names."""
        for option in self.options:
            if option.value == raw:
                return option
        raise OutOfRangeError(f"is {raw!r}")

    def write(self, value: E) -> str:
        """Return the word."""
        return value.value

    @property
    def allowed(self) -> str:
        """Return the words."""
        return ", ".join(self.options)


def _decimal(raw: object) -> Decimal:
    try:
        return units.read_decimal(raw)
    except NotExactError as error:
        raise OutOfRangeError(str(error)) from None
