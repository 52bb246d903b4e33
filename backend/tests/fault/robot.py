"""The robot before the simulated broker, as a process runs it: it can die at any failpoint.

robot = Robot(store=store, url=database_url, clock=clock, calendar=calendar, alpaca=alpaca)
robot.dies_at = ("submitted",)          # the next time it comes by; raises Death
robot = robot.born_again()              # what a restart finds: the database and the broker
"""

import time
from collections.abc import Callable, Container, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Protocol

from app.adapters.broker.alpaca import AlpacaBrokerage
from app.adapters.broker.alpaca_credentials import Credentials
from app.adapters.broker.alpaca_market import AlpacaMarket
from app.adapters.broker.paper import PaperBroker
from app.adapters.ids import RandomIds
from app.adapters.market.calendar import ExchangeCalendar
from app.adapters.postgres.lease import PostgresLease
from app.domain.errors import DomainError
from app.domain.position import Broker
from app.services.book_fills import BookFills
from app.services.carry_order import CarryOrder
from app.services.corporate_actions import CorporateActions
from app.services.manage_position import ManagePosition
from app.services.open_position import OpenPosition
from app.services.pin_account import PinAccount
from app.services.ports import Clock, HistoryProvider, Store
from app.services.read_market import ReadMarket
from app.services.reconcile import Reconcile
from app.services.send_order import Patience
from app.services.tick import Tick
from app.services.venues import Venue, Venues
from tests.fakes.no_cache import NoCache
from tests.fakes.quiet_history import QuietHistory
from tests.fault.failpoints import WatchedStore

TIMEOUT_SECONDS = 0.2
# Real time, which the database needs to notice that a holder of the lease is gone.
STANDBY_SECONDS = 0.02
CREDENTIALS = Credentials(key_id="a-key-id", secret="a-secret-key")


class Death(BaseException):
    """The end of the process: nothing catches it."""


class Addressed(Protocol):
    """Whatever listens at a URL."""

    @property
    def url(self) -> str: ...


class Robot:
    """One life: everything that is built at the start of a process."""

    def __init__(
        self,
        *,
        store: Store,
        url: str,
        clock: Clock,
        calendar: ExchangeCalendar,
        alpaca: Addressed,
        history: HistoryProvider | None = None,
        name: Broker = Broker.ALPACA_PAPER,
        monotonic: Callable[[], float] = time.monotonic,
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        self._built: dict[str, Any] = {
            "store": store, "url": url, "clock": clock, "calendar": calendar, "alpaca": alpaca,
            "history": history, "name": name, "monotonic": monotonic,
            "timeout_seconds": timeout_seconds,
        }  # fmt: skip
        self.dies_at: Container[str] = ()
        self.passed: list[str] = []
        self._recovered = False
        self.lease = PostgresLease(url=url, holder="test")
        asked: dict[str, Any] = {
            "credentials": CREDENTIALS, "timeout_seconds": timeout_seconds, "now": clock.now
        }  # fmt: skip
        self.brokerage = AlpacaBrokerage(base_url=alpaca.url, **asked)
        self._quotes = AlpacaMarket(data_url=alpaca.url, **asked)
        market = ReadMarket(market=self._quotes, cache=NoCache(), calendar=calendar, clock=clock)
        venue = Venue(brokerage=self.brokerage, market=market, has_own_quotes=True)
        watched = WatchedStore(store=store, reached=self._reached)
        venues = Venues(connected={name: venue}, lease=self.lease)
        fills = BookFills(store=watched, venues=venues, clock=clock)
        self.carrying = CarryOrder(
            store=watched,
            venues=venues,
            fills=fills,
            clock=clock,
            monotonic=monotonic,
            patience=Patience(),
            reached=self._reached,
        )
        self.actions = _actions(self._built, carrying=self.carrying)
        carrying: dict[str, Any] = {"carrying": self.carrying, "actions": self.actions}
        self.tick = Tick(store=watched, market=market, broker=PaperBroker(), **carrying)
        self.reconciling = Reconcile(
            store=watched, venues=venues, fills=fills, clock=clock, **carrying
        )
        self.opening = OpenPosition(
            store=store,
            clock=clock,
            ids=RandomIds(),
            pinning=PinAccount(venues=venues, clock=clock),
        )
        self.manage = ManagePosition(store=store, clock=clock, market=market)

    def work(self, *, position_id: str, reconciles: bool) -> None:
        """Do a round of the loop: the lease, then each piece of work, none in the others' way.

        Nothing is traded before the books were compared once since the lease was taken.
        """
        with suppress(DomainError):
            if not self.lease.beat():
                self._recovered = False
                if self.lease.take() is None:
                    time.sleep(STANDBY_SECONDS)
                    return
            if not self._recovered:
                self.reconciling.reconcile(broker=Broker.ALPACA_PAPER)
                self._recovered = True
        if not self._recovered:
            return
        pieces: list[Callable[[], object]] = [
            partial(self.carrying.carry, position_id=position_id),
            partial(self.tick.tick, position_id=position_id),
        ]
        if reconciles:
            pieces.insert(1, partial(self.reconciling.reconcile, broker=Broker.ALPACA_PAPER))
        self.do(pieces)

    def do(self, pieces: Sequence[Callable[[], object]]) -> None:
        """Do one piece of work after the other."""
        for piece in pieces:
            guarded(piece)

    def _reached(self, name: str) -> None:
        self.passed.append(name)
        if name in self.dies_at:
            self.meet_fate(name)

    def meet_fate(self, name: str) -> None:
        """End here, at the failpoint `name`."""
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


def guarded(piece: Callable[[], object]) -> None:
    """Do a piece of work that may have to wait, as the loop does it."""
    with suppress(DomainError):
        piece()
