"""The ladder of next orders on the wire."""

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from app.domain.decision import Trim
from app.domain.ladder import Flight, Ladder, Rung
from app.domain.units import money_text, price_text, ratio_text, shares_text
from app.domain.what_if import Silence, cutting_rule
from app.routes.v1.schemas.decisions import TrimOut
from app.routes.v1.schemas.wire import DecimalText, WireModel

_SIX_PLACES = Decimal("0.000001")


class SilenceOut(WireModel):
    """Why no order is proposed, and the rule that leaves too little, where one does."""

    reason: str
    rule: str | None


class RungOut(WireModel):
    """The first price that proposes an order, and what its whole fill at the worst price leaves.

    `trigger` is null for an order that the drift calls for. `held_back` says why the order is not
    proposed one tick before, where something called for it there already; null otherwise.
    `amount` is the change in cash before `commission`; `stock_share_after` is at `price`.
    """

    side: Literal["buy", "sell"]
    cause: Literal["trigger", "drift"]
    price: DecimalText
    distance: DecimalText
    trigger: DecimalText | None
    held_back: SilenceOut | None
    raw_quantity: DecimalText
    quantity: DecimalText
    trims: list[TrimOut]
    binding: str | None
    worst_price: DecimalText
    amount: DecimalText
    commission: DecimalText
    shares_after: DecimalText
    cash_after: DecimalText
    stock_share_after: DecimalText | None
    anchor_after: DecimalText | None
    earliest_at: datetime


class FlightOut(WireModel):
    """The rungs on one way, nearest first; `ended` says why there are fewer than asked for."""

    rungs: list[RungOut]
    ended: SilenceOut | None


class LadderOut(WireModel):
    """The next orders around `price`; where one is `due` at it, both ways start after its fill.

    The price is null, and the ladder empty, before any price is known. `waits_until` is the end of
    a cool-down that still runs.
    """

    price: DecimalText | None
    due: RungOut | None
    up: FlightOut
    down: FlightOut
    waits_until: datetime | None


def ladder_out(ladder: Ladder | None) -> LadderOut:
    """Return a ladder as the wire writes it; None is an empty one."""
    if ladder is None:
        nothing = FlightOut(rungs=[], ended=SilenceOut(reason="price_unknown", rule=None))
        return LadderOut(price=None, due=None, up=nothing, down=nothing, waits_until=None)
    return LadderOut(
        price=price_text(ladder.price),
        due=None if ladder.due is None else _rung(ladder.due, ladder.price),
        up=_flight(ladder.up, ladder.price),
        down=_flight(ladder.down, ladder.price),
        waits_until=ladder.waits_until,
    )


def _flight(flight: Flight, price: int) -> FlightOut:
    return FlightOut(
        rungs=[_rung(rung, price) for rung in flight.rungs], ended=_silence(flight.ended)
    )


def _rung(rung: Rung, price: int) -> RungOut:
    sizing, after = rung.decision.sizing, rung.after
    share, anchor = after.stock_share_at(rung.price), after.anchor
    cut = cutting_rule([trim.rule for trim in sizing.trims])
    return RungOut(
        side=sizing.side.value,
        cause=sizing.cause.value,
        price=price_text(rung.price),
        distance=_distance(rung.price, price),
        trigger=None if rung.trigger is None else price_text(rung.trigger),
        held_back=_silence(rung.held_back),
        raw_quantity=shares_text(sizing.raw_quantity),
        quantity=shares_text(sizing.quantity),
        trims=[_trim(trim) for trim in sizing.trims],
        binding=None if cut is None else cut.value,
        worst_price=price_text(sizing.worst_price),
        amount=money_text(rung.fill.cash_flow),
        commission=money_text(rung.fill.commission),
        shares_after=shares_text(after.shares),
        cash_after=money_text(after.cash),
        stock_share_after=None if share is None else ratio_text(share),
        anchor_after=None if anchor is None else price_text(anchor),
        earliest_at=rung.day.now,
    )


def _distance(price: int, start: int) -> str:
    moved = Decimal(price) / Decimal(start) - 1
    return str(moved.quantize(_SIX_PLACES, rounding=ROUND_HALF_UP))


def _trim(trim: Trim) -> TrimOut:
    return TrimOut(
        rule=trim.rule.value, before=shares_text(trim.before), after=shares_text(trim.after)
    )


def _silence(silence: Silence | None) -> SilenceOut | None:
    if silence is None:
        return None
    rule = None if silence.rule is None else silence.rule.value
    return SilenceOut(reason=silence.reason.value, rule=rule)
