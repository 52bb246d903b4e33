"""The kill switch and its chain of events."""

from typing import Any

from sqlalchemy import Row

from app.adapters.postgres.transaction import Transaction
from app.domain.trading import SwitchEvent, SwitchKind, TradingSwitch

# Waits for the orders that are being committed, and for nothing else; as in the trigger `switch`.
_LOCK = "SELECT pg_advisory_xact_lock(5, 1)"
_READ = "SELECT halted, reason, changed_at FROM robot"
_SAVE = """
UPDATE robot SET halted = %(halted)s, reason = %(reason)s, changed_at = %(changed_at)s
"""
_LAST = "SELECT * FROM switch_event ORDER BY number DESC LIMIT 1"
_APPEND = """
INSERT INTO switch_event (number, at, kind, body, previous, hash)
VALUES (%(number)s, %(at)s, %(kind)s, %(body)s, %(previous)s, %(hash)s)
"""
_AT_WORK = """
SELECT
    (SELECT count(*) FROM position WHERE status = 'running' AND archived_at IS NULL) AS running,
    (SELECT count(*) FROM position_order WHERE state IN ('new', 'open', 'unknown')) AS live
"""


class Switch(Transaction):
    """The rows of `robot` and `switch_event`."""

    def trading_halted(self) -> bool:
        """Return whether the kill switch is set."""
        return self.trading_switch().halted

    def trading_switch(self) -> TradingSwitch:
        """Return the kill switch."""
        row = self._row(_READ, {})
        assert row is not None, "the database keeps the one row of the kill switch"
        return TradingSwitch(halted=row.halted, reason=row.reason, changed_at=row.changed_at)

    def lock_switch(self) -> TradingSwitch:
        """Return the kill switch; nobody else flips it, and no order commits, until the end."""
        self._row(_LOCK, {})
        # A statement of its own, so that it sees what the last holder of the lock committed.
        return self.trading_switch()

    def last_switch_event(self) -> SwitchEvent | None:
        """Return the newest event of the kill switch, or None."""
        row = self._row(_LAST, {})
        return None if row is None else _event(row)

    def flip_switch(self, *, switch: TradingSwitch, event: SwitchEvent) -> None:
        """Store the locked kill switch with the event that changed it."""
        changed = {
            "halted": switch.halted,
            "reason": switch.reason,
            "changed_at": switch.changed_at,
        }
        self._run(_SAVE, changed)
        self.append_switch_event(event=event)

    def append_switch_event(self, *, event: SwitchEvent) -> None:
        """Append a link to the chain of the locked kill switch."""
        link = {
            "number": event.number,
            "at": event.at,
            "kind": event.kind.value,
            "body": event.body,
            "previous": event.previous,
            "hash": event.hash,
        }
        self._run(_APPEND, link)

    def at_work(self) -> tuple[int, int]:
        """Return how many positions are running, and how many orders are live."""
        row = self._row(_AT_WORK, {})
        assert row is not None, "counts are always there"
        return row.running, row.live


def _event(row: Row[Any]) -> SwitchEvent:
    return SwitchEvent(
        number=row.number,
        at=row.at,
        kind=SwitchKind(row.kind),
        body=row.body,
        previous=row.previous,
        hash=row.hash,
    )
