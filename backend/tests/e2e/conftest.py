"""The running product: the real server on a database of its own, with Yahoo's recorded answers.

def test_journey(product: Product) -> None:
    product.yahoo.quote("KO", price="59.52")
    product.backend.client.get("/v1/market/KO/quote")       # or a browser at backend.base_url
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from app.adapters.postgres.store import PostgresStore
from app.bootstrap import CODE_FOLDER
from tests.e2e.backend import Backend
from tests.e2e.session_clock import OFFSET_VARIABLE, SessionClock, offset_to_a_session
from tests.yahoo_replay import YahooReplay

_QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A running backend, the Yahoo that it asks, and its database with a look into it."""

    backend: Backend
    yahoo: YahooReplay
    store: PostgresStore

    @property
    def database(self) -> str:
        """Return the name of the database."""
        return self.backend.environment["DATABASE_URL"].rpartition("/")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductInSession(Product):
    """A product that may trade at any hour; date its quotes by `clock`."""

    clock: SessionClock


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=_QUIET)
        yield started
        started.close()


@pytest.fixture(scope="session")
def cache_url(redis_url: str) -> Callable[[], str]:
    """Return a function that gives another empty database of the Valkey."""
    numbers = count(1)
    return lambda: f"{redis_url.rpartition('/')[0]}/{next(numbers)}"


@pytest.fixture(scope="module")
def product(
    new_database: Callable[[], str],
    cache_url: Callable[[], str],
    code_folder: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Product]:
    """Yield the product as `vb up` serves it; module scope, so tests share its data."""
    folder = _state_folder(tmp_path_factory, code_folder)
    variables = {"DATABASE_URL": new_database(), "REDIS_URL": cache_url()}
    with YahooReplay() as yahoo, _running("app.main:app", variables, yahoo, folder) as running:
        backend, store = running
        yield Product(backend=backend, yahoo=yahoo, store=store)


@pytest.fixture(scope="module")
def product_in_session(
    new_database: Callable[[], str],
    code_folder: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[ProductInSession]:
    """Yield the product by a clock that stands within a session."""
    folder = _state_folder(tmp_path_factory, code_folder)
    offset = offset_to_a_session()
    variables = {"DATABASE_URL": new_database(), OFFSET_VARIABLE: str(offset)}
    entry = "tests.e2e.app_in_session:app"
    with YahooReplay() as yahoo, _running(entry, variables, yahoo, folder) as running:
        backend, store = running
        yield ProductInSession(
            backend=backend,
            yahoo=yahoo,
            store=store,
            clock=SessionClock(offset_seconds=offset),
        )


def _state_folder(folders: pytest.TempPathFactory, code_folder: Path) -> Path:
    """Return a new state folder that has the machine code which the tests share."""
    folder = folders.mktemp("product")
    (folder / CODE_FOLDER).symlink_to(code_folder)
    return folder


@contextmanager
def _running(
    entry: str, variables: dict[str, str], yahoo: YahooReplay, folder: Path
) -> Iterator[tuple[Backend, PostgresStore]]:
    settings = {
        "VB_YAHOO_BASE_URL": yahoo.base_url,
        "VB_STATE": str(folder),
        "VB_HARVEST": "off",  # tests count what Yahoo is asked
        "VB_LOOP": "off",  # and what is decided
    }
    backend = Backend(entry=entry, variables=variables | settings, log=folder / "backend.log")
    store = PostgresStore(url=variables["DATABASE_URL"])
    try:
        backend.start()
        yield backend, store
    finally:
        backend.stop()
        backend.client.close()
        store.close()
