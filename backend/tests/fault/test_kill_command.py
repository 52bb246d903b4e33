"""`./vb halt`: it stops trading first, then sees to what is live at the brokers."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from app.cli_halt import halt
from app.domain.order import OrderEnd, OrderState
from app.domain.position import Status
from app.domain.units import shares_text
from app.settings import Settings, read_settings
from tests.fault.alpaca_server import AlpacaServer
from tests.fault.faults import Fault
from tests.fault.robot import CREDENTIALS
from tests.fault.trader import NEVER, Trader

NOBODY = "http://127.0.0.1:1"


@pytest.fixture
def trader(alpaca: AlpacaServer, new_database: Callable[[], str]) -> Iterator[Trader]:
    """Yield a robot with an order that is live at the broker and does not fill."""
    with Trader(url=new_database(), alpaca=alpaca, habits=NEVER) as trader:
        trader.order("63")
        # On a busy machine the first answer may come too late.
        while trader.orders()[0].state is not OrderState.OPEN:
            assert len(trader.broker.posted_at) < 2
            trader.carry()
        yield trader


@pytest.fixture
def settings(trader: Trader, tmp_path: Path) -> Settings:
    """Return what the command reads from its surroundings."""
    keys = tmp_path / "keys"
    keys.write_text(f"{CREDENTIALS.key_id}\n{CREDENTIALS.secret}\n", encoding="utf-8")
    keys.chmod(0o600)
    return read_settings(
        environment={
            "DATABASE_URL": trader.url,
            "VB_ALPACA_PAPER_KEYS_FILE": str(keys),
            "VB_ALPACA_PAPER_URL": trader.alpaca.url,
            "VB_ALPACA_DATA_URL": trader.alpaca.url,
        }
    )


def halted(trader: Trader) -> bool:
    with trader.direct.book() as book:
        return book.trading_halted()


class TestAHaltWithADeadBackend:
    def test_cancels_what_is_live_at_the_broker_and_says_so(
        self, trader: Trader, settings: Settings, capsys: pytest.CaptureFixture[str]
    ) -> None:
        trader.robot.end()
        assert halt(settings=settings, reason="smoke") == 0
        (order,) = trader.orders()
        assert (order.state, order.ended) == (OrderState.DONE, OrderEnd.CANCELED)
        assert trader.broker.live_orders == ()
        assert halted(trader)
        shown = capsys.readouterr()
        assert shown.err == ""
        assert "smoke" in shown.out.splitlines()[0]
        assert "this command sees to" in shown.out
        assert f"alpaca-paper KO sell {order_size(trader)}: canceled" in shown.out

    def test_books_what_was_filled_before_it_could_be_canceled(
        self, trader: Trader, settings: Settings, capsys: pytest.CaptureFixture[str]
    ) -> None:
        trader.robot.end()
        trader.clock.advance(timedelta(hours=2))
        assert halt(settings=settings, reason="smoke") == 0
        (order,) = trader.orders()
        assert (order.ended, order.filled) == (OrderEnd.FILLED, order.quantity)
        assert "was filled before" in capsys.readouterr().out

    def test_sends_nothing_and_ends_what_is_live_there_though_it_is_not_here(
        self, trader: Trader, settings: Settings
    ) -> None:
        trader.robot.end()
        posted = len(trader.broker.posted_at)
        with psycopg.connect(trader.url) as connection:
            connection.execute(
                "UPDATE position_order SET state = 'new', sent_at = NULL, broker_order_id = NULL"
            )
        halt(settings=settings, reason="smoke")
        assert len(trader.broker.posted_at) == posted
        assert trader.broker.live_orders == ()
        assert trader.orders()[0].state is OrderState.VOID

    @pytest.mark.long
    def test_asks_once_more_when_the_broker_did_not_hear_it(
        self, trader: Trader, settings: Settings
    ) -> None:
        trader.robot.end()
        trader.broker.faults.force("DELETE", Fault.DROP_BEFORE)
        assert halt(settings=settings, reason="smoke") == 0
        assert trader.orders()[0].ended is OrderEnd.CANCELED

    @pytest.mark.long
    def test_names_what_it_could_not_reach(
        self, trader: Trader, settings: Settings, capsys: pytest.CaptureFixture[str]
    ) -> None:
        trader.robot.end()
        began = time.monotonic()
        assert halt(settings=replace(settings, alpaca_paper_url=NOBODY), reason="smoke") == 1
        assert time.monotonic() - began < 20
        assert halted(trader)
        shown = capsys.readouterr()
        assert "STILL LIVE" in shown.out
        assert "alpaca-paper could not be reached" in shown.err
        assert "1 of them may still fill" in shown.err

    def test_says_that_it_has_no_keys(
        self, trader: Trader, settings: Settings, capsys: pytest.CaptureFixture[str]
    ) -> None:
        trader.robot.end()
        assert halt(settings=replace(settings, alpaca_paper_keys=None), reason="smoke") == 1
        assert halted(trader)
        assert "No keys of its account are set here" in capsys.readouterr().err

    def test_stops_trading_also_when_the_file_with_the_keys_is_bad(
        self, trader: Trader, settings: Settings, capsys: pytest.CaptureFixture[str]
    ) -> None:
        trader.robot.end()
        assert settings.alpaca_paper_keys is not None
        settings.alpaca_paper_keys.chmod(0o644)
        assert halt(settings=settings, reason="smoke") == 1
        assert halted(trader)
        assert "Trading is stopped, but" in capsys.readouterr().err

    @pytest.mark.long
    def test_takes_over_from_a_process_that_stands_still(
        self, trader: Trader, settings: Settings
    ) -> None:
        assert trader.robot.lease.beat()  # and never again
        assert halt(settings=settings, reason="smoke") == 0
        assert trader.orders()[0].ended is OrderEnd.CANCELED
        assert not trader.robot.lease.beat()


class TestAHaltWhileAnotherProcessTrades:
    def test_leaves_the_orders_to_it_and_says_so(
        self, trader: Trader, settings: Settings, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with trader.trading():
            epoch = trader.robot.lease.epoch
            began = time.monotonic()
            assert halt(settings=settings, reason="smoke") == 0
            assert time.monotonic() - began < 10
            assert trader.robot.lease.epoch == epoch
        assert trader.orders()[0].ended is OrderEnd.CANCELED
        shown = capsys.readouterr()
        assert "Another process trades; it cancels" in shown.out
        assert ": canceled" in shown.out


class TestAStop:
    def test_stays_over_a_restart(self, trader: Trader, settings: Settings) -> None:
        trader.robot.end()
        halt(settings=settings, reason="smoke")
        trader.robot = trader.born()
        with trader.trading():
            time.sleep(0.6)
        assert halted(trader)
        with trader.direct.book() as book:
            assert book.get_position(position_id=trader.id).state.status is Status.RUNNING
        assert len(trader.broker.posted_at) == 1


def order_size(trader: Trader) -> str:
    return shares_text(trader.orders()[0].quantity)
