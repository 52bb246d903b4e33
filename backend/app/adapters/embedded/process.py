"""Processes on this machine: whether one is ours, as whom it runs, and how it is stopped."""

import contextlib
import os
import pwd
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

HOST = "127.0.0.1"


class EmbeddedServiceError(Exception):
    """A private service that could not be started or stopped, with what to do about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The unprivileged account that a service runs as when we are root."""

    uid: int
    gid: int


def unprivileged_account() -> Account | None:
    """Return the account to drop to; None when we are not root and nothing is to be dropped."""
    if os.geteuid() != 0:
        return None
    entry = pwd.getpwnam("nobody")
    return Account(uid=entry.pw_uid, gid=entry.pw_gid)


def can_enter(*, folder: Path, account: Account | None) -> bool:
    """Return whether `account` can read `folder` and pass every folder above it."""
    if account is None:
        return True
    may_pass = all(parent.stat().st_mode & 0o001 for parent in folder.parents)
    return may_pass and folder.stat().st_mode & 0o005 == 0o005


def run_as(
    *, command: Sequence[str], account: Account | None, folder: Path, text: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `command` to its end inside `folder`, feed it `text`, and return what it said."""
    return subprocess.run(
        command,
        cwd=folder,
        input=text or "",
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,
        user=None if account is None else account.uid,
        group=None if account is None else account.gid,
        extra_groups=None if account is None else [],
    )


def find_ours(*, pid: int, argument: str) -> psutil.Process | None:
    """Return the live process `pid` if `argument` stands in its command line, else None.

    A process number is used again after its process died, so the number alone proves nothing;
    `argument` is an absolute path that only our own process was given.
    """
    try:
        process = psutil.Process(pid)
        return process if _is_alive(process) and argument in process.cmdline() else None
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return None


def stop(*, process: psutil.Process, signal_number: int, patience_seconds: int) -> None:
    """End `process` with `signal_number`, and by force when it takes longer than allowed."""
    for number in (signal_number, signal.SIGKILL):
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(number)
        deadline = time.monotonic() + patience_seconds
        while time.monotonic() < deadline:
            if not _is_alive(process):
                return
            time.sleep(0.02)
    raise EmbeddedServiceError(
        f"Process {process.pid} does not end, even by force. Look at it with "
        f"`ps -p {process.pid}`; a restart of the machine clears it."
    )


def _is_alive(process: psutil.Process) -> bool:
    # A zombie has ended; that nobody has collected it yet is no concern of ours.
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def read_number(*, path: Path) -> int | None:
    """Return the whole number on the first line of `path`; None when there is none."""
    try:
        return int(path.read_text(encoding="ascii").split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None


def is_port_free(*, port: int) -> bool:
    """Return whether a server could listen on `port` of 127.0.0.1."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: a port whose last connections are still closing counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def keep_free_port(*, path: Path) -> int:
    """Return the port kept in `path` while it is free, else a new one, which is kept there."""
    kept = read_number(path=path)
    if kept is not None and is_port_free(port=kept):
        return kept
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((HOST, 0))
        port = int(probe.getsockname()[1])
    path.write_text(f"{port}\n", encoding="ascii")
    return port


def write_secret(*, path: Path, text: str) -> None:
    """Write `text` to a file that its owner alone may read."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
