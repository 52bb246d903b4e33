"""The types of the wire: decimals as text, counted exactly in the domain's units."""

import re
from collections.abc import Callable
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from app.domain import units
from app.domain.position import SYMBOL_ALLOWED, SYMBOL_PATTERN
from app.domain.units import NotExactError

_SYMBOL = re.compile(SYMBOL_PATTERN)
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")  # JSON can write both, the database neither


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
        try:
            return units.exact(units.read_decimal(raw), per_one)
        except NotExactError as error:
            context = {"reason": str(error), "allowed": allowed}
            raise PydanticCustomError("decimal", "{reason}", context) from error

    return read


def _schema(per_one: int, unit: str) -> dict[str, object]:
    return {
        "type": "string",
        "format": "decimal",
        "pattern": f"^{units.PLAIN_DECIMAL}$",
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


def _storable(text: str) -> str:
    if _UNSTORABLE.search(text):
        allowed = "text without NUL and without half of a surrogate pair"
        raise PydanticCustomError("text", "cannot be stored", {"allowed": allowed})
    return text


Text = Annotated[str, AfterValidator(_storable)]


def _symbol(text: str) -> str:
    if not _SYMBOL.fullmatch(text):
        context = {"shown": repr(text[:20]), "allowed": SYMBOL_ALLOWED}
        raise PydanticCustomError("symbol", "is {shown}", context)
    return text


Symbol = Annotated[
    str,
    AfterValidator(_symbol),
    WithJsonSchema({"type": "string", "pattern": f"^{SYMBOL_PATTERN}$"}),
]
Reason = Annotated[
    Text, Field(min_length=1, max_length=500, description="Kept in the audit trail.")
]


class PageOut[T](WireModel):
    """A slice of a list, newest first, and the cursor of the next one."""

    items: list[T]
    next_cursor: str | None
