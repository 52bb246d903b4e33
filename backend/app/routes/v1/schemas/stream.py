"""What the event stream tells, on the wire: `event` names one of these, `data` is its body."""

from datetime import datetime
from typing import Literal

from app.routes.v1.schemas.system import DependencyOut
from app.routes.v1.schemas.wire import DecimalText, WireModel


class PriceEventOut(WireModel):
    """`price`: an observation was fetched."""

    symbol: str
    price: DecimalText | None
    observed_at: datetime
    received_at: datetime
    source: str


class DecisionEventOut(WireModel):
    """`decision`: a position was decided on, or an equal refusal was counted."""

    position_id: str
    number: int
    at: datetime
    kind: Literal["hold", "refused", "proposed"]
    reason: str
    side: Literal["buy", "sell"] | None
    reference_price: DecimalText | None
    checks: int


class OrderEventOut(WireModel):
    """`order`: an order was placed, or its state changed."""

    position_id: str
    id: str
    decision_number: int
    side: Literal["buy", "sell"]
    quantity: DecimalText
    limit_price: DecimalText
    state: str


class FillEventOut(WireModel):
    """`fill`: a fill was booked."""

    position_id: str
    n: int
    order_id: str
    decision_number: int
    at: datetime
    side: Literal["buy", "sell"]
    quantity: DecimalText
    price: DecimalText
    commission: DecimalText


class PositionEventOut(WireModel):
    """`position`: it was opened, started, halted or otherwise changed; `change` as in its audit."""

    position_id: str
    change: str
    at: datetime


class CurvePointOut(WireModel):
    """One point of a curve."""

    at: datetime
    equity: DecimalText


class JobEventOut(WireModel):
    """`job`: how far a job is; that of a simulation is told with its curve so far."""

    id: str
    job: Literal["simulation", "fetch"]
    status: Literal["queued", "running", "completed", "failed", "cancelled"]
    done: int
    total: int
    curve: list[CurvePointOut]


class TradingEventOut(WireModel):
    """`trading`: the kill switch was set, or trading was resumed."""

    halted: bool
    reason: str
    changed_at: datetime


class HealthEventOut(WireModel):
    """`health`: what the service depends on, after a change of it or of the price provider."""

    dependencies: list[DependencyOut]


class ResetEventOut(WireModel):
    """`reset`: some events may be missing; read everything again.

    While `interrupted` lasts, nothing is told; `resumed` ends it.
    """

    reason: Literal["start", "lost", "interrupted", "resumed", "missed", "restarted"]


type StreamEventOut = (
    PriceEventOut
    | DecisionEventOut
    | OrderEventOut
    | FillEventOut
    | PositionEventOut
    | JobEventOut
    | TradingEventOut
    | HealthEventOut
    | ResetEventOut
)
