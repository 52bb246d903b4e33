"""A simulation run: its request, its status and its result."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from app.domain.strategy import Strategy


class RunStatus(StrEnum):
    """Where a run stands."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class ExecutionModel(StrEnum):
    """How a simulated order is filled.

    `close` decides on the bar's close and fills at it, `next_open` fills at the open of the next
    bar, `touch` walks through the bar and fills at the first price that calls for an order.
    """

    CLOSE = "close"
    NEXT_OPEN = "next_open"
    TOUCH = "touch"


class TouchPath(StrEnum):
    """The way of the price inside a bar, by its open, low, high and close.

    `pessimistic` and `optimistic` take, bar by bar, the way that leaves less or more equity.
    """

    PESSIMISTIC = "pessimistic"
    OPTIMISTIC = "optimistic"
    OLHC = "olhc"
    OHLC = "ohlc"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What a run starts with: cash and shares, or a value split at the first evaluated price.

    Money in micros, shares in units, fraction in ppm; `anchor` in ticks, None to set it at the
    first evaluation.
    """

    cash: int | None
    shares: int | None
    value: int | None
    stock_fraction: int | None
    anchor: int | None

    def __post_init__(self) -> None:
        given = self.cash is not None and self.shares is not None
        valued = self.value is not None and self.stock_fraction is not None
        assert given != valued, "an opening is either cash and shares, or value and fraction"


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationRequest:
    """Everything a result depends on, besides the dataset's content; dates are inclusive.

    `path` belongs to the model `touch` alone and is None with every other.
    """

    start: date
    end: date
    opening: Opening
    strategy: Strategy
    model: ExecutionModel
    path: TouchPath | None
    cash_rate: int

    def __post_init__(self) -> None:
        touch = self.model is ExecutionModel.TOUCH
        assert touch == (self.path is not None), "a path belongs to touch, and touch to a path"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """A stored run: `request` and `result` are bodies as on the wire, `error` is for people."""

    id: str
    dataset_id: str
    dataset_digest: str
    symbol: str
    status: RunStatus
    done: int
    total: int
    request: Mapping[str, object]
    result: Mapping[str, object] | None
    error: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
