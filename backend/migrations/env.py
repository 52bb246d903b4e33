"""Runs the migrations in one transaction on the database that DATABASE_URL names."""

from alembic import context
from sqlalchemy import create_engine, text

from app.adapters.postgres.schema import metadata
from app.adapters.postgres.store import engine_url
from app.settings import read_settings

# A migration that has to wait for a busy table gives up instead of blocking everybody behind it.
OPTIONS = "-c lock_timeout=5s -c timezone=UTC"
# Two starts at once migrate one after the other; the number means only this.
MIGRATING = 7_251_100_412


def migrate() -> None:
    engine = create_engine(
        engine_url(read_settings().required_database_url()), connect_args={"options": OPTIONS}
    )
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=metadata)
        with context.begin_transaction():
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATING})
            context.run_migrations()
    engine.dispose()


migrate()
