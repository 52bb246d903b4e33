"""The compiled run of model `close`: bars, events and a strategy in, changes of the position out.

The loop visits only the bars at which something may happen. Between two changes of the position
the price alone moves, and the stock share rises with it, so there is one range of prices in which
every decision is "inside the band"; each bar outside of it is decided by the rules in full.

Range
-----
With price <= 2e9, worst price <= 2.1e9 and, checked at every change of the position, funds * 1e4
<= 4e18, shares <= 2e15, anchor <= 4e10, and value <= 4e18 at every bar:
gap * ratio <= 4e10 * 1e8; worst * (1e6 + rate) + per_share * 1e4 <= 2.21e15 < 2^51, the largest
divisor; stock at the worst price <= 4.2e18. A sale asks for at most 1.2 times the shares that
bring the share to the bound, as `kernel` refuses a commission per share above a tenth of the
price; so quantity * price <= 6e18. Of rate * price * quantity, shares * numerator and the like
only the small difference from another such product is used, which is exact modulo 2^64.
"""

from numba import njit

from app.domain import entitlement, rules
from app.simulation import kernel_layout as at
from app.simulation.kernel_decision import decide
from app.simulation.pyramid import BLOCK_BITS

FUNDS_MAX = rules.VALUE_MAX // 10**4
ANCHOR_MAX = 4 * 10**10


@njit(cache=True, nogil=True)
def follow(columns, stop, events, owed, cash_rate, strategy, now, rows, codes):  # type: ignore[no-untyped-def]
    """Lead the position `now` from its bar up to `stop`; return how many `rows` were written.

    `owed` has room for every dividend, `rows` for every change; `codes` gets what was decided at
    each open bar that is not inside the band.
    """
    bar = first = now[at.MOMENT] // 2
    count = _keep(rows, 0, now)
    event = 0
    while bar < stop:
        if event < events.bars.size and events.bars[event] == bar:
            book(events, event, owed, cash_rate, strategy, now)
            now[at.MOMENT] = 2 * bar
            count = _keep(rows, count, now)
            event += 1
        until = events.bars[event] if event < events.bars.size else stop
        count = _trade(columns, first, bar, until, strategy, now, rows, count, codes)
        bar = until
    return count


@njit(cache=True, nogil=True)
def _trade(columns, first, bar, until, strategy, now, rows, count, codes):  # type: ignore[no-untyped-def]
    low, high = quiet_prices(now, strategy)
    while True:
        bar = next_outside(columns, bar, until, low, high)
        if bar == until:
            return count
        price = columns.closes[bar]
        if price > price_limit(now):
            raise OverflowError
        if not columns.closed.size or not columns.closed[bar]:
            code = decide(price, columns.dates[bar], columns.ends[bar], now, strategy)
            codes[bar - first] = code
            reason = code % at.SELLS
            if reason == at.ANCHOR_SET or reason >= at.BY_TRIGGER:
                now[at.MOMENT] = 2 * bar + 1
                now[at.CODE] = code
                count = _keep(rows, count, now)
                low, high = quiet_prices(now, strategy)
        bar += 1


@njit(cache=True, nogil=True)
def next_outside(columns, bar, until, low, high):  # type: ignore[no-untyped-def]
    """Return the first bar from `bar` on whose close is not between `low` and `high`, or `until`.

    A block of which the lowest and highest close are between them is passed in one step.
    """
    while bar < until:
        end = until
        if columns.lowest.size:
            block = bar >> BLOCK_BITS
            end = min(until, (block + 1) << BLOCK_BITS)
            if columns.lowest[block] > low and columns.highest[block] < high:
                bar = end
                continue
        while bar < end:
            if columns.closes[bar] <= low or columns.closes[bar] >= high:
                return bar
            bar += 1
    return until


@njit(cache=True, nogil=True)
def quiet_prices(now, strategy):  # type: ignore[no-untyped-def]
    """Return two prices; strictly between them every decision is "inside the band".

    A screen: what is outside is decided in full. The prices of drift, qP > m(qP + F), are
    estimated in floating point, with an error far below the tick that is kept as distance.
    """
    shares = now[at.SHARES]
    funds = (now[at.CASH] + now[at.RECEIVABLE]) * 10**4
    if now[at.ANCHOR] == at.NO_ANCHOR or shares + funds == 0:
        return rules.PRICE_MAX, 0
    low = rules.buy_at(now[at.ANCHOR], strategy[at.DOWN])
    high = rules.sell_at(now[at.ANCHOR], strategy[at.UP])
    high = min(high, price_limit(now) + 1)
    if strategy[at.REBALANCE]:
        most = strategy[at.MAX_STOCK] + strategy[at.TOLERANCE]
        least = strategy[at.MIN_STOCK] - strategy[at.TOLERANCE]
        if shares == 0:
            return (rules.PRICE_MAX, 0) if least > 0 else (low, high)
        if most < 10**6:
            estimate = float(funds) * most / (float(shares) * (10**6 - most))
            high = int(min(float(high), estimate - 1))
        if least > 0:
            estimate = float(funds) * least / (float(shares) * (10**6 - least))
            low = int(max(float(low), min(estimate + 2, float(rules.PRICE_MAX))))
    return low, high


@njit(cache=True, nogil=True)
def price_limit(now):  # type: ignore[no-untyped-def]
    """Return the highest price at which the value is in range."""
    if now[at.SHARES] == 0:
        return rules.PRICE_MAX
    funds = (now[at.CASH] + now[at.RECEIVABLE]) * 10**4
    return min((rules.VALUE_MAX - funds) // now[at.SHARES], rules.PRICE_MAX)


@njit(cache=True, nogil=True)
def book(events, event, owed, cash_rate, strategy, now):  # type: ignore[no-untyped-def]
    """Book interest, then the items of one event in their order."""
    now[at.CODE] = at.INSIDE_BAND
    now[at.CASH] += entitlement.interest(now[at.CASH], cash_rate, events.days[event])
    for item in range(events.starts[event], events.starts[event + 1]):
        kind, number, amount, price = events.items[item]
        if kind == at.SPLIT:
            _split(number, amount, price, strategy, now)
        elif kind == at.DIVIDEND:
            withheld = strategy[at.WITHHOLDING]
            owed[number] = entitlement.dividend(now[at.SHARES], amount, withheld)
            now[at.RECEIVABLE] += owed[number]
            if strategy[at.ADJUST_ANCHOR] and now[at.ANCHOR] != at.NO_ANCHOR:
                now[at.ANCHOR] = entitlement.ex_dividend_anchor(now[at.ANCHOR], price, amount)
        else:
            now[at.RECEIVABLE] -= owed[number]
            now[at.CASH] += owed[number]


@njit(cache=True, nogil=True)
def _split(numerator, denominator, price, strategy, now):  # type: ignore[no-untyped-def]
    before, lot = now[at.SHARES], strategy[at.LOT]
    kept = entitlement.split_shares(before, numerator, denominator, lot)
    now[at.CASH] += entitlement.split_remainder(before, kept, numerator, denominator, price)
    now[at.SHARES] = kept
    if now[at.ANCHOR] != at.NO_ANCHOR:
        now[at.ANCHOR] = entitlement.split_anchor(now[at.ANCHOR], numerator, denominator)


@njit(cache=True, nogil=True)
def _keep(rows, count, now):  # type: ignore[no-untyped-def]
    """Append `now` to the rows, and check that what follows stays in the exact range."""
    funds = now[at.CASH] + now[at.RECEIVABLE]
    if funds > FUNDS_MAX or now[at.SHARES] > rules.SHARES_MAX or now[at.ANCHOR] > ANCHOR_MAX:
        raise OverflowError
    rows[count] = now
    return count + 1


@njit(cache=True, nogil=True)
def write_equity(closes, first, rows, equity):  # type: ignore[no-untyped-def]
    """Fill `equity` with the value at the close of each bar from `first` on, in 1e-10 USD."""
    for row in range(len(rows)):
        start = rows[row, at.MOMENT] // 2 - first
        end = rows[row + 1, at.MOMENT] // 2 - first if row + 1 < len(rows) else len(equity)
        shares = rows[row, at.SHARES]
        funds = (rows[row, at.CASH] + rows[row, at.RECEIVABLE]) * 10**4
        for point in range(start, end):
            equity[point] = shares * closes[first + point] + funds


@njit(cache=True, nogil=True)
def write_numbers(closes, first, rows, strategy, numbers):  # type: ignore[no-untyped-def]
    """Fill `numbers` with what each decision compared: anchor, its two triggers, value, share.

    They are those of the position before the evaluation. The share is in ppm, half up, and -1
    where there is no value.
    """
    for row in range(len(rows)):
        start = (rows[row, at.MOMENT] + 1) // 2 - first
        end = (rows[row + 1, at.MOMENT] + 1) // 2 - first if row + 1 < len(rows) else len(numbers)
        shares, anchor = rows[row, at.SHARES], rows[row, at.ANCHOR]
        funds = (rows[row, at.CASH] + rows[row, at.RECEIVABLE]) * 10**4
        for point in range(start, end):
            price = closes[first + point]
            used = price if anchor == at.NO_ANCHOR else anchor
            value = shares * price + funds
            numbers[point, at.NUMBER_ANCHOR] = used
            numbers[point, at.NUMBER_SELL_AT] = rules.sell_at(used, strategy[at.UP])
            numbers[point, at.NUMBER_BUY_AT] = rules.buy_at(used, strategy[at.DOWN])
            numbers[point, at.NUMBER_VALUE] = value
            numbers[point, at.NUMBER_SHARE] = _share(shares * price, value)


@njit(cache=True, nogil=True)
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
