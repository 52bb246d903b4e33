"""Verifies the dividends and splits of a position against its audit trail and its ledger."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from app.adapters.postgres.action_tables import corporate_action
from app.adapters.postgres.actions import read_action
from app.adapters.postgres.book_tables import audit_event, ledger_entry
from app.domain.book import LedgerKind
from app.domain.booked_action import UNPAID, ActionKind, ActionRecord, ActionState
from app.domain.events import EventKind
from app.domain.units import money_text, price_text, shares_text

_BOOKED = frozenset((EventKind.DIVIDEND_BOOKED, EventKind.SPLIT_BOOKED))
_TOLD = _BOOKED | {EventKind.DIVIDEND_PAID}
_ENTERED = frozenset((LedgerKind.DIVIDEND, LedgerKind.DIVIDEND_PAID, LedgerKind.SPLIT))

type Body = Mapping[str, Any]
type Bodies = dict[tuple[str, str], Body]


def verify_actions(connection: Connection, *, identity: UUID) -> Iterator[str]:
    """Yield where an action is not what its events say, which the chain protects, or the ledger."""
    booked = _told(connection, identity, _BOOKED)
    paid = _told(connection, identity, _TOLD - _BOOKED)
    entered = _entered(connection, identity)
    rows = connection.execute(
        select(corporate_action).where(corporate_action.c.position_id == identity)
    )
    for action in map(read_action, rows):
        if action.state is ActionState.QUARANTINED:
            continue
        key = (action.kind.value, action.ex_date.isoformat())
        body = booked.pop(key, {})
        if _terms(action).items() - body.items() or _payment(action) != _paid(paid.get(key)):
            yield f"The {action.reference} is not what the audit trail says."
        moved = {kind: entered.pop((kind.value, action.reference), 0) for kind in _ENTERED}
        if not _is_entered(action, moved, body):
            yield f"The {action.reference} is not what the ledger booked of it."
    for name, ex_date in booked:
        yield f"The {name} {ex_date} is missing: the audit trail says that it was booked."
    for entry, reference in entered:
        yield f"The ledger has a {entry} of the {reference}, which is not there."


def _told(connection: Connection, identity: UUID, kinds: Iterable[EventKind]) -> Bodies:
    """Return the bodies of the events of these kinds, by the action that they are about."""
    query = select(audit_event.c.body).where(
        audit_event.c.position_id == identity, audit_event.c.kind.in_(kinds)
    )
    bodies = (json.loads(body) for body in connection.execute(query).scalars())
    return {(str(body.get("action")), str(body.get("ex_date"))): body for body in bodies}


def _entered(connection: Connection, identity: UUID) -> Counter[tuple[str, str]]:
    """Return what the ledger moved for each action, in micros owed or in share units."""
    query = select(ledger_entry).where(
        ledger_entry.c.position_id == identity, ledger_entry.c.kind.in_(_ENTERED)
    )
    entered = Counter[tuple[str, str]]()
    for row in connection.execute(query):
        moved = row.shares if row.kind == LedgerKind.SPLIT else row.receivable
        entered[row.kind, row.reference] += moved
    return entered


def _terms(action: ActionRecord) -> dict[str, str]:
    """Return what the event of the booking says of an action."""
    if action.kind is ActionKind.SPLIT:
        ratio = f"{action.numerator}:{action.denominator}"
        return {"ratio": ratio, "shares_after": shares_text(action.entitled)}
    return {
        "shares": shares_text(action.entitled),
        "per_share": money_text(action.per_share or 0),
        "gross": money_text(action.gross),
        "tax": money_text(action.tax),
        "net": money_text(action.net),
        "previous_close": price_text(action.previous_close or 0),
        "source": action.source,
    }


def _payment(action: ActionRecord) -> tuple[object, object] | None:
    if action.paid_on is None:
        return None
    return money_text(action.net), action.paid_on.isoformat()


def _paid(body: Body | None) -> tuple[object, object] | None:
    return None if body is None else (body.get("net"), body.get("paid_on"))


def _is_entered(action: ActionRecord, moved: Mapping[LedgerKind, int], body: Body) -> bool:
    """Return whether the ledger moved what an action brought, in micros owed or share units."""
    if action.kind is ActionKind.SPLIT:
        return shares_text(action.entitled - moved[LedgerKind.SPLIT]) == body.get("shares_before")
    paid = 0 if action.state in UNPAID else action.net
    owed = moved[LedgerKind.DIVIDEND], moved[LedgerKind.DIVIDEND_PAID]
    return owed == (action.net, -paid)
