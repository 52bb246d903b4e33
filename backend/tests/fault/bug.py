"""A bug that is seeded on purpose, to see that the harness catches it."""

from dataclasses import dataclass

FATES = "tests/fault/test_fates.py"
FILLS = "tests/fault/test_fills.py"
WHO = "tests/fault/test_who_may_trade.py"
KILL = "tests/fault/test_kill_switch.py::TestAnOrderOnItsWay"
STRANGE = "tests/fault/test_strange_books.py"
READS = "tests/integration/broker/test_alpaca_reads.py"
SUBMIT = "tests/integration/broker/test_alpaca_submit.py"
ARMING = "tests/fault/test_arming.py"
TICK = "tests/integration/services/test_tick.py"
ONCE = "tests/integration/services/test_idempotency.py"
KILL_SWITCH = "tests/integration/services/test_halt_trading.py"
DATABASE = "tests/integration/postgres/test_invariants.py"
EVENTS = "tests/unit/domain/test_events.py"
LAST_LOOK = "tests/unit/domain/test_risk.py"
ACTIONS = "tests/unit/domain/test_corporate_action.py"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bug:
    """A change of the product that loses money, and the tests that notice it.

    In `file`, below `backend`, `text` stands once and becomes `instead`. `caught_by` is the
    narrowest node id of pytest of which at least one test fails then.
    """

    name: str
    file: str
    text: str
    instead: str
    caught_by: str

    def seeded(self, source: str) -> str:
        """Return the source with the bug in it."""
        assert source.count(self.text) == 1, f"{self.name}: {self.file} has changed; seed it anew"
        return source.replace(self.text, self.instead)
