"""Orders, and the trades that their fills became."""

from typing import Any

from sqlalchemy import Row

from app.adapters.postgres.book_tables import position_order
from app.adapters.postgres.book_tables import trade as trade_table
from app.adapters.postgres.transaction import Transaction
from app.domain.book import OrderRecord, Page, TradeRecord
from app.domain.decision import ProposalReason, Side
from app.domain.order import OrderState

_ADD_ORDER = """
INSERT INTO position_order (
    id, position_id, decision_number, side, quantity, limit_price,
    reason, state, created_at, done_at
) VALUES (
    %(id)s, %(position_id)s, %(decision_number)s, %(side)s, %(quantity)s, %(limit_price)s,
    %(reason)s, %(state)s, %(created_at)s, %(done_at)s
)
"""
_SAVE_ORDER = "UPDATE position_order SET state = %(state)s, done_at = %(done_at)s WHERE id = %(id)s"
_ADD_TRADE = """
INSERT INTO trade (
    position_id, number, fill_id, order_id, decision_number, at, side, quantity, price, commission,
    reason, cash_after, shares_after, stock_share_after
) VALUES (
    %(position_id)s, %(number)s, %(fill_id)s, %(order_id)s, %(decision_number)s, %(at)s, %(side)s,
    %(quantity)s, %(price)s, %(commission)s, %(reason)s, %(cash_after)s, %(shares_after)s,
    %(stock_share_after)s
)
"""


class Orders(Transaction):
    """The rows of `position_order` and `trade`."""

    def add_order(self, *, position_id: str, order: OrderRecord) -> None:
        """Store an order; at most one live order a position."""
        self._run(_ADD_ORDER, _order_row(order) | {"position_id": position_id})

    def save_order(self, *, order: OrderRecord) -> None:
        """Store the changed state of an order."""
        self._run(_SAVE_ORDER, _order_row(order))

    def list_orders(self, *, position_id: str, limit: int, cursor: str | None) -> Page[OrderRecord]:
        """Return the orders."""
        return self._list(
            position_order,
            position_id=position_id,
            along=position_order.c.decision_number,
            limit=limit,
            cursor=cursor,
            read=_order,
        )

    def add_trade(self, *, position_id: str, trade: TradeRecord) -> None:
        """Store a fill; the same fill id twice is an error of the database."""
        self._run(_ADD_TRADE, _trade_row(trade) | {"position_id": position_id})

    def list_trades(self, *, position_id: str, limit: int, cursor: str | None) -> Page[TradeRecord]:
        """Return the trades."""
        return self._list(
            trade_table,
            position_id=position_id,
            along=trade_table.c.number,
            limit=limit,
            cursor=cursor,
            read=_trade,
        )


def _order_row(order: OrderRecord) -> dict[str, object]:
    return {
        "id": order.id,
        "decision_number": order.decision_number,
        "side": order.side.value,
        "quantity": order.quantity,
        "limit_price": order.limit_price,
        "reason": order.reason.value,
        "state": order.state.value,
        "created_at": order.created_at,
        "done_at": order.done_at,
    }


def _order(row: Row[Any]) -> OrderRecord:
    return OrderRecord(
        id=str(row.id),
        decision_number=row.decision_number,
        side=Side(row.side),
        quantity=row.quantity,
        limit_price=row.limit_price,
        reason=ProposalReason(row.reason),
        state=OrderState(row.state),
        created_at=row.created_at,
        done_at=row.done_at,
    )


def _trade_row(trade: TradeRecord) -> dict[str, object]:
    return {
        "number": trade.n,
        "fill_id": trade.fill_id,
        "order_id": trade.order_id,
        "decision_number": trade.decision_number,
        "at": trade.at,
        "side": trade.side.value,
        "quantity": trade.quantity,
        "price": trade.price,
        "commission": trade.commission,
        "reason": trade.reason.value,
        "cash_after": trade.cash_after,
        "shares_after": trade.shares_after,
        "stock_share_after": trade.stock_share_after,
    }


def _trade(row: Row[Any]) -> TradeRecord:
    return TradeRecord(
        n=row.number,
        fill_id=row.fill_id,
        order_id=str(row.order_id),
        decision_number=row.decision_number,
        at=row.at,
        side=Side(row.side),
        quantity=row.quantity,
        price=row.price,
        commission=row.commission,
        reason=ProposalReason(row.reason),
        cash_after=row.cash_after,
        shares_after=row.shares_after,
        stock_share_after=row.stock_share_after,
    )
