"""The kill switch: what is decided after it makes no order, and what was on its way neither."""

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from itertools import cycle

import psycopg
import pytest

from app.domain.book import StoredAnswer
from app.domain.decision import Gate
from app.domain.errors import ConflictError
from app.domain.events import verify_chain
from app.domain.position import Status
from app.domain.trading import SwitchEvent
from app.services.announce import AnnouncingStore
from app.services.halt_trading import HaltTrading, Trading
from app.services.once import Ticket
from tests.builders import NOW
from tests.fakes.clock import FakeClock
from tests.fakes.events import FakeEvents
from tests.fakes.market import FakeMarket
from tests.integration.services.desk import EAGER, Desk

SOON_SECONDS = 1.0
PATIENCE_SECONDS = 20
THREADS = 4


@pytest.fixture
def trading(desk: Desk) -> Iterator[HaltTrading]:
    switch = HaltTrading(store=desk.store, clock=desk.clock)
    yield switch
    if switch.read().switch.halted:
        switch.resume(reason="after the test")


def flipped(result: Trading | StoredAnswer) -> Trading:
    assert isinstance(result, Trading)
    return result


class TestAHalt:
    def test_refuses_every_decision_from_then_on_and_a_resume_starts_nothing(
        self, desk: Desk, trading: HaltTrading
    ) -> None:
        running, paused = desk.run(), desk.open()
        desk.tick(running, "60")
        flipped(trading.halt(reason="test"))
        assert desk.tick(running, "63").decision.outcome["reason"] == Gate.TRADING_HALTED.value
        assert desk.record(running).state.status is Status.RUNNING
        flipped(trading.resume(reason="looked at it"))
        assert desk.record(paused).state.status is Status.PAUSED
        assert desk.tick(running, "63").decision.outcome["kind"] == "proposed"
        assert desk.findings(running) == ()

    def test_keeps_its_first_reason_and_moment_when_it_is_repeated(
        self, desk: Desk, trading: HaltTrading
    ) -> None:
        first = flipped(trading.halt(reason="first"))
        desk.next_session()
        assert flipped(trading.halt(reason="second")).switch == first.switch
        assert trading.read().switch == first.switch

    def test_counts_what_is_running(self, desk: Desk, trading: HaltTrading) -> None:
        before = trading.read()
        desk.run()
        desk.open()
        after = flipped(trading.halt(reason="test"))
        assert (after.running, after.live_orders) == (before.running + 1, 0)

    def test_is_journaled_in_a_chain(self, desk: Desk, trading: HaltTrading) -> None:
        flipped(trading.halt(reason="smoke"))
        flipped(trading.resume(reason="no fire"))
        with desk.store.book() as book:
            last = book.last_switch_event()
        assert isinstance(last, SwitchEvent)
        assert json.loads(last.body)["reason"] == "no fire"
        assert verify_chain((last,), first=last.number, previous=last.previous) is None
        assert tuple(desk.store.verify_audit())[-1].finding is None

    def test_answers_a_repeated_request_as_the_first_time(
        self, desk: Desk, trading: HaltTrading
    ) -> None:
        ticket: Ticket[Trading] = Ticket(
            key="halt-once",
            digest="1" * 64,
            render=lambda done: StoredAnswer(status=200, body=str(done.switch.halted)),
        )
        flipped(trading.halt(reason="test", ticket=ticket))
        flipped(trading.resume(reason="test"))
        assert trading.halt(reason="test", ticket=ticket) == StoredAnswer(status=200, body="True")
        assert not trading.read().switch.halted

    def test_is_announced(self, desk: Desk, trading: HaltTrading) -> None:
        events = FakeEvents()
        store = AnnouncingStore(store=desk.store, events=events)
        HaltTrading(store=store, clock=desk.clock).halt(reason="smoke")
        (kind, body), *more = events.told
        assert (kind, body["halted"], body["reason"], more) == ("trading", True, "smoke", [])


class TestAResume:
    def test_is_refused_while_nothing_is_stopped(self, trading: HaltTrading) -> None:
        with pytest.raises(ConflictError, match="not stopped"):
            trading.resume(reason="test")


class TestASlowDatabase:
    """A decision that read the switch before it was set and writes long after it."""

    @pytest.mark.parametrize("table", ["position_order", "trade", "ledger_entry", "audit_event"])
    def test_keeps_no_halt_waiting_and_lets_no_order_through(
        self, desk: Desk, trading: HaltTrading, database_url: str, table: str
    ) -> None:
        position_id = desk.run()
        desk.tick(position_id, "60")
        desk.show("63")
        with (
            psycopg.connect(database_url) as slow,
            ThreadPoolExecutor(max_workers=1) as pool,
        ):
            # Whatever writes to this table waits, as on a disk that hangs.
            slow.execute(f"LOCK TABLE {table} IN EXCLUSIVE MODE".encode())
            on_its_way = pool.submit(desk.ticking().tick, position_id=position_id)
            waiting_for(slow)
            began = time.monotonic()
            flipped(trading.halt(reason="test"))
            assert time.monotonic() - began < SOON_SECONDS
            slow.rollback()
            with pytest.raises(ConflictError, match="stopped while this order was on its way"):
                on_its_way.result(PATIENCE_SECONDS)
        assert desk.read.orders(position_id=position_id, limit=9, cursor=None).items == ()
        assert desk.record(position_id).trades == 0
        assert desk.findings(position_id) == ()

    def test_has_no_order_committed_after_the_halt_is(
        self, desk: Desk, trading: HaltTrading
    ) -> None:
        positions = [desk.run(strategy=EAGER) for _ in range(THREADS)]
        ends = threading.Event()

        def storm(position_id: str) -> int:
            """Trade on every look until the end; return how many orders were answered."""
            own = replace(desk, clock=FakeClock(at=NOW), market=FakeMarket())
            orders = 0
            for price in cycle(("63", "57")):
                with suppress(ConflictError):
                    orders += own.tick(position_id, price).order is not None
                if ends.is_set():
                    break
            return orders

        with ThreadPoolExecutor(max_workers=THREADS) as pool:
            storms = [pool.submit(storm, position_id) for position_id in positions]
            deadline = time.monotonic() + PATIENCE_SECONDS
            while sum(desk.record(position_id).trades for position_id in positions) < 4 * THREADS:
                assert time.monotonic() < deadline, "nothing trades"
            began = time.monotonic()
            flipped(trading.halt(reason="test"))
            took = time.monotonic() - began
            made = [desk.record(position_id).trades for position_id in positions]
            time.sleep(0.2)
            ends.set()
            answered = [storm.result(PATIENCE_SECONDS) for storm in storms]
        assert took < SOON_SECONDS
        assert [desk.record(position_id).trades for position_id in positions] == made
        assert answered == made


def waiting_for(slow: psycopg.Connection) -> None:
    """Return once another transaction waits for a lock of `slow`."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    query = "SELECT count(*) FROM pg_stat_activity WHERE %s = ANY(pg_blocking_pids(pid))"
    while slow.execute(query, (slow.info.backend_pid,)).fetchone() == (0,):
        assert time.monotonic() < deadline, "nothing waits"
        time.sleep(0.01)
