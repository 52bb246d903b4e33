"""What the records of every aggregate share: one open transaction, identities and pages."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from psycopg.rows import namedtuple_row
from sqlalchemy import Column, ColumnElement, Connection, Row, Select, Table, select

from app.domain.book import Page
from app.domain.errors import FieldError, InvalidInputError, NotFoundError

NUMBER_MAX = 2**63 - 1

type Parameters = Mapping[str, object]


class Transaction:
    """An open transaction; the classes of the aggregates read and write in it.

    What a decision needs is written for the driver and sent by it (`_run`, `_row`), because
    building statements costs more than running them; lists are built by SQLAlchemy.
    """

    def __init__(self, *, connection: Connection) -> None:
        self._connection = connection
        self._cursor = connection.connection.cursor(row_factory=namedtuple_row)

    def _run(self, statement: str, parameters: Parameters) -> None:
        """Run one statement that changes exactly one row, as every statement of ours does."""
        self._cursor.execute(statement, parameters)
        changed = self._cursor.rowcount
        assert changed == 1, "the row to change is there: it was read in this transaction"

    def _row(self, statement: str, parameters: Parameters) -> Any:
        """Return the first row of a statement written for the driver, or None."""
        self._cursor.execute(statement, parameters)
        return self._cursor.fetchone()

    def _page[T](
        self,
        query: Select[Any],
        *,
        along: Column[int],
        limit: int,
        cursor: str | None,
        read: Callable[[Row[Any]], T],
    ) -> Page[T]:
        """Return `limit` items of `query` from the largest `along` below the cursor downwards."""
        if cursor is not None:
            query = query.where(along < read_cursor(cursor))
        rows = self._connection.execute(query.order_by(along.desc()).limit(limit + 1)).all()
        more = len(rows) > limit
        rows = rows[:limit]
        return Page(
            items=tuple(read(row) for row in rows),
            next_cursor=str(rows[-1]._mapping[along]) if more else None,
        )

    def _list[T](
        self,
        table: Table,
        *conditions: ColumnElement[bool],
        position_id: str,
        along: Column[int],
        limit: int,
        cursor: str | None,
        read: Callable[[Row[Any]], T],
    ) -> Page[T]:
        """Return a page of what belongs to a position.

        Raises
        ------
        NotFoundError
            When there is no such position.
        """
        identity = read_identity(position_id, what="position")
        query = select(table).where(table.c.position_id == identity, *conditions)
        page = self._page(query, along=along, limit=limit, cursor=cursor, read=read)
        known = page.items or self._row("SELECT FROM position WHERE id = %(id)s", {"id": identity})
        if known is None:
            raise NotFoundError(what="position", identity=position_id)
        return page


def read_cursor(cursor: str) -> int:
    """Return the number that a page ended with.

    Raises
    ------
    InvalidInputError
        When the cursor is not one that a page gave.
    """
    if cursor.isascii() and cursor.isdigit() and len(cursor) < 20 and int(cursor) <= NUMBER_MAX:
        return int(cursor)
    raise InvalidInputError(
        FieldError(
            field="cursor",
            message="is not the cursor of a page of this list",
            allowed="the next_cursor of the page before, or none for the first page",
        )
    )


def read_identity(identity: str, *, what: str) -> UUID:
    """Return `identity` as PostgreSQL compares it.

    Raises
    ------
    NotFoundError
        When it cannot be one of ours.
    """
    try:
        found = UUID(identity)
    except ValueError:
        raise NotFoundError(what=what, identity=identity) from None
    if str(found) != identity:
        raise NotFoundError(what=what, identity=identity)
    return found
