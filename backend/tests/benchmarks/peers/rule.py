"""The rule in floating point, as a user of another engine would write it."""

import math

UP = DOWN = 0.03
RATIO = 1.6667
LOW, HIGH, TOLERANCE = 0.25, 0.75, 0.01
RATE = 0.0001
MIN_NOTIONAL = 100.0
MAX_PER_DAY = 5
LOT = 0.0001


def order_size(price: float, anchor: float, shares: float, cash: float) -> float:
    """Return the shares to buy, or to sell if negative; 0 for no order."""
    value = shares * price + cash
    share = shares * price / value
    move = price / anchor - 1
    sells = move >= UP
    buys = move <= -DOWN
    if share > HIGH + TOLERANCE and not sells:
        return -_to_lot((share - HIGH) * value / price + LOT)
    if share < LOW - TOLERANCE and not buys:
        return _to_lot((LOW - share) * value / price + LOT)
    if not sells and not buys:
        return 0.0
    size = abs(anchor / price - 1) * RATIO * value / price
    if sells:
        size = min(size, (shares * price - LOW * value) / (price * (1 - LOW * RATE)))
    else:
        size = min(size, (HIGH * value - shares * price) / (price * (1 + HIGH * RATE)))
        size = min(size, cash / (price * (1 + RATE)))
    size = _to_lot(size)
    if size <= 0 or size * price < MIN_NOTIONAL:
        return 0.0
    return -size if sells else size


def _to_lot(size: float) -> float:
    return math.floor(size / LOT) * LOT
