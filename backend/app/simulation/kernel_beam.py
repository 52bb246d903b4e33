"""The compiled beam of the envelope: many states led through the bars, each both ways.

A state is a row as `kernel_layout` describes it, followed by the net dividends owed to it by
their number. The first of the states is the run's own.
"""

import numpy as np
from numba import njit

from app.domain import rules
from app.simulation import kernel_layout as at
from app.simulation.kernel_decision import decide
from app.simulation.kernel_loop import ANCHOR_MAX, FUNDS_MAX, book, price_limit, quiet_prices
from app.simulation.run import TouchPath

PESSIMISTIC, OPTIMISTIC, OLHC, OHLC = range(len(TouchPath))


@njit(cache=True, nogil=True)
def lead(candles, bar, until, events, cash_rate, strategy, path, width, states, count):  # type: ignore[no-untyped-def]
    """Lead the first `count` of `states` from `bar` up to `until`; return how many they are then.

    `path` is the number of the run's own path in `TouchPath`. Of all that can be reached, the
    run's own state is kept and `width` at either end: `states` has room for 2 * width + 1.
    """
    reached = np.empty((2 * len(states), states.shape[1]), np.int64)
    event = np.searchsorted(events.bars, bar)
    low, high = _settle(states, count, strategy)
    while bar < until:
        if event < events.bars.size and events.bars[event] == bar:
            for state in states[:count]:
                book(events, event, state[at.ROW_WIDTH :], cash_rate, strategy, state)
            low, high = _settle(states, count, strategy)
            event += 1
        calm = low < candles.lows[bar] and candles.highs[bar] < high
        if not calm and not candles.closed[bar]:
            found = 0
            for number in range(count):
                taken = path if number == 0 else OLHC
                found = _both_ways(candles, bar, strategy, taken, states[number], reached, found)
            count = _keep(reached, found, candles.closes[bar], candles.dates[bar], width, states)
            low, high = _settle(states, count, strategy)
        bar += 1
    return count


@njit(cache=True, nogil=True)
def _both_ways(candles, bar, strategy, path, state, reached, found):  # type: ignore[no-untyped-def]
    """Append where `path` leads from `state`, then where the other way leads if elsewhere."""
    low, high = quiet_prices(state, strategy)
    first, second = reached[found], reached[found + 1]
    first[:] = state
    if low < candles.lows[bar] and candles.highs[bar] < high:
        return found + 1
    date = candles.dates[bar]
    _ask(candles.opens[bar], date, candles.starts[bar], first, strategy)
    second[:] = first
    ends = candles.lows[bar], candles.highs[bar], candles.closes[bar]
    _walk(candles, bar, ends, first, strategy)
    ends = candles.highs[bar], candles.lows[bar], candles.closes[bar]
    _walk(candles, bar, ends, second, strategy)
    if np.array_equal(first, second):
        return found + 1
    gain = _value(candles.closes[bar], second) - _value(candles.closes[bar], first)
    if path == OHLC or (path == PESSIMISTIC and gain < 0) or (path == OPTIMISTIC and gain > 0):
        for place in range(len(first)):
            first[place], second[place] = second[place], first[place]
    return found + 2


@njit(cache=True, nogil=True)
def _walk(candles, bar, ends, state, strategy):  # type: ignore[no-untyped-def]
    """Fill in `state` what is proposed on the way over `ends`, as `touch` and `first_price` do."""
    date, moment = candles.dates[bar], candles.ends[bar]
    asked = np.empty_like(state)
    last = candles.opens[bar]
    for end in ends:
        while last != end:
            asked[:] = state
            if not _ask(end, date, moment, asked, strategy):
                break
            low, high = last, end
            while abs(high - low) > 1:
                middle = (low + high) // 2
                asked[:] = state
                if _ask(middle, date, moment, asked, strategy):
                    high = middle
                else:
                    low = middle
            _ask(high, date, moment, state, strategy)
            last = high
        last = end


@njit(cache=True, nogil=True)
def _ask(price, date, moment, state, strategy):  # type: ignore[no-untyped-def]
    """Return whether an order is proposed at `price`; it is then booked in `state`."""
    if price > price_limit(state):
        raise OverflowError
    return decide(price, date, moment, state, strategy) % at.SELLS >= at.BY_TRIGGER


@njit(cache=True, nogil=True)
def _keep(reached, found, close, date, width, states):  # type: ignore[no-untyped-def]
    """Put the first of `reached` and the most extreme ones into `states`; return how many."""
    equities = np.empty(found - 1, np.int64)
    for number in range(1, found):
        equities[number - 1] = _value(close, reached[number])
    order = np.argsort(equities, kind="mergesort") + 1
    states[0] = reached[0]
    least = _keep_distinct(reached, order, date, width, states, 1)
    return _keep_distinct(reached, order[::-1], date, width, states, least)


@njit(cache=True, nogil=True)
def _keep_distinct(reached, order, date, width, states, start):  # type: ignore[no-untyped-def]
    """Append the first `width` of distinct shares, anchor and orders of the day, in `order`."""
    count = start
    for number in order:
        if count == start + width:
            break
        for kept in range(start, count):
            if _alike(states[kept], reached[number], date):
                break
        else:
            states[count] = reached[number]
            count += 1
    return count


@njit(cache=True, nogil=True)
def _alike(one, other, date):  # type: ignore[no-untyped-def]
    today = one[at.ORDERS_TODAY] if one[at.ORDERS_ON] == date else 0
    others = other[at.ORDERS_TODAY] if other[at.ORDERS_ON] == date else 0
    same = one[at.SHARES] == other[at.SHARES] and one[at.ANCHOR] == other[at.ANCHOR]
    return same and today == others


@njit(cache=True, nogil=True)
def _settle(states, count, strategy):  # type: ignore[no-untyped-def]
    """Return two prices, strictly between which every state stays as it is.

    Checks that what follows stays in the exact range, as the run of model `close` does.
    """
    low, high = 0, rules.PRICE_MAX + 1
    for state in states[:count]:
        funds = state[at.CASH] + state[at.RECEIVABLE]
        if max(funds - FUNDS_MAX, state[at.ANCHOR] - ANCHOR_MAX) > 0:
            raise OverflowError
        if state[at.SHARES] > rules.SHARES_MAX:
            raise OverflowError
        own_low, own_high = quiet_prices(state, strategy)
        low, high = max(low, own_low), min(high, own_high)
    return low, high


@njit(cache=True, nogil=True)
def _value(price, state):  # type: ignore[no-untyped-def]
    return state[at.SHARES] * price + (state[at.CASH] + state[at.RECEIVABLE]) * 10**4
