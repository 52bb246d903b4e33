"""Alpaca's orders."""

from app.adapters.broker.alpaca_json import Record, UnreadableError, rounded_down, side, text
from app.domain.brokerage import BrokerOrder, BrokerOrderState
from app.domain.units import UNITS_PER_SHARE

# A replaced order ended; what took its place is an order of its own.
_ENDED = {
    "filled": BrokerOrderState.FILLED,
    "canceled": BrokerOrderState.CANCELED,
    "replaced": BrokerOrderState.CANCELED,
    "expired": BrokerOrderState.EXPIRED,
    "rejected": BrokerOrderState.REJECTED,
}
# Alpaca may still fill any of these, those "done for the day" included.
_LIVE = frozenset(
    (
        *("new", "accepted", "pending_new", "accepted_for_bidding", "partially_filled", "held"),
        *("pending_cancel", "pending_replace", "pending_review"),
        *("done_for_day", "calculated", "stopped", "suspended"),
    )
)


def read_order(order: Record) -> BrokerOrder:
    """Return an order.

    One that somebody placed for an amount of money has the quantity that it filled so far.

    Rounding: a quantity finer than a share unit, which only other hands trade, down.

    Raises
    ------
    UnreadableError
        When a value is not what it should be, an unknown status included.
    """
    filled = _quantity(order, "filled_qty")
    return BrokerOrder(
        broker_order_id=text(order, "id"),
        order_id=text(order, "client_order_id"),
        symbol=text(order, "symbol"),
        side=side(order),
        quantity=filled if order.get("qty") is None else _quantity(order, "qty"),
        filled=filled,
        state=_state(order),
    )


def _state(order: Record) -> BrokerOrderState:
    status = text(order, "status")
    if status in _LIVE:
        return BrokerOrderState.LIVE
    ended = _ENDED.get(status)
    if ended is None:
        raise UnreadableError("the status of an order is not one that is known here")
    return ended


def _quantity(order: Record, field: str) -> int:
    quantity = rounded_down(order, field, UNITS_PER_SHARE)
    if quantity < 0:
        raise UnreadableError(f"{field} of an order is negative")
    return quantity
