"""Verifies a book from its rows alone, trusting neither triggers nor counters."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection

from app.adapters.postgres.book import PostgresBook
from app.adapters.postgres.verify_audit import verify_audit
from app.domain.book import (
    AuditEvent,
    DecisionRecord,
    LedgerEntry,
    LedgerKind,
    OrderRecord,
    Page,
    PositionRecord,
    TradeRecord,
)
from app.domain.order import OrderState

_PAGE = 1000
_LIVE = {OrderState.NEW, OrderState.OPEN, OrderState.UNKNOWN}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    """Everything that is stored about one position, oldest first."""

    position: PositionRecord
    decisions: tuple[DecisionRecord, ...]
    orders: tuple[OrderRecord, ...]
    trades: tuple[TradeRecord, ...]
    ledger: tuple[LedgerEntry, ...]
    events: tuple[AuditEvent, ...]


def verify_book(connection: Connection, *, position_id: str) -> tuple[str, ...]:
    """Return what is wrong with the book of a position, in sentences; empty when it is whole.

    Raises
    ------
    NotFoundError
        When there is no such position.
    """
    book = PostgresBook(connection=connection)
    rows = _Rows(
        position=book.get_position(position_id=position_id),
        decisions=_all(
            lambda cursor: book.list_decisions(
                position_id=position_id, limit=_PAGE, cursor=cursor, kind=None, reason=None
            )
        ),
        orders=_all(
            lambda cursor: book.list_orders(position_id=position_id, limit=_PAGE, cursor=cursor)
        ),
        trades=_all(
            lambda cursor: book.list_trades(position_id=position_id, limit=_PAGE, cursor=cursor)
        ),
        ledger=_all(
            lambda cursor: book.list_ledger(position_id=position_id, limit=_PAGE, cursor=cursor)
        ),
        events=_all(
            lambda cursor: book.list_events(position_id=position_id, limit=_PAGE, cursor=cursor)
        ),
    )
    audit = verify_audit(connection, position_id=position_id).finding
    checks = (_numbers, _ledger, _trades, _orders)
    found = (finding for check in checks for finding in check(rows))
    return (*found, *(() if audit is None else (audit,)))


def _all[T](page: Callable[[str | None], Page[T]]) -> tuple[T, ...]:
    """Return the items of all pages, oldest first."""
    items: list[T] = []
    cursor: str | None = None
    while True:
        found = page(cursor)
        items.extend(found.items)
        cursor = found.next_cursor
        if cursor is None:
            return tuple(reversed(items))


def _numbers(rows: _Rows) -> Iterator[str]:
    position = rows.position
    lists = (
        ("decision", [row.number for row in rows.decisions], position.decisions),
        ("trade", [row.n for row in rows.trades], position.trades),
        ("ledger entry", [row.number for row in rows.ledger], position.ledger_entries),
        ("audit event", [row.number for row in rows.events], position.events),
    )
    for name, numbers, counted in lists:
        for place, number in enumerate(numbers, start=1):
            if number != place:
                yield f"{name.capitalize()} {place} is missing."
                break
        if counted != len(numbers):
            yield f"The position counts {counted} of its {name} rows; there are {len(numbers)}."


def _ledger(rows: _Rows) -> Iterator[str]:
    cash, shares, receivable = 0, 0, 0
    for entry in rows.ledger:
        cash += entry.cash
        shares += entry.shares
        receivable += entry.receivable
        if (entry.cash_after, entry.shares_after, entry.receivable_after) != (
            cash,
            shares,
            receivable,
        ):
            yield f"Ledger entry {entry.number} does not add up to the sums until it."
            break
    state = rows.position.state
    for name, held, summed in (
        ("cash", state.cash, cash),
        ("shares", state.shares, shares),
        ("receivable", state.receivable, receivable),
    ):
        if held != summed:
            yield f"The position's {name} is {held}, the sum of its ledger {summed}."


def _trades(rows: _Rows) -> Iterator[str]:
    """Compare each trade with its entries: the shares for money, then the commission."""
    traded = {LedgerKind.BUY, LedgerKind.SELL, LedgerKind.COMMISSION, LedgerKind.BUST}
    booked = [
        (entry.reference, entry.kind, entry.cash, entry.shares, entry.cash_after)
        for entry in rows.ledger
        if entry.kind in traded
    ]
    expected: list[tuple[str | None, LedgerKind, int, int, int]] = []
    for trade in rows.trades:
        fill = trade.fill
        if trade.busts is not None:
            cash, taken = fill.commission - fill.cash_flow, -fill.shares_flow
            expected.append((trade.fill_id, LedgerKind.BUST, cash, taken, trade.cash_after))
            continue
        kind = LedgerKind(trade.side.value)
        before = trade.cash_after + trade.commission
        expected.append((trade.fill_id, kind, fill.cash_flow, fill.shares_flow, before))
        if trade.commission:
            paid = (trade.fill_id, LedgerKind.COMMISSION, -trade.commission, 0, trade.cash_after)
            expected.append(paid)
    for ours, theirs in zip(expected, booked, strict=False):
        if ours != theirs:
            yield f"The trade of fill {ours[0]} is not what the ledger booked of {theirs[0]}."
            return
    if len(expected) != len(booked):
        yield f"The trades make {len(expected)} ledger entries; there are {len(booked)}."


def _orders(rows: _Rows) -> Iterator[str]:
    live = [order for order in rows.orders if order.state in _LIVE]
    if len(live) > 1:
        yield f"{len(live)} orders are live; at most one may be."
    if rows.position.state.order_in_flight != bool(live):
        yield "The position is wrong about whether an order is in flight."
    proposed = {row.number for row in rows.decisions if row.outcome["kind"] == "proposed"}
    for number in sorted({order.decision_number for order in rows.orders} - proposed):
        yield f"An order refers to decision {number}, which proposed none."
    known = {order.id: order for order in rows.orders}
    for trade in rows.trades:
        if trade.order_id is None:
            continue
        order = known.get(trade.order_id)
        if order is None or order.side is not trade.fill.side:
            yield f"Trade {trade.n} is not of the order that it names."
    yield from _filled(rows)


def _filled(rows: _Rows) -> Iterator[str]:
    """Compare what each order says that was filled with its trades, taken back ones left out."""
    filled = Counter[str | None]()
    for trade in rows.trades:
        filled[trade.order_id] += trade.quantity if trade.busts is None else -trade.quantity
    for order in rows.orders:
        if filled[order.id] > order.quantity:
            yield f"Order {order.id} is filled beyond its quantity."
        elif filled[order.id] != order.filled:
            yield f"Order {order.id} says {order.filled} filled, its trades {filled[order.id]}."
