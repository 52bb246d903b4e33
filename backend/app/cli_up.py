"""The commands that start and stop the product on this machine."""

import contextlib
import http.client
import json
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn

import psutil

from app.adapters.embedded.process import HOST, find_ours, is_port_free, stop, write_secret
from app.adapters.embedded.services import stop_services
from app.cli_services import BACKEND, CommandError, ready_services
from app.settings import Settings, child_environment

START_PATIENCE_SECONDS = 60
STOP_PATIENCE_SECONDS = 15
# A backend that was killed holds its port until the last of its threads is gone.
PORT_PATIENCE_SECONDS = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """A running backend that this state folder's `up` started."""

    process: psutil.Process
    port: int

    @property
    def link(self) -> str:
        """Return the address of the dashboard."""
        return f"http://{HOST}:{self.port}/"

    def answers(self) -> bool:
        """Return whether it is alive and every dependency of it is ready."""
        return all(self._gets(path) for path in ("/v1/healthz", "/v1/readyz"))

    def _gets(self, path: str) -> bool:
        with contextlib.closing(http.client.HTTPConnection(HOST, self.port, timeout=5)) as client:
            try:
                client.request("GET", path)
                return client.getresponse().status == http.HTTPStatus.OK
            except (OSError, http.client.HTTPException):
                return False


def up(*, settings: Settings, foreground: bool) -> int:
    """Start everything, print the link, and return 0 once the product is ready.

    Raises
    ------
    CommandError
        When the port is taken or the backend does not become ready.
    """
    running = _find_backend(settings)
    if running is not None:
        _wait_until_ready(running, settings=settings)
        print(f"Already up: {running.link}")
        return 0
    if not _gets_port(settings.port):
        raise CommandError(
            f"Port {settings.port} of {HOST} is taken by another program. Stop that program, "
            f"or choose another port, as in VB_PORT={settings.port % 65_535 + 1} ./vb up"
        )
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        backend = _launch(settings)
        print(f"Volatility-Balancing is up: {backend.link}", flush=True)
        if foreground:
            _stay(backend, settings=settings)
    except KeyboardInterrupt:
        if not foreground:
            raise
        return down(settings=settings)
    return 0


def down(*, settings: Settings) -> int:
    """Stop the backend and the embedded services as far as they are ours, and return 0."""
    backend = _find_backend(settings)
    if backend is not None:
        _stop_backend(backend, settings=settings)
    stopped = (("backend",) if backend else ()) + stop_services(state=settings.state)
    print(f"Stopped: {', '.join(stopped)}." if stopped else "Nothing was running.")
    return 0


def _gets_port(port: int) -> bool:
    deadline = time.monotonic() + PORT_PATIENCE_SECONDS
    while not is_port_free(port=port):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _launch(settings: Settings) -> Backend:
    # The backend joins the services before the block ends, which keeps them running.
    with ready_services(settings=settings) as ready:
        backend = _start_backend(ready)
        try:
            _wait_until_ready(backend, settings=settings)
        except BaseException:
            _stop_backend(backend, settings=settings)
            raise
    return backend


def _start_backend(settings: Settings) -> Backend:
    log = _log(settings)
    if log.exists():
        log.replace(log.with_name("backend.previous.log"))
    with log.open("ab") as output:
        # The state folder on the command line is how the process is known again.
        child = subprocess.Popen(
            [sys.executable, "-m", "app.cli", "serve", "--state", str(settings.state)],
            cwd=BACKEND,
            env=child_environment(
                {
                    "DATABASE_URL": settings.database_url,
                    "REDIS_URL": settings.redis_url,
                    "VB_STATE": str(settings.state),
                    "PYTHONPATH": str(BACKEND),
                    # Without its compiled modules Python takes twice as long to start.
                    "PYTHONDONTWRITEBYTECODE": "",
                }
            ),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    record = {"pid": child.pid, "port": settings.port}
    write_secret(path=_record(settings), text=json.dumps(record))
    return Backend(process=psutil.Process(child.pid), port=settings.port)


def _find_backend(settings: Settings) -> Backend | None:
    try:
        record = json.loads(_record(settings).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    process = find_ours(pid=record["pid"], argument=str(settings.state))
    return None if process is None else Backend(process=process, port=record["port"])


def _wait_until_ready(backend: Backend, *, settings: Settings) -> None:
    deadline = time.monotonic() + START_PATIENCE_SECONDS
    while not backend.answers():
        has_ended = find_ours(pid=backend.process.pid, argument=str(settings.state)) is None
        if has_ended or time.monotonic() > deadline:
            last_lines = _log(settings).read_text(encoding="utf-8", errors="replace")[-3000:]
            what = "ended" if has_ended else f"was not ready after {START_PATIENCE_SECONDS} s"
            raise CommandError(
                f"The backend {what}. `./vb down` stops what is left of it. "
                f"Its log, {_log(settings)}, ends with:\n{last_lines}"
            )
        time.sleep(0.05)


def _stop_backend(backend: Backend, *, settings: Settings) -> None:
    stop(
        process=backend.process,
        signal_number=signal.SIGTERM,
        patience_seconds=STOP_PATIENCE_SECONDS,
    )
    _record(settings).unlink(missing_ok=True)


def _stay(backend: Backend, *, settings: Settings) -> None:
    print("Ctrl-C stops it.", flush=True)
    while find_ours(pid=backend.process.pid, argument=str(settings.state)) is not None:
        time.sleep(0.2)
    down(settings=settings)
    raise CommandError(f"The backend ended by itself; its log is {_log(settings)}.")


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    # A polite stop undoes a half-done start just as Ctrl-C does.
    raise KeyboardInterrupt


def _log(settings: Settings) -> Path:
    return settings.state / "backend.log"


def _record(settings: Settings) -> Path:
    return settings.state / "backend.json"
