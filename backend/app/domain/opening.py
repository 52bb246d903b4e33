"""The opening balance of a position that is given as a value and a stock fraction."""

from app.domain import rules
from app.domain.units import PPM


def split_value(*, value: int, fraction: int, price: int, lot: int) -> tuple[int, int]:
    """Return cash (micros) and shares (units) worth `value` micros, `fraction` ppm in stock.

    The shares are bought at `price` ticks without cost, as an opening balance.

    Rounding
    --------
    Shares toward zero to the lot; what they cost up to a micro.
    """
    shares = rules.floor_to_lot(rules.muldiv(value * fraction, 10**4, PPM * price), lot)
    return value - rules.buy_cost(shares, price), shares
