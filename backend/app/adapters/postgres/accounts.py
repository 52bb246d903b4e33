"""The brokers' accounts, and the lease of whoever trades."""

from datetime import datetime

from app.adapters.postgres.transaction import Transaction
from app.domain.errors import ConflictError
from app.domain.position import Broker
from app.domain.trading import BrokerAccountRecord

_FIND = "SELECT * FROM broker_account WHERE broker = %(broker)s"
_ADD = """
INSERT INTO broker_account (broker, account_id, armed, fills_since)
VALUES (%(broker)s, %(account_id)s, %(armed)s, %(fills_since)s)
"""
_ARM = "UPDATE broker_account SET armed = %(armed)s WHERE broker = %(broker)s"
_READ_UNTIL = """
UPDATE broker_account SET fills_since = greatest(fills_since, %(at)s) WHERE broker = %(broker)s
"""
_EPOCH = "SELECT epoch FROM trading_lease"
_AT_BROKER = """
SELECT id FROM position
WHERE broker = %(broker)s AND archived_at IS NULL ORDER BY sequence
"""
_RUNNING = """
SELECT id FROM position
WHERE status = 'running' AND archived_at IS NULL ORDER BY sequence
"""
_LIVE_AT = """
SELECT p.id FROM position AS p JOIN position_order AS o ON o.position_id = p.id
WHERE p.broker = %(broker)s AND o.state IN ('new', 'open', 'unknown') ORDER BY p.sequence
"""


class Accounts(Transaction):
    """The rows of `broker_account` and `trading_lease`."""

    def broker_account(self, *, broker: Broker) -> BrokerAccountRecord | None:
        """Return what is kept of the account at `broker`, or None before the first position."""
        row = self._row(_FIND, {"broker": broker.value})
        if row is None:
            return None
        return BrokerAccountRecord(
            broker=Broker(row.broker),
            account_id=row.account_id,
            armed=row.armed,
            fills_since=row.fills_since,
        )

    def add_broker_account(self, *, account: BrokerAccountRecord) -> None:
        """Keep an account for ever: no other one takes its place."""
        row = {
            "broker": account.broker.value,
            "account_id": account.account_id,
            "armed": account.armed,
            "fills_since": account.fills_since,
        }
        self._run(_ADD, row)

    def arm_broker(self, *, broker: Broker, armed: bool) -> None:
        """Let real money trade, or not."""
        self._run(_ARM, {"broker": broker.value, "armed": armed})

    def fills_read_until(self, *, broker: Broker, at: datetime) -> None:
        """Keep until when the fills of the account were read."""
        self._run(_READ_UNTIL, {"broker": broker.value, "at": at})

    def positions_at(self, *, broker: Broker) -> tuple[str, ...]:
        """Return the positions at a broker that are not archived, oldest first."""
        rows = self._connection.exec_driver_sql(_AT_BROKER, {"broker": broker.value})
        return tuple(str(identity) for identity in rows.scalars())

    def positions_with_live_orders(self, *, broker: Broker) -> tuple[str, ...]:
        """Return the positions at a broker with a live order, oldest first."""
        rows = self._connection.exec_driver_sql(_LIVE_AT, {"broker": broker.value})
        return tuple(str(identity) for identity in rows.scalars())

    def running_positions(self) -> tuple[str, ...]:
        """Return the positions that are running, oldest first."""
        rows = self._connection.exec_driver_sql(_RUNNING)
        return tuple(str(identity) for identity in rows.scalars())

    def require_epoch(self, *, epoch: int) -> None:
        """Return while the lease is in its `epoch`; call it when the position is locked.

        Whoever takes the lease over sees what was committed under that lock before, and nothing
        is committed under it afterwards.

        Raises
        ------
        ConflictError
            When somebody else trades by now (reason `trading_elsewhere`).
        """
        row = self._row(_EPOCH, {})
        assert row is not None, "the database keeps the one row of the lease"
        if row.epoch != epoch:
            raise ConflictError(
                reason="trading_elsewhere",
                message="Another process has taken over trading; this one changes nothing more.",
            )
