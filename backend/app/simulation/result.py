"""The result of a run, as on the wire."""

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal

from app.domain import rules
from app.domain.decision import Gate, HoldReason, ProposalReason, RefusalReason
from app.domain.strategy import Strategy
from app.domain.units import VALUE_PER_USD, money_text, price_text, shares_text, value_text
from app.simulation.attribution import (
    Attribution,
    attribution_body,
    attribution_of,
    excess_text,
)
from app.simulation.bars import Bars
from app.simulation.benchmarks import Benchmarks
from app.simulation.curve import CurvePoint, closing_bars, curve_of
from app.simulation.drawdowns import days_under, deepest_falls
from app.simulation.envelope import Envelope, envelope_body
from app.simulation.harvest import harvest_efficiency, harvest_theory
from app.simulation.metrics import (
    Drawdown,
    Statistic,
    Undefined,
    mean_stock_share,
    performance,
    time_inside,
    turnover,
)
from app.simulation.months import MONTH, YEAR, calendar_returns
from app.simulation.next_open import Unfilled
from app.simulation.replay import Replay
from app.simulation.round_trips import count_round_trips
from app.simulation.run import ExecutionModel, SimulationRequest
from app.simulation.texts import amount_text, statistic_text

type Reason = HoldReason | Gate | RefusalReason | ProposalReason
type Tally = Mapping[Reason, int]

_DRAWDOWNS = 10
_NOTES: Mapping[ExecutionModel, str] = {
    ExecutionModel.CLOSE: "fills at the price it decided on",
    ExecutionModel.NEXT_OPEN: "decides on the close and fills at the open of the next bar",
    ExecutionModel.TOUCH: "fills at the first price inside the bar that calls for an order",
}


def result_body(
    *,
    run: Replay,
    bars: Bars,
    request: SimulationRequest,
    tally: Tally,
    benchmarks: Benchmarks,
    envelope: Envelope | None,
    digest: str,
) -> dict[str, object]:
    """Return the result: final state, counts, statistics and comparisons, decimals as text.

    `tally` says how many decisions of each reason the run has. `undefined` gives the reason for
    every statistic that is null, by its path.
    """
    curve = curve_of(run=run, bars=bars)
    undefined: dict[str, str] = {}
    metrics = _metrics(run, request.strategy, curve, undefined)
    compared = {
        name: _benchmark(name, _on_curve(values, run, bars, curve), curve, undefined)
        for name, values in benchmarks.by_name().items()
    }
    attribution = attribution_of(
        run=run, bars=bars, request=request, since=None, until=run.window[-1]
    )
    holding = _on_curve(benchmarks.hold_opening_mix, run, bars, curve)
    return {
        "digest": digest,
        "rules_version": rules.RULES_VERSION,
        "bars": len(run.window),
        "halted_at": None,
        "envelope": _envelope(envelope, undefined),
        "execution_note": _NOTES[request.model],
        "opening_equity": value_text(curve[0].equity),
        "final": _final(run, bars),
        "counts": counts_body(tally=tally, trades=len(run.trades), unfilled=run.unfilled),
        "metrics": metrics,
        "excess_over_holding": excess_text(attribution),
        "benchmarks": compared,
        "attribution": attribution_body(attribution),
        "harvest": _harvest(attribution, run, bars, undefined),
        "months": _returns("month", MONTH, curve, holding, undefined),
        "years": _returns("year", YEAR, curve, holding, undefined),
        "drawdowns": _drawdowns(curve, undefined),
        "undefined": undefined,
    }


def _final(run: Replay, bars: Bars) -> dict[str, object]:
    position, price = run.positions[-1], bars.closes[run.window[-1]]
    return {
        "equity": value_text(position.value_at(price)),
        "cash": money_text(position.cash),
        "shares": shares_text(position.shares),
        "receivable": money_text(position.receivable),
        "anchor_price": None if position.anchor is None else price_text(position.anchor),
    }


def counts_body(*, tally: Tally, trades: int, unfilled: Sequence[Unfilled]) -> dict[str, object]:
    """Return how many decisions, trades and unfilled orders there are, by reason."""
    refused: Counter[str] = Counter()
    holds: Counter[str] = Counter()
    proposed = 0
    for reason, count in tally.items():
        match reason:
            case HoldReason():
                holds[reason.value] += count
            case Gate() | RefusalReason():
                refused[reason.value] += count
            case ProposalReason():
                proposed += count
    ended = Counter(order.reason.value for order in unfilled)
    return {
        "decisions": sum(tally.values()),
        "proposed": proposed,
        "trades": trades,
        "refused": dict(sorted(refused.items())),
        "holds": dict(sorted(holds.items())),
        "unfilled": dict(sorted(ended.items())),
    }


def _metrics(
    run: Replay, strategy: Strategy, curve: Sequence[CurvePoint], undefined: dict[str, str]
) -> dict[str, object]:
    values = [point.equity for point in curve]
    stocks = [point.stock for point in curve]
    days = _days(curve)
    figures = performance(values=values, days=days)
    notional = sum(trade.fill.quantity * trade.fill.price for trade in run.trades)
    statistics: dict[str, Statistic] = {
        "total_return": figures.total_return,
        "cagr": figures.cagr,
        "volatility": figures.volatility,
        "sharpe": figures.sharpe,
        "sortino": figures.sortino,
        "calmar": figures.calmar,
        "max_drawdown": figures.drawdown.depth,
        "turnover": turnover(notional=notional, values=values, days=days),
        "mean_stock_share": mean_stock_share(stocks=stocks, values=values),
        "time_inside_guardrails": time_inside(
            stocks=stocks,
            values=values,
            min_stock=strategy.min_stock,
            max_stock=strategy.max_stock,
        ),
    }
    return (
        _texts(statistics, "", undefined)
        | _fall_dates(figures.drawdown, curve, undefined)
        | {
            "commissions": money_text(sum(trade.fill.commission for trade in run.trades)),
            "round_trips": count_round_trips(run.moves),
        }
    )


def _fall_dates(
    drawdown: Drawdown, curve: Sequence[CurvePoint], undefined: dict[str, str]
) -> dict[str, object]:
    if not drawdown.depth:
        names = ("max_drawdown_from", "max_drawdown_to")
        undefined |= dict.fromkeys(names, "the equity never fell")
        return dict.fromkeys(names)
    return {
        "max_drawdown_from": curve[drawdown.peak].date.isoformat(),
        "max_drawdown_to": curve[drawdown.trough].date.isoformat(),
    }


def _benchmark(
    name: str, values: Sequence[Decimal], curve: Sequence[CurvePoint], undefined: dict[str, str]
) -> dict[str, object]:
    figures = performance(values=values, days=_days(curve))
    statistics: dict[str, Statistic] = {
        "total_return": figures.total_return,
        "volatility": figures.volatility,
        "sharpe": figures.sharpe,
        "max_drawdown": figures.drawdown.depth,
    }
    texts = _texts(statistics, f"benchmarks.{name}.", undefined)
    return {"equity": amount_text(values[-1]), **texts}


def _harvest(
    attribution: Attribution, run: Replay, bars: Bars, undefined: dict[str, str]
) -> dict[str, object]:
    theory = harvest_theory(run=run, bars=bars)
    efficiency = harvest_efficiency(harvest=attribution.harvest, theory=theory)
    return _texts({"theory": theory, "efficiency": efficiency}, "harvest.", undefined)


def _returns(
    name: str,
    period: int,
    curve: Sequence[CurvePoint],
    holding: Sequence[Decimal],
    undefined: dict[str, str],
) -> list[dict[str, object]]:
    """Return the returns of robot and holding in every month or year, as `name` says."""
    dates = [point.date for point in curve]
    robot = calendar_returns(dates=dates, values=[p.equity for p in curve], period=period)
    held = calendar_returns(dates=dates, values=holding, period=period)
    return [
        {name: when}
        | _texts({"robot": robot[when], "holding": held[when]}, f"{name}s.{when}.", undefined)
        for when in robot
    ]


def _drawdowns(curve: Sequence[CurvePoint], undefined: dict[str, str]) -> list[dict[str, object]]:
    """Return the deepest drawdowns, the deepest first; `days` until the recovery or the end."""
    dates = [point.date for point in curve]
    rows: list[dict[str, object]] = []
    for fall in deepest_falls([point.equity for point in curve], limit=_DRAWDOWNS):
        recovery = None if fall.recovery is None else dates[fall.recovery].isoformat()
        if recovery is None:
            undefined[f"drawdowns.{len(rows)}.recovery"] = "the equity is still below the peak"
        rows.append(
            {
                "depth": statistic_text(fall.depth),
                "peak": dates[fall.peak].isoformat(),
                "trough": dates[fall.trough].isoformat(),
                "recovery": recovery,
                "days": days_under(fall, dates),
            }
        )
    return rows


def _envelope(envelope: Envelope | None, undefined: dict[str, str]) -> dict[str, str] | None:
    if envelope is None:
        undefined["envelope"] = "only touch has ways inside a bar to choose from"
        return None
    return envelope_body(envelope)


def _on_curve(
    values: Sequence[Decimal], run: Replay, bars: Bars, curve: Sequence[CurvePoint]
) -> tuple[Decimal, ...]:
    closes = closing_bars(run=run, bars=bars)
    opening = Decimal(curve[0].equity) / VALUE_PER_USD
    return (opening, *(values[index - run.window.start] for index in closes))


def _texts(
    statistics: Mapping[str, Statistic], path: str, undefined: dict[str, str]
) -> dict[str, object]:
    """Return each statistic as text or null, and put the reasons of the nulls in `undefined`."""
    body: dict[str, object] = {}
    for name, statistic in statistics.items():
        if isinstance(statistic, Undefined):
            undefined[f"{path}{name}"] = statistic.reason
            body[name] = None
        else:
            body[name] = statistic_text(statistic)
    return body


def _days(curve: Sequence[CurvePoint]) -> int:
    return (curve[-1].date - curve[0].date).days
