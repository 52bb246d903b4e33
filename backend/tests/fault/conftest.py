"""The simulated broker, accounts at it, and the figures of the lives, told at the end."""

from collections import defaultdict
from collections.abc import Callable, Iterator

import pytest

from tests.fault.account import Account
from tests.fault.alpaca_server import AlpacaServer
from tests.fault.broker import Broker
from tests.fault.one_order import Opens
from tests.fault.orders import Habits
from tests.fault.tally import Tally

TALLIES = pytest.StashKey[dict[str, Tally]]()


@pytest.fixture(scope="module")
def alpaca() -> Iterator[AlpacaServer]:
    """Yield the simulated account of a module, with the habits that its tests give it."""
    with AlpacaServer(Broker()) as alpaca:
        yield alpaca


@pytest.fixture
def opens(alpaca: AlpacaServer, new_database: Callable[[], str]) -> Iterator[Opens]:
    """Yield what opens an account with the habits of its exchange, each in its own database."""
    accounts: list[Account] = []

    def opens(habits: Habits) -> Account:
        accounts.append(Account(url=new_database(), alpaca=alpaca, habits=habits))
        return accounts[-1]

    yield opens
    for account in accounts:
        account.robot.end()
        account.store.close()


@pytest.fixture(scope="session")
def tallies(pytestconfig: pytest.Config) -> dict[str, Tally]:
    """Return the figures of this run, by the kind of life."""
    return pytestconfig.stash.setdefault(TALLIES, defaultdict(Tally))


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if TALLIES in config.stash:
        terminalreporter.section("faulted lives")
        for kind, tally in config.stash[TALLIES].items():
            terminalreporter.write_line("\n".join(tally.lines(kind)))
