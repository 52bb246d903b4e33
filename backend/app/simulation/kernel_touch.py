"""The compiled way of the price through a bar, as `touch` and `first_price` take it."""

from app.simulation import kernel_layout as at
from app.simulation.kernel_code import jitted
from app.simulation.kernel_decision import count_order, fill, is_order, propose, value_at
from app.simulation.kernel_state import check_price, copy_state, keep


@jitted
def take_way(columns, bar, path, strategy, now, other, rows, count):  # type: ignore[no-untyped-def]
    """Lead `now` from the open of `bar` to its close, on the way that `path` chooses.

    Returns the count of the rows. `other` is room for the state on the way not taken.
    """
    copy_state(now, other)
    start = count
    if path != at.OHLC:
        count = walk(columns, bar, at.OLHC, strategy, now, rows, count)
    if path == at.OLHC:
        return count
    falling = count
    count = walk(columns, bar, at.OHLC, strategy, other, rows, count)
    if not prefers(path, columns.closes[bar], now, other):
        return falling
    copy_state(other, now)
    for row in range(falling, count):
        copy_state(rows[row], rows[start + row - falling])
    return start + count - falling


@jitted
def walk(columns, bar, way, strategy, now, rows, count):  # type: ignore[no-untyped-def]
    """Fill in `now` what is proposed on one way through `bar`; return the count of the rows."""
    date, moment = columns.dates[bar], columns.ends[bar]
    low, high, close = columns.lows[bar], columns.highs[bar], columns.closes[bar]
    last = columns.opens[bar]
    for end in (low, high, close) if way == at.OLHC else (high, low, close):
        while find_order(last, end, date, moment, strategy, now):
            last = now[at.ASKED]
            count_order(date, now)
            fill(moment, now)
            now[at.MOMENT] = at.PLACES * bar + at.INSIDE
            now[at.DECIDED] = bar
            keep(rows, count, now)
            count += 1
        last = end
    return count


@jitted
def find_order(last, end, date, moment, strategy, now):  # type: ignore[no-untyped-def]
    """Return whether an order is proposed at `end`; the first on the way there is then in `now`.

    What is not proposed leaves no trace in `now`, so it is the last that was: the first one.
    """
    if last == end:
        return False
    low, high, price = last, end, end
    while True:
        check_price(price, now)
        if is_order(propose(price, date, moment, now, strategy)):
            high = price
        elif price == end:
            return False
        else:
            low = price
        if abs(high - low) <= 1:
            return True
        price = (low + high) // 2


@jitted
def prefers(path, close, olhc, ohlc):  # type: ignore[no-untyped-def]
    """Return whether `path` takes O-H-L-C, by the two states at the close."""
    gain = value_at(close, ohlc) - value_at(close, olhc)
    if path == at.PESSIMISTIC:
        return gain < 0
    return path == at.OHLC or (path == at.OPTIMISTIC and gain > 0)
