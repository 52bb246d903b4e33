"""The robot before the simulated broker, as a process runs it: it can die at any failpoint.

robot = Robot(url=database_url, clock=clock, alpaca=alpaca)
robot.dies_at = "submitted"             # the next time it comes by; raises Death
robot = robot.born_again()              # what a restart finds: the database and the broker
"""

import time
from collections.abc import Mapping
from typing import Any

from app.adapters.broker.alpaca import AlpacaBrokerage
from app.adapters.broker.alpaca_credentials import Credentials
from app.adapters.broker.alpaca_market import AlpacaMarket
from app.adapters.broker.paper import PaperBroker
from app.adapters.ids import RandomIds
from app.adapters.market.calendar import ExchangeCalendar
from app.adapters.postgres.lease import PostgresLease
from app.adapters.postgres.store import PostgresStore
from app.domain.position import Broker
from app.services.book_fills import BookFills
from app.services.carry_order import CarryOrder
from app.services.corporate_actions import CorporateActions
from app.services.manage_position import ManagePosition
from app.services.open_position import OpenPosition
from app.services.pin_account import PinAccount
from app.services.ports import HistoryProvider
from app.services.read_market import ReadMarket
from app.services.reconcile import Reconcile
from app.services.send_order import Patience
from app.services.tick import Tick
from app.services.venues import Venue, Venues
from tests.fakes.clock import FakeClock
from tests.fakes.no_cache import NoCache
from tests.fakes.quiet_history import QuietHistory
from tests.fault.alpaca_server import AlpacaServer

TIMEOUT_SECONDS = 0.3
CREDENTIALS = Credentials(key_id="a-key-id", secret="a-secret-key")


class Death(BaseException):
    """The end of the process: nothing catches it."""


class Robot:
    """One life: everything that is built at the start of a process."""

    def __init__(
        self,
        *,
        store: PostgresStore,
        url: str,
        clock: FakeClock,
        calendar: ExchangeCalendar,
        alpaca: AlpacaServer,
        history: HistoryProvider | None = None,
        name: Broker = Broker.ALPACA_PAPER,
    ) -> None:
        self._built: dict[str, Any] = {
            "store": store, "url": url, "clock": clock, "calendar": calendar, "alpaca": alpaca,
            "history": history, "name": name,
        }  # fmt: skip
        self.dies_at: str | None = None
        self.passed: list[str] = []
        self.lease = PostgresLease(url=url, holder="test")
        self.brokerage = AlpacaBrokerage(
            base_url=alpaca.url,
            credentials=CREDENTIALS,
            timeout_seconds=TIMEOUT_SECONDS,
            now=clock.now,
        )
        self._quotes = AlpacaMarket(
            data_url=alpaca.url,
            credentials=CREDENTIALS,
            timeout_seconds=TIMEOUT_SECONDS,
            now=clock.now,
        )
        market = ReadMarket(market=self._quotes, cache=NoCache(), calendar=calendar, clock=clock)
        venue = Venue(brokerage=self.brokerage, market=market, has_own_quotes=True)
        venues = Venues(connected={name: venue}, lease=self.lease)
        fills = BookFills(store=store, venues=venues, clock=clock)
        self.carrying = CarryOrder(
            store=store,
            venues=venues,
            fills=fills,
            clock=clock,
            monotonic=time.monotonic,
            patience=Patience(),
            reached=self._reached,
        )
        self.actions = _actions(self._built, carrying=self.carrying)
        carrying: dict[str, Any] = {"carrying": self.carrying, "actions": self.actions}
        self.tick = Tick(store=store, market=market, broker=PaperBroker(), **carrying)
        self.reconciling = Reconcile(
            store=store, venues=venues, fills=fills, clock=clock, **carrying
        )
        self.opening = OpenPosition(
            store=store,
            clock=clock,
            ids=RandomIds(),
            pinning=PinAccount(venues=venues, clock=clock),
        )
        self.manage = ManagePosition(store=store, clock=clock, market=market)

    def _reached(self, name: str) -> None:
        self.passed.append(name)
        if name == self.dies_at:
            raise Death(name)

    def born_again(self) -> "Robot":
        """Return the next life; the connections of this one are cut, as its process is gone."""
        self.end()
        return Robot(**self._built)

    def end(self) -> None:
        """Give up everything that is open."""
        self.lease.give_up()
        self.brokerage.close()
        self._quotes.close()


def _actions(built: Mapping[str, Any], *, carrying: CarryOrder) -> CorporateActions:
    return CorporateActions(
        store=built["store"],
        history=built["history"] or QuietHistory(),
        calendar=built["calendar"],
        clock=built["clock"],
        carrying=carrying,
    )
