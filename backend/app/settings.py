"""Settings of the product: read once, by the entry points, from the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
ALPACA_PAPER_URL = "https://paper-api.alpaca.markets"
ALPACA_LIVE_URL = "https://api.alpaca.markets"
ALPACA_DATA_URL = "https://data.alpaca.markets"
# The development servers of the dashboard.
DEVELOPMENT_ORIGINS = ",".join(
    f"http://{host}:{port}" for host in ("127.0.0.1", "localhost") for port in (5173, 5174)
)


class SettingsError(Exception):
    """A setting that is missing or outside its range, with what to do about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the environment decides.

    database_url    libpq URL (`postgresql://…`); None where the command line embeds PostgreSQL
    redis_url       Redis or Valkey; None for a cache inside the process
    state           folder of the embedded services, logs and process records
    port            TCP port on 127.0.0.1 that `vb up` serves
    harvest         whether minute bars of the symbols in use are kept after each close
    loop            whether this process trades: looks at running positions in their turn
    interval        seconds between two looks at a running position
    alpaca_paper_keys, alpaca_live_keys
                    files with the keys of an account (key id, secret); None without an account
    alpaca_paper_url, alpaca_live_url, alpaca_data_url
                    addresses of the broker's API
    yahoo_base_url  another address of the Yahoo API; None for the provider's own
    web_origins     origins that browsers may call the API from, besides its own
    dashboard       folder of the built dashboard; need not exist
    log_level       one of LOG_LEVELS
    """

    database_url: str | None
    redis_url: str | None
    state: Path
    port: int
    harvest: bool
    loop: bool
    interval: int
    alpaca_paper_keys: Path | None
    alpaca_live_keys: Path | None
    alpaca_paper_url: str
    alpaca_live_url: str
    alpaca_data_url: str
    yahoo_base_url: str | None
    web_origins: tuple[str, ...]
    dashboard: Path
    log_level: str

    def required_database_url(self) -> str:
        """Return the database URL.

        Raises
        ------
        SettingsError
            When there is none.
        """
        if self.database_url is None:
            raise SettingsError(
                "DATABASE_URL is not set, so there is no database to work with. Run `./vb up`, "
                "which brings its own PostgreSQL, or set "
                "DATABASE_URL=postgresql://user:password@127.0.0.1:5432/database."
            )
        return self.database_url


def read_settings(*, environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings in `environment`; without it, in the environment of the process.

    A variable that is set to the empty text counts as not set.

    Raises
    ------
    SettingsError
        When a variable is outside its range; the message names it.
    """
    given = {
        name: value
        for name, value in (os.environ if environment is None else environment).items()
        if value
    }
    return Settings(
        database_url=_database_url(given.get("DATABASE_URL")),
        redis_url=given.get("REDIS_URL"),
        state=Path(given.get("VB_STATE", PROJECT / ".vb")).resolve(),
        port=_port(given.get("VB_PORT", "8000")),
        harvest=_switch("VB_HARVEST", given.get("VB_HARVEST", "on")),
        loop=_switch("VB_LOOP", given.get("VB_LOOP", "on")),
        interval=_seconds("VB_INTERVAL_SECONDS", given.get("VB_INTERVAL_SECONDS", "60")),
        alpaca_paper_keys=_path(given.get("VB_ALPACA_PAPER_KEYS_FILE")),
        alpaca_live_keys=_path(given.get("VB_ALPACA_LIVE_KEYS_FILE")),
        alpaca_paper_url=given.get("VB_ALPACA_PAPER_URL", ALPACA_PAPER_URL),
        alpaca_live_url=given.get("VB_ALPACA_LIVE_URL", ALPACA_LIVE_URL),
        alpaca_data_url=given.get("VB_ALPACA_DATA_URL", ALPACA_DATA_URL),
        yahoo_base_url=given.get("VB_YAHOO_BASE_URL"),
        web_origins=tuple(
            origin.strip()
            for origin in given.get("VB_WEB_ORIGINS", DEVELOPMENT_ORIGINS).split(",")
            if origin.strip()
        ),
        dashboard=Path(given.get("VB_DASHBOARD", PROJECT / "frontend" / "dist")).resolve(),
        log_level=_log_level(given.get("VB_LOG_LEVEL", "INFO")),
    )


def child_environment(variables: Mapping[str, str | None]) -> dict[str, str]:
    """Return the environment of this process with `variables` set where they are not None."""
    return dict(os.environ) | {name: text for name, text in variables.items() if text is not None}


def _path(text: str | None) -> Path | None:
    return None if text is None else Path(text).resolve()


def _database_url(text: str | None) -> str | None:
    if text is not None and not text.startswith(("postgresql://", "postgres://")):
        raise SettingsError(
            "DATABASE_URL is not a PostgreSQL URL; it has to start with postgresql://, "
            "as in postgresql://user:password@127.0.0.1:5432/database."
        )
    return text


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65_535):
        raise SettingsError(f"VB_PORT is {text!r}; set it to a whole number from 1 to 65535.")
    return int(text)


def _seconds(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 3600):
        raise SettingsError(f"{name} is {text!r}; set it to a whole number from 1 to 3600.")
    return int(text)


def _log_level(text: str) -> str:
    if text.upper() not in LOG_LEVELS:
        raise SettingsError(f"VB_LOG_LEVEL is {text!r}; set it to one of {', '.join(LOG_LEVELS)}.")
    return text.upper()


def _switch(name: str, text: str) -> bool:
    if text.lower() not in {"on", "off"}:
        raise SettingsError(f"{name} is {text!r}; set it to on or off.")
    return text.lower() == "on"
