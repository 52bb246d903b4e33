"""The types of the wire: decimals as text, counted exactly in the domain's units."""

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from app.domain import units
from app.domain.units import NotExactError

DECIMAL_PATTERN = r"^-?[0-9]+(\.[0-9]+)?$"


class WireModel(BaseModel):
    """A body whose fields are all known; an unknown one is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


DecimalText = Annotated[
    str, Field(description="A decimal as text.", json_schema_extra={"format": "decimal"})
]


def _counted(per_one: int) -> Callable[[object], int]:
    decimals = len(str(per_one)) - 1
    allowed = f'a decimal as text, such as "12.5", with at most {decimals} decimals'

    def read(raw: object) -> int:
        if isinstance(raw, bool) or not isinstance(raw, str | int):
            raise PydanticCustomError(
                "decimal", "is not a decimal written as text", {"allowed": allowed}
            )
        try:
            return units.exact(Decimal(raw), per_one)
        except (InvalidOperation, NotExactError) as error:
            raise PydanticCustomError(
                "decimal", "is {raw}", {"raw": repr(raw)[:40], "allowed": allowed}
            ) from error

    return read


def _schema(per_one: int, unit: str) -> dict[str, object]:
    return {
        "type": "string",
        "format": "decimal",
        "pattern": DECIMAL_PATTERN,
        "description": f"{unit}, at most {len(str(per_one)) - 1} decimals.",
    }


MoneyIn = Annotated[
    int,
    BeforeValidator(_counted(units.MICROS_PER_USD)),
    WithJsonSchema(_schema(units.MICROS_PER_USD, "An amount in USD")),
]
PriceIn = Annotated[
    int,
    BeforeValidator(_counted(units.TICKS_PER_USD)),
    WithJsonSchema(_schema(units.TICKS_PER_USD, "A price in USD")),
]
SharesIn = Annotated[
    int,
    BeforeValidator(_counted(units.UNITS_PER_SHARE)),
    WithJsonSchema(_schema(units.UNITS_PER_SHARE, "A number of shares")),
]
FractionIn = Annotated[
    int,
    BeforeValidator(_counted(units.PPM)),
    WithJsonSchema(_schema(units.PPM, "A fraction")),
]

Reason = Annotated[str, Field(min_length=1, max_length=500, description="Kept in the audit trail.")]


class PageOut[T](WireModel):
    """A slice of a list, newest first, and the cursor of the next one."""

    items: list[T]
    next_cursor: str | None
