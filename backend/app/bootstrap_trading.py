"""Builds what trades: the accounts that are connected, the way of their orders, and the loop."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from app.adapters.broker.alpaca import AlpacaBrokerage
from app.adapters.broker.alpaca_credentials import read_credentials
from app.adapters.broker.alpaca_line import AlpacaLine
from app.adapters.broker.alpaca_market import AlpacaMarket
from app.adapters.broker.paper import PaperBroker
from app.adapters.memory.observations import MemoryObservationCache
from app.adapters.postgres.lease import PostgresLease
from app.domain.position import Broker
from app.services.arm_broker import ArmBroker
from app.services.book_fills import BookFills
from app.services.brake import Brake
from app.services.cancel_orders import CancelOrders
from app.services.carry_order import CarryOrder
from app.services.catalogue import Services
from app.services.corporate_actions import CorporateActions
from app.services.pin_account import PinAccount
from app.services.ports import Calendar, Clock, HistoryProvider, Store
from app.services.read_market import TICKS_KEPT, ReadMarket
from app.services.reconcile import Reconcile
from app.services.send_order import Patience
from app.services.tick import Tick
from app.services.trading_loop import Pace, TradingLoop
from app.services.venues import Venue, Venues
from app.settings import Settings

ALPACA_TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """The use cases that trade, and the brake of their orders."""

    brake: Brake
    tick: Tick
    carrying: CarryOrder
    actions: CorporateActions
    loop: TradingLoop
    reconciling: Reconcile
    arming: ArmBroker
    canceling: CancelOrders
    pinning: PinAccount


def build_trading(
    settings: Settings,
    *,
    store: Store,
    market: ReadMarket,
    history: HistoryProvider,
    calendar: Calendar,
    clock: Clock,
) -> Trade:
    """Return the use cases that trade.

    `market` is what positions on paper look at, `history` tells dividends and splits to all.
    """
    lease = PostgresLease(url=settings.required_database_url(), holder=f"process {os.getpid()}")
    venues = Venues(connected=_venues(settings, calendar=calendar, clock=clock), lease=lease)
    fills = BookFills(store=store, venues=venues, clock=clock)
    brake = Brake()
    carrying = _carrying(store, venues, fills, clock, brake)
    actions = CorporateActions(
        store=store, history=history, calendar=calendar, clock=clock, carrying=carrying
    )
    tick = Tick(
        store=store, market=market, broker=PaperBroker(), carrying=carrying, actions=actions
    )
    reconciling = Reconcile(
        store=store, venues=venues, carrying=carrying, fills=fills, actions=actions, clock=clock
    )
    loop = TradingLoop(
        store=store,
        lease=lease,
        venues=venues,
        market=market,
        tick=tick,
        carrying=carrying,
        reconciling=reconciling,
        actions=actions,
        monotonic=time.monotonic,
        pace=Pace(interval=settings.interval),
    )
    return Trade(
        brake=brake,
        tick=tick,
        carrying=carrying,
        actions=actions,
        loop=loop,
        reconciling=reconciling,
        arming=ArmBroker(store=store, venues=venues, clock=clock),
        canceling=CancelOrders(
            store=store,
            lease=lease,
            venues=venues,
            carrying=carrying,
            reconciling=reconciling,
            monotonic=time.monotonic,
            wait=time.sleep,
        ),
        pinning=PinAccount(venues=venues, clock=clock),
    )


def _carrying(
    store: Store, venues: Venues, fills: BookFills, clock: Clock, brake: Brake
) -> CarryOrder:
    return CarryOrder(
        store=store,
        venues=venues,
        fills=fills,
        clock=clock,
        monotonic=time.monotonic,
        patience=Patience(),
        brake=brake,
    )


@contextmanager
def trading(settings: Settings, services: Services) -> Iterator[None]:
    """Let the loop trade while the block lasts, woken by what happens at the brokers."""
    venues = services.carrying.venues
    ends = threading.Event()
    loop = threading.Thread(target=services.loop.run, kwargs={"ends": ends}, name="loop")
    try:
        if settings.loop:
            loop.start()
            venues.listen(ring=services.loop.wake)
        yield
    finally:
        ends.set()
        services.loop.wake()
        if loop.is_alive():
            loop.join()
        venues.close()


def _venues(settings: Settings, *, calendar: Calendar, clock: Clock) -> dict[Broker, Venue]:
    accounts = {
        Broker.ALPACA_PAPER: (settings.alpaca_paper_keys, settings.alpaca_paper_url),
        Broker.ALPACA_LIVE: (settings.alpaca_live_keys, settings.alpaca_live_url),
    }
    venues = {}
    for broker, (keys, url) in accounts.items():
        if keys is None:
            continue
        credentials = read_credentials(keys)
        quotes = AlpacaMarket(
            data_url=settings.alpaca_data_url,
            credentials=credentials,
            timeout_seconds=ALPACA_TIMEOUT_SECONDS,
            now=clock.now,
        )
        brokerage = AlpacaBrokerage(
            base_url=url,
            credentials=credentials,
            timeout_seconds=ALPACA_TIMEOUT_SECONDS,
            now=clock.now,
        )
        venues[broker] = Venue(
            brokerage=brokerage,
            market=ReadMarket(
                market=quotes,
                cache=MemoryObservationCache(ring=TICKS_KEPT),
                calendar=calendar,
                clock=clock,
            ),
            has_own_quotes=True,
            line=AlpacaLine(
                brokerage=brokerage,
                market=quotes,
                stream_url=f"{url.replace('http', 'ws', 1)}/stream",
                credentials=credentials,
                timeout_seconds=ALPACA_TIMEOUT_SECONDS,
            ),
        )
    return venues
