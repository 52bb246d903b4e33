"""A strategy: every number a person can set, with its default, its range and its exact unit."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from app.domain import units
from app.domain.errors import FieldError, InvalidInputError
from app.domain.fields import Amount, Choice, Lot, Switch, Whole
from app.domain.units import NotExactError


class Policy(StrEnum):
    """How the size of an order follows from the move."""

    PROPORTIONAL = "proportional"
    TARGET = "target"
    FIXED_FRACTION = "fixed_fraction"
    TO_BOUND = "to_bound"


class Sessions(StrEnum):
    """In which sessions the robot may trade."""

    REGULAR = "regular"
    EXTENDED = "extended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy:
    """One version of a position's settings; ratios in ppm, money in micros, lot in share units.

    Names are the wire's names without their group; `collar` and `slippage` are ppm here and
    basis points on the wire. `max_trade` 0 means no limit.
    """

    up: int
    down: int
    policy: Policy
    ratio: int
    target: int
    fraction: int
    min_stock: int
    max_stock: int
    rebalance_on_drift: bool
    drift_tolerance: int
    max_trade: int
    min_notional: int
    max_per_day: int
    cooldown_seconds: int
    lot: int
    collar: int
    commission_rate: int
    commission_per_share: int
    commission_min: int
    slippage: int
    withholding_rate: int
    adjust_anchor: bool
    pay_lag_days: int
    sessions: Sessions

    def __post_init__(self) -> None:
        assert self.up > 0, "the robot sells above the anchor"
        assert 0 < self.down < units.PPM, "the robot buys below the anchor, above zero"
        assert 0 <= self.min_stock < self.max_stock <= units.PPM, "the band lies inside 0..1"
        assert self.lot > 0, "a lot is a positive number of share units"


type Field = Amount | Lot | Whole | Switch | Choice[Policy] | Choice[Sessions]


def _ratio(low: str, high: str, default: str | None, *, nullable: bool = False) -> Amount:
    return Amount(per_one=units.PPM, low=low, high=high, default=default, nullable=nullable)


def _bps(default: str) -> Amount:
    return Amount(per_one=units.PPM_PER_BPS, low="0", high="500", default=default)


def _usd(low: str, high: str, default: str) -> Amount:
    return Amount(per_one=units.MICROS_PER_USD, low=low, high=high, default=default)


# group -> wire name -> (attribute, field); a group that is a field stands alone on the wire.
FIELDS: Mapping[str, Mapping[str, tuple[str, Field]]] = {
    "trigger": {
        "up": ("up", _ratio("0.000001", "1", "0.03")),
        "down": ("down", _ratio("0.000001", "0.9", "0.03")),
    },
    "sizing": {
        "policy": ("policy", Choice(options=Policy, default=Policy.PROPORTIONAL)),
        "ratio": ("ratio", _ratio("0.01", "100", "1.6667")),
        "target": ("target", _ratio("0", "1", "0.5")),
        "fraction": ("fraction", _ratio("0.001", "1", "0.1")),
    },
    "guardrails": {
        "min_stock": ("min_stock", _ratio("0", "1", "0.25")),
        "max_stock": ("max_stock", _ratio("0", "1", "0.75")),
        "rebalance_on_drift": ("rebalance_on_drift", Switch(default=True)),
        "drift_tolerance": ("drift_tolerance", _ratio("0", "0.1", "0.01")),
        "max_trade": ("max_trade", _ratio("0.001", "1", None, nullable=True)),
    },
    "orders": {
        "min_notional": ("min_notional", _usd("1", "1000000", "100")),
        "max_per_day": ("max_per_day", Whole(low=1, high=1000, default=5)),
        "cooldown_seconds": ("cooldown_seconds", Whole(low=0, high=864_000, default=0)),
        "lot": ("lot", Lot()),
        "collar_bps": ("collar", _bps("20")),
    },
    "costs": {
        "commission_rate": ("commission_rate", _ratio("0", "0.05", "0.0001")),
        "commission_per_share": ("commission_per_share", _usd("0", "1", "0")),
        "commission_min": ("commission_min", _usd("0", "100", "0")),
        "slippage_bps": ("slippage", _bps("0")),
    },
    "dividends": {
        "withholding_rate": ("withholding_rate", _ratio("0", "1", "0.25")),
        "adjust_anchor": ("adjust_anchor", Switch(default=True)),
        "pay_lag_days": ("pay_lag_days", Whole(low=0, high=365, default=30)),
    },
}
SESSIONS = Choice(options=Sessions, default=Sessions.REGULAR)
_NO_MINIMUM = _usd("0", "1000000", "100")


def parse_strategy(
    body: Mapping[str, object], *, simulation: bool = False, at: str = "strategy"
) -> Strategy:
    """Return the strategy that `body` describes; what it leaves out takes the defaults.

    A simulation may set `min_notional` to 0. `at` is the path of the body in the request.

    Raises
    ------
    InvalidInputError
        Naming every field that is unknown or outside its range.
    """
    errors: list[FieldError] = []
    values: dict[str, object] = {}
    for group, name, attribute, field in _fields(simulation=simulation):
        path = f"{at}.{group}.{name}" if group else f"{at}.{name}"
        holder = body.get(group, {}) if group else body
        raw = holder.get(name, field.default) if isinstance(holder, Mapping) else field.default
        try:
            values[attribute] = field.read(raw)
        except NotExactError as error:
            errors.append(FieldError(field=path, message=str(error), allowed=field.allowed))
    errors.extend(_unknown(body, at))
    if errors:
        raise InvalidInputError(*errors)
    errors.extend(_contradictions(values, at))
    if errors:
        raise InvalidInputError(*errors)
    return Strategy(**values)  # type: ignore[arg-type]  # the table names exactly its attributes


def strategy_body(strategy: Strategy) -> dict[str, object]:
    """Return the canonical body: every field, grouped as on the wire, decimals as text."""
    body: dict[str, object] = {}
    for group, name, attribute, field in _fields(simulation=False):
        text = field.write(getattr(strategy, attribute))
        if group:
            holder = body.setdefault(group, {})
            assert isinstance(holder, dict)
            holder[name] = text
        else:
            body[name] = text
    return body


def laid_over(present: Mapping[str, object], changes: Mapping[str, object]) -> Mapping[str, object]:
    """Return `present` with the fields of `changes`, group by group."""
    merged = dict(present)
    for group, fields in changes.items():
        held = merged.get(group)
        if isinstance(held, Mapping) and isinstance(fields, Mapping):
            merged[group] = {**held, **fields}
        else:
            merged[group] = fields
    return merged


def _fields(*, simulation: bool) -> Iterator[tuple[str, str, str, Field]]:
    for group, fields in FIELDS.items():
        for name, (attribute, field) in fields.items():
            free = simulation and name == "min_notional"
            yield group, name, attribute, _NO_MINIMUM if free else field
    yield "", "sessions", "sessions", SESSIONS


def _unknown(body: Mapping[str, object], at: str) -> Iterator[FieldError]:
    for group, holder in body.items():
        if group == "sessions":
            continue
        known = FIELDS.get(group)
        if known is None:
            allowed = ", ".join((*FIELDS, "sessions"))
            yield FieldError(field=f"{at}.{group}", message="is unknown", allowed=allowed)
        elif not isinstance(holder, Mapping):
            yield FieldError(field=f"{at}.{group}", message="is not an object", allowed="an object")
        else:
            for name in sorted(set(holder) - set(known)):
                field = f"{at}.{group}.{name}"
                yield FieldError(field=field, message="is unknown", allowed=", ".join(known))


def _contradictions(values: Mapping[str, object], at: str) -> Iterator[FieldError]:
    """Yield the fields that are each in range but do not fit together."""
    number = {name: value for name, value in values.items() if isinstance(value, int)}
    if number["min_stock"] + 20_000 > number["max_stock"]:
        low = units.ratio_text(number["min_stock"] + 20_000)
        yield FieldError(
            field=f"{at}.guardrails.max_stock",
            message=f"is {units.ratio_text(number['max_stock'])}, too near to min_stock",
            allowed=f"from min_stock + 0.02 = {low} to 1",
        )
    outside = not number["min_stock"] <= number["target"] <= number["max_stock"]
    if values["policy"] is Policy.TARGET and outside:
        yield FieldError(
            field=f"{at}.sizing.target",
            message=f"is {units.ratio_text(number['target'])}, outside the guardrails",
            allowed="from min_stock to max_stock",
        )
    nearest = min(number["up"], number["down"])
    for path, attribute in (("orders.collar_bps", "collar"), ("costs.slippage_bps", "slippage")):
        if number[attribute] >= nearest:
            yield FieldError(
                field=f"{at}.{path}",
                message=f"is {units.bps_text(number[attribute])}, not below the trigger",
                allowed=f"from 0 to 500 and less than {units.bps_text(nearest)} (up and down)",
            )
