"""Figures of the faulted lives: counted while they are lived, told at the end of the run."""

from collections import defaultdict

import pytest

from tests.fault.tally import Tally

TALLIES = pytest.StashKey[dict[str, Tally]]()


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
