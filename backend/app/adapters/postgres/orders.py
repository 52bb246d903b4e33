"""Orders, and the trades that their fills became."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row

from app.adapters.postgres.book_tables import position_order
from app.adapters.postgres.book_tables import trade as trade_table
from app.adapters.postgres.transaction import Transaction, read_identity
from app.domain.book import OrderRecord, Page, TradeRecord
from app.domain.decision import ProposalReason, Side
from app.domain.errors import NotFoundError
from app.domain.order import OrderEnd, OrderState

_ADD_ORDER = """
INSERT INTO position_order (
    id, position_id, decision_number, side, quantity, limit_price, reason, state, created_at,
    done_at, filled, extended, sent_at, broker_order_id, misses, missed_at, cancel_asked_at, ended,
    note
) VALUES (
    %(id)s, %(position_id)s, %(decision_number)s, %(side)s, %(quantity)s, %(limit_price)s,
    %(reason)s, %(state)s, %(created_at)s, %(done_at)s, %(filled)s, %(extended)s, %(sent_at)s,
    %(broker_order_id)s, %(misses)s, %(missed_at)s, %(cancel_asked_at)s, %(ended)s, %(note)s
)
"""
_SAVE_ORDER = """
UPDATE position_order SET
    state = %(state)s, done_at = %(done_at)s, filled = %(filled)s, sent_at = %(sent_at)s,
    broker_order_id = %(broker_order_id)s, misses = %(misses)s, missed_at = %(missed_at)s,
    cancel_asked_at = %(cancel_asked_at)s, ended = %(ended)s, note = %(note)s
WHERE id = %(id)s
"""
_LIVE_ORDER = """
SELECT * FROM position_order
WHERE position_id = %(position_id)s AND state IN ('new', 'open', 'unknown')
"""
_FIND_ORDER = "SELECT * FROM position_order WHERE id = %(id)s AND position_id = %(position_id)s"
_ORDER_OF_BROKER = """
SELECT position_id, id FROM position_order WHERE broker_order_id = %(broker_order_id)s
"""
_POSITION_OF_ORDER = "SELECT position_id FROM position_order WHERE id = %(id)s"
_COUNT_ORDERS = """
SELECT count(*) AS orders FROM position_order
WHERE position_id = %(position_id)s AND sent_at >= %(since)s
"""
_TRADES_OF_ORDER = """
SELECT * FROM trade AS t
WHERE order_id = %(order_id)s AND busts IS NULL
    AND NOT EXISTS (SELECT FROM trade AS b WHERE b.busts = t.fill_id)
ORDER BY number
"""
_FIND_TRADE = "SELECT * FROM trade WHERE fill_id = %(fill_id)s"
_LAST_ENDS = """
SELECT ended FROM position_order
WHERE position_id = %(position_id)s AND ended IS NOT NULL
ORDER BY decision_number DESC LIMIT %(count)s
"""
_ADD_TRADE = """
INSERT INTO trade (
    position_id, number, fill_id, order_id, decision_number, at, side, quantity, price, commission,
    reason, cash_after, shares_after, stock_share_after, busts
) VALUES (
    %(position_id)s, %(number)s, %(fill_id)s, %(order_id)s, %(decision_number)s, %(at)s, %(side)s,
    %(quantity)s, %(price)s, %(commission)s, %(reason)s, %(cash_after)s, %(shares_after)s,
    %(stock_share_after)s, %(busts)s
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

    def live_order(self, *, position_id: str) -> OrderRecord | None:
        """Return the live order of a position, or None."""
        row = self._row(_LIVE_ORDER, {"position_id": position_id})
        return None if row is None else _order(row)

    def find_order(self, *, position_id: str, order_id: str) -> OrderRecord | None:
        """Return an order of a position, or None when it has none of that id."""
        row = self._row(_FIND_ORDER, {"id": order_id, "position_id": position_id})
        return None if row is None else _order(row)

    def order_of_broker(self, *, broker_order_id: str) -> tuple[str, str] | None:
        """Return position and id of the order that the broker knows by its own id, or None."""
        row = self._row(_ORDER_OF_BROKER, {"broker_order_id": broker_order_id})
        return None if row is None else (str(row.position_id), str(row.id))

    def position_of_order(self, *, order_id: str) -> str | None:
        """Return the position that an order belongs to, or None when it is not one of ours."""
        try:
            identity = read_identity(order_id, what="order")
        except NotFoundError:
            return None
        row = self._row(_POSITION_OF_ORDER, {"id": identity})
        return None if row is None else str(row.position_id)

    def count_orders(self, *, position_id: str, since: datetime) -> int:
        """Return how many orders of the position were sent since a moment."""
        row = self._row(_COUNT_ORDERS, {"position_id": position_id, "since": since})
        assert row is not None, "a count is always there"
        return int(row.orders)

    def last_ends(self, *, position_id: str, count: int) -> tuple[OrderEnd, ...]:
        """Return how the last orders of a position ended, newest first."""
        given = {"position_id": position_id, "count": count}
        rows = self._connection.exec_driver_sql(_LAST_ENDS, given)
        return tuple(OrderEnd(ended) for ended in rows.scalars())

    def trades_of_order(self, *, order_id: str) -> tuple[TradeRecord, ...]:
        """Return the trades of an order, oldest first, without those that were taken back."""
        rows = self._connection.exec_driver_sql(_TRADES_OF_ORDER, {"order_id": order_id})
        return tuple(_trade(row) for row in rows)

    def find_trade(self, *, fill_id: str) -> TradeRecord | None:
        """Return the trade that a fill became, or None when it was not booked."""
        row = self._row(_FIND_TRADE, {"fill_id": fill_id})
        return None if row is None else _trade(row)

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
        "filled": order.filled,
        "extended": order.extended,
        "sent_at": order.sent_at,
        "broker_order_id": order.broker_order_id,
        "misses": order.misses,
        "missed_at": order.missed_at,
        "cancel_asked_at": order.cancel_asked_at,
        "ended": order.ended and order.ended.value,
        "note": order.note,
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
        filled=row.filled,
        extended=row.extended,
        sent_at=row.sent_at,
        broker_order_id=row.broker_order_id,
        misses=row.misses,
        missed_at=row.missed_at,
        cancel_asked_at=row.cancel_asked_at,
        ended=None if row.ended is None else OrderEnd(row.ended),
        note=row.note,
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
        "reason": trade.reason and trade.reason.value,
        "cash_after": trade.cash_after,
        "shares_after": trade.shares_after,
        "stock_share_after": trade.stock_share_after,
        "busts": trade.busts,
    }


def _trade(row: Row[Any]) -> TradeRecord:
    return TradeRecord(
        n=row.number,
        fill_id=row.fill_id,
        order_id=None if row.order_id is None else str(row.order_id),
        decision_number=row.decision_number,
        at=row.at,
        side=Side(row.side),
        quantity=row.quantity,
        price=row.price,
        commission=row.commission,
        reason=None if row.reason is None else ProposalReason(row.reason),
        cash_after=row.cash_after,
        shares_after=row.shares_after,
        stock_share_after=row.stock_share_after,
        busts=row.busts,
    )
