"""The trading rules as functions of whole numbers, without any import.

Units: prices in ticks (1e-4 USD), shares in units (1e-6 share), money in micros (1e-6 USD),
ratios in ppm, values (shares times price) in 1e-10 USD. Only + - * // and comparisons, so that
the same function objects can be compiled; `muldiv` is the one primitive with a second body.
Exact for prices up to PRICE_MAX, holdings up to SHARES_MAX and values up to VALUE_MAX.

Source of every formula: the trading rules, "One evaluation, in this order".
"""

RULES_VERSION = "1"

PRICE_MAX = 2 * 10**9  # 200,000 USD: price * 1e6 stays below 2^51
SHARES_MAX = 2 * 10**15  # 2,000,000,000 shares
VALUE_MAX = 4 * 10**18  # 400,000,000 USD: below 2^62

BUY = 1
SELL = -1
NEITHER = 0

PROPORTIONAL = 0
TARGET = 1
FIXED_FRACTION = 2
TO_BOUND = 3

UNBOUNDED = 1 << 62
_PPM = 10**6
_VALUE_PER_MICRO = 10**4
_TWO_MICROS = 2 * _VALUE_PER_MICRO  # booked amounts differ from exact ones by less than this


def muldiv(a: int, b: int, c: int) -> int:
    """Return floor(a * b / c), exactly."""
    return a * b // c


def muldiv_up(a: int, b: int, c: int) -> int:
    """Return ceil(a * b / c), exactly, for c > 0."""
    quotient = muldiv(a, b, c)
    return quotient + (a * b - quotient * c > 0)


def muldivdiv(a: int, b: int, c: int, d: int) -> int:
    """Return floor(a * b / (c * d)), exactly, where c * d is beyond the range of `muldiv`."""
    whole = b // d
    quotient = muldiv(a, whole, c)
    rest = a * whole - quotient * c + muldiv(a, b - whole * d, d)
    return quotient + rest // c


def sell_at(anchor: int, up: int) -> int:
    """Return the lowest price that is a sell trigger: ceil(anchor * (1 + up))."""
    return -(-anchor * (_PPM + up) // _PPM)


def buy_at(anchor: int, down: int) -> int:
    """Return the highest price that is a buy trigger: floor(anchor * (1 - down))."""
    return anchor * (_PPM - down) // _PPM


def worst_buy_price(price: int, distance: int, ask: int) -> int:
    """Return the highest price at which a buy may fill; `ask` is 0 where there is none."""
    limit = -(-price * (_PPM + distance) // _PPM)
    return ask if ask > limit else limit


def worst_sell_price(price: int, distance: int, bid: int) -> int:
    """Return the lowest price at which a sell may fill; `bid` is 0 where there is none."""
    limit = price * (_PPM - distance) // _PPM
    if 0 < bid < limit:
        limit = bid
    return limit if limit > 0 else 1


def commission(quantity: int, price: int, rate: int, per_share: int, minimum: int) -> int:
    """Return max(rate * quantity * price + per_share * quantity, minimum) in micros, rounded up."""
    by_rate = muldiv(rate * price, quantity, 10**10)
    by_share = muldiv(per_share, quantity, 10**6)
    rest = rate * price * quantity - by_rate * 10**10
    rest += (per_share * quantity - by_share * 10**6) * 10**4
    charged = by_rate + by_share - (-rest // 10**10)
    return charged if charged > minimum else minimum


def buy_cost(quantity: int, price: int) -> int:
    """Return what a buy costs before commission, in micros, rounded up."""
    return -(-quantity * price // _VALUE_PER_MICRO)


def sell_proceeds(quantity: int, price: int) -> int:
    """Return what a sale brings before commission, in micros, rounded down."""
    return quantity * price // _VALUE_PER_MICRO


def trigger_side(price: int, sell_trigger: int, buy_trigger: int) -> int:
    """Return SELL, BUY or NEITHER; a price exactly on a trigger has crossed it."""
    if price >= sell_trigger:
        return SELL
    return BUY if price <= buy_trigger else NEITHER


def drift_side(stock: int, value: int, min_stock: int, max_stock: int, tolerance: int) -> int:
    """Return the side that leads back into the band when the share is beyond the tolerance."""
    if stock > muldiv(max_stock + tolerance, value, _PPM):
        return SELL
    return BUY if stock < muldiv_up(min_stock - tolerance, value, _PPM) else NEITHER


def raw_quantity(
    side: int,
    price: int,
    shares: int,
    cash: int,
    receivable: int,
    anchor: int,
    policy: int,
    ratio: int,
    target: int,
    fraction: int,
    min_stock: int,
    max_stock: int,
    rate: int,
    per_share: int,
    minimum: int,
    lot: int,
) -> int:
    """Return the quantity that the sizing policy asks for, in units; zero or less means none."""
    stock = shares * price
    value = stock + (cash + receivable) * _VALUE_PER_MICRO
    if policy == PROPORTIONAL:
        gap = anchor - price if anchor > price else price - anchor
        return muldivdiv(gap * ratio, value, price * _PPM, price)
    if policy == TARGET:
        if side == BUY:
            return muldiv(target, value, _PPM) // price - shares
        return shares + (-muldiv_up(target, value, _PPM) // price)
    if policy == FIXED_FRACTION:
        if side == BUY:
            return muldiv(fraction, cash, _PPM // _VALUE_PER_MICRO) // price
        return muldiv(fraction, shares, _PPM)
    return guardrail_bound(
        side, price, shares, cash, receivable, min_stock, max_stock, rate, per_share, minimum, lot
    )


def drift_quantity(
    side: int,
    price: int,
    worst: int,
    shares: int,
    cash: int,
    receivable: int,
    min_stock: int,
    max_stock: int,
    rate: int,
    per_share: int,
    minimum: int,
    lot: int,
) -> int:
    """Return the least quantity, in whole lots, that brings the share valued at `price` inside.

    The order pays the worst price and the commission. With loss k(x) for the commission:
    sell (q - x)P <= max(V - x(P - W) - k(x)), buy (q + x)P >= min(V - x(W - P) - k(x)).
    """
    stock = shares * price
    value = stock + (cash + receivable) * _VALUE_PER_MICRO
    after_minimum = value - minimum * _VALUE_PER_MICRO
    if side == SELL:
        gross = price * _PPM - max_stock * (price - worst)
        charged = muldiv_up(max_stock * rate, worst, _PPM) - (-max_stock * per_share // 100)
        by_minimum = muldiv_up(stock - muldiv(max_stock, after_minimum, _PPM), _PPM, gross)
        if gross <= charged:
            return shares
        by_rate = muldiv_up(stock - muldiv(max_stock, value, _PPM), _PPM, gross - charged)
        quantity = ceil_to_lot(by_rate if by_rate > by_minimum else by_minimum, lot)
        net = sell_proceeds(quantity, worst) - commission(quantity, worst, rate, per_share, minimum)
        left = (shares - quantity) * price
        after = left + (cash + receivable + net) * _VALUE_PER_MICRO
        if left > muldiv(max_stock, after, _PPM):
            quantity += ceil_to_lot(muldiv_up(_TWO_MICROS, _PPM, gross - charged), lot)
        return quantity
    gross = price * _PPM + min_stock * (worst - price)
    charged = muldiv(min_stock * rate, worst, _PPM) + min_stock * per_share // 100
    by_minimum = muldiv_up(muldiv_up(min_stock, after_minimum, _PPM) - stock, _PPM, gross)
    by_rate = muldiv_up(muldiv_up(min_stock, value, _PPM) - stock, _PPM, gross + charged)
    quantity = ceil_to_lot(by_rate if by_rate < by_minimum else by_minimum, lot)
    return quantity if quantity > lot else lot


def max_trade_bound(price: int, value: int, max_trade: int) -> int:
    """Return the largest quantity with quantity * price <= max_trade * value; 0 means no limit."""
    return muldiv(max_trade, value, _PPM) // price if max_trade > 0 else UNBOUNDED


def cash_bound(worst: int, cash: int, rate: int, per_share: int, minimum: int, lot: int) -> int:
    """Return the largest buy whose booked cost and commission fit into `cash`."""
    spendable = cash * _VALUE_PER_MICRO
    divisor = worst * _PPM + rate * worst + per_share * _VALUE_PER_MICRO
    by_rate = muldiv(spendable, _PPM, divisor)
    by_minimum = (spendable - minimum * _VALUE_PER_MICRO) // worst
    bound = by_rate if by_rate < by_minimum else by_minimum
    if bound <= 0:
        return 0
    quantity = floor_to_lot(bound, lot)
    booked = buy_cost(quantity, worst) + commission(quantity, worst, rate, per_share, minimum)
    return bound if booked <= cash else _one_step_less(quantity, worst, lot)


def guardrail_bound(
    side: int,
    worst: int,
    shares: int,
    cash: int,
    receivable: int,
    min_stock: int,
    max_stock: int,
    rate: int,
    per_share: int,
    minimum: int,
    lot: int,
) -> int:
    """Return the largest quantity after which the share at `worst` is inside the band.

    Buy (q + x)W <= max(V - k(x)), sell (q - x)W >= min(V - k(x)), V valued at W; k(x) contains
    the minimum, so each side is solved for the rate and for the minimum.
    """
    stock = shares * worst
    value = stock + (cash + receivable) * _VALUE_PER_MICRO
    after_minimum = value - minimum * _VALUE_PER_MICRO
    if side == SELL:
        charged = muldiv(min_stock * rate, worst, _PPM) + min_stock * per_share // 100
        if worst * _PPM <= charged:
            return UNBOUNDED
        by_rate = muldiv(stock - muldiv_up(min_stock, value, _PPM), _PPM, worst * _PPM - charged)
        by_minimum = (stock - muldiv_up(min_stock, after_minimum, _PPM)) // worst
        bound = by_rate if by_rate > by_minimum else by_minimum
        return bound if bound > 0 else 0
    charged = muldiv_up(max_stock * rate, worst, _PPM) - (-max_stock * per_share // 100)
    by_rate = muldiv(muldiv(max_stock, value, _PPM) - stock, _PPM, worst * _PPM + charged)
    by_minimum = (muldiv(max_stock, after_minimum, _PPM) - stock) // worst
    bound = by_rate if by_rate < by_minimum else by_minimum
    if bound <= 0:
        return 0
    quantity = floor_to_lot(bound, lot)
    paid = buy_cost(quantity, worst) + commission(quantity, worst, rate, per_share, minimum)
    held = (shares + quantity) * worst
    after = held + (cash + receivable - paid) * _VALUE_PER_MICRO
    return bound if held <= muldiv(max_stock, after, _PPM) else _one_step_less(quantity, worst, lot)


def worsens_breach(
    side: int,
    quantity: int,
    price: int,
    filled_at: int,
    shares: int,
    cash: int,
    receivable: int,
    min_stock: int,
    max_stock: int,
    rate: int,
    per_share: int,
    minimum: int,
) -> bool:
    """Return whether the share at `price`, filled at `filled_at`, ends outside and not nearer."""
    funds = cash + receivable
    stock = shares * price
    value = stock + funds * _VALUE_PER_MICRO
    paid = commission(quantity, filled_at, rate, per_share, minimum)
    flow = sell_proceeds(quantity, filled_at) if side == SELL else -buy_cost(quantity, filled_at)
    held = (shares + side * quantity) * price
    after = held + (funds + flow - paid) * _VALUE_PER_MICRO
    if held > muldiv(max_stock, after, _PPM):
        if side == BUY or stock <= muldiv(max_stock, value, _PPM):
            return True
        return muldiv(shares - quantity, value, shares) >= after
    if held < muldiv_up(min_stock, after, _PPM):
        return side == SELL or stock >= muldiv_up(min_stock, value, _PPM)
    return False


def floor_to_lot(quantity: int, lot: int) -> int:
    """Return `quantity` rounded toward zero to the lot."""
    return quantity // lot * lot


def ceil_to_lot(quantity: int, lot: int) -> int:
    """Return `quantity` rounded up to the lot."""
    return -(-quantity // lot) * lot


def _one_step_less(quantity: int, worst: int, lot: int) -> int:
    """Return the whole lots below `quantity` that are worth two micros less, at least one lot."""
    less = quantity - ceil_to_lot(-(-_TWO_MICROS // worst), lot)
    return less if less > 0 else 0
