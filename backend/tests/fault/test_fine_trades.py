"""Trades finer than is counted here, which only other hands make: they are booked, and halt."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from app.domain.position import Broker as BrokerName
from app.domain.position import Status
from tests.builders import shares
from tests.fault.alpaca_server import AlpacaServer
from tests.fault.trader import AT_ONCE, Trader


@pytest.fixture
def trader(alpaca: AlpacaServer, new_database: Callable[[], str]) -> Iterator[Trader]:
    with Trader(url=new_database(), alpaca=alpaca, habits=AT_ONCE) as trader:
        yield trader


class TestATradeFinerThanAShareUnit:
    @pytest.mark.parametrize(
        ("quantity", "booked"), [("0.057436865", "100.057436"), ("0.000000009", "100.000001")]
    )
    def test_is_booked_and_halts_and_keeps_nothing_from_being_read(
        self, trader: Trader, quantity: str, booked: str
    ) -> None:
        trader.clock.advance(timedelta(seconds=1))
        trader.broker.trade_by_hand("KO", side="buy", quantity=quantity, price="60")
        trader.robot.reconciling.reconcile(broker=BrokerName.ALPACA_PAPER)
        with trader.direct.book() as book:
            record = book.get_position(position_id=trader.id)
        assert (record.state.status, record.state.shares) == (Status.HALTED, shares(booked))
        assert "not this robot" in str(record.halt_reason)
