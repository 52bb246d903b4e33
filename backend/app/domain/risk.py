"""The last look at an order before it leaves: independent of the code that sized it.

It trusts nothing that the decision worked out: it counts, multiplies and compares for itself.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.domain.decision import Side
from app.domain.position import Broker, Position, Status
from app.domain.units import PPM, UNITS_PER_SHARE, VALUE_PER_MICRO

AGE_MAX = timedelta(seconds=60)
CLOCKS_APART_MAX = timedelta(seconds=5)
ORDERS_A_MINUTE = 4
SHARES_MAX = 1_000_000 * UNITS_PER_SHARE
NOTIONAL_MAX = 10_000_000 * 10**6 * VALUE_PER_MICRO  # 10 million USD


class RiskCheck(StrEnum):
    """What must hold before an order leaves, in the order of the checks."""

    ACCOUNT = "account"
    ARMED = "armed"
    HALTED = "halted"
    NOT_RUNNING = "not_running"
    CLOCK = "clock"
    SESSION = "session"
    QUOTE_AGE = "quote_age"
    QUOTE_SOURCE = "quote_source"
    COLLAR = "collar"
    QUANTITY = "quantity"
    NOTIONAL = "notional"
    ORDERS_A_DAY = "orders_a_day"
    ORDERS_A_MINUTE = "orders_a_minute"
    ANOTHER_ORDER = "another_order"
    CASH = "cash"
    SHARES = "shares"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """An order about to leave, and everything that is looked at; prices in ticks.

    `orders_today` and `orders_last_minute` count the orders that were sent, this one included;
    `other_live` those that are live besides this one. `clocks_agree` says that the broker has the
    same time and the same session. `collar` (ppm) is how far the limit may be
    from the last price, `daily_max` the strategy's own limit.
    """

    side: Side
    quantity: int
    limit: int
    position: Position
    account_id: str | None
    pinned_account_id: str | None
    armed: bool
    halted: bool
    clocks_agree: bool
    session_open: bool
    now: datetime
    last: int
    observed_at: datetime
    from_broker: bool
    collar: int
    daily_max: int
    orders_today: int
    orders_last_minute: int
    other_live: int


def risk_of(order: Leaving) -> RiskCheck | None:
    """Return the first check that fails, or None when the order may leave."""
    live = order.position.broker is Broker.ALPACA_LIVE
    notional = order.quantity * order.limit
    # The limit itself was rounded against us, by less than a tick.
    stretch = abs(order.limit - order.last) * PPM - PPM
    failing = {
        RiskCheck.ACCOUNT: order.account_id != order.pinned_account_id,
        RiskCheck.ARMED: live and not order.armed,
        RiskCheck.HALTED: order.halted,
        RiskCheck.NOT_RUNNING: order.position.status is not Status.RUNNING,
        RiskCheck.CLOCK: not order.clocks_agree,
        RiskCheck.SESSION: not order.session_open,
        RiskCheck.QUOTE_AGE: order.now - order.observed_at > AGE_MAX,
        RiskCheck.QUOTE_SOURCE: live and not order.from_broker,
        RiskCheck.COLLAR: stretch > order.collar * order.last,
        RiskCheck.QUANTITY: not 0 < order.quantity <= SHARES_MAX,
        RiskCheck.NOTIONAL: notional > NOTIONAL_MAX,
        RiskCheck.ORDERS_A_DAY: order.orders_today > order.daily_max,
        RiskCheck.ORDERS_A_MINUTE: order.orders_last_minute > ORDERS_A_MINUTE,
        RiskCheck.ANOTHER_ORDER: order.other_live > 0,
        RiskCheck.CASH: order.side is Side.BUY and notional > order.position.cash * VALUE_PER_MICRO,
        RiskCheck.SHARES: order.side is Side.SELL and order.quantity > order.position.shares,
    }
    return next((check for check, fails in failing.items() if fails), None)


SENTENCES = {
    RiskCheck.ACCOUNT: "The broker's account is another one than this position belongs to.",
    RiskCheck.ARMED: "Trading with real money is not armed.",
    RiskCheck.HALTED: "Trading is stopped.",
    RiskCheck.NOT_RUNNING: "The position is not running any more.",
    RiskCheck.CLOCK: "The broker's clock and the exchange's calendar here disagree.",
    RiskCheck.SESSION: "The session is closed.",
    RiskCheck.QUOTE_AGE: f"The price is older than {AGE_MAX.seconds} seconds.",
    RiskCheck.QUOTE_SOURCE: "An order with real money needs the broker's own quote.",
    RiskCheck.COLLAR: "The limit is further from the last price than the collar allows.",
    RiskCheck.QUANTITY: "The quantity is outside of what a single order may have.",
    RiskCheck.NOTIONAL: "The order is worth more than a single order may be.",
    RiskCheck.ORDERS_A_DAY: "The position has had all its orders of this day.",
    RiskCheck.ORDERS_A_MINUTE: f"More than {ORDERS_A_MINUTE} orders within a minute.",
    RiskCheck.ANOTHER_ORDER: "Another order of the position is live.",
    RiskCheck.CASH: "The cash does not cover the order at its limit.",
    RiskCheck.SHARES: "The position holds fewer shares than the order sells.",
}
