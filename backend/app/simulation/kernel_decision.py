"""The compiled decision: the questions of `step` in its order, answered by the rules themselves.

`now` is the position as a row, `strategy` its vector; both as `kernel_layout` describes them.
"""

from app.domain import rules
from app.simulation import kernel_layout as at
from app.simulation.kernel_code import jitted


@jitted
def decide(price, date, moment, now, strategy):  # type: ignore[no-untyped-def]
    """Return the code of the decision at `price`; what it proposes is filled in `now`."""
    code = propose(price, date, moment, now, strategy)
    if is_order(code):
        count_order(date, now)
        fill(moment, now)
    return code


@jitted
def propose(price, date, moment, now, strategy):  # type: ignore[no-untyped-def]
    """Return the code of the decision at `price`; an order that it proposes is written in `now`.

    The order of the questions is that of `step`. An unset anchor is set; nothing else is booked.
    """
    if now[at.ANCHOR] == at.NO_ANCHOR:
        now[at.ANCHOR] = price
        return at.ANCHOR_SET
    if value_at(price, now) == 0:
        return at.NOTHING_TO_TRADE
    side, cause = called_for(price, now, strategy)
    if side == rules.NEITHER:
        return at.INSIDE_BAND
    sells = at.SELLS if side == rules.SELL else 0
    if orders_on(date, now) >= strategy[at.MAX_PER_DAY]:
        return at.AT_MAX_PER_DAY + sells
    if moment - now[at.DONE_AT] < strategy[at.COOLDOWN]:
        return at.COOLING_DOWN + sells
    worst = worst_price(side, price, strategy)
    raw = raw_quantity(side, cause, price, worst, now, strategy)
    if raw <= 0:
        return at.NOTHING_TO_TRADE
    refusal = _size(side, cause == at.BY_TRIGGER, raw, price, worst, now, strategy)
    if refusal:
        return refusal + sells
    now[at.CODE] = cause + sells
    return cause + sells


@jitted
def meet(price, moment, now, strategy):  # type: ignore[no-untyped-def]
    """Trim what waits in `now` by all rules at the open `price`, and fill what they leave."""
    code = now[at.WAITING]
    now[at.WAITING] = at.NO_ORDER
    side = side_of(code)
    worst = worst_price(side, price, strategy)
    guarded = code != at.NO_ORDER  # always: the price has moved since a drift order was sized
    refusal = _size(side, guarded, now[at.QUANTITY], price, worst, now, strategy)
    if refusal:
        now[at.CODE] = refusal + code // at.SELLS * at.SELLS
        now[at.DONE_AT] = moment
    else:
        now[at.CODE] = code
        fill(moment, now)


@jitted
def fill(moment, now):  # type: ignore[no-untyped-def]
    """Fill the order in `now` whole, at its worst price, and let its anchor follow."""
    quantity, price, paid = now[at.QUANTITY], now[at.PRICE], now[at.COMMISSION]
    side = side_of(now[at.CODE])
    if side == rules.BUY:
        now[at.CASH] -= rules.buy_cost(quantity, price) + paid
    else:
        now[at.CASH] += rules.sell_proceeds(quantity, price) - paid
    now[at.SHARES] += side * quantity
    assert now[at.CASH] >= 0, "cash never goes below zero"
    assert now[at.SHARES] >= 0, "shares never go below zero"
    now[at.ANCHOR] = price
    now[at.DONE_AT] = moment


@jitted
def count_order(date, now):  # type: ignore[no-untyped-def]
    """Count a proposal on its exchange date."""
    now[at.ORDERS_TODAY] = orders_on(date, now) + 1
    now[at.ORDERS_ON] = date


@jitted
def orders_on(date, now):  # type: ignore[no-untyped-def]
    """Return how many orders were proposed on `date`."""
    return now[at.ORDERS_TODAY] if now[at.ORDERS_ON] == date else 0


@jitted
def is_order(code):  # type: ignore[no-untyped-def]
    """Return whether `code` is that of a proposal."""
    return code % at.SELLS >= at.BY_TRIGGER


@jitted
def side_of(code):  # type: ignore[no-untyped-def]
    """Return the side of an order by its code."""
    return rules.SELL if code >= at.SELLS else rules.BUY


@jitted
def _size(side, guarded, raw, price, worst, now, strategy):  # type: ignore[no-untyped-def]
    """Write the order that the rules leave of `raw` in `now`, or return why there is none."""
    largest, held, inside = bounds_of(side, guarded, price, worst, now, strategy)
    quantity = min(min(raw, largest), min(held, inside))
    quantity = rules.floor_to_lot(quantity, strategy[at.LOT])
    paid = commission(quantity, worst, strategy)
    refusal = refusal_of(side, quantity, price, worst, paid, now, strategy)
    if not refusal:
        now[at.QUANTITY] = quantity
        now[at.PRICE] = worst
        now[at.COMMISSION] = paid
        now[at.ASKED] = price
    return refusal


@jitted
def called_for(price, now, strategy):  # type: ignore[no-untyped-def]
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


@jitted
def raw_quantity(side, cause, price, worst, now, strategy):  # type: ignore[no-untyped-def]
    """Return what the policy, or the drift back into the band, asks for."""
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


@jitted
def bounds_of(side, guarded, price, worst, now, strategy):  # type: ignore[no-untyped-def]
    """Return what max_trade, cash or holdings, and guardrail allow; UNBOUNDED is no bound."""
    largest = rules.max_trade_bound(price, value_at(price, now), strategy[at.MAX_TRADE])
    if side == rules.BUY:
        held = rules.cash_bound(
            worst,
            now[at.CASH],
            strategy[at.RATE],
            strategy[at.PER_SHARE],
            strategy[at.MINIMUM],
            strategy[at.LOT],
        )
    else:
        held = now[at.SHARES]
    inside = rules.UNBOUNDED
    if guarded:
        inside = min(
            _guardrail_bound(side, worst, now, strategy),
            _guardrail_bound(side, price, now, strategy),
        )
    return largest, held, inside


@jitted
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


@jitted
def refusal_of(side, quantity, price, worst, paid, now, strategy):  # type: ignore[no-untyped-def]
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


@jitted
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


@jitted
def worst_price(side, price, strategy):  # type: ignore[no-untyped-def]
    """Return the price after slippage."""
    if side == rules.BUY:
        return rules.worst_buy_price(price, strategy[at.SLIPPAGE], 0)
    return rules.worst_sell_price(price, strategy[at.SLIPPAGE], 0)


@jitted
def commission(quantity, price, strategy):  # type: ignore[no-untyped-def]
    """Return the commission in micros."""
    rate, per_share, minimum = strategy[at.RATE], strategy[at.PER_SHARE], strategy[at.MINIMUM]
    return rules.commission(quantity, price, rate, per_share, minimum)


@jitted
def value_at(price, now):  # type: ignore[no-untyped-def]
    """Return the value of the position at `price`, in 1e-10 USD."""
    return now[at.SHARES] * price + (now[at.CASH] + now[at.RECEIVABLE]) * 10**4
