"""The strategy on the wire: its schemas follow from the one table of fields in the domain."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, WithJsonSchema, create_model

from app.domain.fields import Amount, Choice, Lot, Switch, Whole
from app.domain.strategy import FIELDS, SESSIONS, Field

# The domain checks every field and names its range; here they only pass through. Unknown fields
# pass too, so that the same answer lists them beside the others.
_CONFIG = ConfigDict(extra="allow", frozen=True, json_schema_extra={"additionalProperties": False})


def _schema(field: Field) -> dict[str, object]:
    schema: dict[str, object] = {"description": f"Allowed: {field.allowed}."}
    match field:
        case Amount(nullable=nullable):
            schema["type"] = ["string", "null"] if nullable else "string"
            schema["format"] = "decimal"
        case Lot():
            schema |= {"type": "string", "enum": field.allowed.replace(" or ", ", ").split(", ")}
        case Whole(low=low, high=high):
            schema |= {"type": "integer", "minimum": low, "maximum": high}
        case Switch():
            schema["type"] = "boolean"
        case Choice(options=options):
            schema |= {"type": "string", "enum": [option.value for option in options]}
    return schema


def _group(name: str, fields: Mapping[str, tuple[str, Field]], suffix: str) -> type[BaseModel]:
    annotated: dict[str, Any] = {}
    for wire_name, (_, field) in fields.items():
        kind = Annotated[Any, WithJsonSchema(_schema(field))]
        annotated[wire_name] = (kind, field.default) if suffix == "In" else (kind, ...)
    title = "".join(part.capitalize() for part in name.split("_"))
    return create_model(f"{title}{suffix}", __config__=_CONFIG, **annotated)


def _strategy(suffix: str) -> type[BaseModel]:
    default = None if suffix == "In" else ...
    groups: dict[str, Any] = {
        name: (_group(name, fields, suffix), default) for name, fields in FIELDS.items()
    }
    sessions = Annotated[Any, WithJsonSchema(_schema(SESSIONS))]
    groups["sessions"] = (sessions, SESSIONS.default if suffix == "In" else ...)
    return create_model(f"Strategy{suffix}", __config__=_CONFIG, **groups)


StrategyIn = _strategy("In")
StrategyOut = _strategy("Out")


def strategy_fields(body: BaseModel | None) -> dict[str, object]:
    """Return what the request itself set, for the domain to read."""
    return {} if body is None else body.model_dump(exclude_unset=True)
