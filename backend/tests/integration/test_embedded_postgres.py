"""The private PostgreSQL cluster: created whole, recovered after any end, and only ever ours."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from app.adapters.embedded.postgres import SUPERUSER, PostgresCluster, find_cluster
from app.adapters.embedded.process import HOST, read_number
from app.adapters.embedded.services import embedded_services, joined_services, stop_services
from app.adapters.embedded.valkey import find_server


def make_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="vb-embedded-"))
    folder.chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Yield the folder of a cluster that most tests share, since creating one takes a while."""
    folder = make_folder()
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def state(folder: Path) -> Iterator[Path]:
    """Yield the state folder of the shared cluster, which does not run."""
    yield folder / "state"
    stop_services(state=folder / "state")


@pytest.fixture
def fresh_state() -> Iterator[Path]:
    """Yield a state folder that has no cluster yet."""
    folder = make_folder()
    yield folder / "state"
    stop_services(state=folder / "state")
    shutil.rmtree(folder)


@pytest.fixture
def cluster(state: Path) -> PostgresCluster:
    return find_cluster(state=state, durable=False)


@pytest.fixture
def bystander() -> Iterator[subprocess.Popen[bytes]]:
    """Yield a process of someone else, which has to live on."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as process:
        yield process
        process.kill()


def value(url: str, query: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(query.encode()).fetchone()
        return row[0] if row else None


def run(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())


def kill(pid: int) -> None:
    process = psutil.Process(pid)
    process.kill()
    while psutil.pid_exists(pid) and process.status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.01)


class TestStart:
    def test_gives_the_product_a_role_without_special_rights(
        self, cluster: PostgresCluster
    ) -> None:
        assert cluster.start()
        rights = "rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls"
        assert value(cluster.url(), f"SELECT {rights} FROM pg_roles WHERE rolname = user") is False
        owner = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'vb'"
        assert value(cluster.url(), owner) == "vb"

    def test_listens_on_this_machine_only_and_wants_the_password(
        self, cluster: PostgresCluster
    ) -> None:
        cluster.start()
        url = cluster.url(user=SUPERUSER, database="postgres")
        assert value(url, "SHOW listen_addresses") == HOST
        assert value(url, "SHOW unix_socket_directories") == ""
        assert value(url, "SHOW password_encryption") == "scram-sha-256"
        assert (cluster.home / "passwords.json").stat().st_mode & 0o777 == 0o600
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(url, password="another")

    def test_is_durable_unless_told_otherwise(self, state: Path) -> None:
        cluster = find_cluster(state=state)
        cluster.start()
        assert value(cluster.url(), "SHOW fsync") == "on"

    def test_joins_a_running_server(self, cluster: PostgresCluster) -> None:
        assert cluster.start()
        assert not cluster.start()

    def test_starts_one_server_for_many_callers(self, fresh_state: Path) -> None:
        def postmaster(_caller: int) -> int | None:
            with embedded_services(state=fresh_state, durable=False):
                time.sleep(0.1)
                return read_number(path=find_cluster(state=fresh_state).data / "postmaster.pid")

        with ThreadPoolExecutor(4) as callers:
            found = set(callers.map(postmaster, range(4)))
        assert len(found) == 1
        assert None not in found

    def test_replaces_a_cluster_that_was_never_finished(self, fresh_state: Path) -> None:
        cluster = find_cluster(state=fresh_state, durable=False)
        unfinished = cluster.home / "data.unfinished"
        unfinished.mkdir()
        (unfinished / "half").write_text("of a cluster")
        cluster.start()
        assert value(cluster.url(), "SELECT 1") == 1
        assert not unfinished.exists()

    def test_keeps_its_port_and_leaves_one_that_is_taken(self, cluster: PostgresCluster) -> None:
        cluster.start()
        first = read_number(path=cluster.home / "port")
        cluster.stop()
        cluster.start()
        assert read_number(path=cluster.home / "port") == first
        cluster.stop()
        assert first is not None
        with socket.create_server((HOST, first)):
            cluster.start()
        assert read_number(path=cluster.home / "port") != first
        assert value(cluster.url(), "SELECT 1") == 1


class TestRecovery:
    def test_finds_everything_that_was_committed_before_a_kill(self, state: Path) -> None:
        cluster = find_cluster(state=state)
        cluster.start()
        run(cluster.url(), "CREATE TABLE fact AS SELECT 42 AS number")
        pid = read_number(path=cluster.data / "postmaster.pid")
        assert pid is not None
        kill(pid)
        assert cluster.start()
        assert value(cluster.url(), "SELECT number FROM fact") == 42

    def test_leaves_a_process_alone_that_was_given_the_old_number(
        self, cluster: PostgresCluster, bystander: subprocess.Popen[bytes]
    ) -> None:
        cluster.start()
        cluster.stop()
        note = cluster.data / "postmaster.pid"
        note.write_text(f"{bystander.pid}\n{cluster.data}\n")
        assert not cluster.stop()
        assert cluster.start()
        assert value(cluster.url(), "SELECT 1") == 1
        assert bystander.poll() is None


class TestHome:
    @pytest.mark.skipif(os.geteuid() != 0, reason="only root gives the server another account")
    def test_moves_aside_when_the_servers_account_cannot_enter(self, fresh_state: Path) -> None:
        private = fresh_state / "private"
        private.mkdir(parents=True)
        private.chmod(0o700)
        cluster = find_cluster(
            state=private / "state", durable=False, shared=fresh_state / "shared"
        )
        try:
            cluster.start()
            assert value(cluster.url(), "SELECT 1") == 1
            assert cluster.home.is_relative_to(fresh_state / "shared")
            assert private.stat().st_mode & 0o777 == 0o700
            again = find_cluster(state=private / "state", shared=fresh_state / "shared")
            assert again.home == cluster.home
        finally:
            cluster.stop()


class TestServices:
    def test_end_with_the_block_that_started_them(self, state: Path) -> None:
        with embedded_services(state=state, durable=False) as services:
            assert value(services.database_url, "SELECT 1") == 1
        assert stop_services(state=state) == ()

    def test_outlive_the_block_for_another_who_joined(self, state: Path) -> None:
        with embedded_services(state=state, durable=False) as services:
            another = joined_services(state=state)
            another.__enter__()
        assert value(services.database_url, "SELECT 1") == 1
        another.__exit__(None, None, None)
        assert stop_services(state=state) == ("Valkey", "PostgreSQL")

    def test_are_left_running_by_a_block_that_only_joined_them(
        self, state: Path, cluster: PostgresCluster
    ) -> None:
        cluster.start()
        find_server(state=state).start()
        with embedded_services(state=state, durable=False) as services:
            assert services.database_url == cluster.url()
        assert value(services.database_url, "SELECT 1") == 1

    def test_cache_within_a_bound_and_forget(self, state: Path) -> None:
        with embedded_services(state=state, durable=False) as services:
            assert services.redis_url is not None
            with redis.Redis.from_url(services.redis_url, decode_responses=True) as cache:
                policy = cache.config_get("maxmemory*")
                assert policy["maxmemory-policy"] == "allkeys-lru"
                assert int(policy["maxmemory"]) == 64 * 1024 * 1024
                assert cache.config_get("save") == {"save": ""}
                assert cache.config_get("bind") == {"bind": HOST}
            open_url = f"redis://{services.redis_url.partition('@')[2]}"
            with (
                redis.Redis.from_url(open_url) as stranger,
                pytest.raises(redis.AuthenticationError),
            ):
                stranger.ping()
