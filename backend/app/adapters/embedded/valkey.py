"""A private Valkey (or Redis) server that caches and forgets."""

import secrets
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from app.adapters.embedded.binaries import find_valkey
from app.adapters.embedded.process import (
    HOST,
    EmbeddedServiceError,
    find_ours,
    is_port_free,
    keep_free_port,
    read_number,
    stop,
    write_secret,
)

MEMORY_MAX = "64mb"
START_PATIENCE_SECONDS = 10
STOP_PATIENCE_SECONDS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class ValkeyServer:
    """The cache server of one state folder; `home` holds its configuration and log."""

    home: Path

    def start(self) -> bool:
        """Start the server.

        Returns
        -------
        True when this call started it, False when it was running already.

        Raises
        ------
        EmbeddedServiceError
            When there is a program for it, but it does not come up.
        """
        if self._find_server() is not None:
            return False
        program = find_valkey()
        if program is None:
            return False
        self.home.mkdir(parents=True, exist_ok=True)
        port = keep_free_port(path=self.home / "port")
        self._configure(port)
        done = subprocess.run(
            [str(program), str(self._configuration)],
            capture_output=True,
            text=True,
            check=False,
            start_new_session=True,
        )
        deadline = time.monotonic() + START_PATIENCE_SECONDS
        while done.returncode == 0 and time.monotonic() < deadline:
            if self._find_server() is not None and not is_port_free(port=port):
                return True
            time.sleep(0.02)
        raise EmbeddedServiceError(
            f"Valkey does not start; its log is {self._log}. Set REDIS_URL to a server to do "
            f"without it.\n{done.stdout}{done.stderr}"
        )

    def stop(self) -> bool:
        """End the server if it is ours; return whether there was one."""
        server = self._find_server()
        if server is None:
            return False
        stop(
            process=server,
            signal_number=signal.SIGTERM,
            patience_seconds=STOP_PATIENCE_SECONDS,
        )
        return True

    def url(self) -> str | None:
        """Return the URL of the running server; None when there is none."""
        if self._find_server() is None:
            return None
        password = (self.home / "password").read_text(encoding="utf-8")
        return f"redis://:{password}@{HOST}:{read_number(path=self.home / 'port')}/0"

    @property
    def _configuration(self) -> Path:
        return self.home / "valkey.conf"

    @property
    def _log(self) -> Path:
        return self.home / "valkey.log"

    def _find_server(self) -> psutil.Process | None:
        pid = read_number(path=self.home / "pid")
        return None if pid is None else find_ours(pid=pid, argument=str(self._configuration))

    def _configure(self, port: int) -> None:
        password = secrets.token_hex(32)
        write_secret(path=self.home / "password", text=password)
        write_secret(
            path=self._configuration,
            text="\n".join(
                (
                    f"bind {HOST}",
                    f"port {port}",
                    f"requirepass {password}",
                    "protected-mode yes",
                    "daemonize yes",
                    "set-proc-title no",  # its command line is how we know it again
                    f'pidfile "{self.home / "pid"}"',
                    f'logfile "{self._log}"',
                    f'dir "{self.home}"',
                    'save ""',
                    "appendonly no",
                    f"maxmemory {MEMORY_MAX}",
                    "maxmemory-policy allkeys-lru",
                    "",
                )
            ),
        )


def find_server(*, state: Path) -> ValkeyServer:
    """Return the cache server of the `state` folder."""
    return ValkeyServer(home=state / "valkey")
