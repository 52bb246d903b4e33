"""`vb up` and `vb down` as their user meets them, on a state folder and a port of their own."""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from app.adapters.embedded.postgres import find_cluster
from app.adapters.embedded.process import HOST, read_number
from app.adapters.embedded.valkey import find_server

BACKEND = Path(__file__).resolve().parents[2]
# Bounds a command that would hang; none takes a tenth of it.
PATIENCE_SECONDS = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """The product in a state folder and on a port of its own."""

    state: Path
    port: int

    @property
    def link(self) -> str:
        return f"http://{HOST}:{self.port}/"

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        inherited = {
            name: text
            for name, text in os.environ.items()
            if not name.startswith(("VB_", "DATABASE_URL", "REDIS_URL"))
        }
        return subprocess.Popen(
            [sys.executable, "-m", "app.cli", *arguments],
            cwd=BACKEND,
            env=inherited | {"VB_STATE": str(self.state), "VB_PORT": str(self.port)},
            # A script's background job, which this test may be, ignores Ctrl-C; a user's does not.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        with self.start(*arguments) as command:
            output, errors = command.communicate(timeout=PATIENCE_SECONDS)
        return subprocess.CompletedProcess(arguments, command.returncode, output, errors)

    def get(self, path: str) -> int:
        client = http.client.HTTPConnection(HOST, self.port, timeout=10)
        try:
            client.request("GET", path)
            return client.getresponse().status
        finally:
            client.close()

    def backend_pid(self) -> int:
        return int(json.loads((self.state / "backend.json").read_text())["pid"])

    def service_pids(self) -> tuple[int | None, int | None]:
        return (
            read_number(path=find_cluster(state=self.state).data / "postmaster.pid"),
            read_number(path=find_server(state=self.state).home / "pid"),
        )

    def processes(self) -> list[str]:
        """Return the command lines of everything alive that was started for this folder."""
        return [
            " ".join(process.info["cmdline"])
            for process in psutil.process_iter(["cmdline", "status"])
            if any(str(self.state) in word for word in process.info["cmdline"] or ())
            and process.info["status"] != psutil.STATUS_ZOMBIE
        ]


def free_port() -> int:
    with socket.create_server((HOST, 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture(scope="module")
def product() -> Iterator[Product]:
    folder = Path(tempfile.mkdtemp(prefix="vb-up-"))
    folder.chmod(0o755)
    product = Product(state=folder / "state", port=free_port())
    yield product
    product.run("down")
    shutil.rmtree(folder)


@pytest.fixture
def running(product: Product) -> Product:
    assert product.run("up").returncode == 0
    return product


class TestUp:
    def test_prints_the_link_once_the_product_is_ready(self, product: Product) -> None:
        done = product.run("up")
        assert done.returncode == 0, done.stderr
        assert done.stdout == f"Volatility-Balancing is up: {product.link}\n"
        assert product.get("/v1/healthz") == 200
        assert product.get("/v1/readyz") == 200

    def test_says_so_when_it_is_up_already(self, running: Product) -> None:
        pid = running.backend_pid()
        done = running.run("up")
        assert (done.returncode, done.stdout) == (0, f"Already up: {running.link}\n")
        assert running.backend_pid() == pid

    def test_recovers_a_killed_backend_and_joins_its_services(self, running: Product) -> None:
        services = running.service_pids()
        pid = running.backend_pid()
        os.kill(pid, signal.SIGKILL)
        while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
            time.sleep(0.01)
        assert running.run("up").returncode == 0
        assert running.backend_pid() != pid
        assert running.service_pids() == services
        assert running.get("/v1/readyz") == 200

    def test_explains_a_port_that_is_taken_and_starts_nothing(self, product: Product) -> None:
        product.run("down")
        with socket.create_server((HOST, product.port)):
            done = product.run("up")
        assert done.returncode == 1
        assert f"Port {product.port} of {HOST} is taken" in done.stderr
        assert f"VB_PORT={product.port + 1} ./vb up" in done.stderr
        assert product.processes() == []

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_stops_everything_when_the_foreground_is_left(
        self, product: Product, number: signal.Signals
    ) -> None:
        product.run("down")
        with product.start("up", "--foreground") as command:
            assert command.stdout is not None
            first_line = command.stdout.readline()
            command.send_signal(number)
            try:
                _, errors = command.communicate(timeout=PATIENCE_SECONDS)
            finally:
                command.kill()
        assert product.link in first_line, errors
        assert command.returncode == 0, errors
        assert product.processes() == []


class TestDown:
    def test_stops_everything_that_up_started(self, running: Product) -> None:
        done = running.run("down")
        assert done.returncode == 0
        assert done.stdout == "Stopped: backend, Valkey, PostgreSQL.\n"
        assert running.processes() == []

    def test_says_so_when_nothing_runs(self, product: Product) -> None:
        product.run("down")
        done = product.run("down")
        assert (done.returncode, done.stdout) == (0, "Nothing was running.\n")


class TestSettings:
    def test_are_explained_when_they_are_wrong(self, product: Product) -> None:
        done = Product(state=product.state, port=0).run("up")
        assert done.returncode == 1
        assert done.stderr == "vb: VB_PORT is '0'; set it to a whole number from 1 to 65535.\n"


class TestScript:
    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", str(BACKEND.parent / "vb"), *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_SECONDS,
        )

    def test_lists_its_commands(self) -> None:
        done = self.run("--help")
        assert done.returncode == 0
        for command in ("up", "down", "test", "check", "simulate"):
            assert f"\n  {command} " in done.stdout

    @pytest.mark.parametrize("arguments", [(), ("upp",)])
    def test_shows_them_for_a_command_it_does_not_know(self, arguments: tuple[str, ...]) -> None:
        done = self.run(*arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("Usage: ./vb")

    def test_refuses_an_option_it_does_not_know(self) -> None:
        done = self.run("test", "--fast")
        assert done.returncode == 1
        assert "unknown option --fast; ./vb test takes --long, --long faults" in done.stderr
