"""Where a process of the robot can be ended or stopped: each step of the order path has its name.

Those of the services are told by the `reached` hook of `CarryOrder`; those around the transactions
that write an order or a fill by a store that looks on.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import cast

from app.domain.book import OrderRecord, TradeRecord
from app.services.ports import Book, Shelf, Store

ON_THE_WAY = ("noted", "submitted", "answered", "looked", "booked", "cancelling", "ended")
# Written, and not committed yet: the position is locked.
INSIDE = ("order_written", "fill_written")
COMMITTED = ("order_committed", "fill_committed")
FAILPOINTS = (*ON_THE_WAY, *INSIDE, *COMMITTED)


class WatchedStore:
    """Satisfies `Store`; tells of orders and fills before and after they are committed."""

    def __init__(self, *, store: Store, reached: Callable[[str], None]) -> None:
        self._store = store
        self._reached = reached

    @contextmanager
    def book(self) -> Iterator[Book]:
        """Open a transaction on the positions."""
        with self._store.book() as book:
            watched = _WatchedBook(book)
            yield cast("Book", watched)  # what it does not watch goes to `book` as it is
            for what in watched.written:
                self._reached(f"{what}_written")
        for what in watched.written:
            self._reached(f"{what}_committed")

    def shelf(self) -> AbstractContextManager[Shelf]:
        """Open a transaction on datasets and runs."""
        return self._store.shelf()


class _WatchedBook:
    """Notes that a new order or a fill was written."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self.written: list[str] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self._book, name)

    def add_order(self, *, position_id: str, order: OrderRecord) -> None:
        self._book.add_order(position_id=position_id, order=order)
        self.written.append("order")

    def add_trade(self, *, position_id: str, trade: TradeRecord) -> None:
        self._book.add_trade(position_id=position_id, trade=trade)
        self.written.append("fill")
