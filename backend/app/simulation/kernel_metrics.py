"""The statistics of a compiled run, equal to those of its replay to 1e-12."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.simulation import kernel_layout as at
from app.simulation import metrics
from app.simulation.kernel import Compiled, Course, compiled
from app.simulation.kernel_arrays import Integers
from app.simulation.metrics import (
    DAYS_PER_YEAR,
    SESSIONS_PER_YEAR,
    Drawdown,
    Performance,
    Statistic,
    cagr,
    calmar,
)
from app.simulation.run import ExecutionModel


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The statistics of a run; `commissions` in micros."""

    performance: Performance
    turnover: Statistic
    mean_stock_share: Statistic
    time_inside: Statistic
    commissions: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Curve:
    """Bars, values and stock in 1e-10 USD of the curve on which every statistic is taken."""

    bars: Integers
    values: Integers
    stocks: Integers
    days: int


def curve_of(course: Course) -> Curve:
    """Return the opening, then the last regular close of each session if it is a later one."""
    prepared, start = course.prepared, course.window.start
    closes = prepared.regular_closes
    touch = course.request.model is ExecutionModel.TOUCH
    first = prepared.opens[start] if touch else prepared.closes[start]
    later = (closes >= start if touch else closes > start) & (closes < course.window.stop)
    bars = np.concatenate(([start], closes[later]))
    prices = np.concatenate(([first], prepared.closing_prices[later]))
    held = course.rows_after(bars)
    held[0] = course.rows[0]
    stocks = held[:, at.SHARES] * prices
    return Curve(
        bars=bars,
        values=stocks + (held[:, at.CASH] + held[:, at.RECEIVABLE]) * 10**4,
        stocks=stocks,
        days=int(prepared.dates[bars[-1]] - prepared.dates[start]),
    )


def figures_of(course: Course, *, code_folder: Path) -> Figures:
    """Return the statistics of a run.

    Source
    ------
    Simulation, "Metrics".
    """
    curve, strategy = curve_of(course), course.request.strategy
    trades = course.trades
    notionals = (trades[:, at.QUANTITY] * trades[:, at.PRICE]).astype(object)
    notional = int(notionals.sum()) if len(trades) else 0
    commissions = int(trades[:, at.COMMISSION].sum())
    code = compiled(code_folder)
    if _all_defined(curve):
        total, shares, inside = code.share_sums(
            curve.values, curve.stocks, strategy.min_stock, strategy.max_stock
        )
        count = len(curve.values)
        performance = _performance(curve, code)
        if performance is not None:
            return Figures(
                performance=performance,
                turnover=notional / (total / count) / (curve.days / DAYS_PER_YEAR),
                mean_stock_share=shares / count,
                time_inside=inside / count,
                commissions=commissions,
            )
    return _stated(curve, notional, commissions, strategy.min_stock, strategy.max_stock)


def _all_defined(curve: Curve) -> bool:
    return len(curve.values) > 2 and curve.days > 0 and bool(curve.values.all())


def _performance(curve: Curve, code: Compiled) -> Performance | None:
    """Return the statistics of the curve, or None where one of them is undefined."""
    values = curve.values
    mean, smallest, largest, squares, losses = code.return_sums(values)
    if smallest == largest or not losses:
        return None
    count = len(values) - 1
    first, last = int(values[0]), int(values[-1])
    peak, trough = code.deepest_fall(values)
    highest = int(values[peak])
    fall = Drawdown(depth=(int(values[trough]) - highest) / highest, peak=peak, trough=trough)
    yearly = cagr(growth=last / first, days=curve.days)
    deviation, root = math.sqrt(squares / (count - 1)), math.sqrt(SESSIONS_PER_YEAR)
    return Performance(
        total_return=(last - first) / first,
        cagr=yearly,
        volatility=deviation * root,
        sharpe=mean / deviation * root,
        sortino=mean / math.sqrt(losses / count) * root,
        calmar=calmar(yearly, fall),
        drawdown=fall,
    )


def _stated(
    curve: Curve, notional: int, commissions: int, min_stock: int, max_stock: int
) -> Figures:
    """Return the statistics with the reasons of those that are undefined."""
    values, stocks = curve.values.tolist(), curve.stocks.tolist()
    return Figures(
        performance=metrics.performance(values=values, days=curve.days),
        turnover=metrics.turnover(notional=notional, values=values, days=curve.days),
        mean_stock_share=metrics.mean_stock_share(stocks=stocks, values=values),
        time_inside=metrics.time_inside(
            stocks=stocks, values=values, min_stock=min_stock, max_stock=max_stock
        ),
        commissions=commissions,
    )
