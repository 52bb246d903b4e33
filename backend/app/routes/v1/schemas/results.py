"""The result of a simulation, on the wire."""

from datetime import date, datetime

from app.routes.v1.schemas.wire import DecimalText, WireModel


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
    unfilled: dict[str, int]


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


class EnvelopeOut(WireModel):
    """The final equity on the worst way inside the bars, on the model's own and on the best.

    An estimate over the ways open-low-high-close and open-high-low-close, not a bound.
    """

    worst: DecimalText
    model: DecimalText
    best: DecimalText


class AttributionOut(WireModel):
    """The signed parts of the change of equity, costs negative; they add up to the total exactly.

    The parts after `hold` add up to the excess over holding.
    """

    hold: DecimalText
    harvest: DecimalText
    open_timing: DecimalText
    dividends: DecimalText
    withholding: DecimalText
    interest: DecimalText
    commissions: DecimalText
    slippage: DecimalText
    total: DecimalText


class HarvestOut(WireModel):
    """What rebalancing should harvest in theory, and the round trips' gain over it."""

    theory: DecimalText
    efficiency: DecimalText | None


class MonthOut(WireModel):
    """The returns of a calendar month, such as 2010-01."""

    month: str
    robot: DecimalText | None
    holding: DecimalText | None


class YearOut(WireModel):
    """The returns of a calendar year."""

    year: str
    robot: DecimalText | None
    holding: DecimalText | None


class DrawdownOut(WireModel):
    """A fall from a peak; `days` until the recovery, or to the end without one."""

    depth: DecimalText
    peak: date
    trough: date
    recovery: date | None
    days: int


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
    envelope: EnvelopeOut | None
    attribution: AttributionOut
    harvest: HarvestOut
    months: list[MonthOut]
    years: list[YearOut]
    drawdowns: list[DrawdownOut]
