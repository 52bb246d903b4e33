"""What is recorded of a position, as it was at one moment, a page and a transaction at a time.

Everything is cut off at the counters of `record`, so that what is booked meanwhile is not half
seen.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.domain import rules
from app.domain.book import (
    DecisionRecord,
    LedgerEntry,
    OrderRecord,
    PositionRecord,
    TradeRecord,
    UsedPrice,
)
from app.domain.errors import ConflictError, InvalidInputError
from app.domain.observation import Observation
from app.domain.position import Position
from app.domain.recorded import read_day, read_observation, read_position
from app.domain.session import Day
from app.domain.strategy import Strategy
from app.domain.units import price_text
from app.services.open_position import amount_errors
from app.services.pages import walk_book
from app.services.ports import Book, Store

# The decisions that one reading makes again, the newest; holds are passed over and do not count.
LOOKS_MAX = 10_000
_PAGE = 500
_PRICES = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What a recorded decision was made on."""

    before: Position
    observation: Observation
    strategy: Strategy
    day: Day


def inputs_of(decision: DecisionRecord, strategies: Mapping[int, Strategy]) -> Inputs:
    """Return what `decision` was made on.

    Raises
    ------
    ConflictError
        When the record is not as it was written (reason `record_unreadable`).
    """
    try:
        return Inputs(
            before=read_position(decision.before),
            observation=read_observation(decision.observation),
            strategy=strategies[decision.strategy_version],
            day=read_day(decision.day),
        )
    except (ArithmeticError, AssertionError, KeyError, TypeError, ValueError) as error:
        raise ConflictError(
            reason="record_unreadable",
            message=f"The record of decision {decision.number} cannot be read: "
            f"{type(error).__name__} {error}. Somebody changed it. Run ./vb verify, and compare "
            "with a backup.",
        ) from error


def mark_of(record: PositionRecord, price: int | None) -> int:
    """Return what a share is valued at, in ticks: `price`, by default the last price used.

    Raises
    ------
    InvalidInputError
        When the price is out of range.
    ConflictError
        When none is given and none was used yet (reason `no_price_yet`).
    """
    mark = record.state.last_price if price is None else price
    if mark is None:
        raise ConflictError(
            reason="no_price_yet",
            message=f"{record.name} has not used a price yet, or not since its last halt, so that "
            "nothing can be valued. Give a price, or ask again after its next evaluation.",
        )
    errors = amount_errors("price", mark, 1, rules.PRICE_MAX, price_text)
    if errors:
        raise InvalidInputError(*errors)
    return mark


def first_look(store: Store, record: PositionRecord, count: int) -> int:
    """Return the decision from which on at most `count` are not holds."""
    with store.book() as book:
        return book.acting_from(position_id=record.id, until=record.decisions, count=count)


def acting_decisions(store: Store, record: PositionRecord, first: int) -> Iterator[DecisionRecord]:
    """Yield the decisions from number `first` on that are not holds, oldest first."""
    return _numbered(
        store,
        lambda book, after: book.acting_decisions(
            position_id=record.id, after=after, until=record.decisions, limit=_PAGE
        ),
        after=first - 1,
        size=_PAGE,
    )


def used_prices(store: Store, record: PositionRecord, first: int) -> Iterator[UsedPrice]:
    """Yield the prices that were used from decision `first` on, oldest first."""
    return _numbered(
        store,
        lambda book, after: book.used_prices(
            position_id=record.id, after=after, until=record.decisions, limit=_PRICES
        ),
        after=first - 1,
        size=_PRICES,
    )


def strategies_of(store: Store, *, position_id: str) -> dict[int, Strategy]:
    """Return the strategy of each version."""
    versions = walk_book(
        store,
        lambda book, cursor: book.list_strategies(
            position_id=position_id, limit=_PAGE, cursor=cursor
        ),
    )
    return {version.version: version.strategy for version in versions}


def orders_of(store: Store, record: PositionRecord) -> Iterator[OrderRecord]:
    """Yield the orders, newest first."""
    return walk_book(
        store,
        lambda book, cursor: book.list_orders(position_id=record.id, limit=_PAGE, cursor=cursor),
        after=str(record.decisions + 1),
    )


def trades_of(store: Store, record: PositionRecord) -> Iterator[TradeRecord]:
    """Yield the trades, newest first."""
    return walk_book(
        store,
        lambda book, cursor: book.list_trades(position_id=record.id, limit=_PAGE, cursor=cursor),
        after=str(record.trades + 1),
    )


def ledger_of(store: Store, record: PositionRecord) -> Iterator[LedgerEntry]:
    """Yield the ledger, newest first."""
    return walk_book(
        store,
        lambda book, cursor: book.list_ledger(position_id=record.id, limit=_PAGE, cursor=cursor),
        after=str(record.ledger_entries + 1),
    )


def _numbered[T: (DecisionRecord, UsedPrice)](
    store: Store, read: Callable[[Book, int], Sequence[T]], *, after: int, size: int
) -> Iterator[T]:
    """Yield what follows number `after`; `read` returns up to `size` of it, in order."""
    while True:
        with store.book() as book:
            page = read(book, after)
        yield from page
        if len(page) < size:
            return
        after = page[-1].number
