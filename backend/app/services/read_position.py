"""Reading positions and everything that hangs on them."""

from dataclasses import dataclass

from app.domain import rules
from app.domain.book import (
    AuditEvent,
    DecisionRecord,
    LedgerEntry,
    OrderRecord,
    Page,
    PositionRecord,
    StrategyVersion,
    TradeRecord,
)
from app.domain.booked_action import ActionRecord
from app.domain.observation import LastPrice
from app.services.ports import Book, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionView:
    """A position with its last decision and what follows from its state at the last price.

    `sell_at` and `buy_at` in ticks, None without an anchor; `value` in 1e-10 USD and
    `stock_share` in ppm, None where no price is known yet.
    """

    record: PositionRecord
    last_decision: DecisionRecord | None
    sell_at: int | None
    buy_at: int | None
    value: int | None
    stock_share: int | None


class ReadPosition:
    """Answers questions about positions; changes nothing."""

    def __init__(self, *, store: Store) -> None:
        self._store = store

    def get(self, *, position_id: str) -> PositionView:
        """Return one position."""
        with self._store.book() as book:
            record = book.get_position(position_id=position_id)
            return view_of(book, record)

    def list(self, *, limit: int, cursor: str | None) -> Page[PositionView]:
        """Return the positions that are not archived, newest first."""
        with self._store.book() as book:
            page = book.list_positions(limit=limit, cursor=cursor)
            views = tuple(view_of(book, record) for record in page.items)
            return Page(items=views, next_cursor=page.next_cursor)

    def decisions(
        self,
        *,
        position_id: str,
        limit: int,
        cursor: str | None,
        kind: str | None,
        reason: str | None,
    ) -> Page[DecisionRecord]:
        """Return the decisions, newest first, all or those of one kind or reason."""
        with self._store.book() as book:
            book.get_position(position_id=position_id)
            return book.list_decisions(
                position_id=position_id, limit=limit, cursor=cursor, kind=kind, reason=reason
            )

    def decision(self, *, position_id: str, number: int) -> DecisionRecord:
        """Return one decision."""
        with self._store.book() as book:
            book.get_position(position_id=position_id)
            return book.get_decision(position_id=position_id, number=number)

    def orders(self, *, position_id: str, limit: int, cursor: str | None) -> Page[OrderRecord]:
        """Return the orders, newest first."""
        with self._store.book() as book:
            book.get_position(position_id=position_id)
            return book.list_orders(position_id=position_id, limit=limit, cursor=cursor)

    def trades(self, *, position_id: str, limit: int, cursor: str | None) -> Page[TradeRecord]:
        """Return the trades, newest first."""
        with self._store.book() as book:
            book.get_position(position_id=position_id)
            return book.list_trades(position_id=position_id, limit=limit, cursor=cursor)

    def ledger(self, *, position_id: str, limit: int, cursor: str | None) -> Page[LedgerEntry]:
        """Return the ledger, newest first."""
        with self._store.book() as book:
            book.get_position(position_id=position_id)
            return book.list_ledger(position_id=position_id, limit=limit, cursor=cursor)

    def actions(self, *, position_id: str, limit: int, cursor: str | None) -> Page[ActionRecord]:
        """Return the dividends and splits, the one learned last first."""
        with self._store.book() as book:
            book.get_position(position_id=position_id)
            return book.list_actions(position_id=position_id, limit=limit, cursor=cursor)

    def events(self, *, position_id: str, limit: int, cursor: str | None) -> Page[AuditEvent]:
        """Return the audit events, newest first."""
        with self._store.book() as book:
            book.get_position(position_id=position_id)
            return book.list_events(position_id=position_id, limit=limit, cursor=cursor)

    def strategies(
        self, *, position_id: str, limit: int, cursor: str | None
    ) -> Page[StrategyVersion]:
        """Return the versions of the strategy, newest first."""
        with self._store.book() as book:
            book.get_position(position_id=position_id)
            return book.list_strategies(position_id=position_id, limit=limit, cursor=cursor)


def last_price_of(record: PositionRecord) -> LastPrice | None:
    """Return the last price that the position used, or None."""
    state = record.state
    if state.last_price is None or state.last_observed_at is None or record.price_source is None:
        return None
    return LastPrice(
        price=state.last_price,
        observed_at=state.last_observed_at,
        received_at=record.price_received_at,
        source=record.price_source,
        delay_minutes=record.price_delay_minutes,
    )


def view_of(book: Book, record: PositionRecord) -> PositionView:
    """Return `record` with its last decision and what follows from its state."""
    return view_after(book.last_decision(position_id=record.id), record)


def view_after(decision: DecisionRecord | None, record: PositionRecord) -> PositionView:
    """Return `record`, whose last decision is `decision`, and what follows from its state."""
    state = record.state
    price = state.last_price
    anchor = state.anchor
    return PositionView(
        record=record,
        last_decision=decision,
        sell_at=None if anchor is None else rules.sell_at(anchor, record.strategy.up),
        buy_at=None if anchor is None else rules.buy_at(anchor, record.strategy.down),
        value=None if price is None else state.value_at(price),
        stock_share=None if price is None else state.stock_share_at(price),
    )
