"""Simulations on the wire."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import WithJsonSchema

from app.routes.v1.schemas.decisions import DecisionFacts
from app.routes.v1.schemas.results import ResultOut
from app.routes.v1.schemas.strategies import StrategyIn, StrategyOut
from app.routes.v1.schemas.wire import DecimalText, WireModel
from app.simulation.progress import PartialCurve
from app.simulation.run import ExecutionModel, RunRecord, TouchPath

# The simulation reads these fields itself, so that one answer names every one out of range.
_DECIMAL = {"type": "string", "format": "decimal"}
_Decimal = Annotated[Any, WithJsonSchema(_DECIMAL)]
_Day = Annotated[Any, WithJsonSchema({"type": "string", "format": "date"})]
_Model = Annotated[
    Any, WithJsonSchema({"type": "string", "enum": [model.value for model in ExecutionModel]})
]
_Path = Annotated[
    Any, WithJsonSchema({"type": "string", "enum": [path.value for path in TouchPath]})
]


class SimulationOpeningIn(WireModel):
    """Either cash and shares, with an anchor or without, or a value and its part in stock."""

    cash: _Decimal = None
    shares: _Decimal = None
    anchor_price: _Decimal = None
    value: _Decimal = None
    stock_fraction: _Decimal = None


class ExecutionIn(WireModel):
    """How orders fill, and for `touch` the way of the price inside a bar.

    `close` decides on the bar's close and fills at it, `next_open` fills at the open of the next
    bar, `touch` walks through the bar and fills at the first price that calls for an order.
    """

    model: _Model
    path: _Path = None


class SimulationIn(WireModel):
    """A simulation to run; dates are inclusive session dates."""

    dataset_id: str
    start: _Day
    end: _Day
    opening: SimulationOpeningIn
    strategy: StrategyIn | None = None  # type: ignore[valid-type]  # made from the field table
    execution: ExecutionIn
    cash_rate: _Decimal = "0"


class SimulationOpeningOut(WireModel):
    """What the run started with; the fields of the other kind of opening are null."""

    cash: DecimalText | None
    shares: DecimalText | None
    anchor_price: DecimalText | None
    value: DecimalText | None
    stock_fraction: DecimalText | None


class ExecutionOut(WireModel):
    """How orders filled."""

    model: Literal["close", "next_open", "touch"]
    path: Literal["pessimistic", "optimistic", "olhc", "ohlc"] | None


class SimulationRequestOut(WireModel):
    """The request with every default filled in."""

    start: date
    end: date
    opening: SimulationOpeningOut
    strategy: StrategyOut  # type: ignore[valid-type]  # made from the field table
    execution: ExecutionOut
    cash_rate: DecimalText


class PartialPointOut(WireModel):
    """One point of the curve of a run that is still computed."""

    at: datetime
    equity: DecimalText


class SimulationOut(WireModel):
    """A run: its status and progress, its request, and its result once it is completed.

    `partial_curve` are up to 500 points of what is computed so far, none but while it is running.
    """

    id: str
    dataset_id: str
    dataset_digest: str
    symbol: str
    status: Literal["queued", "running", "completed", "failed", "cancelled"]
    done: int
    total: int
    request: SimulationRequestOut
    partial_curve: list[PartialPointOut]
    result: ResultOut | None
    error: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class EquityOut(WireModel):
    """One point of the robot's curve."""

    at: datetime
    price: DecimalText
    equity: DecimalText
    cash: DecimalText
    shares: DecimalText
    receivable: DecimalText


class HoldingOut(WireModel):
    """One point of the curve of holding the opening mix."""

    at: datetime
    equity: DecimalText


class EquitySeriesOut(WireModel):
    """The robot's curve and that of holding, oldest first, at the same moments."""

    items: list[EquityOut]
    holding: list[HoldingOut]


class RollingOut(WireModel):
    """Yearly volatility and Sharpe over the last 63 and 252 sessions, null while too few."""

    at: datetime
    volatility_63: DecimalText | None
    sharpe_63: DecimalText | None
    volatility_252: DecimalText | None
    sharpe_252: DecimalText | None
    undefined: dict[str, str]


class RollingSeriesOut(WireModel):
    """The rolling statistics of a run, oldest first."""

    items: list[RollingOut]


class SimulatedTradeOut(WireModel):
    """A fill of the run and the position after it."""

    n: int
    at: datetime
    side: Literal["buy", "sell"]
    quantity: DecimalText
    price: DecimalText
    commission: DecimalText
    reason: str
    cash_after: DecimalText
    shares_after: DecimalText
    stock_share_after: DecimalText


class SimulatedDecisionOut(DecisionFacts):
    """One decision of the run; a bar has one, and in `touch` one more for each fill."""

    number: int
    at: datetime
    strategy_version: int
    rules_version: str


_NO_OPENING = dict.fromkeys(SimulationOpeningOut.model_fields)


def simulation_out(run: RunRecord, *, partial_curve: PartialCurve = ()) -> SimulationOut:
    """Return a run as the wire writes it."""
    opening = run.request["opening"]
    execution = run.request["execution"]
    assert isinstance(opening, Mapping)
    assert isinstance(execution, Mapping)
    return SimulationOut.model_validate(
        {
            "id": run.id,
            "dataset_id": run.dataset_id,
            "dataset_digest": run.dataset_digest,
            "symbol": run.symbol,
            "status": run.status.value,
            "done": run.done,
            "total": run.total,
            "request": {
                **run.request,
                "opening": {**_NO_OPENING, **opening},
                "execution": {"path": None, **execution},
            },
            "partial_curve": partial_curve,
            "result": run.result,
            "error": run.error,
            "created_at": run.created_at,
            "started_at": run.started_at,
            "finished_at": run.finished_at,
        }
    )
