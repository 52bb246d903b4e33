"""The compiled decision: the questions of `step` in its order, answered by the rules themselves.

`now` is the position as a row, `strategy` its vector; both as `kernel_layout` describes them.
"""

from numba import njit

from app.domain import rules
from app.simulation import kernel_code  # noqa: F401 - makes the rules compilable
from app.simulation import kernel_layout as at


@njit(cache=True, nogil=True)
def decide(price, date, moment, now, strategy):  # type: ignore[no-untyped-def]
    """Return the code of the decision at `price`; what it proposes is filled and booked in `now`.

    The order of the questions is that of `step`.
    """
    if now[at.ANCHOR] == at.NO_ANCHOR:
        now[at.ANCHOR] = price
        return at.ANCHOR_SET
    if value_at(price, now) == 0:
        return at.NOTHING_TO_TRADE
    side, cause = _called_for(price, now, strategy)
    if side == rules.NEITHER:
        return at.INSIDE_BAND
    sells = at.SELLS if side == rules.SELL else 0
    today = now[at.ORDERS_TODAY] if now[at.ORDERS_ON] == date else 0
    if today >= strategy[at.MAX_PER_DAY]:
        return at.AT_MAX_PER_DAY + sells
    if moment - now[at.DONE_AT] < strategy[at.COOLDOWN]:
        return at.COOLING_DOWN + sells
    worst = _worst_price(side, price, strategy)
    raw = _raw_quantity(side, cause, price, worst, now, strategy)
    if raw <= 0:
        return at.NOTHING_TO_TRADE
    quantity = min(raw, _smallest_bound(side, cause, price, worst, now, strategy))
    quantity = rules.floor_to_lot(quantity, strategy[at.LOT])
    paid = _commission(quantity, worst, strategy)
    refusal = _refusal(side, quantity, price, worst, paid, now, strategy)
    if refusal:
        return refusal + sells
    _fill(side, quantity, worst, paid, now)
    now[at.ORDERS_TODAY] = today + 1
    now[at.ORDERS_ON] = date
    now[at.DONE_AT] = moment
    return cause + sells


@njit(cache=True, nogil=True)
def _called_for(price, now, strategy):  # type: ignore[no-untyped-def]
    """Return side and cause; a trigger that points further out of the band gives way."""
    trigger = rules.trigger_side(
        price,
        rules.sell_at(now[at.ANCHOR], strategy[at.UP]),
        rules.buy_at(now[at.ANCHOR], strategy[at.DOWN]),
    )
    if strategy[at.REBALANCE]:
        drift = rules.drift_side(
            now[at.SHARES] * price,
            value_at(price, now),
            strategy[at.MIN_STOCK],
            strategy[at.MAX_STOCK],
            strategy[at.TOLERANCE],
        )
        if drift not in (rules.NEITHER, trigger):
            return drift, at.BY_DRIFT
    return trigger, at.BY_TRIGGER


@njit(cache=True, nogil=True)
def _raw_quantity(side, cause, price, worst, now, strategy):  # type: ignore[no-untyped-def]
    if cause == at.BY_DRIFT:
        return rules.drift_quantity(
            side,
            price,
            worst,
            now[at.SHARES],
            now[at.CASH],
            now[at.RECEIVABLE],
            strategy[at.MIN_STOCK],
            strategy[at.MAX_STOCK],
            strategy[at.RATE],
            strategy[at.PER_SHARE],
            strategy[at.MINIMUM],
            strategy[at.LOT],
        )
    return rules.raw_quantity(
        side,
        price,
        now[at.SHARES],
        now[at.CASH],
        now[at.RECEIVABLE],
        now[at.ANCHOR],
        strategy[at.POLICY],
        strategy[at.RATIO],
        strategy[at.TARGET],
        strategy[at.FRACTION],
        strategy[at.MIN_STOCK],
        strategy[at.MAX_STOCK],
        strategy[at.RATE],
        strategy[at.PER_SHARE],
        strategy[at.MINIMUM],
        strategy[at.LOT],
    )


@njit(cache=True, nogil=True)
def _smallest_bound(side, cause, price, worst, now, strategy):  # type: ignore[no-untyped-def]
    bound = rules.max_trade_bound(price, value_at(price, now), strategy[at.MAX_TRADE])
    if side == rules.BUY:
        cash = rules.cash_bound(
            worst,
            now[at.CASH],
            strategy[at.RATE],
            strategy[at.PER_SHARE],
            strategy[at.MINIMUM],
            strategy[at.LOT],
        )
        bound = min(bound, cash)
    else:
        bound = min(bound, now[at.SHARES])
    if cause == at.BY_TRIGGER:
        bound = min(bound, _guardrail_bound(side, worst, now, strategy))
        bound = min(bound, _guardrail_bound(side, price, now, strategy))
    return bound


@njit(cache=True, nogil=True)
def _guardrail_bound(side, price, now, strategy):  # type: ignore[no-untyped-def]
    return rules.guardrail_bound(
        side,
        price,
        now[at.SHARES],
        now[at.CASH],
        now[at.RECEIVABLE],
        strategy[at.MIN_STOCK],
        strategy[at.MAX_STOCK],
        strategy[at.RATE],
        strategy[at.PER_SHARE],
        strategy[at.MINIMUM],
        strategy[at.LOT],
    )


@njit(cache=True, nogil=True)
def _refusal(side, quantity, price, worst, paid, now, strategy):  # type: ignore[no-untyped-def]
    """Return why the sized order is not to be placed, or 0, the code that is no refusal."""
    if quantity == 0:
        return at.TRIMMED_TO_ZERO
    if side == rules.SELL and paid > now[at.CASH] + rules.sell_proceeds(quantity, worst):
        return at.COST_EXCEEDS_PROCEEDS
    if _worsens_breach(side, quantity, price, worst, now, strategy):
        return at.TRIMMED_TO_ZERO
    if _worsens_breach(side, quantity, price, price, now, strategy):
        return at.TRIMMED_TO_ZERO
    if quantity * price < strategy[at.MIN_NOTIONAL] * 10**4:
        return at.BELOW_MIN_NOTIONAL
    return 0


@njit(cache=True, nogil=True)
def _worsens_breach(side, quantity, price, filled_at, now, strategy):  # type: ignore[no-untyped-def]
    return rules.worsens_breach(
        side,
        quantity,
        price,
        filled_at,
        now[at.SHARES],
        now[at.CASH],
        now[at.RECEIVABLE],
        strategy[at.MIN_STOCK],
        strategy[at.MAX_STOCK],
        strategy[at.RATE],
        strategy[at.PER_SHARE],
        strategy[at.MINIMUM],
    )


@njit(cache=True, nogil=True)
def _fill(side, quantity, worst, paid, now):  # type: ignore[no-untyped-def]
    if side == rules.BUY:
        now[at.CASH] -= rules.buy_cost(quantity, worst) + paid
    else:
        now[at.CASH] += rules.sell_proceeds(quantity, worst) - paid
    now[at.SHARES] += side * quantity
    assert now[at.CASH] >= 0, "cash never goes below zero"
    assert now[at.SHARES] >= 0, "shares never go below zero"
    now[at.ANCHOR] = worst
    now[at.QUANTITY] = quantity
    now[at.PRICE] = worst
    now[at.COMMISSION] = paid


@njit(cache=True, nogil=True)
def _worst_price(side, price, strategy):  # type: ignore[no-untyped-def]
    if side == rules.BUY:
        return rules.worst_buy_price(price, strategy[at.SLIPPAGE], 0)
    return rules.worst_sell_price(price, strategy[at.SLIPPAGE], 0)


@njit(cache=True, nogil=True)
def _commission(quantity, price, strategy):  # type: ignore[no-untyped-def]
    rate, per_share, minimum = strategy[at.RATE], strategy[at.PER_SHARE], strategy[at.MINIMUM]
    return rules.commission(quantity, price, rate, per_share, minimum)


@njit(cache=True, nogil=True)
def value_at(price, now):  # type: ignore[no-untyped-def]
    """Return the value of the position at `price`, in 1e-10 USD."""
    return now[at.SHARES] * price + (now[at.CASH] + now[at.RECEIVABLE]) * 10**4
