"""Protections: how far a position's value may fall before it proposes no more orders.

Values are shares, cash and receivable at a used price, in 1e-10 USD. What changes the value is a
gain or a loss, and is measured, whoever caused it:

- Prices, the costs of our own fills, and a trade that somebody made at the broker in our place.
- A bust: the broker corrects a trade of ours, and what it seemed to have earned or lost goes back.
  A peak that it had raised stays until somebody resets it: a protection errs towards stopping.

What comes from outside or goes there is neither: a deposit, a withdrawal, and shares adopted from
the account. They move each mark in proportion to the value, so that the fall in percent stays
what it was. Moved by the plain amount instead, a deposit would hide a fall behind new money, and a
withdrawal could trip a limit at the price that was allowed a moment ago.

A split and an ex-dividend conserve the value, up to tax and a fraction of a lot, and move no mark.
An order that is sent, changed, or not filled moves nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from app.domain.decision import Fall, Gate
from app.domain.errors import FieldError, InvalidInputError
from app.domain.fields import Amount
from app.domain.units import PPM, VALUE_PER_USD, NotExactError, exact, value_text

LIMITS: Mapping[str, Amount] = {
    "max_drawdown": Amount(per_one=PPM, low="0.01", high="0.9", default=None, nullable=True),
    "max_daily_loss": Amount(per_one=PPM, low="0.005", high="0.5", default=None, nullable=True),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Protections:
    """The largest fall from the peak, and from the day's reference, in ppm; None where off."""

    max_drawdown: int | None = None
    max_daily_loss: int | None = None

    def __post_init__(self) -> None:
        limits = (self.max_drawdown, self.max_daily_loss)
        assert all(limit is None or 0 < limit < PPM for limit in limits), "a part of the value"


UNPROTECTED = Protections()


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """The values that a fall is measured from.

    `peak` is the highest value at a used price. `reference` is the value at the last price used
    before the exchange date `on`, or at the first one used on it when there was none before.
    `last` is the value at the last used price.
    """

    peak: int
    reference: int
    last: int
    on: date

    def __post_init__(self) -> None:
        assert self.reference >= 0, "no value is below zero"
        assert self.last >= 0, "no value is below zero"
        assert self.peak >= self.last, "no value is above the peak"
        assert self.peak >= self.reference, "the day's reference was a value too"


def marked(marks: Marks | None, value: int, on: date) -> Marks:
    """Return the marks after a look at `value` on the exchange date `on`; the first sets them."""
    if marks is None:
        return Marks(peak=value, reference=value, last=value, on=on)
    reference = marks.reference if marks.on == on else marks.last
    return Marks(peak=max(marks.peak, value), reference=reference, last=value, on=on)


def scaled(marks: Marks | None, *, before: int, after: int) -> Marks | None:
    """Return the marks once the value went from `before` to `after` without gain or loss.

    Where nothing is left, or nothing was there, the next price sets them anew.

    Rounding
    --------
    Up, so that no fall that was too far before is let through after.
    """
    if marks is None or before == 0 or after == 0:
        return None
    peak, reference, last = (
        -(-mark * after // before) for mark in (marks.peak, marks.reference, marks.last)
    )
    return Marks(peak=peak, reference=reference, last=last, on=marks.on)


def falls(protections: Protections, marks: Marks | None) -> tuple[Fall, ...]:
    """Return the fall that each limit is about, at the last value of `marks`."""
    if marks is None:
        return ()
    limits = (
        (Gate.MAX_DRAWDOWN, protections.max_drawdown, marks.peak),
        (Gate.DAILY_LOSS, protections.max_daily_loss, marks.reference),
    )
    return tuple(
        Fall(gate=gate, limit=limit, mark=mark, value=marks.last)
        for gate, limit, mark in limits
        if limit is not None
    )


def parse_protections(body: Mapping[str, object], *, present: Protections) -> Protections:
    """Return `body` laid over `present`: what it leaves out stays, null switches off.

    Raises
    ------
    InvalidInputError
        Naming every field that is unknown or outside its range.
    """
    errors: list[FieldError] = []
    values = {"max_drawdown": present.max_drawdown, "max_daily_loss": present.max_daily_loss}
    for name, raw in body.items():
        field, path = LIMITS.get(name), f"protections.{name}"
        if field is None:
            allowed = ", ".join(LIMITS)
            errors.append(FieldError(field=path, message="is unknown", allowed=allowed))
            continue
        try:
            values[name] = field.read(raw) or None
        except NotExactError as error:
            errors.append(FieldError(field=path, message=str(error), allowed=field.allowed))
    if errors:
        raise InvalidInputError(*errors)
    return Protections(**values)


def protections_body(protections: Protections) -> dict[str, str | None]:
    """Return the limits as the wire and the record write them; `read_protections` reads them."""
    return {name: field.write(getattr(protections, name) or 0) for name, field in LIMITS.items()}


def read_protections(body: Mapping[str, Any]) -> Protections:
    """Return the limits that `protections_body` wrote."""
    return Protections(**{name: field.read(body[name]) or None for name, field in LIMITS.items()})


def marks_body(marks: Marks) -> dict[str, str]:
    """Return the marks as the record writes them; `read_marks` reads them."""
    return {
        "peak": value_text(marks.peak),
        "reference": value_text(marks.reference),
        "last": value_text(marks.last),
        "on": marks.on.isoformat(),
    }


def read_marks(body: Mapping[str, Any]) -> Marks:
    """Return the marks that `marks_body` wrote."""
    peak, reference, last = (
        exact(Decimal(body[name]), VALUE_PER_USD) for name in ("peak", "reference", "last")
    )
    return Marks(peak=peak, reference=reference, last=last, on=date.fromisoformat(body["on"]))
