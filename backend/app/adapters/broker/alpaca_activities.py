"""What happened in an Alpaca account: trades, trades taken back, and cash without a trade."""

from app.adapters.broker.alpaca_json import (
    Record,
    UnreadableError,
    day,
    decimal,
    moment,
    rounded_down,
    rounded_up,
    side,
    text,
)
from app.domain.brokerage import BrokerCash, BrokerCashKind, BrokerFill
from app.domain.decision import Side
from app.domain.units import MICROS_PER_USD, TICKS_PER_USD, UNITS_PER_SHARE

CASH_KINDS = {
    "DIV": BrokerCashKind.DIVIDEND,
    "DIVCGL": BrokerCashKind.DIVIDEND,
    "DIVCGS": BrokerCashKind.DIVIDEND,
    "DIVROC": BrokerCashKind.DIVIDEND,
    "DIVTXEX": BrokerCashKind.DIVIDEND,
    "DIVFT": BrokerCashKind.TAX,
    "DIVNRA": BrokerCashKind.TAX,
    "DIVTW": BrokerCashKind.TAX,
    "DIVFEE": BrokerCashKind.FEE,
    "FEE": BrokerCashKind.FEE,
    "CFEE": BrokerCashKind.FEE,
}
"""Alpaca's types of activity that move cash of a stock without a trade."""

_TRADES = ("fill", "partial_fill")
_TAKEN_BACK = "trade_bust"
_PRICE_USD_MAX = 10_000_000


def read_fill(activity: Record) -> BrokerFill:
    """Return a trade, or the taking back of one.

    Rounding: a price finer than a tick, against us; a quantity finer than a share unit, which only
    other hands trade, down, but never to none. The time is that of the trade; the id begins with a
    local time that must not be read.

    Raises
    ------
    UnreadableError
        When a value is not what it should be.
    """
    kind = text(activity, "type")
    if kind != _TAKEN_BACK and kind not in _TRADES:
        raise UnreadableError("the type of a trade is not one that is known here")
    sided = side(activity)
    if decimal(activity, "qty") <= 0:
        raise UnreadableError("qty of a trade is not more than 0")
    return BrokerFill(
        fill_id=text(activity, "id"),
        broker_order_id=text(activity, "order_id"),
        symbol=text(activity, "symbol"),
        side=sided,
        quantity=max(1, rounded_down(activity, "qty", UNITS_PER_SHARE)),
        price=_price(activity, sided=sided),
        at=moment(activity, "transaction_time"),
        busts=text(activity, "previous_id") if kind == _TAKEN_BACK else None,
    )


def read_cash(activity: Record) -> BrokerCash | None:
    """Return a movement of cash, or None for one that Alpaca canceled.

    Rounding: an amount finer than a micro, against us.

    Raises
    ------
    UnreadableError
        When a value is not what it should be.
    """
    kind = CASH_KINDS.get(text(activity, "activity_type"))
    if kind is None:
        raise UnreadableError("the type of an activity is not one that was asked for")
    status = activity.get("status")
    if status == "canceled":
        return None
    if status not in (None, "executed", "correct"):
        raise UnreadableError("the status of an activity is not one that is known here")
    return BrokerCash(
        id=text(activity, "id"),
        kind=kind,
        symbol=text(activity, "symbol") if activity.get("symbol") else None,
        amount=rounded_down(activity, "net_amount", MICROS_PER_USD),
        on=day(activity, "date"),
    )


def _price(activity: Record, *, sided: Side) -> int:
    rounded = {Side.BUY: rounded_up, Side.SELL: rounded_down}[sided]
    price = rounded(activity, "price", TICKS_PER_USD)
    if not 0 < price <= _PRICE_USD_MAX * TICKS_PER_USD:
        raise UnreadableError("price of a trade is not a price")
    return price
