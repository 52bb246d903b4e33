"""What a server was told, tick by tick, read from its own log."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from app.adapters.embedded.postgres import SUPERUSER, PostgresCluster

_SPLIT = "SELECT 'another tick'"
_SENT = re.compile(r"(?:statement|execute [^:]+): (.*)", re.DOTALL)
_PARAMETER = re.compile(r"\$\d+ = (?:NULL|'((?:[^']|'')*)')")
_LOGGING = {
    "logging_collector": "on",
    "log_destination": "jsonlog",
    "log_directory": "statements",
    "log_filename": "all.log",
    "log_rotation_size": "0",
    "log_rotation_age": "0",
    "log_statement": "all",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One message of a client: its text with `$1` for the first parameter, and their values."""

    text: str
    values: tuple[str | None, ...]


class StatementLog:
    """The log of a server that writes down every statement."""

    def __init__(self, *, file: Path, url: str) -> None:
        self._file = file
        self._marker = psycopg.connect(url, autocommit=True)

    def split(self) -> None:
        """Begin another tick: what was sent until now belongs to those before."""
        self._marker.execute(_SPLIT)

    def ticks(self, *, database: str) -> list[tuple[Statement, ...]]:
        """Return what was sent to `database` between each two splits."""
        self._marker.close()
        ticks: list[list[Statement]] = []
        with self._file.open(encoding="utf-8") as lines:
            for entry in map(json.loads, lines):
                sent = _SENT.fullmatch(entry["message"])
                if sent is None:
                    continue
                if sent[1] == _SPLIT:
                    ticks.append([])
                elif ticks and entry["dbname"] == database:
                    ticks[-1].append(Statement(text=sent[1], values=_values(entry)))
        return [tuple(tick) for tick in ticks[:-1]]


@contextmanager
def logged_statements(cluster: PostgresCluster) -> Iterator[StatementLog]:
    """Log every statement until the block ends; the server restarts before and after it."""
    url = cluster.url(user=SUPERUSER, database="postgres")
    with psycopg.connect(url, autocommit=True) as superuser:
        for name, value in _LOGGING.items():
            superuser.execute(f"ALTER SYSTEM SET {name} = '{value}'")
    _restart(cluster)
    file = cluster.data / "statements" / "all.json"
    url = cluster.url(user=SUPERUSER, database="postgres")
    yield StatementLog(file=file, url=url)
    with psycopg.connect(url, autocommit=True) as superuser:
        superuser.execute("ALTER SYSTEM RESET ALL")
    _restart(cluster)


def _restart(cluster: PostgresCluster) -> None:
    cluster.stop()
    cluster.start()


def _values(entry: dict[str, str]) -> tuple[str | None, ...]:
    found = _PARAMETER.finditer(entry.get("detail", ""))
    return tuple(None if each[1] is None else each[1].replace("''", "'") for each in found)
