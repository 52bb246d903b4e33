# mypy: ignore-errors
# Run in the venv of the other engines, whose types are not at hand here.
"""vectorbt: its order function compiled by numba, then the curve, orders and metrics."""

import numpy as np
import rule
import vectorbt as vbt
from numba import njit
from serve import given, serve
from vectorbt.portfolio import nb
from vectorbt.portfolio.enums import NoOrder

rule._to_lot = njit(rule._to_lot)
order_size = njit(rule.order_size)
METRICS = (
    *("total_return", "annualized_return", "annualized_volatility", "sharpe_ratio"),
    *("sortino_ratio", "calmar_ratio", "max_drawdown"),
)
MAX_PER_DAY, RATE = rule.MAX_PER_DAY, rule.RATE


@njit
def decide(c, state, days):
    price = c.close[c.i, c.col]
    if c.i == 0:
        state[0] = price
        return nb.order_nb(size=0.5 * c.cash_now / price, price=price)
    if days[c.i] != state[2]:
        state[1], state[2] = 0.0, days[c.i]
    size = order_size(price, state[0], c.position_now, c.cash_now)
    if size == 0.0 or state[1] >= MAX_PER_DAY:
        return NoOrder
    state[0] = price
    state[1] += 1.0
    return nb.order_nb(size=size, price=price, fees=RATE)


closes = given()
days = closes.index.values.astype("datetime64[D]").astype(np.float64)


def run() -> tuple[float, int]:
    state = np.zeros(3)
    portfolio = vbt.Portfolio.from_order_func(
        closes, decide, state, days, init_cash=100_000.0, freq="1min"
    )
    value = portfolio.value()
    for metric in METRICS:
        getattr(portfolio, metric)()
    return float(value.iloc[-1]), len(portfolio.orders.records) - 1


run()  # compiles
serve(run)
