"""Lists that come in pages, read to their end."""

from collections.abc import Callable, Iterator

from app.domain.book import Page, PositionRecord
from app.services.ports import Book, Store

_POSITIONS = 1000


def walk[T](read: Callable[[str | None], Page[T]], *, after: str | None = None) -> Iterator[T]:
    """Yield what follows the cursor `after`, by default all, of the pages that `read` returns."""
    cursor = after
    while True:
        page = read(cursor)
        yield from page.items
        cursor = page.next_cursor
        if cursor is None:
            return


def walk_book[T](
    store: Store, read: Callable[[Book, str | None], Page[T]], *, after: str | None = None
) -> Iterator[T]:
    """Yield as `walk` does, each page read in a transaction of its own that has ended by then."""

    def page(cursor: str | None) -> Page[T]:
        with store.book() as book:
            return read(book, cursor)

    return walk(page, after=after)


def all_positions(store: Store) -> Iterator[PositionRecord]:
    """Yield the positions that are not archived, as `walk_book` does."""
    return walk_book(
        store, lambda book, cursor: book.list_positions(limit=_POSITIONS, cursor=cursor)
    )
