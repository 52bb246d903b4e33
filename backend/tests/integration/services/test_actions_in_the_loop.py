"""The trading loop books dividends and splits, also of positions that do not trade."""

import threading
import time
from collections.abc import Callable

from app.adapters.postgres.lease import PostgresLease
from app.adapters.postgres.store import PostgresStore
from app.services.book_fills import BookFills
from app.services.carry_order import CarryOrder
from app.services.reconcile import Reconcile
from app.services.send_order import Patience
from app.services.trading_loop import Pace, TradingLoop
from app.services.venues import Venues
from app.simulation.bars import Adjustment
from tests.integration.services.announced_desk import AnnouncedDesk, at
from tests.integration.simulation.recorded import BUNDLED, read_daily

SECONDS_MAX = 20


def loop_of(desk: AnnouncedDesk, url: str) -> TradingLoop:
    store, clock = desk.desk.store, desk.clock
    lease = PostgresLease(url=url, holder="test")
    venues = Venues(connected={}, lease=lease)
    fills = BookFills(store=store, venues=venues, clock=clock)
    carrying = CarryOrder(
        store=store,
        venues=venues,
        fills=fills,
        clock=clock,
        monotonic=time.monotonic,
        patience=Patience(),
    )
    actions = desk.desk.actions
    return TradingLoop(
        store=store,
        lease=lease,
        venues=venues,
        market=desk.desk.read_market(),
        tick=desk.desk.ticking(),
        carrying=carrying,
        reconciling=Reconcile(
            store=store,
            venues=venues,
            carrying=carrying,
            fills=fills,
            actions=actions,
            clock=clock,
        ),
        actions=actions,
        monotonic=time.monotonic,
        pace=Pace(interval=0.05, look=0.02),
    )


class TestTheLoop:
    def test_books_what_is_due_to_a_paused_position(self, new_database: Callable[[], str]) -> None:
        url = new_database()
        store = PostgresStore(url=url)
        ko = read_daily(BUNDLED / "KO.csv", Adjustment.RAW)
        desk = AnnouncedDesk(store=store, bars=ko, opened=at("2023-11-29"))
        position_id = desk.desk.open(symbol="KO")
        desk.clock.set(at("2023-11-30"))
        loop, ends = loop_of(desk, url), threading.Event()
        thread = threading.Thread(target=loop.run, kwargs={"ends": ends})
        thread.start()
        try:
            until = time.monotonic() + SECONDS_MAX
            while not desk.kinds(position_id) and time.monotonic() < until:
                time.sleep(0.05)
        finally:
            ends.set()
            loop.wake()
            thread.join()
            kinds = desk.kinds(position_id)
            store.close()
        assert kinds == ["dividend"]
