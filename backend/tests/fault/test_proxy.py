"""The proxy does what it says, against the real PostgreSQL and Valkey."""

import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import psycopg
import pytest
import redis

from tests.fault.proxy import Cut, Proxy


@pytest.fixture
def proxy(database_url: str) -> Iterator[Proxy]:
    upstream = urlsplit(database_url)
    assert upstream.hostname is not None
    with Proxy(upstream=(upstream.hostname, upstream.port or 5432)) as proxy:
        yield proxy


@pytest.fixture
def table(database_url: str) -> Iterator[psycopg.Connection]:
    """A direct connection to a table `row` that is empty."""
    with psycopg.connect(_plain(database_url), autocommit=True) as direct:
        direct.execute("CREATE TABLE IF NOT EXISTS row (id integer)")
        direct.execute("TRUNCATE row")
        yield direct


def _plain(database_url: str) -> str:
    return database_url.replace("postgresql+psycopg://", "postgresql://")


def _through(proxy: Proxy, database_url: str) -> str:
    upstream = urlsplit(_plain(database_url))
    at = f"{upstream.username}:{upstream.password}@" if upstream.password else "vb@"
    return f"postgresql://{at}127.0.0.1:{proxy.port}{upstream.path}?sslmode=disable"


def _count(table: psycopg.Connection) -> int:
    row = table.execute("SELECT count(*) FROM row").fetchone()
    assert row is not None
    return int(row[0])


class TestACommit:
    @pytest.mark.parametrize(("where", "rows"), [(Cut.BEFORE, 0), (Cut.AFTER, 1), (None, 1)])
    def test_is_cut_on_the_side_that_was_asked_for(
        self,
        proxy: Proxy,
        database_url: str,
        table: psycopg.Connection,
        where: Cut | None,
        rows: int,
    ) -> None:
        client = psycopg.connect(_through(proxy, database_url))
        client.execute("INSERT INTO row VALUES (%s)", (1,))
        proxy.cut_commit(where)
        if where is None:
            client.commit()
        else:
            with pytest.raises(psycopg.OperationalError):
                client.commit()
        client.close()
        assert _count(table) == rows
        assert proxy.counts["commits"] == 1
        assert proxy.counts["commit_before"] == (where is Cut.BEFORE)
        assert proxy.counts["commit_after"] == (where is Cut.AFTER)

    def test_is_cut_once_and_the_next_connection_commits(
        self, proxy: Proxy, database_url: str, table: psycopg.Connection
    ) -> None:
        proxy.cut_commit(Cut.BEFORE)
        for _ in range(2):
            try:
                with psycopg.connect(_through(proxy, database_url)) as client:
                    client.execute("INSERT INTO row VALUES (1)")
            except psycopg.OperationalError:
                continue
        assert _count(table) == 1


class TestTheProxy:
    def test_cuts_refuses_and_recovers(self, proxy: Proxy, database_url: str) -> None:
        client = psycopg.connect(_through(proxy, database_url), autocommit=True)
        proxy.cut()
        with pytest.raises(psycopg.OperationalError):
            client.execute("SELECT 1")
        client.close()
        proxy.refuses = True
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(_through(proxy, database_url))
        proxy.refuses = False
        psycopg.connect(_through(proxy, database_url)).close()
        assert proxy.counts["cut"] == proxy.counts["refused"] == 1

    def test_is_slow(self, proxy: Proxy, database_url: str) -> None:
        with psycopg.connect(_through(proxy, database_url), autocommit=True) as client:
            proxy.latency_seconds = 0.05
            began = time.monotonic()
            client.execute("SELECT 1")
            assert time.monotonic() - began >= 0.1
            proxy.latency_seconds = 0.0

    def test_swallows_what_redis_is_asked(self, redis_url: str) -> None:
        upstream = urlsplit(redis_url)
        assert upstream.hostname is not None
        with Proxy(upstream=(upstream.hostname, upstream.port or 6379)) as proxy:
            url = upstream._replace(netloc=upstream.netloc.rpartition(":")[0] + f":{proxy.port}")
            with redis.Redis.from_url(url.geturl(), socket_timeout=0.2, retry=None) as client:
                assert client.ping()
                proxy.is_black_hole = True
                with pytest.raises(redis.exceptions.TimeoutError):
                    client.ping()
            assert proxy.counts["swallowed"] >= 1
