"""Transactions on PostgreSQL: committed on a clean exit, rolled back on an exception."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from app.adapters.postgres.book import PostgresBook
from app.adapters.postgres.schema import SCHEMA_REVISION
from app.adapters.postgres.shelf import PostgresShelf
from app.adapters.postgres.verify import verify_book
from app.adapters.postgres.verify_audit import AuditCheck, verify_audit, verify_switch
from app.domain.errors import ConflictError, UnavailableError

# As many as the threads that serve requests; each is opened when first needed.
CONNECTIONS_MAX = 40
CONNECT_SECONDS = 5
# A transaction that is stuck, or whose process is, gives its locks back by these.
TIMEOUTS = {
    "lock_timeout": "5s",
    "statement_timeout": "30s",
    "idle_in_transaction_session_timeout": "30s",
}
RETRY_AFTER_SECONDS = 5
# What the database answers to the commit of an order while the kill switch is set.
_HALTED = "VB001"
_UNCHANGED = f"Nothing was changed; try again in {RETRY_AFTER_SECONDS} seconds."
_OPEN = "It is not known whether the change was stored; look at it before you try again."


class PostgresStore:
    """The database at `url` (`postgresql://…`), shared by all threads of a process."""

    def __init__(self, *, url: str) -> None:
        settings = TIMEOUTS | {"timezone": "UTC"}
        self._engine = create_engine(
            engine_url(url),
            isolation_level="READ COMMITTED",
            pool_size=CONNECTIONS_MAX,
            max_overflow=0,
            pool_timeout=CONNECT_SECONDS,
            pool_pre_ping=True,
            connect_args={
                "connect_timeout": CONNECT_SECONDS,
                "tcp_user_timeout": 1000 * 2 * CONNECT_SECONDS,
                "application_name": "volatility-balancing",
                "options": " ".join(f"-c {name}={value}" for name, value in settings.items()),
            },
        )

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()

    @contextmanager
    def book(self) -> Iterator[PostgresBook]:
        """Open a transaction on the positions.

        Raises
        ------
        UnavailableError
            When the database is away, or too busy to answer in time.
        """
        with _transaction(self._engine) as connection:
            yield PostgresBook(connection=connection)

    @contextmanager
    def shelf(self) -> Iterator[PostgresShelf]:
        """Open a transaction on datasets and runs.

        Raises
        ------
        UnavailableError
            When the database is away, or too busy to answer in time.
        """
        with _transaction(self._engine) as connection:
            yield PostgresShelf(connection=connection)

    @contextmanager
    def exclusively(self, *, name: str) -> Iterator[bool]:
        """Hold the lock `name` while open; False when another process holds it.

        The lock is the connection's, so it is given back when the process ends, however that is.

        Raises
        ------
        UnavailableError
            When the database is away.
        """
        key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
        # Without a transaction, which would be ended for idling while the work goes on.
        engine = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        with _transaction(engine) as connection:
            taken = connection.exec_driver_sql("SELECT pg_try_advisory_lock(%s)", (key,))
            held = bool(taken.scalar_one())
            try:
                yield held
            finally:
                if held:
                    connection.exec_driver_sql("SELECT pg_advisory_unlock(%s)", (key,))

    def ready(self) -> None:
        """Return when the database answers and its schema is the one of this code.

        Raises
        ------
        UnavailableError
            Otherwise; the message says which of the two.
        """
        with _transaction(self._engine) as connection:
            found = None
            if connection.exec_driver_sql("SELECT to_regclass('alembic_version')").scalar_one():
                query = "SELECT version_num FROM alembic_version"
                found = connection.exec_driver_sql(query).scalar()
        if found != SCHEMA_REVISION:
            raise UnavailableError(
                what="database",
                message=f"The database has schema {found or 'none'}, and this version of the "
                f"product works with {SCHEMA_REVISION}. Restart it with `./vb up`, which migrates "
                "an older schema; a newer one needs the newer version of the product.",
                retry_after_seconds=60,
            )

    def verify_book(self, *, position_id: str) -> tuple[str, ...]:
        """Return what is wrong with the book of a position, in sentences; empty when it is whole.

        Raises
        ------
        NotFoundError
            When there is no such position.
        """
        # One snapshot, so that a tick in between is no finding.
        snapshot = self._engine.execution_options(isolation_level="REPEATABLE READ")
        with _transaction(snapshot) as connection:
            return verify_book(connection, position_id=position_id)

    def verify_audit(self) -> Iterator[AuditCheck]:
        """Yield how the chain of each position is, oldest position first, and the kill switch's.

        Archived positions are verified too.
        """
        with self.book() as book:
            positions = book.position_ids()
        snapshot = self._engine.execution_options(isolation_level="REPEATABLE READ")
        for position_id in positions:
            with _transaction(snapshot) as connection:
                check = verify_audit(connection, position_id=position_id)
            yield check
        with _transaction(snapshot) as connection:
            check = verify_switch(connection)
        yield check


def engine_url(url: str) -> str:
    """Return the libpq `url` as SQLAlchemy writes it."""
    return "postgresql+psycopg://" + url.partition("://")[2]


@contextmanager
def _transaction(engine: Engine) -> Iterator[Connection]:
    ended = False
    try:
        with engine.begin() as connection:
            yield connection
            ended = True
    except PoolTimeoutError as error:
        raise _unavailable("All connections to the database are in use.", _UNCHANGED) from error
    except (DBAPIError, psycopg.Error) as error:
        # SQLAlchemy wraps the errors of the statements that go through it.
        cause = error.orig if isinstance(error, DBAPIError) else error
        if getattr(cause, "sqlstate", None) == _HALTED:
            raise ConflictError(
                reason="trading_halted",
                message="Trading was stopped while this order was on its way. It was not made, "
                "and nothing was changed.",
            ) from error
        if not isinstance(cause, psycopg.OperationalError):
            raise
        # The answer to a COMMIT can get lost after it was carried out.
        raise _unavailable(_reason(cause), _OPEN if ended else _UNCHANGED) from error


def _reason(error: psycopg.OperationalError) -> str:
    match error:
        case psycopg.errors.LockNotAvailable() | psycopg.errors.DeadlockDetected():
            return "The database kept waiting for another request on the same rows."
        case psycopg.errors.QueryCanceled():
            return "The database took too long to answer."
        case _:
            return "The database does not answer."


def _unavailable(*sentences: str) -> UnavailableError:
    return UnavailableError(
        what="database", message=" ".join(sentences), retry_after_seconds=RETRY_AFTER_SECONDS
    )
