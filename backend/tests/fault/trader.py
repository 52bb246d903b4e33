"""A robot that trades before the simulated broker, through a database that a test slows down.

with Trader(url=database_url, alpaca=alpaca, habits=AT_ONCE) as trader:
    trader.at("noted", do)              # what happens there, once
    trader.order("63")                  # one tick at that price, as far as its order goes
    trader.broker.posted_at             # when each order began to arrive, on the machine's clock
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from types import TracebackType
from typing import Self, override
from urllib.parse import urlsplit

from app.adapters.market.calendar import ExchangeCalendar
from app.adapters.postgres.store import PostgresStore
from app.domain.book import OrderRecord, StoredAnswer
from app.domain.position import Broker as BrokerName
from app.services.halt_trading import HaltTrading
from app.services.read_position import PositionView
from app.services.trading_loop import Pace, TradingLoop
from tests.builders import NOW, ticks, usd
from tests.fakes.clock import FakeClock
from tests.fault.alpaca_server import AlpacaServer
from tests.fault.broker import Broker
from tests.fault.orders import Habits
from tests.fault.proxy import Proxy
from tests.fault.robot import Robot
from tests.integration.services.desk import EAGER, a_wish

AT_ONCE = Habits(fill_seconds=(0, 0), in_parts=0, better_price=0)
QUICK = Pace(interval=0.05, order=0.05)
PATIENCE_SECONDS = 20
NEVER = Habits(fill_seconds=(3600, 3600), cancel_seconds=(0, 0))
CALENDAR = ExchangeCalendar(start=date(2024, 1, 2), end=date(2024, 12, 31))


class TimedBroker(Broker):
    """Notes when orders begin to arrive."""

    posted_at: list[float]

    @override
    def note_post(self, body: bytes) -> None:
        self.posted_at.append(time.monotonic())
        super().note_post(body)


class WatchedRobot(Robot):
    """Does what a test wants at the points that it comes by, once each."""

    events: dict[str, Callable[[], None]]

    @override
    def _reached(self, name: str) -> None:
        super()._reached(name)
        self.events.pop(name, _nothing)()


class Trader:
    """A running position of 100 shares and 6,000 USD that trades at every price of a test."""

    def __init__(self, *, url: str, alpaca: AlpacaServer, habits: Habits) -> None:
        self.url = url
        self.alpaca = alpaca
        self.clock = FakeClock(at=NOW)
        self.broker = TimedBroker(
            seed=7, cash="20000", habits=habits, now=self.clock.now, multiplier=1
        )
        self.broker.posted_at = []
        self.direct = PostgresStore(url=url)
        upstream = urlsplit(url)
        assert upstream.hostname is not None
        self.proxy = Proxy(upstream=(upstream.hostname, upstream.port or 5432))
        account = upstream.netloc.rpartition("@")[0]
        self.slow_url = f"postgresql://{account}@127.0.0.1:{self.proxy.port}{upstream.path}"
        self.store = PostgresStore(url=self.slow_url)
        self.robot = self.born()
        self.id = ""

    def __enter__(self) -> Self:
        self.proxy.__enter__()
        self.alpaca.serve(self.broker)
        self.show("60")
        self.broker.trade_by_hand("KO", side="buy", quantity="100", price="60")
        self.clock.advance(timedelta(seconds=1))
        self.robot.lease.take()
        wish = a_wish(broker="alpaca-paper", strategy=EAGER, anchor=ticks("60"), cash=usd("6000"))
        view = self.robot.opening.open(wish=wish)
        assert isinstance(view, PositionView)
        self.id = view.record.id
        self.robot.manage.start(position_id=self.id, reason="test")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.proxy.latency_seconds = 0
        self.robot.end()
        self.store.close()
        self.proxy.__exit__(kind, error, traceback)
        if error is None:
            assert self.direct.verify_book(position_id=self.id) == ()
        self.direct.close()

    def born(self) -> WatchedRobot:
        """Return another process: a robot with connections of its own."""
        robot = WatchedRobot(
            store=self.store,
            url=self.slow_url,
            clock=self.clock,
            calendar=CALENDAR,
            alpaca=self.alpaca,
        )
        robot.events = {}
        return robot

    def at(self, name: str, event: Callable[[], None]) -> None:
        """Let something happen when the robot comes by the next time."""
        self.robot.events[name] = event

    def show(self, price: str) -> None:
        """Let the market trade at a price."""
        self.broker.set_price("KO", last=price, bid=price, ask=price)

    def order(self, price: str) -> OrderRecord:
        """Tick at a price that calls for an order, and return the order."""
        self.clock.advance(timedelta(seconds=20))
        self.show(price)
        self.robot.tick.tick(position_id=self.id)
        return self.orders()[0]

    def orders(self) -> tuple[OrderRecord, ...]:
        """Return the orders, newest first."""
        with self.direct.book() as book:
            return book.list_orders(position_id=self.id, limit=1000, cursor=None).items

    def halt(self) -> float:
        """Stop trading past the slow database, and return the moment when the call returned."""
        done = HaltTrading(store=self.direct, clock=self.clock).halt(reason="test")
        assert not isinstance(done, StoredAnswer)
        return time.monotonic()

    def carry(self) -> None:
        """Do what the loop does with a live order."""
        self.clock.advance(timedelta(seconds=1))
        self.robot.carrying.carry(position_id=self.id)

    @contextmanager
    def trading(
        self, pace: Pace = QUICK, monotonic: Callable[[], float] = time.monotonic
    ) -> Iterator[None]:
        """Let the loop trade, as in another process than the test's."""
        self.robot.lease.give_up()
        venues = self.robot.carrying.venues
        loop = TradingLoop(
            store=self.store,
            lease=self.robot.lease,
            venues=venues,
            market=venues.at(BrokerName.ALPACA_PAPER).market,
            tick=self.robot.tick,
            carrying=self.robot.carrying,
            reconciling=self.robot.reconciling,
            actions=self.robot.actions,
            monotonic=monotonic,
            pace=pace,
        )
        ends = threading.Event()
        thread = threading.Thread(target=loop.run, kwargs={"ends": ends})
        thread.start()
        deadline = time.monotonic() + PATIENCE_SECONDS
        try:
            while self.robot.lease.epoch is None:
                assert time.monotonic() < deadline, "nobody takes the lease"
                time.sleep(0.01)
            yield
        finally:
            ends.set()
            loop.wake()
            thread.join()


def _nothing() -> None:
    pass
