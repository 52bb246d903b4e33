"""Dividends and splits of a position, on the wire."""

from datetime import date, datetime
from typing import Literal

from app.domain.booked_action import ActionRecord
from app.domain.units import money_text, price_text, shares_text
from app.routes.v1.schemas.wire import DecimalText, WireModel


class ActionOut(WireModel):
    """A dividend or a split: announced terms, the shares that it was for, and what came of it.

    `note` says why it was quarantined, `differs` what the provider announces by now instead.
    """

    kind: Literal["dividend", "split"]
    ex_date: date
    state: Literal["booked", "overdue", "settled", "quarantined"]
    per_share: DecimalText | None
    ratio: str | None
    previous_close: DecimalText | None
    shares: DecimalText
    gross: DecimalText
    tax: DecimalText
    net: DecimalText
    due_on: date | None
    paid_on: date | None
    source: str
    learned_at: datetime
    note: str | None
    differs: str | None


def action_out(action: ActionRecord) -> ActionOut:
    """Return the wire form."""
    ratio, close = (action.numerator, action.denominator), action.previous_close
    return ActionOut(
        kind=action.kind.value,
        ex_date=action.ex_date,
        state=action.state.value,
        per_share=None if action.per_share is None else money_text(action.per_share),
        ratio=None if None in ratio else f"{ratio[0]}:{ratio[1]}",
        previous_close=None if close is None else price_text(close),
        shares=shares_text(action.entitled),
        gross=money_text(action.gross),
        tax=money_text(action.tax),
        net=money_text(action.net),
        due_on=action.due_on,
        paid_on=action.paid_on,
        source=action.source,
        learned_at=action.learned_at,
        note=action.note,
        differs=action.differs,
    )
