"""The position of a compiled run, a row as `kernel_layout` describes it, between its decisions.

Range
-----
With price <= 2e9, worst price <= 2.1e9 and, checked at every change of the position, funds * 1e4
<= 4e18, shares <= 2e15, anchor <= 4e10, and value <= 4e18 at every price that is asked for:
gap * ratio <= 4e10 * 1e8; worst * (1e6 + rate) + per_share * 1e4 <= 2.21e15 < 2^51, the largest
divisor; stock at the worst price <= 4.2e18. A sale asks for at most 1.2 times the shares that
bring the share to the bound, as `kernel` refuses a commission per share above a tenth of the
price; so quantity * price <= 6e18. Of rate * price * quantity, shares * numerator and the like
only the small difference from another such product is used, which is exact modulo 2^64.
"""

from app.domain import entitlement, rules
from app.simulation import kernel_layout as at
from app.simulation.kernel_code import jitted
from app.simulation.pyramid import BLOCK_BITS

FUNDS_MAX = rules.VALUE_MAX // 10**4
ANCHOR_MAX = 4 * 10**10


@jitted
def keep(rows, count, now):  # type: ignore[no-untyped-def]
    """Write `now` as the row `count`, and check that what follows stays in the exact range.

    An empty table keeps nothing.
    """
    check_range(now)
    if len(rows):
        for column in range(at.ROW_WIDTH):
            rows[count, column] = now[column]


@jitted
def is_full(rows, count, strategy):  # type: ignore[no-untyped-def]
    """Return whether there may be no room for what one bar adds: orders on two ways, and two."""
    return count + 2 * strategy[at.MAX_PER_DAY] + 2 > len(rows)


@jitted
def copy_state(state, other):  # type: ignore[no-untyped-def]
    """Make `other` equal to `state`, as far as it goes."""
    for place in range(len(other)):
        other[place] = state[place]


@jitted
def check_range(now):  # type: ignore[no-untyped-def]
    """Raise OverflowError where `now` leaves the exact range."""
    funds = now[at.CASH] + now[at.RECEIVABLE]
    if funds > FUNDS_MAX or now[at.SHARES] > rules.SHARES_MAX or now[at.ANCHOR] > ANCHOR_MAX:
        raise OverflowError


@jitted
def check_price(price, now):  # type: ignore[no-untyped-def]
    """Raise OverflowError where `now` is worth more than the exact range allows."""
    if price > price_limit(now):
        raise OverflowError


@jitted
def price_limit(now):  # type: ignore[no-untyped-def]
    """Return the highest price at which the value is in range."""
    if now[at.SHARES] == 0:
        return rules.PRICE_MAX
    funds = (now[at.CASH] + now[at.RECEIVABLE]) * 10**4
    return min((rules.VALUE_MAX - funds) // now[at.SHARES], rules.PRICE_MAX)


@jitted
def next_outside(columns, bar, until, low, high):  # type: ignore[no-untyped-def]
    """Return the first bar from `bar` on that is not between `low` and `high`, or `until`.

    A block that is between them is passed in one step.
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
            if columns.lows[bar] <= low or columns.highs[bar] >= high:
                return bar
            bar += 1
    return until


@jitted
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


@jitted
def book(events, event, owed, cash_rate, strategy, now):  # type: ignore[no-untyped-def]
    """Book interest, then the items of one event in their order."""
    now[at.CODE] = at.INSIDE_BAND
    now[at.CASH] += entitlement.interest(now[at.CASH], cash_rate, events.days[event])
    for item in range(events.starts[event], events.starts[event + 1]):
        kind, number = events.items[item, 0], events.items[item, 1]
        amount, price = events.items[item, 2], events.items[item, 3]
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


@jitted
def _split(numerator, denominator, price, strategy, now):  # type: ignore[no-untyped-def]
    before, lot = now[at.SHARES], strategy[at.LOT]
    kept = entitlement.split_shares(before, numerator, denominator, lot)
    now[at.CASH] += entitlement.split_remainder(before, kept, numerator, denominator, price)
    now[at.SHARES] = kept
    if now[at.ANCHOR] != at.NO_ANCHOR:
        now[at.ANCHOR] = entitlement.split_anchor(now[at.ANCHOR], numerator, denominator)
    if now[at.WAITING] != at.NO_ORDER:
        waiting = rules.muldiv(now[at.QUANTITY], numerator, denominator)
        now[at.QUANTITY] = rules.floor_to_lot(waiting, lot)
