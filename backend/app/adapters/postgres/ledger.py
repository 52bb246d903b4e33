"""The ledger and the audit trail: two lists that only grow."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row

from app.adapters.postgres.book_tables import audit_event, ledger_entry
from app.adapters.postgres.transaction import Transaction, read_identity
from app.domain.book import AuditEvent, LedgerEntry, LedgerKind, Page
from app.domain.events import EventKind

_ADD_ENTRY = """
INSERT INTO ledger_entry (
    position_id, number, at, kind, cash, shares, receivable, cash_after, shares_after,
    receivable_after, reference, reason
) VALUES (
    %(position_id)s, %(number)s, %(at)s, %(kind)s, %(cash)s, %(shares)s, %(receivable)s,
    %(cash_after)s, %(shares_after)s, %(receivable_after)s, %(reference)s, %(reason)s
)
"""
_APPEND_EVENT = """
INSERT INTO audit_event (position_id, number, at, kind, body, previous, hash)
VALUES (%(position_id)s, %(number)s, %(at)s, %(kind)s, %(body)s, %(previous)s, %(hash)s)
"""
_CHANGES = """
SELECT at, kind FROM audit_event
WHERE position_id = %(id)s AND number <= %(until)s AND kind <> 'decided'
ORDER BY number
"""


class Ledger(Transaction):
    """The rows of `ledger_entry` and `audit_event`."""

    def add_ledger_entry(self, *, position_id: str, entry: LedgerEntry) -> None:
        """Store a ledger entry."""
        self._run(_ADD_ENTRY, _entry_row(entry) | {"position_id": position_id})

    def list_ledger(self, *, position_id: str, limit: int, cursor: str | None) -> Page[LedgerEntry]:
        """Return the ledger."""
        return self._list(
            ledger_entry,
            position_id=position_id,
            along=ledger_entry.c.number,
            limit=limit,
            cursor=cursor,
            read=_entry,
        )

    def append_event(self, *, position_id: str, event: AuditEvent) -> None:
        """Append a link to the chain."""
        self._run(_APPEND_EVENT, _event_row(event) | {"position_id": position_id})

    def list_events(self, *, position_id: str, limit: int, cursor: str | None) -> Page[AuditEvent]:
        """Return the audit events."""
        return self._list(
            audit_event,
            position_id=position_id,
            along=audit_event.c.number,
            limit=limit,
            cursor=cursor,
            read=_event,
        )

    def changes(self, *, position_id: str, until: int) -> tuple[tuple[datetime, EventKind], ...]:
        """Return when what happened up to event `until`, oldest first, decisions left out."""
        parameters = {"id": read_identity(position_id, what="position"), "until": until}
        rows = self._connection.exec_driver_sql(_CHANGES, parameters)
        return tuple((row.at, EventKind(row.kind)) for row in rows)


def _entry_row(entry: LedgerEntry) -> dict[str, object]:
    return {
        "number": entry.number,
        "at": entry.at,
        "kind": entry.kind.value,
        "cash": entry.cash,
        "shares": entry.shares,
        "receivable": entry.receivable,
        "cash_after": entry.cash_after,
        "shares_after": entry.shares_after,
        "receivable_after": entry.receivable_after,
        "reference": entry.reference,
        "reason": entry.reason,
    }


def _entry(row: Row[Any]) -> LedgerEntry:
    return LedgerEntry(
        number=row.number,
        at=row.at,
        kind=LedgerKind(row.kind),
        cash=row.cash,
        shares=row.shares,
        receivable=row.receivable,
        cash_after=row.cash_after,
        shares_after=row.shares_after,
        receivable_after=row.receivable_after,
        reference=row.reference,
        reason=row.reason,
    )


def _event_row(event: AuditEvent) -> dict[str, object]:
    return {
        "number": event.number,
        "at": event.at,
        "kind": event.kind.value,
        "body": event.body,
        "previous": event.previous,
        "hash": event.hash,
    }


def _event(row: Row[Any]) -> AuditEvent:
    return AuditEvent(
        number=row.number,
        at=row.at,
        kind=EventKind(row.kind),
        body=row.body,
        previous=row.previous,
        hash=row.hash,
    )
