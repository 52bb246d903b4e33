"""The compiled columns of decisions: what was compared, and how orders were sized."""

from app.domain import rules
from app.simulation import kernel_layout as at
from app.simulation.kernel_code import jitted
from app.simulation.kernel_decision import (
    bounds_of,
    called_for,
    commission,
    raw_quantity,
    refusal_of,
    value_at,
    worst_price,
)


@jitted
def write_numbers(rows, before, prices, strategy, numbers):  # type: ignore[no-untyped-def]
    """Fill `numbers` with what was compared at each of `prices`, on the row `before` it.

    Those are the anchor, its two triggers, the value, and the stock share in ppm, half up, -1
    where there is no value.
    """
    for record in range(len(prices)):
        price, now = prices[record], rows[before[record]]
        anchor = price if now[at.ANCHOR] == at.NO_ANCHOR else now[at.ANCHOR]
        value = value_at(price, now)
        numbers[record, at.NUMBER_ANCHOR] = anchor
        numbers[record, at.NUMBER_SELL_AT] = rules.sell_at(anchor, strategy[at.UP])
        numbers[record, at.NUMBER_BUY_AT] = rules.buy_at(anchor, strategy[at.DOWN])
        numbers[record, at.NUMBER_VALUE] = value
        numbers[record, at.NUMBER_SHARE] = _share(now[at.SHARES] * price, value)


@jitted
def write_sizings(rows, before, prices, strategy, records, sizings):  # type: ignore[no-untyped-def]
    """Fill `sizings` with how the order of each of `records` was sized."""
    for place in range(len(records)):
        record = records[place]
        sizings[place, at.RECORD] = record
        _write_sizing(prices[record], rows[before[record]], strategy, sizings[place])


@jitted
def _write_sizing(price, now, strategy, sizing):  # type: ignore[no-untyped-def]
    side, cause = called_for(price, now, strategy)
    worst = worst_price(side, price, strategy)
    raw = raw_quantity(side, cause, price, worst, now, strategy)
    largest, held, inside = bounds_of(side, cause == at.BY_TRIGGER, price, worst, now, strategy)
    sizing[at.CAUSE] = cause
    sizing[at.WORST] = worst
    sizing[at.RAW] = raw
    sizing[at.BY_MAX_TRADE] = largest
    sizing[at.BY_FUNDS] = held
    sizing[at.BY_GUARDRAIL] = inside
    sizing[at.LEFT_BY_MAX_TRADE] = min(raw, largest)
    sizing[at.LEFT_BY_FUNDS] = min(sizing[at.LEFT_BY_MAX_TRADE], held)
    sizing[at.LEFT_BY_GUARDRAIL] = min(sizing[at.LEFT_BY_FUNDS], inside)
    quantity = rules.floor_to_lot(sizing[at.LEFT_BY_GUARDRAIL], strategy[at.LOT])
    sizing[at.LEFT_BY_LOT] = quantity
    paid = commission(quantity, worst, strategy)
    if refusal_of(side, quantity, price, worst, paid, now, strategy) == at.TRIMMED_TO_ZERO:
        quantity = 0
    sizing[at.ALLOWED] = quantity
    sizing[at.PAID] = paid if quantity else 0
    sizing[at.NOTIONAL] = quantity * price


@jitted
def _share(stock, value):  # type: ignore[no-untyped-def]
    """Return stock over value in ppm, half up: an estimate, corrected by the exact remainder."""
    if value == 0:
        return -1
    near = int(stock / value * 10**6)
    rest = stock * 10**6 - near * value
    if rest < 0:
        near, rest = near - 1, rest + value
    elif rest >= value:
        near, rest = near + 1, rest - value
    return near + (rest >= value - rest)
