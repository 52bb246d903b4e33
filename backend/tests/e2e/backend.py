"""A backend process as its user runs it, which tests start, stop and kill."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import httpx

BACKEND = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"
# Bounds a start or stop that would hang; none takes a tenth of it.
PATIENCE_SECONDS = 60
_OURS = ("VB_", "DATABASE_URL", "REDIS_URL")


class Backend:
    """`uvicorn entry` on a port of its own, which stays the same over restarts.

    An entry without a colon is a module that runs by itself.

    backend.client.get("/v1/healthz")
    backend.kill()                          # as a power failure does
    backend.start()                         # returns once it answers
    """

    def __init__(self, *, entry: str, variables: Mapping[str, str], log: Path) -> None:
        self._entry = entry
        self._log = log
        inherited = {name: text for name, text in os.environ.items() if not name.startswith(_OURS)}
        self._process: subprocess.Popen[bytes] | None = None
        with socket.create_server((HOST, 0)) as server:
            self._port = int(server.getsockname()[1])
        ours = {"PYTHONPATH": str(BACKEND), "VB_PORT": str(self._port)}
        self.environment = {**inherited, **ours, **variables}
        self.base_url = f"http://{HOST}:{self._port}"
        self.client = httpx.Client(base_url=self.base_url, timeout=PATIENCE_SECONDS)

    @property
    def process_id(self) -> int:
        """Return the id of the running process."""
        assert self._process is not None, "it runs"
        return self._process.pid

    def start(self) -> None:
        """Start the process and return once it answers."""
        self.launch()
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self._answers():
            if not self.is_alive() or time.monotonic() > deadline:
                raise AssertionError(f"The backend does not answer:\n{self.log()[-3000:]}")
            time.sleep(0.05)

    def launch(self) -> None:
        """Start the process and return before it answers."""
        assert self._process is None, "it runs already"
        address = ["--host", HOST, "--port", str(self._port)]
        command = ["uvicorn", self._entry, *address, "--timeout-graceful-shutdown", "5"]
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", *(command if ":" in self._entry else [self._entry])],
                cwd=BACKEND,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    def is_alive(self) -> bool:
        """Return whether the process runs."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """Stop the process politely, if it runs."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End the process at once."""
        self._end(signal.SIGKILL)

    @property
    def pid(self) -> int:
        """Return the number of the running process."""
        assert self._process is not None, "it runs"
        return self._process.pid

    def memory_bytes(self) -> int:
        """Return how much memory the process holds."""
        shown = subprocess.run(
            ["ps", "-o", "rss=", "-p", str(self.pid)],
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=True,
        )
        return int(shown.stdout) * 1024

    def log(self) -> str:
        """Return what the process wrote so far."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def _end(self, number: int) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(timeout=PATIENCE_SECONDS)
            self._process = None

    def _answers(self) -> bool:
        try:
            return self.client.get("/v1/healthz").status_code == httpx.codes.OK
        except httpx.TransportError:
            return False
