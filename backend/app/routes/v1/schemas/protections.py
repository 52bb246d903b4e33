"""Protections of a position on the wire."""

from app.domain.decision import Gate
from app.domain.position import Broker, Position
from app.domain.protection import falls, protections_body
from app.domain.risk import ORDERS_A_MINUTE
from app.domain.session import AGE_LIMIT
from app.domain.units import PPM, decimal_text, price_text, value_text
from app.routes.v1.schemas.wire import DecimalText, FractionIn, Reason, WireModel


class ProtectionsIn(WireModel):
    """Limits on the fall of the value; null switches one off, one left out stays."""

    max_drawdown: FractionIn | None = None
    max_daily_loss: FractionIn | None = None


class ProtectionResetIn(WireModel):
    """Why the fall is to be measured anew."""

    reason: Reason


class LimitsOut(WireModel):
    """The limits that a decision was made under, null where off."""

    max_drawdown: DecimalText | None
    max_daily_loss: DecimalText | None


class MarksOut(WireModel):
    """The values that a fall is measured from; `on` is the exchange date of the last one."""

    peak: DecimalText
    reference: DecimalText
    last: DecimalText
    on: str


class ProtectionsOut(LimitsOut):
    """The limits, null where off, and what they are measured from.

    `orders_per_minute` is null on paper, where nothing limits it; a price older than
    `price_age_seconds` is stale. Below `drawdown_price` and `daily_loss_price` the position
    proposes no order as it stands; they are null where no price decides that, such as without
    shares. They, the peak and the day's reference are null until a price was used under the limits.
    """

    peak: DecimalText | None
    reference: DecimalText | None
    orders_per_minute: int | None
    price_age_seconds: int
    drawdown_price: DecimalText | None
    daily_loss_price: DecimalText | None


def limits_of(wish: ProtectionsIn | None) -> dict[str, object]:
    """Return the limits that are given, as decimals; none where nothing is."""
    given = {} if wish is None else wish.model_dump(exclude_unset=True)
    return {
        name: None if limit is None else decimal_text(limit, PPM) for name, limit in given.items()
    }


def protections_out(position: Position) -> ProtectionsOut:
    """Return the protections as the wire writes them."""
    marks = position.marks
    lowest = {
        fall.gate: position.lowest_price_for(fall.lowest)
        for fall in falls(position.protections, marks)
    }
    drawdown, daily_loss = lowest.get(Gate.MAX_DRAWDOWN), lowest.get(Gate.DAILY_LOSS)
    return ProtectionsOut.model_validate(
        {
            **protections_body(position.protections),
            "peak": None if marks is None else value_text(marks.peak),
            "reference": None if marks is None else value_text(marks.reference),
            "orders_per_minute": None if position.broker is Broker.PAPER else ORDERS_A_MINUTE,
            "price_age_seconds": int(AGE_LIMIT.total_seconds()),
            "drawdown_price": None if drawdown is None else price_text(drawdown),
            "daily_loss_price": None if daily_loss is None else price_text(daily_loss),
        }
    )
