"""The kill switch when everything is slow: no order begins to leave a second after the call."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from itertools import cycle
from typing import override

import pytest

from app.adapters.broker.alpaca import AlpacaBrokerage
from app.adapters.broker.paper import PaperBroker
from app.domain.book import OrderRecord
from app.domain.brokerage import Submission
from app.domain.errors import DomainError, UnavailableError
from app.domain.order import OrderEnd, OrderState
from app.domain.position import Broker as BrokerName
from app.services.book_fills import BookFills
from app.services.brake import Brake
from app.services.carry_order import CarryOrder
from app.services.halt_trading import HaltTrading
from app.services.send_order import Patience
from app.services.tick import Tick
from app.services.venues import Venues
from tests.fault.alpaca_server import AlpacaServer
from tests.fault.faults import Fault
from tests.fault.robot import CREDENTIALS, TIMEOUT_SECONDS
from tests.fault.trader import AT_ONCE, NEVER, PATIENCE_SECONDS, Trader

type NewDatabase = Callable[[], str]

BROKER = BrokerName.ALPACA_PAPER
SOON_SECONDS = 1.0
EACH_WAY_SECONDS = 0.15  # an answer of the database takes 300 ms


@pytest.fixture
def trader(alpaca: AlpacaServer, new_database: NewDatabase) -> Iterator[Trader]:
    with Trader(url=new_database(), alpaca=alpaca, habits=AT_ONCE) as trader:
        yield trader


class Halting:
    """Somebody who calls for a halt after a while; `returned_at` is when the call returned."""

    def __init__(self, trader: Trader, *, after: float) -> None:
        self.returned_at = 0.0
        self._trader = trader
        self._thread = threading.Timer(after, self._halt)

    def start(self) -> None:
        self._thread.start()

    def wait(self) -> None:
        self._thread.join()

    def _halt(self) -> None:
        self.returned_at = self._trader.halt()


def halting(trader: Trader) -> Callable[[], None]:
    def halt() -> None:
        trader.halt()

    return halt


def halt_after_decision(trader: Trader, returned_at: list[float]) -> None:
    """Halt as soon as the second order is committed, while its robot asks the broker."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while len(trader.orders()) < 2:
        assert time.monotonic() < deadline, "it does not decide"
        time.sleep(0.01)
    returned_at.append(trader.halt())


def slow_down(trader: Trader) -> None:
    trader.proxy.latency_seconds = EACH_WAY_SECONDS


class TestAnOrderOnItsWay:
    def test_leaves_though_every_answer_of_the_database_takes_300_ms(self, trader: Trader) -> None:
        for _ in range(5):  # a machine that is busy with something else is too late now and then
            trader.at("noted", lambda: slow_down(trader))
            trader.at("submitted", lambda: setattr(trader.proxy, "latency_seconds", 0.0))
            trader.carry() if trader.orders() else trader.order("63")
            if trader.broker.posted_at:
                break
        assert trader.orders()[0].state is OrderState.DONE
        assert len(trader.broker.posted_at) == 1

    @pytest.mark.parametrize(
        "after",
        [
            *(0.0, 0.8, 1.3),
            *(pytest.param(n / 20, marks=pytest.mark.long) for n in range(40)),
        ],
    )
    def test_does_not_leave_a_second_after_a_halt_with_a_slow_database(
        self, trader: Trader, after: float
    ) -> None:
        call = Halting(trader, after=after)

        def begin() -> None:
            slow_down(trader)
            call.start()

        trader.at("noted", begin)
        trader.at("submitted", lambda: setattr(trader.proxy, "latency_seconds", 0.0))
        order = trader.order("63")
        call.wait()
        assert all(at < call.returned_at + SOON_SECONDS for at in trader.broker.posted_at)
        if not trader.broker.posted_at:
            assert order.sent_at is None
            trader.carry()
            assert trader.orders()[0].ended is OrderEnd.RISK

    def test_does_not_leave_when_the_halt_is_called_before_its_last_look(
        self, trader: Trader
    ) -> None:
        trader.at("noted", halting(trader))
        order = trader.order("63")
        assert trader.broker.posted_at == []
        assert (order.state, order.sent_at) == (OrderState.NEW, None)
        assert "not sent" in str(order.note)
        trader.carry()
        (order,) = trader.orders()
        assert (order.state, order.ended) == (OrderState.REJECTED, OrderEnd.RISK)
        assert order.note == "Trading is stopped."

    def test_does_not_leave_when_the_answer_to_its_last_look_hung(self, trader: Trader) -> None:
        trader.at("noted", lambda: setattr(trader.proxy, "latency_seconds", 0.2))
        trader.at("submitted", lambda: setattr(trader.proxy, "latency_seconds", 0.0))
        assert trader.order("63").sent_at is None
        assert trader.broker.posted_at == []
        trader.carry()  # the look is a new one, by a database that is quick again
        assert trader.orders()[0].state is OrderState.DONE

    @pytest.mark.long
    def test_does_not_leave_while_the_database_says_nothing(self, trader: Trader) -> None:
        def hang() -> None:
            trader.proxy.is_black_hole = True
            threading.Timer(0.3, trader.proxy.cut).start()

        trader.at("noted", hang)
        with pytest.raises(UnavailableError):
            trader.order("63")
        trader.proxy.is_black_hole = False
        assert trader.broker.posted_at == []
        trader.halt()
        for _ in range(3):  # the connections were cut
            with suppress(DomainError):
                trader.robot.lease.take()
                trader.carry()
        assert trader.robot.lease.epoch is not None
        assert trader.broker.posted_at == []

    def test_does_not_leave_after_a_broker_that_was_slow_to_answer_the_questions_before_it(
        self, trader: Trader
    ) -> None:
        trader.broker.faults.slow_seconds = 0.15
        trader.order("63")  # so that the connections are warm, and the lots are known
        trader.broker.posted_at.clear()
        trader.broker.faults.force("GET", None, Fault.SLOW, Fault.SLOW, Fault.SLOW)
        returned_at: list[float] = []
        calling = threading.Thread(target=halt_after_decision, args=(trader, returned_at))
        calling.start()
        order = trader.order("60")
        calling.join()
        assert all(at < returned_at[0] + SOON_SECONDS for at in trader.broker.posted_at)
        if not trader.broker.posted_at:
            assert order.note == "Trading is stopped."

    def test_does_not_leave_when_the_connection_to_the_broker_took_too_long(
        self, trader: Trader
    ) -> None:
        with slow_to_connect(trader, Brake(), connecting=lambda: time.sleep(0.9)) as tick:
            trader.robot.tick = tick
            order = trader.order("63")
        assert trader.broker.posted_at == []
        assert (order.state, order.sent_at) == (OrderState.NEW, None)
        trader.carry()
        assert trader.orders()[0].state is OrderState.DONE

    def test_does_not_leave_while_a_slow_database_stores_a_halt_of_its_own_process(
        self, trader: Trader
    ) -> None:
        brake = Brake()
        switch = HaltTrading(store=trader.store, clock=trader.clock, brake=brake)
        calling = threading.Thread(target=switch.halt, kwargs={"reason": "test"})

        def call() -> None:
            slow_down(trader)
            calling.start()
            time.sleep(0.2)

        with slow_to_connect(trader, brake, connecting=call) as tick:
            trader.robot.tick = tick
            assert trader.order("63").sent_at is None
        assert calling.is_alive()
        assert trader.broker.posted_at == []
        calling.join()
        assert switch.read().switch.halted


class TestALoopThatTrades:
    """In another process than the one that calls: nothing but the database is between them."""

    @pytest.mark.parametrize("each_way", [0.0, pytest.param(0.01, marks=pytest.mark.long)])
    def test_sends_nothing_a_second_after_a_halt(self, trader: Trader, each_way: float) -> None:
        with trader.trading():
            trader.proxy.latency_seconds = each_way
            swing(trader, until=lambda: len(trader.broker.posted_at) >= 4)
            returned_at = trader.halt()
            swing(trader, until=lambda: time.monotonic() > returned_at + 2)
            trader.proxy.latency_seconds = 0
        assert max(trader.broker.posted_at) < returned_at + SOON_SECONDS
        assert not trader.broker.live_orders

    def test_cancels_what_is_live(self, alpaca: AlpacaServer, new_database: NewDatabase) -> None:
        with Trader(url=new_database(), alpaca=alpaca, habits=NEVER) as trader:
            trader.order("63")
            with trader.trading():
                returned_at = trader.halt()
                while trader.orders()[0].ended is None:
                    assert time.monotonic() < returned_at + PATIENCE_SECONDS
                    time.sleep(0.01)
            assert trader.orders()[0].ended is OrderEnd.CANCELED
            assert trader.broker.live_orders == ()


def swing(trader: Trader, *, until: Callable[[], bool]) -> None:
    """Let the price swing, so that there is an order every time, until something holds."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    for price in cycle(("63", "60")):
        if until():
            return
        trader.clock.advance(timedelta(seconds=20))
        trader.show(price)
        sent = len(trader.broker.posted_at)
        while not until() and len(trader.broker.posted_at) == sent:
            assert time.monotonic() < deadline, "it does not trade"
            time.sleep(0.01)


class SlowToConnect(AlpacaBrokerage):
    """A broker that is reached late, and answers at once from then on."""

    connecting: Callable[[], None]

    @override
    def submit(
        self, *, order: OrderRecord, symbol: str, extended: bool, in_time: Callable[[], bool]
    ) -> Submission:
        self.connecting()
        return super().submit(order=order, symbol=symbol, extended=extended, in_time=in_time)


@contextmanager
def slow_to_connect(
    trader: Trader, brake: Brake, *, connecting: Callable[[], None]
) -> Iterator[Tick]:
    """Yield the tick of the same robot, where something happens before a connection is there."""
    brokerage = SlowToConnect(
        base_url=trader.alpaca.url,
        credentials=CREDENTIALS,
        timeout_seconds=TIMEOUT_SECONDS,
        now=trader.clock.now,
    )
    brokerage.connecting = connecting
    venue = replace(trader.robot.carrying.venues.at(BROKER), brokerage=brokerage)
    venues = Venues(connected={BROKER: venue}, lease=trader.robot.lease)
    store, clock = trader.direct, trader.clock
    carrying = CarryOrder(
        store=store,
        venues=venues,
        fills=BookFills(store=store, venues=venues, clock=clock),
        clock=clock,
        monotonic=time.monotonic,
        patience=Patience(),
        brake=brake,
    )
    yield Tick(
        store=store,
        market=venue.market,
        broker=PaperBroker(),
        carrying=carrying,
        actions=trader.robot.actions,
    )
    brokerage.close()
