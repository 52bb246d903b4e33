"""The paper broker: fills on the observed real quote, and cannot reach a broker at all."""

from app.domain.book import OrderRecord
from app.domain.order import Fill, whole_fill
from app.domain.strategy import Strategy


class PaperBroker:
    """Fills every order at once and whole, at its worst price.

    That price was read before the decision: a buy fills at max(ask, P * (1 + slippage)), a sell
    at min(bid, P * (1 - slippage)).
    """

    def execute(self, *, order: OrderRecord, strategy: Strategy) -> Fill:
        """Return the fill of `order`."""
        return whole_fill(
            side=order.side,
            quantity=order.quantity,
            price=order.limit_price,
            strategy=strategy,
        )
