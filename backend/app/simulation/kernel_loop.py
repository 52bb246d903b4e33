"""The compiled run: bars, events and a strategy in, changes of the position out.

The loop visits only the bars at which something may happen. Between two changes of the position
the price alone moves, and the stock share rises with it, so there is one range of prices in which
every decision is "inside the band"; each bar outside of it is decided by the rules in full.
"""

from app.simulation import kernel_layout as at
from app.simulation.kernel_code import jitted
from app.simulation.kernel_decision import count_order, decide, is_order, meet, propose
from app.simulation.kernel_state import (
    book,
    check_price,
    is_full,
    keep,
    next_outside,
    quiet_prices,
)
from app.simulation.kernel_touch import take_way


@jitted
def follow(  # type: ignore[no-untyped-def]
    columns,
    bar,
    stop,
    model,
    event,
    events,
    owed,
    cash_rate,
    strategy,
    now,
    other,
    rows,
    count,
    codes,
):
    """Lead the position `now` from `bar` up to `stop`; return how far: bar, event and count.

    `event` is the next of `events`, `count` how many of `rows` there are. Ends early where the
    rows are full. `owed` has room for every dividend, `other` for a state; `codes` gets what was
    decided at each open bar that is not inside the band, in `touch` at its open.
    """
    while bar < stop and not is_full(rows, count, strategy):
        if event < events.bars.size and events.bars[event] == bar:
            book(events, event, owed, cash_rate, strategy, now)
            now[at.MOMENT] = at.PLACES * bar + at.BEFORE
            keep(rows, count, now)
            event, count = event + 1, count + 1
        until = events.bars[event] if event < events.bars.size else stop
        if model == at.CLOSE:
            bar, count = _close(columns, bar, until, strategy, now, rows, count, codes)
        elif model == at.NEXT_OPEN:
            bar, count = _next_open(columns, bar, until, strategy, now, rows, count, codes)
        else:
            bar, count = _touch(
                columns, bar, until, model, strategy, now, other, rows, count, codes
            )
    return bar, event, count


@jitted
def _close(columns, bar, until, strategy, now, rows, count, codes):  # type: ignore[no-untyped-def]
    low, high = quiet_prices(now, strategy)
    while True:
        bar = next_outside(columns, bar, until, low, high)
        if bar == until or is_full(rows, count, strategy):
            return bar, count
        price = columns.closes[bar]
        check_price(price, now)
        if not columns.closed.size or not columns.closed[bar]:
            code = decide(price, columns.dates[bar], columns.ends[bar], now, strategy)
            codes[bar] = code
            if code == at.ANCHOR_SET or is_order(code):
                _keep_at(bar, at.AT_CLOSE, code, now, rows, count)
                count += 1
                low, high = quiet_prices(now, strategy)
        bar += 1


@jitted
def _next_open(columns, bar, until, strategy, now, rows, count, codes):  # type: ignore[no-untyped-def]
    while True:
        if now[at.WAITING] != at.NO_ORDER:
            bar = _next_open_bar(columns, bar, until, now)
            if bar == until or is_full(rows, count, strategy):
                return bar, count
            price = columns.opens[bar]
            check_price(price, now)
            meet(price, columns.starts[bar], now, strategy)
            now[at.MOMENT] = at.PLACES * bar + at.AT_OPEN
            keep(rows, count, now)
            count += 1
        low, high = quiet_prices(now, strategy)
        bar = next_outside(columns, bar, until, low, high)
        if bar == until or is_full(rows, count, strategy):
            return bar, count
        price, date = columns.closes[bar], columns.dates[bar]
        check_price(price, now)
        if not columns.closed.size or not columns.closed[bar]:
            code = propose(price, date, columns.ends[bar], now, strategy)
            codes[bar] = code
            if is_order(code):
                count_order(date, now)
                now[at.WAITING] = code
            if code == at.ANCHOR_SET or is_order(code):
                _keep_at(bar, at.AT_CLOSE, code, now, rows, count)
                count += 1
        bar += 1


@jitted
def _next_open_bar(columns, bar, until, now):  # type: ignore[no-untyped-def]
    """Return the first bar from `bar` on in an open session, or `until`."""
    while bar < until and columns.closed.size and columns.closed[bar]:
        check_price(columns.closes[bar], now)
        bar += 1
    return bar


@jitted
def _touch(columns, bar, until, path, strategy, now, other, rows, count, codes):  # type: ignore[no-untyped-def]
    low, high = quiet_prices(now, strategy)
    while True:
        bar = next_outside(columns, bar, until, low, high)
        if bar == until or is_full(rows, count, strategy):
            return bar, count
        if not columns.closed.size or not columns.closed[bar]:
            price, date = columns.opens[bar], columns.dates[bar]
            check_price(price, now)
            code = decide(price, date, columns.starts[bar], now, strategy)
            codes[bar] = code
            if code == at.ANCHOR_SET or is_order(code):
                _keep_at(bar, at.AT_OPEN, code, now, rows, count)
                count += 1
                low, high = quiet_prices(now, strategy)
            if columns.lows[bar] <= low or columns.highs[bar] >= high:
                count = take_way(columns, bar, path, strategy, now, other, rows, count)
                low, high = quiet_prices(now, strategy)
        check_price(columns.closes[bar], now)
        bar += 1


@jitted
def _keep_at(bar, place, code, now, rows, count):  # type: ignore[no-untyped-def]
    now[at.MOMENT] = at.PLACES * bar + place
    now[at.CODE] = code
    now[at.DECIDED] = bar
    keep(rows, count, now)


@jitted
def write_equity(closes, first, rows, equity):  # type: ignore[no-untyped-def]
    """Fill `equity` with the value at the close of each bar from `first` on, in 1e-10 USD."""
    for row in range(len(rows)):
        start = rows[row, at.MOMENT] // at.PLACES - first
        end = len(equity)
        if row + 1 < len(rows):
            end = rows[row + 1, at.MOMENT] // at.PLACES - first
        shares = rows[row, at.SHARES]
        funds = (rows[row, at.CASH] + rows[row, at.RECEIVABLE]) * 10**4
        prices, values = closes[first + start : first + end], equity[start:end]
        for point in range(len(values)):  # from 0, so that no index may be negative: 5 times faster
            values[point] = shares * prices[point] + funds
