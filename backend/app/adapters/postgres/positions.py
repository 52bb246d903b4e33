"""Positions and the versions of their strategies."""

import json
from functools import lru_cache
from typing import Any

from sqlalchemy import Row, select

from app.adapters.postgres.book_tables import position, strategy_version
from app.adapters.postgres.transaction import Transaction, read_identity
from app.domain.book import Page, PositionRecord, StrategyVersion
from app.domain.errors import NotFoundError
from app.domain.events import canonical_json
from app.domain.position import Broker, Position, Status
from app.domain.protection import Protections, marks_body, read_marks
from app.domain.record import read_watch, watch_body
from app.domain.strategy import Strategy, parse_strategy, strategy_body
from app.domain.watch import UNWATCHED

_LOCK = "SELECT * FROM position WHERE id = %(id)s FOR NO KEY UPDATE"
_READ_STRATEGY = """
SELECT body::text FROM strategy_version WHERE position_id = %(id)s AND version = %(version)s
"""
_GET = """
SELECT position.*, body::text
FROM position
JOIN strategy_version ON position_id = position.id AND version = strategy_version
WHERE position.id = %(id)s
"""
_CHANGING = (
    "name",
    "status",
    "shares",
    "cash",
    "receivable",
    "anchor",
    "orders_today",
    "orders_on",
    "last_price",
    "last_used_on",
    "last_observed_at",
    "last_order_done_at",
    "order_in_flight",
    "strategy_version",
    "watch",
    "max_drawdown",
    "max_daily_loss",
    "marks",
    "opening_cash",
    "opening_shares",
    "opening_price",
    "opening_fraction",
    "account_id",
    "shares_beside",
    "halt_reason",
    "price_source",
    "price_received_at",
    "price_delay_minutes",
    "decisions",
    "trades",
    "ledger_entries",
    "events",
    "chain_head",
    "started_at",
    "archived_at",
    "actions_known_at",
)
_ALL = ("id", "symbol", "broker", "created_at", *_CHANGING)
_ADD = (
    f"INSERT INTO position ({', '.join(_ALL)})"  # noqa: S608 - our own names of columns
    f" VALUES ({', '.join(f'%({name})s' for name in _ALL)})"
)
_SAVE = (
    f"UPDATE position SET {', '.join(f'{name} = %({name})s' for name in _CHANGING)}"  # noqa: S608
    " WHERE id = %(id)s"
)
_WITH_STRATEGY = select(position, strategy_version.c.body).join(
    strategy_version,
    (strategy_version.c.position_id == position.c.id)
    & (strategy_version.c.version == position.c.strategy_version),
)
_ADD_STRATEGY = """
INSERT INTO strategy_version (position_id, version, body, created_at, reason)
VALUES (%(position_id)s, %(version)s, %(body)s::jsonb, %(created_at)s, %(reason)s)
"""


class Positions(Transaction):
    """The rows of `position` and `strategy_version`."""

    def add_position(self, *, record: PositionRecord, reason: str) -> None:
        """Store a new position with the first version of its strategy."""
        self._run(_ADD, _position_row(record))
        first = StrategyVersion(
            version=record.state.strategy_version,
            strategy=record.strategy,
            created_at=record.created_at,
            reason=reason,
        )
        self.add_strategy(position_id=record.id, version=first)

    def lock_position(self, *, position_id: str) -> PositionRecord:
        """Return the position, locked until the transaction ends."""
        row = self._row(_LOCK, {"id": read_identity(position_id, what="position")})
        if row is None:
            raise NotFoundError(what="position", identity=position_id)
        # A second statement: a join would still see the strategy from before the wait for the lock.
        found = self._row(_READ_STRATEGY, {"id": row.id, "version": row.strategy_version})
        assert found is not None, "a foreign key keeps the strategy of a position"
        return _position(row, _strategy(found.body))

    def get_position(self, *, position_id: str) -> PositionRecord:
        """Return the position as it is committed."""
        row = self._row(_GET, {"id": read_identity(position_id, what="position")})
        if row is None:
            raise NotFoundError(what="position", identity=position_id)
        return _position(row, _strategy(row.body))

    def list_positions(self, *, limit: int, cursor: str | None) -> Page[PositionRecord]:
        """Return the positions that are not archived."""
        return self._page(
            _WITH_STRATEGY.where(position.c.archived_at.is_(None)),
            along=position.c.sequence,
            limit=limit,
            cursor=cursor,
            read=lambda row: _position(row, parse_strategy(row.body)),
        )

    def position_ids(self) -> tuple[str, ...]:
        """Return the identities of all positions, archived ones too, oldest first."""
        rows = self._connection.execute(select(position.c.id).order_by(position.c.sequence))
        return tuple(str(identity) for identity in rows.scalars())

    def save_position(self, *, record: PositionRecord) -> None:
        """Store the changed state, name, counters and chain head of a locked position."""
        self._run(_SAVE, _position_row(record))

    def add_strategy(self, *, position_id: str, version: StrategyVersion) -> None:
        """Store a new version of the strategy."""
        self._run(
            _ADD_STRATEGY,
            {
                "position_id": position_id,
                "version": version.version,
                "body": canonical_json(strategy_body(version.strategy)),
                "created_at": version.created_at,
                "reason": version.reason,
            },
        )

    def list_strategies(
        self, *, position_id: str, limit: int, cursor: str | None
    ) -> Page[StrategyVersion]:
        """Return the versions of the strategy."""
        return self._list(
            strategy_version,
            position_id=position_id,
            along=strategy_version.c.version,
            limit=limit,
            cursor=cursor,
            read=_strategy_version,
        )


def _position_row(record: PositionRecord) -> dict[str, object]:
    state = record.state
    return {
        "id": record.id,
        "name": record.name,
        "symbol": state.symbol,
        "broker": state.broker.value,
        "status": state.status.value,
        "shares": state.shares,
        "cash": state.cash,
        "receivable": state.receivable,
        "anchor": state.anchor,
        "orders_today": state.orders_today,
        "orders_on": state.orders_on,
        "last_price": state.last_price,
        "last_used_on": state.last_used_on,
        "last_observed_at": state.last_observed_at,
        "last_order_done_at": state.last_order_done_at,
        "order_in_flight": state.order_in_flight,
        "strategy_version": state.strategy_version,
        "watch": None if state.watch == UNWATCHED else canonical_json(watch_body(state.watch)),
        "max_drawdown": state.protections.max_drawdown,
        "max_daily_loss": state.protections.max_daily_loss,
        "marks": None if state.marks is None else canonical_json(marks_body(state.marks)),
        "opening_cash": record.opening_cash,
        "opening_shares": record.opening_shares,
        "opening_price": record.opening_price,
        "opening_fraction": record.opening_fraction,
        "account_id": record.account_id,
        "shares_beside": record.shares_beside,
        "halt_reason": record.halt_reason,
        "price_source": record.price_source,
        "price_received_at": record.price_received_at,
        "price_delay_minutes": record.price_delay_minutes,
        "decisions": record.decisions,
        "trades": record.trades,
        "ledger_entries": record.ledger_entries,
        "events": record.events,
        "chain_head": record.chain_head,
        "created_at": record.created_at,
        "started_at": record.started_at,
        "archived_at": record.archived_at,
        "actions_known_at": record.actions_known_at,
    }


def _position(row: Row[Any], strategy: Strategy) -> PositionRecord:
    state = Position(
        symbol=row.symbol,
        broker=Broker(row.broker),
        status=Status(row.status),
        shares=row.shares,
        cash=row.cash,
        receivable=row.receivable,
        anchor=row.anchor,
        orders_today=row.orders_today,
        orders_on=row.orders_on,
        last_price=row.last_price,
        last_used_on=row.last_used_on,
        last_observed_at=row.last_observed_at,
        last_order_done_at=row.last_order_done_at,
        order_in_flight=row.order_in_flight,
        strategy_version=row.strategy_version,
        watch=UNWATCHED if row.watch is None else read_watch(row.watch),
        protections=Protections(max_drawdown=row.max_drawdown, max_daily_loss=row.max_daily_loss),
        marks=None if row.marks is None else read_marks(row.marks),
    )
    return PositionRecord(
        id=str(row.id),
        name=row.name,
        state=state,
        strategy=strategy,
        opening_cash=row.opening_cash,
        opening_shares=row.opening_shares,
        opening_price=row.opening_price,
        opening_fraction=row.opening_fraction,
        account_id=row.account_id,
        shares_beside=row.shares_beside,
        halt_reason=row.halt_reason,
        price_source=row.price_source,
        price_received_at=row.price_received_at,
        price_delay_minutes=row.price_delay_minutes,
        decisions=row.decisions,
        trades=row.trades,
        ledger_entries=row.ledger_entries,
        events=row.events,
        chain_head=row.chain_head,
        created_at=row.created_at,
        started_at=row.started_at,
        archived_at=row.archived_at,
        actions_known_at=row.actions_known_at,
    )


# Every tick reads the same few strategies, and checking one takes longer than the tick decides.
@lru_cache(maxsize=1024)
def _strategy(body: str) -> Strategy:
    return parse_strategy(json.loads(body))


def _strategy_version(row: Row[Any]) -> StrategyVersion:
    return StrategyVersion(
        version=row.version,
        strategy=parse_strategy(row.body),
        created_at=row.created_at,
        reason=row.reason,
    )
