"""Decisions: stored once; equal refusals in a row are counted on the first."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Row

from app.adapters.postgres.book_tables import decision as decision_table
from app.adapters.postgres.transaction import NUMBER_MAX, Transaction, read_identity
from app.domain.book import DecisionRecord, Gap, Page, UsedPrice
from app.domain.errors import NotFoundError
from app.domain.events import canonical_json
from app.domain.units import TICKS_PER_USD, exact

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
_ACTING = """
SELECT * FROM decision
WHERE position_id = %(id)s AND number > %(after)s AND number <= %(until)s AND kind <> 'hold'
ORDER BY number LIMIT %(limit)s
"""
_ACTING_FROM = """
SELECT COALESCE((
    SELECT number FROM decision
    WHERE position_id = %(id)s AND number <= %(until)s AND kind <> 'hold'
    ORDER BY number DESC OFFSET %(count)s LIMIT 1
) + 1, 1) AS number
"""
_USED_PRICES = """
SELECT number, at, observation ->> 'price' AS price FROM decision
WHERE position_id = %(id)s AND number > %(after)s AND number <= %(until)s
    AND (after ->> 'last_observed_at') IS DISTINCT FROM (before ->> 'last_observed_at')
ORDER BY number LIMIT %(limit)s
"""
_GAPS = """
SELECT next, last_at, next_at FROM (
    SELECT last_at, lead(number) OVER looks AS next, lead(at) OVER looks AS next_at
    FROM decision
    WHERE position_id = %(id)s AND number BETWEEN %(first)s AND %(until)s
    WINDOW looks AS (ORDER BY number)
) pairs WHERE next_at - last_at > %(longer)s ORDER BY next
"""


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

    def acting_decisions(
        self, *, position_id: str, after: int, until: int, limit: int
    ) -> tuple[DecisionRecord, ...]:
        """Return proposals and refusals numbered above `after` and up to `until`, oldest first."""
        identity = read_identity(position_id, what="position")
        parameters = {"id": identity, "after": after, "until": until, "limit": limit}
        rows = self._connection.exec_driver_sql(_ACTING, parameters)
        return tuple(_decision(row) for row in rows)

    def acting_from(self, *, position_id: str, until: int, count: int) -> int:
        """Return from where on there are `count` proposals and refusals, or all of them."""
        identity = read_identity(position_id, what="position")
        row = self._row(_ACTING_FROM, {"id": identity, "until": until, "count": count})
        assert row is not None, "an aggregate has a row"
        number: int = row.number
        return number

    def used_prices(
        self, *, position_id: str, after: int, until: int, limit: int
    ) -> tuple[UsedPrice, ...]:
        """Return what decisions above `after` and up to `until` used for a price, oldest first."""
        identity = read_identity(position_id, what="position")
        parameters = {"id": identity, "after": after, "until": until, "limit": limit}
        rows = self._connection.exec_driver_sql(_USED_PRICES, parameters)
        return tuple(
            UsedPrice(number=row.number, at=row.at, price=exact(Decimal(row.price), TICKS_PER_USD))
            for row in rows
        )

    def gaps(
        self, *, position_id: str, first: int, until: int, longer_than: timedelta
    ) -> tuple[Gap, ...]:
        """Return where decisions from `first` to `until` are further apart, oldest first."""
        identity = read_identity(position_id, what="position")
        parameters = {"id": identity, "first": first, "until": until, "longer": longer_than}
        rows = self._connection.exec_driver_sql(_GAPS, parameters)
        return tuple(Gap(start=row.last_at, end=row.next_at, number=row.next) for row in rows)


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
