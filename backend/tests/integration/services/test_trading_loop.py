"""The loop that trades, by a clock that a test sets: who is looked at when, and what stops it."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import override
from urllib.parse import urlsplit

import psycopg
import pytest

from app.adapters.postgres.lease import PostgresLease
from app.adapters.postgres.store import PostgresStore
from app.domain.observation import Observation
from app.services.halt_trading import HaltTrading
from app.services.trading_loop import LoopState, Pace, TradingLoop
from app.services.venues import Venues
from tests.fakes.market import FakeMarket
from tests.fault.proxy import Proxy
from tests.integration.services.desk import Desk
from tests.no_venues import carries_nothing

PATIENCE_SECONDS = 20
QUIET_SECONDS = 0.15  # several rounds of the loop
PACE = Pace(interval=60, look=0.01, beat=1)
BEFORE_A_HOLIDAY = datetime(2024, 7, 3, tzinfo=UTC)  # a half day: it closes at 13:00, 17:00 UTC
LOG = "app.services.trading_loop"


class BrokenMarket(FakeMarket):
    """Raises what nobody foresaw for one symbol."""

    @override
    def observe(self, *, symbol: str) -> Observation:
        if symbol == "BROKEN":
            raise ZeroDivisionError(symbol)
        return super().observe(symbol=symbol)


class Loop:
    """A loop in a thread, over the positions of a desk; `seconds` is its monotonic clock."""

    def __init__(self, *, desk: Desk, url: str) -> None:
        self.seconds = 1000.0
        self.desk = desk
        self.url = url
        self.lease = PostgresLease(url=url, holder="test")
        self.loop = TradingLoop(
            store=desk.store,
            lease=self.lease,
            venues=Venues(connected={}, lease=self.lease),
            market=desk.read_market(),
            tick=desk.ticking(),
            carrying=carries_nothing(desk.store, desk.clock),
            reconciling=None,  # type: ignore[arg-type]  # no broker is connected
            actions=desk.announcing(desk.store),
            monotonic=lambda: self.seconds,
            pace=PACE,
        )
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self.loop.run, kwargs={"ends": self._ends})

    def start(self) -> None:
        self._thread.start()
        self.wait(lambda: self.loop.state is LoopState.TRADING)

    def stop(self) -> float:
        """End it, and return how many seconds that took."""
        began = time.monotonic()
        self._ends.set()
        self.loop.wake()
        if self._thread.is_alive():
            self._thread.join(PATIENCE_SECONDS)
        assert not self._thread.is_alive()
        return time.monotonic() - began

    def looks(self, symbol: str = "KO") -> int:
        return self.desk.market.asked[symbol]

    def advance(self, seconds: float) -> None:
        self.desk.clock.advance(timedelta(seconds=seconds))
        self.seconds += seconds

    def expect(self, **looks: int) -> None:
        """Wait until every symbol was looked at so often, and see that it stays so."""
        self.wait(lambda: all(self.looks(symbol) >= n for symbol, n in looks.items()))
        time.sleep(QUIET_SECONDS)
        assert {symbol: self.looks(symbol) for symbol in looks} == looks

    def wait(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not holds():
            assert time.monotonic() < deadline, f"it does not come; {self.desk.market.asked}"
            time.sleep(0.005)


@pytest.fixture
def loop(desk: Desk, database_url: str) -> Iterator[Loop]:
    desk = replace(desk, market=BrokenMarket())
    for symbol in ("KO", "MSFT"):
        desk.market.show(symbol=symbol, price="60", at=desk.clock.now())
    loop = Loop(desk=desk, url=database_url)
    yield loop
    loop.stop()
    switch = HaltTrading(store=desk.store, clock=desk.clock)
    if switch.read().switch.halted:
        switch.resume(reason="after the test")
    for position_id in list(ids(desk)):
        desk.manage.pause(position_id=position_id, reason="after the test")


def ids(desk: Desk) -> tuple[str, ...]:
    with desk.store.book() as book:
        return book.running_positions()


class TestARunningPosition:
    def test_is_looked_at_once_an_interval_each_by_its_own_time(self, loop: Loop) -> None:
        loop.desk.run(symbol="KO")
        loop.start()
        loop.expect(KO=1)
        loop.advance(30)
        loop.desk.run(symbol="MSFT")
        loop.expect(KO=1, MSFT=1)
        loop.advance(29.9)
        loop.expect(KO=1, MSFT=1)
        loop.advance(0.1)
        loop.expect(KO=2, MSFT=1)
        loop.advance(30)
        loop.expect(KO=2, MSFT=2)

    def test_is_looked_at_from_its_start_to_its_pause(self, loop: Loop) -> None:
        position_id = loop.desk.open(symbol="KO")
        loop.start()
        loop.expect(KO=0)
        loop.desk.manage.start(position_id=position_id, reason="test")
        loop.expect(KO=1)
        loop.desk.manage.pause(position_id=position_id, reason="test")
        loop.advance(120)
        loop.expect(KO=1)

    def test_that_missed_several_turns_is_looked_at_once(self, loop: Loop) -> None:
        loop.desk.run(symbol="KO")
        loop.start()
        loop.expect(KO=1)
        loop.advance(600)
        loop.expect(KO=2)

    @pytest.mark.parametrize(
        ("at", "sessions", "looks"),
        [
            (BEFORE_A_HOLIDAY.replace(hour=13, minute=29), "regular", 0),
            (BEFORE_A_HOLIDAY.replace(hour=13, minute=30), "regular", 1),
            (BEFORE_A_HOLIDAY.replace(hour=16, minute=59), "regular", 1),
            (BEFORE_A_HOLIDAY.replace(hour=17), "regular", 0),
            (BEFORE_A_HOLIDAY.replace(hour=17), "extended", 1),
            (BEFORE_A_HOLIDAY.replace(hour=21), "extended", 0),
            (BEFORE_A_HOLIDAY.replace(day=4, hour=15), "extended", 0),
            (BEFORE_A_HOLIDAY.replace(day=5, hour=15), "regular", 1),
            (BEFORE_A_HOLIDAY.replace(day=6, hour=15), "extended", 0),
        ],
    )
    def test_is_looked_at_inside_its_sessions_alone(
        self, loop: Loop, at: datetime, sessions: str, looks: int
    ) -> None:
        loop.desk.clock.set(at)
        loop.desk.run(symbol="KO", strategy={"sessions": sessions})
        loop.start()
        loop.expect(KO=looks)


class TestAPositionThatFails:
    def test_keeps_no_other_from_its_turn_and_is_logged(
        self, loop: Loop, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.WARNING, logger=LOG)
        loop.desk.market.fail(symbol="AWAY", code="RATE_LIMITED")
        broken, away = loop.desk.run(symbol="BROKEN"), loop.desk.run(symbol="AWAY")
        loop.desk.run(symbol="KO")
        loop.start()
        loop.expect(KO=1, AWAY=1)
        loop.advance(60)
        loop.expect(KO=2, AWAY=2)
        texts = [record.getMessage() for record in caplog.records]
        assert sum(f"The position {away} waits" in text for text in texts) == 2
        unforeseen = [record for record in caplog.records if record.levelno == logging.ERROR]
        assert [broken in record.getMessage() for record in unforeseen] == [True, True]
        assert all(record.exc_info is not None for record in unforeseen)


class TestTheKillSwitch:
    def test_lets_no_position_be_looked_at_until_it_is_taken_back(self, loop: Loop) -> None:
        switch = HaltTrading(store=loop.desk.store, clock=loop.desk.clock)
        loop.desk.run(symbol="KO")
        loop.start()
        loop.expect(KO=1)
        switch.halt(reason="test")
        time.sleep(QUIET_SECONDS)
        loop.advance(60)
        loop.expect(KO=1)
        assert loop.loop.state is LoopState.TRADING
        switch.resume(reason="test")
        loop.expect(KO=2)


class TestTheLease:
    def test_that_another_process_holds_lets_nothing_be_looked_at(self, loop: Loop) -> None:
        other = PostgresLease(url=loop.url, holder="other")
        assert other.take() is not None
        loop.desk.run(symbol="KO")
        loop._thread.start()
        loop.expect(KO=0)
        assert loop.loop.state is LoopState.STANDBY
        other.give_up()
        loop.expect(KO=1)

    def test_that_was_lost_and_is_free_again_is_taken_in_the_next_epoch(
        self, loop: Loop, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.ERROR, logger=LOG)
        loop.desk.run(symbol="KO")
        loop.start()
        loop.expect(KO=1)
        before = loop.lease.epoch
        assert before is not None
        with psycopg.connect(loop.url) as connection:
            connection.execute("SELECT pg_terminate_backend(backend::int) FROM trading_lease")
        loop.advance(PACE.beat)
        loop.wait(lambda: loop.lease.epoch == before + 1)
        loop.expect(KO=2)  # start and recovery are one
        assert "has taken over" in caplog.text


class TestTheDatabase:
    def test_that_is_away_makes_trading_wait_and_then_go_on(
        self, loop: Loop, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.WARNING, logger=LOG)
        loop.desk.run(symbol="KO")
        upstream = urlsplit(loop.url)
        assert upstream.hostname is not None
        with Proxy(upstream=(upstream.hostname, upstream.port or 5432)) as proxy:
            account = upstream.netloc.rpartition("@")[0]
            url = f"postgresql://{account}@127.0.0.1:{proxy.port}{upstream.path}"
            store = PostgresStore(url=url)
            far = Loop(desk=replace(loop.desk, store=store), url=url)
            far.start()
            far.expect(KO=1)
            proxy.refuses = True
            proxy.cut()
            far.wait(lambda: far.loop.state is LoopState.STANDBY)
            far.advance(60)
            far.expect(KO=1)
            proxy.refuses = False
            far.expect(KO=2)
            far.stop()
            store.close()
        assert "Trading waits: The database does not answer" in caplog.text


class TestTheEnd:
    def test_comes_at_once_and_gives_the_lease_up(self, loop: Loop) -> None:
        loop.desk.run(symbol="KO")
        loop.start()
        loop.expect(KO=1)
        assert loop.stop() < 3
        assert loop.loop.state is LoopState.OFF
        other = PostgresLease(url=loop.url, holder="other")
        assert other.take() is not None
        other.give_up()
        loop.advance(600)
        loop.expect(KO=1)
