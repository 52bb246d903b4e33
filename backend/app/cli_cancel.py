"""What `vb halt` does after it stopped trading: ends, or watches the end of, the live orders."""

import sys

from app.bootstrap import idle_services
from app.domain.errors import DomainError
from app.domain.order import OrderEnd
from app.domain.units import shares_text
from app.services.cancel_orders import EndedOrder, Ending
from app.settings import Settings

_ENDS = {
    OrderEnd.FILLED: "was filled before it could be canceled",
    OrderEnd.CANCELED: "canceled",
    OrderEnd.EXPIRED: "expired",
    OrderEnd.REFUSED: "refused by the broker",
    OrderEnd.RISK: "never sent",
    OrderEnd.MISSING: "never sent",
}


def cancel(*, settings: Settings) -> int:
    """End what is live, say what became of each order, and return the exit code.

    It is 1 while an order may still fill, or a broker could not be asked.
    """
    try:
        with idle_services(settings) as services:
            ending = services.canceling.cancel()
    except DomainError as error:
        print(
            f"vb: Trading is stopped, but what is live at the brokers was not looked at: {error} "
            "Run `./vb halt` again, or cancel the orders at the broker.",
            file=sys.stderr,
        )
        return 1
    _tell(ending)
    live = [ended for ended in ending.orders if ended.is_live]
    for broker, trouble in ending.troubles.items():
        print(f"vb: {broker.value} could not be reached. {trouble}", file=sys.stderr)
    if live:
        print(
            f"vb: {len(live)} of them may still fill. Run `./vb halt` again, or cancel them at the "
            "broker.",
            file=sys.stderr,
        )
    return 1 if live or ending.troubles else 0


def _tell(ending: Ending) -> None:
    if not ending.orders:
        print("No order was live at a broker.")
        return
    print(
        "Another process trades; it cancels the orders that were live:"
        if ending.elsewhere
        else "No other process trades, so this command sees to the orders that were live:"
    )
    for ended in ending.orders:
        print(f"  {_line(ended)}")


def _line(ended: EndedOrder) -> str:
    order = ended.order
    fate = "STILL LIVE" if order.ended is None else _ENDS[order.ended]
    filled = f", {shares_text(order.filled)} of it filled" if order.filled else ""
    named = f"{ended.broker.value} {ended.symbol} {order.side.value} {shares_text(order.quantity)}"
    return f"{named}: {fate}{filled}"
