"""Migrations: up from empty, equal to the tables of the code, safe to run twice at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from app.adapters.postgres.schema import SCHEMA_REVISION, metadata
from app.adapters.postgres.store import PostgresStore, engine_url
from app.cli_services import BACKEND, migrate
from app.domain.errors import UnavailableError

# Every constraint and index with its definition: alembic does not look at most of them.
DEFINITIONS = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 't'
UNION
SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
ORDER BY 1, 2, 3
"""


def definitions(url: str) -> list[tuple[str, ...]]:
    with psycopg.connect(url) as connection:
        rows = connection.execute(DEFINITIONS).fetchall()
    return [row for row in rows if not row[0].startswith("alembic")]


class TestTheMigrations:
    def test_lead_to_the_schema_that_the_code_works_with(self) -> None:
        scripts = ScriptDirectory.from_config(Config(Path(BACKEND, "alembic.ini")))
        assert scripts.get_heads() == [SCHEMA_REVISION]

    def test_leave_nothing_to_generate(self, database_url: str) -> None:
        engine = create_engine(engine_url(database_url))
        with engine.connect() as connection:
            assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        engine.dispose()

    def test_make_the_constraints_and_indexes_of_the_tables(
        self, database_url: str, create_database: Callable[..., str]
    ) -> None:
        directly = create_database(name="vb_from_metadata")
        engine = create_engine(engine_url(directly))
        metadata.create_all(engine)
        engine.dispose()
        migrated = definitions(database_url)
        assert len(migrated) > 100
        assert migrated == definitions(directly)

    def test_can_be_started_twice_at_once(self, create_database: Callable[..., str]) -> None:
        url = create_database(name="vb_migrated_twice")
        with ThreadPoolExecutor(2) as threads:
            for done in [threads.submit(migrate, database_url=url) for _ in range(2)]:
                done.result()
        with psycopg.connect(url) as connection:
            kept = connection.execute("SELECT version_num FROM alembic_version").fetchall()
        assert kept == [(SCHEMA_REVISION,)]


class TestReadiness:
    def test_is_given_by_a_migrated_database(self, store: PostgresStore) -> None:
        store.ready()

    def test_is_refused_by_an_empty_database(self, create_database: Callable[..., str]) -> None:
        self.refused(create_database(name="vb_never_migrated"), "has schema none")

    def test_is_refused_by_another_revision(self, new_database: Callable[[], str]) -> None:
        url = new_database()
        with psycopg.connect(url) as connection:
            connection.execute("UPDATE alembic_version SET version_num = '209912312359'")
        self.refused(url, "has schema 209912312359")

    def refused(self, url: str, words: str) -> None:
        store = PostgresStore(url=url)
        with pytest.raises(UnavailableError, match=words):
            store.ready()
        store.close()
