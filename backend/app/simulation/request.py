"""Simulation requests on the wire: read with every field checked, written with every default."""

from collections.abc import Iterator, Mapping
from datetime import date
from enum import StrEnum

from app.domain import rules
from app.domain.errors import FieldError, InvalidInputError
from app.domain.fields import Amount
from app.domain.strategy import Strategy, parse_strategy, strategy_body
from app.domain.units import (
    MICROS_PER_USD,
    PPM,
    TICKS_PER_USD,
    UNITS_PER_SHARE,
    VALUE_PER_USD,
    NotExactError,
)
from app.simulation.run import ExecutionModel, Opening, SimulationRequest, TouchPath


def _amount(per_one: int, high: int, *, low: str = "0") -> Amount:
    return Amount(per_one=per_one, low=low, high=str(high), default=None)


_MONEY = _amount(MICROS_PER_USD, rules.VALUE_MAX // VALUE_PER_USD)
_SHARES = _amount(UNITS_PER_SHARE, rules.SHARES_MAX // UNITS_PER_SHARE)
_PRICE = _amount(TICKS_PER_USD, rules.PRICE_MAX // TICKS_PER_USD, low="0.0001")
_RATIO = _amount(PPM, 1)

# The two kinds of opening: wire name -> (attribute, field); those of `_OPTIONAL` may be absent.
_HOLDINGS = {
    "cash": ("cash", _MONEY),
    "shares": ("shares", _SHARES),
    "anchor_price": ("anchor", _PRICE),
}
_MIX = {"value": ("value", _MONEY), "stock_fraction": ("stock_fraction", _RATIO)}
_OPTIONAL = {"anchor_price"}
_TOP = ("dataset_id", "start", "end", "opening", "strategy", "execution", "cash_rate")


def parse_request(body: Mapping[str, object]) -> SimulationRequest:
    """Return the request that `body` describes; what it leaves out takes the defaults.

    `dataset_id` is known but not part of it: a result depends on the dataset's content alone.

    Raises
    ------
    InvalidInputError
        Naming every field that is missing, unknown or outside its range.
    """
    errors = list(_unknown(body, _TOP, ""))
    start = _date(body, "start", errors)
    end = _date(body, "end", errors)
    if start and end and start > end:
        message = f"is {start}, after the end"
        errors.append(FieldError(field="start", message=message, allowed=f"up to the end, {end}"))
    opening = _opening(body.get("opening"), errors)
    execution = _execution(body.get("execution"), errors)
    cash_rate = _read(_RATIO, body.get("cash_rate", "0"), "cash_rate", errors)
    strategy = _strategy(body.get("strategy", {}), errors)
    if errors:
        raise InvalidInputError(*errors)
    assert start is not None
    assert end is not None
    assert opening is not None
    assert execution is not None
    assert cash_rate is not None
    assert strategy is not None
    model, path = execution
    return SimulationRequest(
        start=start,
        end=end,
        opening=opening,
        strategy=strategy,
        model=model,
        path=path,
        cash_rate=cash_rate,
    )


def request_body(request: SimulationRequest) -> dict[str, object]:
    """Return the canonical body: every field but the dataset, decimals as text."""
    execution = {"model": request.model.value}
    if request.path is not None:
        execution["path"] = request.path.value
    opening = {
        name: field.write(value)
        for name, (attribute, field) in (_HOLDINGS | _MIX).items()
        if (value := getattr(request.opening, attribute)) is not None
    }
    return {
        "start": request.start.isoformat(),
        "end": request.end.isoformat(),
        "opening": opening,
        "strategy": strategy_body(request.strategy),
        "execution": execution,
        "cash_rate": _RATIO.write(request.cash_rate),
    }


def _date(body: Mapping[str, object], name: str, errors: list[FieldError]) -> date | None:
    raw = body.get(name)
    message = "is missing" if raw is None else f"is {raw!r}, not a date"
    if isinstance(raw, str):
        try:
            day = date.fromisoformat(raw)
        except ValueError as error:
            message = f"is {raw!r}, not a date ({error})"
        else:
            if day.isoformat() == raw:
                return day
    errors.append(FieldError(field=name, message=message, allowed="a date, YYYY-MM-DD"))
    return None


def _opening(raw: object, errors: list[FieldError]) -> Opening | None:
    kinds = 'an object, {"cash", "shares", "anchor_price"?} or {"value", "stock_fraction"}'
    if not isinstance(raw, Mapping):
        message = "is missing" if raw is None else "is not an object"
        errors.append(FieldError(field="opening", message=message, allowed=kinds))
        return None
    fields = _MIX if set(raw) & set(_MIX) else _HOLDINGS
    found = len(errors)
    errors.extend(_unknown(raw, tuple(fields), "opening."))
    values: dict[str, int | None] = {"anchor": None, "cash": None, "shares": None}
    values |= {"value": None, "stock_fraction": None}
    for name, (attribute, field) in fields.items():
        if name not in _OPTIONAL or raw.get(name) is not None:
            values[attribute] = _read(field, raw.get(name), f"opening.{name}", errors)
    if len(errors) > found:
        return None
    return Opening(**values)


def _execution(
    raw: object, errors: list[FieldError]
) -> tuple[ExecutionModel, TouchPath | None] | None:
    if not isinstance(raw, Mapping):
        message = "is missing" if raw is None else "is not an object"
        allowed = f'{{"model", "path"?}}, one of {", ".join(ExecutionModel)}'
        errors.append(FieldError(field="execution", message=message, allowed=allowed))
        return None
    found = len(errors)
    errors.extend(_unknown(raw, ("model", "path"), "execution."))
    model = _choice(ExecutionModel, raw.get("model"), "execution.model", errors)
    path = None
    if model is ExecutionModel.TOUCH:
        named = raw.get("path")
        if named is None:
            named = TouchPath.PESSIMISTIC.value
        path = _choice(TouchPath, named, "execution.path", errors)
    elif model is not None and raw.get("path") is not None:
        message = f"is given with the model {model.value}"
        allowed = "only with the model touch"
        errors.append(FieldError(field="execution.path", message=message, allowed=allowed))
    if model is None or len(errors) > found:
        return None
    return model, path


def _choice[E: StrEnum](
    options: type[E], named: object, path: str, errors: list[FieldError]
) -> E | None:
    for option in options:
        if option.value == named:
            return option
    message = "is missing" if named is None else f"is {named!r}, which is not available"
    errors.append(FieldError(field=path, message=message, allowed=", ".join(options)))
    return None


def _strategy(raw: object, errors: list[FieldError]) -> Strategy | None:
    if not isinstance(raw, Mapping):
        errors.append(FieldError(field="strategy", message="is not an object", allowed="an object"))
        return None
    try:
        return parse_strategy(raw, simulation=True)
    except InvalidInputError as error:
        errors.extend(error.errors)
        return None


def _read(field: Amount, raw: object, path: str, errors: list[FieldError]) -> int | None:
    try:
        return field.read(raw)
    except NotExactError as error:
        message = "is missing" if raw is None else str(error)
        errors.append(FieldError(field=path, message=message, allowed=field.allowed))
        return None


def _unknown(
    body: Mapping[str, object], known: tuple[str, ...], prefix: str
) -> Iterator[FieldError]:
    for name in body:
        if name not in known:
            yield FieldError(
                field=f"{prefix}{name}", message="is unknown", allowed=", ".join(known)
            )
