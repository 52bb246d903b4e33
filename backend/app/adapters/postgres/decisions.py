"""Decisions: stored once; equal refusals in a row are counted on the first."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row

from app.adapters.postgres.book_tables import decision as decision_table
from app.adapters.postgres.transaction import NUMBER_MAX, Transaction, read_identity
from app.domain.book import DecisionRecord, Page
from app.domain.errors import NotFoundError
from app.domain.events import canonical_json

_ADD = """
INSERT INTO decision (
    position_id, number, at, strategy_version, rules_version,
    outcome, before, after, observation, day, checks, last_at, price_low, price_high
) VALUES (
    %(position_id)s, %(number)s, %(at)s, %(strategy_version)s, %(rules_version)s,
    %(outcome)s::jsonb, %(before)s::jsonb, %(after)s::jsonb, %(observation)s::jsonb, %(day)s::jsonb,
    %(checks)s, %(last_at)s, %(price_low)s, %(price_high)s
)
"""
# LEAST and GREATEST pass over NULL, which is what no price is.
_REPEAT = """
UPDATE decision SET
    checks = checks + 1,
    last_at = %(at)s,
    price_low = LEAST(price_low, %(price)s::bigint),
    price_high = GREATEST(price_high, %(price)s::bigint)
WHERE position_id = %(position_id)s AND number = %(number)s
RETURNING *
"""
_LAST = "SELECT * FROM decision WHERE position_id = %(id)s ORDER BY number DESC LIMIT 1"
_GET = "SELECT * FROM decision WHERE position_id = %(id)s AND number = %(number)s"


class Decisions(Transaction):
    """The rows of `decision`."""

    def add_decision(self, *, position_id: str, decision: DecisionRecord) -> None:
        """Store a decision."""
        self._run(_ADD, _decision_row(decision) | {"position_id": position_id})

    def repeat_decision(
        self, *, position_id: str, number: int, at: datetime, price: int | None
    ) -> DecisionRecord:
        """Count one more equal refusal on decision `number`, widen its price range, return it."""
        parameters = {"position_id": position_id, "number": number, "at": at, "price": price}
        row = self._row(_REPEAT, parameters)
        if row is None:
            raise NotFoundError(what="decision", identity=str(number))
        return _decision(row)

    def last_decision(self, *, position_id: str) -> DecisionRecord | None:
        """Return the newest decision, or None."""
        row = self._row(_LAST, {"id": read_identity(position_id, what="position")})
        return None if row is None else _decision(row)

    def get_decision(self, *, position_id: str, number: int) -> DecisionRecord:
        """Return decision `number`."""
        identity = read_identity(position_id, what="position")
        row = self._row(_GET, {"id": identity, "number": min(number, NUMBER_MAX)})
        if row is None:
            raise NotFoundError(what="decision", identity=str(number))
        return _decision(row)

    def list_decisions(
        self,
        *,
        position_id: str,
        limit: int,
        cursor: str | None,
        kind: str | None,
        reason: str | None,
    ) -> Page[DecisionRecord]:
        """Return the decisions, those of one kind or reason where they are given."""
        columns = decision_table.c
        wanted = ((columns.kind, kind), (columns.reason, reason))
        return self._list(
            decision_table,
            *(column == word for column, word in wanted if word is not None),
            position_id=position_id,
            along=columns.number,
            limit=limit,
            cursor=cursor,
            read=_decision,
        )


def _decision_row(decision: DecisionRecord) -> dict[str, object]:
    return {
        "number": decision.number,
        "at": decision.at,
        "strategy_version": decision.strategy_version,
        "rules_version": decision.rules_version,
        "outcome": canonical_json(decision.outcome),
        "before": canonical_json(decision.before),
        "after": canonical_json(decision.after),
        "observation": canonical_json(decision.observation),
        "day": canonical_json(decision.day),
        "checks": decision.checks,
        "last_at": decision.last_at,
        "price_low": decision.price_low,
        "price_high": decision.price_high,
    }


def _decision(row: Row[Any]) -> DecisionRecord:
    return DecisionRecord(
        number=row.number,
        at=row.at,
        strategy_version=row.strategy_version,
        rules_version=row.rules_version,
        outcome=row.outcome,
        before=row.before,
        after=row.after,
        observation=row.observation,
        day=row.day,
        checks=row.checks,
        last_at=row.last_at,
        price_low=row.price_low,
        price_high=row.price_high,
    )
