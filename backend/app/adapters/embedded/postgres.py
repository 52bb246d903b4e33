"""A private PostgreSQL cluster inside the state folder."""

import json
import os
import secrets
import shutil
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from app.adapters.embedded.binaries import find_postgres_folder
from app.adapters.embedded.process import (
    HOST,
    Account,
    EmbeddedServiceError,
    can_enter,
    find_ours,
    keep_free_port,
    read_number,
    run_as,
    stop,
    unprivileged_account,
    write_secret,
)

SUPERUSER = "postgres"
# The product connects as a role without special rights, so that what the migrations
# revoke from it, such as changing the audit trail, is really out of its reach.
ROLE = DATABASE = "vb"
# Where a cluster goes when the account it runs as cannot enter the state folder.
SHARED_FOLDER = Path("/var/lib/volatility-balancing")
START_PATIENCE_SECONDS = 30
STOP_PATIENCE_SECONDS = 30
# What a server says whose killed predecessor has not let go of its memory yet.
LINGERING = "shared memory block"


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresCluster:
    """The cluster of one state folder.

    home        folder of the data, the password file, the port and the log
    account     whom the server runs as; None for ourselves
    durable     False leaves out fsync, for data that nobody will miss
    """

    home: Path
    account: Account | None
    durable: bool

    @property
    def data(self) -> Path:
        """Return the data folder, absolute; it also marks our server's command line."""
        return self.home / "data"

    def start(self) -> bool:
        """Start the server, creating the cluster first where there is none.

        Returns
        -------
        True when this call started it, False when it was running already.

        Raises
        ------
        EmbeddedServiceError
            When it does not come up; the message ends with the server's last words.
        """
        if self._find_server() is not None:
            return False
        programs = find_postgres_folder(account=self.account, copies=self.home / "programs")
        if not self.data.exists():
            self._create(programs)
        # Left by a killed server. PostgreSQL would refuse to start if the number in it has been
        # given to another process; its lock on the shared memory still guards the data.
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        deadline = time.monotonic() + START_PATIENCE_SECONDS
        while (words := self._try_start(programs)) is not None:
            if LINGERING not in words or time.monotonic() > deadline:
                raise EmbeddedServiceError(
                    f"PostgreSQL does not start. Its log is {self._log}; it ends with:\n{words}"
                )
            time.sleep(0.2)
        return True

    def stop(self) -> bool:
        """End the server if it is ours; return whether there was one."""
        server = self._find_server()
        if server is None:
            return False
        stop(
            process=server,
            signal_number=signal.SIGINT,  # fast shutdown: ends connections, loses nothing
            patience_seconds=STOP_PATIENCE_SECONDS,
        )
        return True

    def url(self, *, user: str = ROLE, database: str = DATABASE) -> str:
        """Return the libpq URL of `database` for one of the cluster's two roles."""
        password = json.loads(self._passwords.read_text(encoding="utf-8"))[user]
        port = read_number(path=self.home / "port")
        return f"postgresql://{user}:{password}@{HOST}:{port}/{database}"

    @property
    def _passwords(self) -> Path:
        return self.home / "passwords.json"

    @property
    def _log(self) -> Path:
        return self.home / "postgres.log"

    def _find_server(self) -> psutil.Process | None:
        pid = read_number(path=self.data / "postmaster.pid")
        return None if pid is None else find_ours(pid=pid, argument=str(self.data))

    def _create(self, programs: Path) -> None:
        # Built aside and renamed when whole, so that a stop half-way leaves nothing to repair.
        unfinished = self.home / "data.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700, parents=True)
        self._give_away(unfinished)
        self._run(
            str(programs / "initdb"),
            *("--pgdata", str(unfinished), "--username", SUPERUSER, "--auth", "reject"),
            *("--encoding", "UTF8", "--locale", "C", "--no-instructions"),
            *(() if self.durable else ("--no-sync",)),
        )
        passwords = {SUPERUSER: secrets.token_hex(32), ROLE: secrets.token_hex(32)}
        self._run(
            *(str(programs / "postgres"), "--single", "-D", str(unfinished), "postgres"),
            text=(
                f"ALTER ROLE {SUPERUSER} PASSWORD '{passwords[SUPERUSER]}'\n"
                f"CREATE ROLE {ROLE} LOGIN PASSWORD '{passwords[ROLE]}'\n"
                f"CREATE DATABASE {DATABASE} OWNER {ROLE}\n"
            ),
        )
        rules = unfinished / "pg_hba.conf"
        rules.write_text(f"host all all {HOST}/32 scram-sha-256\n", encoding="ascii")
        write_secret(path=self._passwords, text=json.dumps(passwords))
        unfinished.rename(self.data)

    def _give_away(self, path: Path) -> None:
        if self.account is not None:
            os.chown(path, self.account.uid, self.account.gid)

    def _run(self, *command: str, text: str | None = None) -> None:
        done = run_as(command=command, account=self.account, folder=self.home, text=text)
        # The single-user server reports a failed statement and goes on to exit with 0.
        if done.returncode != 0 or "ERROR:" in done.stderr:
            raise EmbeddedServiceError(
                f"PostgreSQL's cluster in {self.home} could not be created:\n"
                f"{done.stdout}{done.stderr}"
            )

    def _try_start(self, programs: Path) -> str | None:
        """Return None when the server is up, else the last words of its log."""
        port = keep_free_port(path=self.home / "port")
        self._log.write_text("", encoding="utf-8")
        self._give_away(self._log)
        options = {
            "listen_addresses": HOST,
            "port": port,
            "unix_socket_directories": "",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "max_connections": 100,
            "fsync": "on" if self.durable else "off",
            "full_page_writes": "on" if self.durable else "off",
        }
        done = run_as(
            command=[
                *(str(programs / "pg_ctl"), "start", "--wait", "--silent"),
                *("--timeout", str(START_PATIENCE_SECONDS)),
                *("--pgdata", str(self.data), "--log", str(self._log)),
                *("--options", " ".join(f"-c {name}='{value}'" for name, value in options.items())),
            ],
            account=self.account,
            folder=self.home,
        )
        if done.returncode == 0:
            return None
        return self._log.read_text(encoding="utf-8", errors="replace")[-2000:] or done.stderr


def find_cluster(
    *, state: Path, durable: bool = True, shared: Path = SHARED_FOLDER
) -> PostgresCluster:
    """Return the cluster of the `state` folder, whose home is made when it is missing.

    The home lies in `shared` when the account that the server runs as cannot enter `state`.
    """
    account = unprivileged_account()
    state.mkdir(parents=True, exist_ok=True)
    home = _make_home(state / "postgres")
    if not can_enter(folder=home, account=account):
        home = _find_shared_home(note=home / "home", shared=shared)
    return PostgresCluster(home=home, account=account, durable=durable)


def _find_shared_home(*, note: Path, shared: Path) -> Path:
    # The note says where; a state folder that was removed is not given its old data again.
    if not note.exists():
        note.write_text(str(shared / secrets.token_hex(8)), encoding="utf-8")
    shared.mkdir(parents=True, exist_ok=True)
    return _make_home(Path(note.read_text(encoding="utf-8")))


def _make_home(home: Path) -> Path:
    home.mkdir(exist_ok=True)
    # Whatever the umask: the server's account has to pass; its secrets have modes of their own.
    home.chmod(0o755)
    return home
