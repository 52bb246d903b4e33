"""Cash that moved at the brokers without a trade, each movement once."""

from collections.abc import Iterable
from datetime import date, datetime

from app.adapters.postgres.transaction import Transaction
from app.domain.brokerage import BrokerCash
from app.domain.position import Broker

_KNOWN = "SELECT id FROM broker_movement WHERE broker = %(broker)s AND id = ANY(%(ids)s)"
_ADD = """
INSERT INTO broker_movement (broker, id, kind, symbol, amount, "on", read_at, position_id)
VALUES (%(broker)s, %(id)s, %(kind)s, %(symbol)s, %(amount)s, %(on)s, %(read_at)s, %(position_id)s)
"""
_UNTIL = 'SELECT max("on") AS until FROM broker_movement WHERE broker = %(broker)s'
_NOBODYS = """
SELECT coalesce(sum(amount), 0)::bigint AS amount FROM broker_movement
WHERE broker = %(broker)s AND kind = 'fee' AND position_id IS NULL
"""


class Movements(Transaction):
    """The rows of `broker_movement`."""

    def known_movements(self, *, broker: Broker, ids: Iterable[str]) -> frozenset[str]:
        """Return those of `ids` that are stored."""
        given = {"broker": broker.value, "ids": list(ids)}
        return frozenset(self._connection.exec_driver_sql(_KNOWN, given).scalars())

    def add_movement(
        self, *, broker: Broker, movement: BrokerCash, position_id: str | None, at: datetime
    ) -> None:
        """Store a movement as booked to a position, or as nobody's; twice is an error."""
        row = {
            "broker": broker.value,
            "id": movement.id,
            "kind": movement.kind.value,
            "symbol": movement.symbol,
            "amount": movement.amount,
            "on": movement.on,
            "read_at": at,
            "position_id": position_id,
        }
        self._run(_ADD, row)

    def movements_until(self, *, broker: Broker) -> date | None:
        """Return the date of the newest movement that is stored, or None."""
        row = self._row(_UNTIL, {"broker": broker.value})
        assert row is not None, "a maximum has a row"
        until: date | None = row.until
        return until

    def fees_of_nobody(self, *, broker: Broker) -> int:
        """Return the micros of the fees, negative, that were booked to no position."""
        row = self._row(_NOBODYS, {"broker": broker.value})
        assert row is not None, "a sum has a row"
        return int(row.amount)
