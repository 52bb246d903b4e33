"""Pages: every item once, newest first, and no other cursor than a page's own."""

from collections.abc import Callable

import pytest

from app.adapters.postgres.book import PostgresBook
from app.adapters.postgres.store import PostgresStore
from app.domain.book import Page
from app.domain.errors import InvalidInputError, NotFoundError
from tests.integration.postgres.records import new_id, open_position, sell

type ReadPage = Callable[[PostgresBook, str, int, str | None], Page[object]]
LISTS: dict[str, ReadPage] = {
    "decisions": lambda book, position_id, limit, cursor: book.list_decisions(
        position_id=position_id, limit=limit, cursor=cursor, kind=None, reason=None
    ),
    "events": lambda book, position_id, limit, cursor: book.list_events(
        position_id=position_id, limit=limit, cursor=cursor
    ),
    "orders": lambda book, position_id, limit, cursor: book.list_orders(
        position_id=position_id, limit=limit, cursor=cursor
    ),
    "trades": lambda book, position_id, limit, cursor: book.list_trades(
        position_id=position_id, limit=limit, cursor=cursor
    ),
    "ledger": lambda book, position_id, limit, cursor: book.list_ledger(
        position_id=position_id, limit=limit, cursor=cursor
    ),
    "strategies": lambda book, position_id, limit, cursor: book.list_strategies(
        position_id=position_id, limit=limit, cursor=cursor
    ),
    "positions": lambda book, _, limit, cursor: book.list_positions(limit=limit, cursor=cursor),
}


class TestPages:
    @pytest.mark.parametrize("name", ["decisions", "events", "orders", "trades", "ledger"])
    def test_hold_every_item_once_newest_first(self, store: PostgresStore, name: str) -> None:
        opened = open_position(store)
        for _ in range(5):
            sell(store, opened.id)
        read = LISTS[name]
        with store.book() as book:
            whole = read(book, opened.id, 1000, None)
            for limit in (1, 2, 3, len(whole.items) - 1, len(whole.items)):
                items: list[object] = []
                cursor, pages = None, -(-len(whole.items) // limit)
                for _ in range(pages):
                    page = read(book, opened.id, limit, cursor)
                    assert 1 <= len(page.items) <= limit
                    items.extend(page.items)
                    cursor = page.next_cursor
                assert tuple(items) == whole.items
                assert cursor is None
        assert whole.next_cursor is None

    def test_of_positions_do_not_shift_when_one_is_added(self, store: PostgresStore) -> None:
        ours = [open_position(store).id for _ in range(4)]
        with store.book() as book:
            first = book.list_positions(limit=2, cursor=None)
        open_position(store)
        with store.book() as book:
            second = book.list_positions(limit=2, cursor=first.next_cursor)
        seen = [record.id for record in (*first.items, *second.items)]
        assert seen == ours[::-1]

    @pytest.mark.parametrize("name", LISTS)
    @pytest.mark.parametrize(
        "cursor", ["", "x", "-1", "1.5", "\u0661", "9223372036854775808", "1" * 400, "1 ", "\x00"]
    )
    def test_refuse_a_cursor_that_is_not_one_of_theirs(
        self, store: PostgresStore, name: str, cursor: str
    ) -> None:
        opened = open_position(store)
        with store.book() as book, pytest.raises(InvalidInputError) as refused:
            LISTS[name](book, opened.id, 10, cursor)
        assert [error.field for error in refused.value.errors] == ["cursor"]

    @pytest.mark.parametrize("name", [name for name in LISTS if name != "positions"])
    def test_of_an_unknown_position_are_not_found(self, store: PostgresStore, name: str) -> None:
        with store.book() as book, pytest.raises(NotFoundError):
            LISTS[name](book, new_id(), 10, None)

    def test_are_empty_where_nothing_is_yet(self, store: PostgresStore) -> None:
        opened = open_position(store)
        with store.book() as book:
            page = book.list_trades(position_id=opened.id, limit=10, cursor=None)
        assert page == Page(items=(), next_cursor=None)
