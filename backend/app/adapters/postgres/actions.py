"""The dividends and splits of positions, each once by kind and ex-date."""

from dataclasses import fields
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row

from app.adapters.postgres.action_tables import corporate_action
from app.adapters.postgres.transaction import Transaction
from app.domain.book import Page
from app.domain.booked_action import ActionKind, ActionRecord, ActionState

_FIELDS = tuple(field.name for field in fields(ActionRecord))
_CHANGING = tuple(name for name in _FIELDS if name not in {"kind", "ex_date"})
_ADD = (
    f"INSERT INTO corporate_action (position_id, {', '.join(_FIELDS)})"  # noqa: S608 - our names
    f" VALUES (%(position_id)s, {', '.join(f'%({name})s' for name in _FIELDS)})"
)
_SAVE = (
    f"UPDATE corporate_action SET {', '.join(f'{name} = %({name})s' for name in _CHANGING)}"  # noqa: S608
    " WHERE position_id = %(position_id)s AND kind = %(kind)s AND ex_date = %(ex_date)s"
)
_UNSETTLED_SPLIT = """
SELECT * FROM corporate_action
WHERE position_id = %(position_id)s AND kind = 'split' AND state = 'booked'
ORDER BY ex_date LIMIT 1
"""
# A split counts from its ex-date, whenever it was learned. An order lives for its day, so that a
# fill belongs to the day of its order, whenever it was reported.
_ENTITLED = """
SELECT coalesce(sum(e.shares), 0)::bigint AS shares FROM ledger_entry AS e
LEFT JOIN trade AS t ON e.kind IN ('buy', 'sell', 'bust') AND t.fill_id = e.reference
LEFT JOIN position_order AS o ON o.id = t.order_id
WHERE e.position_id = %(position_id)s AND CASE e.kind
    WHEN 'split' THEN substring(e.reference FROM 'split (.*)')::date <= %(ex_date)s
    ELSE coalesce(o.created_at, e.at) < %(begins)s END
"""
_ADOPTED = """
SELECT FROM ledger_entry
WHERE position_id = %(position_id)s AND kind = 'adopted' AND at >= %(since)s
"""
_ANCHOR_SET = """
SELECT greatest(
    (SELECT max(at) FROM audit_event
        WHERE position_id = %(position_id)s AND kind IN ('opened', 'anchor_set')),
    (SELECT max(at) FROM decision WHERE position_id = %(position_id)s AND reason = 'anchor_set'),
    (SELECT max(created_at) FROM position_order
        WHERE position_id = %(position_id)s AND filled > 0 AND done_at IS NOT NULL)
) AS at
"""
_PAID = """
SELECT coalesce(sum(cash), 0)::bigint AS cash FROM ledger_entry
WHERE position_id = %(position_id)s AND kind IN ('dividend_paid', 'split_remainder')
"""


class Actions(Transaction):
    """The rows of `corporate_action`, and what their booking needs to know of the others."""

    def add_action(self, *, position_id: str, action: ActionRecord) -> None:
        """Store an action; one of its kind and ex-date twice is an error of the database."""
        self._run(_ADD, _row(action) | {"position_id": position_id})

    def save_action(self, *, position_id: str, action: ActionRecord) -> None:
        """Store a changed action; of a booked one only its payment and `differs` may change."""
        self._run(_SAVE, _row(action) | {"position_id": position_id})

    def list_actions(
        self, *, position_id: str, limit: int, cursor: str | None
    ) -> Page[ActionRecord]:
        """Return the actions, the one learned last first."""
        return self._list(
            corporate_action,
            position_id=position_id,
            along=corporate_action.c.sequence,
            limit=limit,
            cursor=cursor,
            read=read_action,
        )

    def unsettled_split(self, *, position_id: str) -> ActionRecord | None:
        """Return the oldest split that the broker has not shown yet, or None."""
        row = self._row(_UNSETTLED_SPLIT, {"position_id": position_id})
        return None if row is None else read_action(row)

    def entitled_shares(self, *, position_id: str, ex_date: date, begins: datetime) -> int:
        """Return the share units held when `ex_date` `begins`, after the split booked for it."""
        values = {"position_id": position_id, "ex_date": ex_date, "begins": begins}
        row = self._row(_ENTITLED, values)
        assert row is not None, "a sum has a row"
        return int(row.shares)

    def has_adopted(self, *, position_id: str, since: datetime) -> bool:
        """Return whether the broker's number of shares was taken for ours since a moment."""
        return self._row(_ADOPTED, {"position_id": position_id, "since": since}) is not None

    def anchor_set_at(self, *, position_id: str) -> datetime | None:
        """Return when the anchor was last set by a price, an order or a person; None when never."""
        row = self._row(_ANCHOR_SET, {"position_id": position_id})
        return None if row is None else row.at

    def paid_by_ledger(self, *, position_id: str) -> int:
        """Return the micros that dividends and the remainders of splits brought in cash."""
        row = self._row(_PAID, {"position_id": position_id})
        assert row is not None, "a sum has a row"
        return int(row.cash)


def _row(action: ActionRecord) -> dict[str, object]:
    values = {name: getattr(action, name) for name in _FIELDS}
    return {k: v.value if isinstance(v, StrEnum) else v for k, v in values.items()}


def read_action(row: Row[Any]) -> ActionRecord:
    """Return the action of a row."""
    values = {name: getattr(row, name) for name in _FIELDS}
    return ActionRecord(
        **(values | {"kind": ActionKind(row.kind), "state": ActionState(row.state)})
    )
