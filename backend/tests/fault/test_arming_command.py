"""`./vb arm` and `./vb disarm`: a person at a terminal, and nobody else, arms real money."""

import os
import pty
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.adapters.clock import SystemClock
from app.adapters.postgres.store import PostgresStore
from app.bootstrap import idle_services
from app.cli_arm import arm, disarm
from app.cli_services import CommandError
from app.domain.position import Broker as BrokerName
from app.services.halt_trading import HaltTrading
from app.settings import Settings, read_settings
from tests.e2e.backend import BACKEND
from tests.fault.alpaca_server import AlpacaServer
from tests.fault.broker import Broker
from tests.fault.robot import CREDENTIALS

LIVE = "alpaca-live"
PATIENCE_SECONDS = 60
NOBODY = "http://127.0.0.1:1"


@pytest.fixture(scope="module")
def alpaca() -> Iterator[AlpacaServer]:
    with AlpacaServer(Broker(seed=3, cash="5000")) as alpaca:
        yield alpaca


@pytest.fixture
def environment(
    alpaca: AlpacaServer, new_database: Callable[[], str], tmp_path: Path
) -> dict[str, str]:
    keys = tmp_path / "keys"
    keys.write_text(f"{CREDENTIALS.key_id}\n{CREDENTIALS.secret}\n", encoding="utf-8")
    keys.chmod(0o600)
    alpaca.serve(Broker(seed=3, cash="5000"))
    return {
        "DATABASE_URL": new_database(),
        "VB_ALPACA_LIVE_KEYS_FILE": str(keys),
        "VB_ALPACA_LIVE_URL": alpaca.url,
        "VB_ALPACA_DATA_URL": alpaca.url,
    }


@pytest.fixture
def settings(environment: dict[str, str]) -> Settings:
    return read_settings(environment=environment)


@pytest.fixture
def store(settings: Settings) -> Iterator[PostgresStore]:
    store = PostgresStore(url=settings.required_database_url())
    yield store
    store.close()


def armed(store: PostgresStore) -> bool:
    with store.book() as book:
        account = book.broker_account(broker=BrokerName.ALPACA_LIVE)
    return account is not None and account.armed


def sentence_of(settings: Settings) -> str:
    """Return the sentence that arms the account."""
    with idle_services(settings) as services:
        return str(services.arming.look(broker=BrokerName.ALPACA_LIVE).confirmation)


def at_a_terminal(environment: dict[str, str], *arguments: str, typed: str) -> tuple[int, str]:
    """Run `vb` before a terminal in which `typed` is typed; return its exit code and the screen."""
    terminal, its_end = pty.openpty()
    os.write(terminal, f"{typed}\n".encode())
    ours = {name: text for name, text in os.environ.items() if not name.startswith("VB_")}
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", *arguments],
        cwd=BACKEND,
        env={**ours, "PYTHONPATH": str(BACKEND), **environment},
        stdin=its_end,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    os.close(terminal)
    os.close(its_end)
    return done.returncode, done.stdout


class TestArming:
    def test_shows_the_checklist_and_arms_by_the_typed_sentence(
        self, environment: dict[str, str], settings: Settings, store: PostgresStore
    ) -> None:
        sentence = sentence_of(settings)
        code, screen = at_a_terminal(environment, "arm", LIVE, "looked at it", typed=sentence)
        assert code == 0, screen
        assert "5000 USD in cash, real money" in screen
        assert screen.count("[x]") == 4
        assert f"{LIVE} is armed." in screen
        assert armed(store)
        with store.book() as book:
            last = book.last_switch_event()
        assert last is not None
        assert (last.kind.value, "looked at it" in last.body) == ("armed", True)
        *_, switch = store.verify_audit()
        assert switch.finding is None

    def test_does_nothing_by_another_sentence(
        self, environment: dict[str, str], store: PostgresStore
    ) -> None:
        code, screen = at_a_terminal(environment, "arm", LIVE, typed="yes")
        assert code == 1
        assert "is not the sentence for this account" in screen
        assert "Nothing was armed" in screen
        assert not armed(store)

    def test_is_refused_without_a_terminal(self, settings: Settings, store: PostgresStore) -> None:
        with pytest.raises(CommandError, match="by a person"):
            arm(settings=settings, broker=LIVE, reason="test")
        assert not armed(store)

    def test_is_refused_while_an_item_of_the_checklist_fails(
        self, settings: Settings, store: PostgresStore, capsys: pytest.CaptureFixture[str]
    ) -> None:
        HaltTrading(store=store, clock=SystemClock()).halt(reason="test")
        with pytest.raises(CommandError, match="checklist does not hold"):
            arm(settings=settings, broker=LIVE, reason="test")
        assert "[ ] Trading is stopped." in capsys.readouterr().out
        assert not armed(store)

    def test_says_when_the_broker_does_not_answer(
        self, settings: Settings, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(CommandError, match="checklist does not hold"):
            arm(settings=replace(settings, alpaca_live_url=NOBODY), broker=LIVE, reason="test")
        assert f"{LIVE} does not answer" in capsys.readouterr().out

    def test_says_when_there_are_no_keys(self, settings: Settings) -> None:
        with pytest.raises(CommandError, match="Set the file with its keys"):
            arm(settings=replace(settings, alpaca_live_keys=None), broker=LIVE, reason="test")


class TestDisarming:
    def test_needs_neither_keys_nor_the_broker(
        self, environment: dict[str, str], settings: Settings, store: PostgresStore,
        capsys: pytest.CaptureFixture[str],
    ) -> None:  # fmt: skip
        sentence = sentence_of(settings)
        assert at_a_terminal(environment, "arm", LIVE, typed=sentence)[0] == 0
        alone = replace(settings, alpaca_live_keys=None)
        assert disarm(settings=alone, broker=LIVE, reason="enough") == 0
        assert not armed(store)
        assert "is disarmed" in capsys.readouterr().out
        with pytest.raises(CommandError, match="is not armed"):
            disarm(settings=alone, broker=LIVE, reason="again")
