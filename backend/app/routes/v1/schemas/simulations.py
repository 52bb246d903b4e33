"""Simulations on the wire."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import WithJsonSchema

from app.routes.v1.schemas.decisions import DecisionFacts
from app.routes.v1.schemas.strategies import StrategyIn, StrategyOut
from app.routes.v1.schemas.wire import DecimalText, WireModel
from app.simulation.run import RunRecord

# The simulation reads these fields itself, so that one answer names every one out of range.
_DECIMAL = {"type": "string", "format": "decimal"}
_Decimal = Annotated[Any, WithJsonSchema(_DECIMAL)]
_Day = Annotated[Any, WithJsonSchema({"type": "string", "format": "date"})]
_Model = Annotated[Any, WithJsonSchema({"type": "string", "enum": ["close"]})]


class SimulationOpeningIn(WireModel):
    """Either cash and shares, with an anchor or without, or a value and its part in stock."""

    cash: _Decimal = None
    shares: _Decimal = None
    anchor_price: _Decimal = None
    value: _Decimal = None
    stock_fraction: _Decimal = None


class ExecutionIn(WireModel):
    """How orders fill: `close` decides on the bar's close and fills at it."""

    model: _Model


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

    model: Literal["close"]


class SimulationRequestOut(WireModel):
    """The request with every default filled in."""

    start: date
    end: date
    opening: SimulationOpeningOut
    strategy: StrategyOut  # type: ignore[valid-type]  # made from the field table
    execution: ExecutionOut
    cash_rate: DecimalText


class FinalOut(WireModel):
    """The position at the end of the run."""

    equity: DecimalText
    cash: DecimalText
    shares: DecimalText
    receivable: DecimalText
    anchor_price: DecimalText | None


class CountsOut(WireModel):
    """How often what was decided, by reason."""

    decisions: int
    proposed: int
    trades: int
    refused: dict[str, int]
    holds: dict[str, int]


class MetricsOut(WireModel):
    """Statistics of the curve; one that is undefined is null, with its reason in `undefined`."""

    total_return: DecimalText | None
    cagr: DecimalText | None
    volatility: DecimalText | None
    sharpe: DecimalText | None
    sortino: DecimalText | None
    max_drawdown: DecimalText | None
    max_drawdown_from: date | None
    max_drawdown_to: date | None
    calmar: DecimalText | None
    turnover: DecimalText | None
    commissions: DecimalText
    time_inside_guardrails: DecimalText | None
    mean_stock_share: DecimalText | None
    round_trips: int


class BenchmarkOut(WireModel):
    """What the same start would have become without the robot."""

    equity: DecimalText
    total_return: DecimalText | None
    volatility: DecimalText | None
    sharpe: DecimalText | None
    max_drawdown: DecimalText | None


class BenchmarksOut(WireModel):
    """Holding what the run opened with, all stock, the opening share kept, and cash."""

    hold_opening_mix: BenchmarkOut
    all_stock: BenchmarkOut
    constant_mix: BenchmarkOut
    cash: BenchmarkOut


class ResultOut(WireModel):
    """What a completed run found; the digest covers everything that it depends on."""

    digest: str
    rules_version: str
    execution_note: str
    bars: int
    halted_at: datetime | None
    opening_equity: DecimalText
    excess_over_holding: DecimalText
    final: FinalOut
    counts: CountsOut
    metrics: MetricsOut
    undefined: dict[str, str]
    benchmarks: BenchmarksOut


class SimulationOut(WireModel):
    """A run: its status and progress, its request, and its result once it is completed."""

    id: str
    dataset_id: str
    dataset_digest: str
    symbol: str
    status: Literal["queued", "running", "completed", "failed", "cancelled"]
    done: int
    total: int
    request: SimulationRequestOut
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
    """One decision of the run; every bar has one."""

    number: int
    at: datetime
    strategy_version: int
    rules_version: str


_NO_OPENING = dict.fromkeys(SimulationOpeningOut.model_fields)


def simulation_out(run: RunRecord) -> SimulationOut:
    """Return a run as the wire writes it."""
    opening = run.request["opening"]
    assert isinstance(opening, Mapping)
    return SimulationOut.model_validate(
        {
            "id": run.id,
            "dataset_id": run.dataset_id,
            "dataset_digest": run.dataset_digest,
            "symbol": run.symbol,
            "status": run.status.value,
            "done": run.done,
            "total": run.total,
            "request": {**run.request, "opening": {**_NO_OPENING, **opening}},
            "result": run.result,
            "error": run.error,
            "created_at": run.created_at,
            "started_at": run.started_at,
            "finished_at": run.finished_at,
        }
    )
