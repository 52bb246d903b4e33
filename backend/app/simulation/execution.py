"""How a simulated order is filled."""

from datetime import datetime

from app.domain.decision import Proposed
from app.domain.order import Fill, book_fill, complete_order
from app.domain.position import Position


def fill_at_close(*, position: Position, proposal: Proposed, at: datetime) -> tuple[Position, Fill]:
    """Return the position once the proposal has filled whole at its worst price, and the fill.

    Idealised: the order fills at the price that it was decided on, after slippage.
    """
    sizing = proposal.sizing
    fill = Fill(
        side=sizing.side,
        quantity=sizing.quantity,
        price=sizing.worst_price,
        commission=sizing.commission,
    )
    return complete_order(book_fill(position, fill), (fill,), at=at), fill
