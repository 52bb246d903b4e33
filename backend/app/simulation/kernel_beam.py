"""The compiled beam of the envelope: many states led through the bars, each both ways.

A state is a row as `kernel_layout` describes it, followed by the net dividends owed to it by
their number. The first of the states is the run's own.
"""

import numpy as np
from numba import njit

from app.domain import rules
from app.simulation import kernel_layout as at
from app.simulation.kernel_code import jitted
from app.simulation.kernel_decision import decide, orders_on, value_at
from app.simulation.kernel_state import book, check_price, check_range, copy_state, quiet_prices
from app.simulation.kernel_touch import prefers, walk


@njit(cache=True, nogil=True)
def lead(columns, bar, until, events, cash_rate, strategy, path, width, states, count):  # type: ignore[no-untyped-def]
    """Lead the first `count` of `states` from `bar` up to `until`; return how many they are then.

    `path` is the run's own. Of all that can be reached, the run's own state is kept and `width`
    at either end: `states` has room for 2 * width + 1.
    """
    reached = np.empty((2 * len(states), states.shape[1]), np.int64)
    event = np.int64(0)  # numba compiles once more for a literal
    while event < events.bars.size and events.bars[event] < bar:
        event += 1
    low, high = _settle(states, count, strategy)
    while bar < until:
        if event < events.bars.size and events.bars[event] == bar:
            for number in range(count):
                state = states[number]
                book(events, event, state[at.ROW_WIDTH :], cash_rate, strategy, state)
            low, high = _settle(states, count, strategy)
            event += 1
        calm = low < columns.lows[bar] and columns.highs[bar] < high
        if not calm and not (columns.closed.size and columns.closed[bar]):
            found = np.int64(0)
            for number in range(count):
                taken = path if number == 0 else at.OLHC
                found = _both_ways(columns, bar, strategy, taken, states[number], reached, found)
            count = _keep(reached, found, columns.closes[bar], columns.dates[bar], width, states)
            low, high = _settle(states, count, strategy)
        bar += 1
    return count


@njit(cache=True, nogil=True)
def _both_ways(columns, bar, strategy, path, state, reached, found):  # type: ignore[no-untyped-def]
    """Append where `path` leads from `state`, then where the other way leads if elsewhere."""
    low, high = quiet_prices(state, strategy)
    first, second = reached[found], reached[found + 1]
    copy_state(state, first)
    if low < columns.lows[bar] and columns.highs[bar] < high:
        return found + 1
    nothing = np.empty((0, at.ROW_WIDTH), np.int64)
    check_price(columns.opens[bar], first)
    decide(columns.opens[bar], columns.dates[bar], columns.starts[bar], first, strategy)
    copy_state(first, second)
    for way, led in ((at.OLHC, first), (at.OHLC, second)):
        walk(columns, bar, way, strategy, led, nothing, found)
    if not _differ(first, second):
        return found + 1
    if prefers(path, columns.closes[bar], first, second):
        for place in range(len(first)):
            first[place], second[place] = second[place], first[place]
    return found + 2


@jitted
def _differ(one, other):  # type: ignore[no-untyped-def]
    different = 0
    for column in range(at.SHARES, at.CODE):
        different += one[column] != other[column]
    return different > 0


@njit(cache=True, nogil=True)
def _keep(reached, found, close, date, width, states):  # type: ignore[no-untyped-def]
    """Put the first of `reached` and the most extreme ones into `states`; return how many."""
    order = _by_equity(reached, found, close)
    copy_state(reached[0], states[0])
    least = _keep_distinct(reached, order, date, width, states, np.int64(1))
    for place in range(len(order) // 2):
        order[place], order[-1 - place] = order[-1 - place], order[place]
    return _keep_distinct(reached, order, date, width, states, least)


@njit(cache=True, nogil=True)
def _by_equity(reached, found, close):  # type: ignore[no-untyped-def]
    """Return the places of `reached` but the first, by their equity, equal ones as they come."""
    order = np.empty(found - 1, np.int64)
    for number in range(1, found):
        equity, place = value_at(close, reached[number]), number - 1
        while place > 0 and value_at(close, reached[order[place - 1]]) > equity:
            order[place] = order[place - 1]
            place -= 1
        order[place] = number
    return order


@jitted
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
            copy_state(reached[number], states[count])
            count += 1
    return count


@jitted
def _alike(one, other, date):  # type: ignore[no-untyped-def]
    same = one[at.SHARES] == other[at.SHARES] and one[at.ANCHOR] == other[at.ANCHOR]
    return same and orders_on(date, one) == orders_on(date, other)


@jitted
def _settle(states, count, strategy):  # type: ignore[no-untyped-def]
    """Return two prices, strictly between which every state stays as it is.

    Checks that what follows stays in the exact range.
    """
    low, high = 0, rules.PRICE_MAX + 1
    for number in range(count):
        check_range(states[number])
        own_low, own_high = quiet_prices(states[number], strategy)
        low, high = max(low, own_low), min(high, own_high)
    return low, high
