"""What a command works on: a migrated database, given or embedded."""

from collections.abc import Callable

import psycopg
import pytest

from app.cli_services import CommandError, create_schema, migrate, ready_services
from app.settings import read_settings


def tables(url: str) -> int:
    query = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
    with psycopg.connect(url) as connection:
        row = connection.execute(query).fetchone()
        assert row is not None
        return int(row[0])


class TestMigrate:
    def test_brings_an_empty_database_to_the_newest_revision_once(
        self, create_database: Callable[..., str]
    ) -> None:
        url = create_database(name="vb_migrate")
        assert tables(url) == 0
        migrate(database_url=url)
        count = tables(url)
        assert count > 1
        migrate(database_url=url)
        assert tables(url) == count

    def test_explains_a_database_that_does_not_answer(self) -> None:
        with pytest.raises(CommandError, match=r"(?s)does not answer.*Check DATABASE_URL"):
            migrate(database_url="postgresql://vb:vb@127.0.0.1:1/vb")

    def test_leaves_a_database_as_it_was_when_a_migration_fails(
        self, create_database: Callable[..., str], superuser_url: str
    ) -> None:
        url = create_database(name="vb_refusing")
        with psycopg.connect(superuser_url, dbname="vb_refusing", autocommit=True) as superuser:
            superuser.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC, pg_database_owner")
        with pytest.raises(CommandError, match=r"(?s)as it was before.*permission denied"):
            migrate(database_url=url)
        assert tables(url) == 0


class TestCreateSchema:
    def test_fills_an_empty_database(self, create_database: Callable[..., str]) -> None:
        url = create_database(name="vb_first_schema")
        create_schema(database_url=url)
        assert tables(url) > 1

    def test_leaves_a_database_with_another_schema_alone(
        self, create_database: Callable[..., str]
    ) -> None:
        url = create_database(name="vb_other_schema")
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE alembic_version (version_num varchar(32))")
            connection.execute("INSERT INTO alembic_version VALUES ('another')")
        create_schema(database_url=url)
        assert tables(url) == 1


class TestReadyServices:
    def test_embeds_nothing_beside_a_given_database(
        self, database_url: str, redis_url: str
    ) -> None:
        settings = read_settings(environment={"DATABASE_URL": database_url, "REDIS_URL": redis_url})
        with ready_services(settings=settings) as ready:
            assert ready == settings

    def test_gives_every_test_module_a_migrated_database(self, database_url: str) -> None:
        assert tables(database_url) > 1
