"""The database and the cache that a command works on: given by the environment, or embedded."""

import dataclasses
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.settings import Settings, child_environment

BACKEND = Path(__file__).resolve().parents[1]


class CommandError(Exception):
    """Why a command could not do its work, with what to do about it."""


@contextmanager
def ready_services(*, settings: Settings) -> Iterator[Settings]:
    """Yield settings that name a running, migrated database, and a cache where there is one.

    With `database_url` set nothing is embedded. Embedded services that this call started end
    with the block, unless another process has joined them meanwhile.
    """
    if settings.database_url is not None:
        migrate(database_url=settings.database_url)
        yield settings
        return
    from app.adapters.embedded.services import embedded_services  # a backend embeds nothing

    with embedded_services(state=settings.state) as services:
        migrate(database_url=services.database_url)
        yield dataclasses.replace(
            settings,
            database_url=services.database_url,
            redis_url=settings.redis_url or services.redis_url,
        )


def migrate(*, database_url: str) -> None:
    """Bring the schema of the database to the newest revision.

    Raises
    ------
    CommandError
        When the database does not answer or a migration fails; the schema is as it was.
    """
    # Importing Alembic takes a second, which a start with nothing to migrate does without.
    if _present_revision(database_url) == _newest_revision():
        return
    done = subprocess.run(
        [sys.executable, "-m", "alembic", "upgrade", "head"],
        cwd=BACKEND,
        env=child_environment({"DATABASE_URL": database_url, "PYTHONPATH": str(BACKEND)}),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise CommandError(
            "The database could not be migrated and is as it was before. "
            f"Alembic said:\n{done.stderr[-3000:]}"
        )


def create_schema(*, database_url: str) -> None:
    """Create the tables of an empty database; one that has tables keeps its schema.

    Raises
    ------
    CommandError
        When the database does not answer or the migrations fail.
    """
    if _present_revision(database_url) is None:
        migrate(database_url=database_url)


def _present_revision(database_url: str) -> str | None:
    import psycopg  # only here: 0.3 s that `vb down` and `vb --help` do without

    try:
        with psycopg.connect(database_url, connect_timeout=10) as connection:
            if connection.execute("SELECT to_regclass('alembic_version')").fetchone() == (None,):
                return None
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except psycopg.OperationalError as error:
        raise CommandError(
            f"The database does not answer: {error}. Check DATABASE_URL, or unset it to use the "
            "embedded PostgreSQL."
        ) from error
    return None if row is None else str(row[0])


def _newest_revision() -> str:
    """Return the one revision of the migration files that no other one follows."""
    texts = [
        path.read_text(encoding="utf-8") for path in (BACKEND / "migrations/versions").glob("*.py")
    ]
    own, followed = (
        {
            match[1]
            for text in texts
            if (match := re.search(rf'^{name}\b[^=\n]*= *["\']([^"\']+)["\']', text, re.MULTILINE))
        }
        for name in ("revision", "down_revision")
    )
    newest = own - followed
    if len(newest) != 1:
        raise CommandError(
            f"The migrations have {len(newest)} newest revisions instead of one: "
            f"{', '.join(sorted(newest)) or 'none'}. Chain them by their down_revision."
        )
    return newest.pop()
