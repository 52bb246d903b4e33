"""What is open to an account: it rings while the product runs, and is closed at its end."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.adapters.broker.alpaca import AlpacaBrokerage
from app.adapters.broker.alpaca_line import AlpacaLine
from app.adapters.broker.alpaca_market import AlpacaMarket
from app.adapters.clock import SystemClock
from app.bootstrap import idle_services
from app.bootstrap_trading import trading
from app.domain.position import Broker as BrokerName
from app.services.trading_loop import LoopState
from app.settings import read_settings
from tests.fault.alpaca_server import AlpacaServer
from tests.fault.broker import Broker
from tests.fault.robot import CREDENTIALS

PATIENCE_SECONDS = 10


@pytest.fixture
def alpaca() -> Iterator[AlpacaServer]:
    with AlpacaServer(Broker()) as alpaca:
        yield alpaca


def wait(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "it does not come"
        time.sleep(0.01)


class TestALine:
    def test_rings_until_it_is_closed_with_everything_that_is_open(
        self, alpaca: AlpacaServer
    ) -> None:
        now = SystemClock().now
        brokerage = AlpacaBrokerage(
            base_url=alpaca.url, credentials=CREDENTIALS, timeout_seconds=1, now=now
        )
        market = AlpacaMarket(
            data_url=alpaca.url, credentials=CREDENTIALS, timeout_seconds=1, now=now
        )
        line = AlpacaLine(
            brokerage=brokerage,
            market=market,
            stream_url=alpaca.stream_url,
            credentials=CREDENTIALS,
            timeout_seconds=1,
        )
        rung = threading.Event()
        line.listen(ring=rung.set)
        assert rung.wait(PATIENCE_SECONDS)
        assert alpaca.listeners == 1
        line.close()
        wait(lambda: alpaca.listeners == 0)
        with pytest.raises(RuntimeError, match="closed"):
            brokerage.account()
        with pytest.raises(RuntimeError, match="closed"):
            market.observe(symbol="KO")


class TestTheProduct:
    @pytest.mark.parametrize("loop", ["on", "off"])
    def test_closes_what_is_open_to_its_accounts_when_it_ends(
        self, alpaca: AlpacaServer, database_url: str, tmp_path: Path, loop: str
    ) -> None:
        keys = tmp_path / "keys"
        keys.write_text(f"{CREDENTIALS.key_id}\n{CREDENTIALS.secret}\n", encoding="utf-8")
        keys.chmod(0o600)
        settings = read_settings(
            environment={
                "DATABASE_URL": database_url,
                "VB_ALPACA_PAPER_KEYS_FILE": str(keys),
                "VB_ALPACA_PAPER_URL": alpaca.url,
                "VB_ALPACA_DATA_URL": alpaca.url,
                "VB_LOOP": loop,
            }
        )
        with idle_services(settings) as services:
            with trading(settings, services):
                if loop == "on":
                    wait(lambda: services.loop.state is LoopState.TRADING)
            assert services.loop.state is LoopState.OFF
            with pytest.raises(RuntimeError, match="closed"):
                services.carrying.venues.at(BrokerName.ALPACA_PAPER).brokerage.account()
