"""The only place that names concrete adapters: builds the use cases and runs what they need."""

import logging
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import date
from pathlib import Path

from app.adapters.clock import SystemClock
from app.adapters.ids import RandomIds
from app.adapters.market.calendar import ExchangeCalendar
from app.adapters.market.csv import read_csv
from app.adapters.market.yahoo import YahooMarket
from app.adapters.market.yahoo_access import ALLOWANCE
from app.adapters.market.yahoo_failures import PROVIDER
from app.adapters.memory.budget import MemoryBudget
from app.adapters.memory.events import MemoryEventStream
from app.adapters.memory.history import MemoryHistoryCache
from app.adapters.memory.observations import MemoryObservationCache
from app.adapters.postgres.store import PostgresStore
from app.adapters.processes.compute import ComputePool
from app.adapters.redis.budget import RedisBudget
from app.adapters.redis.events import RedisEventStream
from app.adapters.redis.flights import RedisFlights
from app.adapters.redis.history import RedisHistoryCache
from app.adapters.redis.observations import RedisObservationCache
from app.bootstrap_trading import build_trading, trading
from app.domain.announcement import AnnouncementKind, ResetReason
from app.domain.budget import Allowance
from app.services.announce import AnnouncingMarket, AnnouncingStore
from app.services.bundled_datasets import BundledDatasets
from app.services.catalogue import Services
from app.services.check_chains import CheckChains
from app.services.evaluate import Evaluate
from app.services.fetch_dataset import FetchDataset
from app.services.gate_ledger import ReadGateLedger
from app.services.halt_trading import HaltTrading
from app.services.harvest_bars import HarvestBars
from app.services.harvest_daily import harvesting
from app.services.import_dataset import ImportDataset
from app.services.ladder import ReadLadder
from app.services.manage_position import ManagePosition
from app.services.open_position import OpenPosition
from app.services.ports import Clock, EventStream, HistoryCache, Ids, ObservationCache
from app.services.provided_dataset import ProvidedDataset
from app.services.read_dataset import ReadDataset
from app.services.read_health import Check, ReadHealth
from app.services.read_history import SharedHistory
from app.services.read_market import TICKS_KEPT, ReadMarket
from app.services.read_position import ReadPosition
from app.services.read_provider import ReadProvider
from app.services.read_simulation import ReadSimulation
from app.services.read_status import ReadStatus
from app.services.replay_decisions import ReplayDecisions
from app.services.resample_dataset import ResampleDataset
from app.services.run_simulation import RunSimulation
from app.services.shadow_twin import ReadShadowTwin
from app.services.watch_health import WATCH_SECONDS, WatchHealth
from app.settings import Settings

YAHOO_TIMEOUT_SECONDS = 10.0
_CALENDAR_START = date(1990, 1, 2)
_CALENDAR_YEARS_AHEAD = 1
CODE_FOLDER = "code"
CALENDAR_FILE = "calendar.json"
_log = logging.getLogger(__name__)
_DATA = Path(__file__).resolve().parents[1] / "data"


@contextmanager
def open_store(settings: Settings) -> Iterator[PostgresStore]:
    """Open the database, with the bundled datasets in it, and close it at the end."""
    store = PostgresStore(url=settings.required_database_url())
    clock = SystemClock()
    try:
        store.ready()
        _bundled(store, _import_dataset(store, _calendar(settings, clock), clock)).ensure()
        yield store
    finally:
        store.close()


@contextmanager
def running_services(settings: Settings, *, clock: Clock) -> Iterator[Services]:
    """Build the use cases, bring the book in order, and stop what runs at the end."""
    with open_store(settings) as store:
        pool = ComputePool(
            max_workers=os.cpu_count() or 1, code_folder=settings.state / CODE_FOLDER
        )
        try:
            services = build_services(settings, store=store, pool=pool, clock=clock)
            check_chains(store, clock=clock)
            services.simulations.recover()
            services.fetch_dataset.recover()
            # Where it is not kept yet, the calendar takes a second that no visitor should wait.
            threading.Thread(target=services.market.clock, daemon=True).start()
            harvest = harvesting(services.harvest) if settings.harvest else nullcontext()
            with announcing(services), harvest, trading(settings, services):
                yield services
        finally:
            pool.close()


@contextmanager
def idle_services(settings: Settings) -> Iterator[Services]:
    """Build the use cases for one command, in which nothing runs by itself."""
    store = PostgresStore(url=settings.required_database_url())
    pool = ComputePool(max_workers=1, code_folder=settings.state / CODE_FOLDER)
    try:
        services = build_services(settings, store=store, pool=pool, clock=SystemClock())
        try:
            yield services
        finally:
            services.carrying.venues.close()
    finally:
        pool.close()
        store.close()


def check_chains(store: PostgresStore, *, clock: Clock) -> None:
    """Halt the positions whose audit trail was changed from outside, before anything trades."""
    for position_id in CheckChains(store=store, clock=clock).check():
        _log.error("Position %s is halted: its audit trail is broken.", position_id)


@contextmanager
def announcing(services: Services) -> Iterator[None]:
    """Tell that the service began, and of every change of its health while the block lasts."""
    # An earlier life may have died between writing and telling.
    services.events.publish(
        kind=AnnouncementKind.RESET, body={"reason": ResetReason.RESTARTED.value}
    )
    ends = threading.Event()

    def watch() -> None:
        services.health_watch.look()
        while not ends.wait(WATCH_SECONDS):
            services.health_watch.look()

    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    try:
        yield
    finally:
        ends.set()
        watching.join()


def build_services(
    settings: Settings, *, store: PostgresStore, pool: ComputePool, clock: Clock
) -> Services:
    """Return the use cases over `store`, living by `clock`."""
    ids = RandomIds()
    calendar = _calendar(settings, clock)
    cache, cache_checks = _cache(settings)
    events = _events(settings, ids)
    book = AnnouncingStore(store=store, events=events)
    provider = yahoo_market(settings, clock=clock, allowance=ALLOWANCE)
    history = SharedHistory(provider=provider, cache=_history_cache(settings))
    reading = ReadProvider(provider=history, calendar=calendar, clock=clock)
    making = ProvidedDataset(store=store, reading=reading, calendar=calendar, clock=clock)
    market = ReadMarket(
        market=AnnouncingMarket(market=provider, events=events),
        cache=cache,
        calendar=calendar,
        clock=clock,
    )
    health = ReadHealth(store=store, required={"database": store.ready}, optional=cache_checks)
    trade = build_trading(
        settings, store=book, market=market, history=history, calendar=calendar, clock=clock
    )
    return Services(
        open_position=OpenPosition(store=book, clock=clock, ids=ids, pinning=trade.pinning),
        corporate_actions=trade.actions,
        manage_position=ManagePosition(store=book, clock=clock, market=market),
        read_position=ReadPosition(store=store),
        evaluate=Evaluate(store=store, market=market),
        ladder=ReadLadder(store=store, market=market),
        tick=trade.tick,
        carrying=trade.carrying,
        loop=trade.loop,
        reconciling=trade.reconciling,
        arming=trade.arming,
        canceling=trade.canceling,
        trading=HaltTrading(store=book, clock=clock, brake=trade.brake),
        replay=ReplayDecisions(store=store),
        gate_ledger=ReadGateLedger(store=store),
        shadow_twin=ReadShadowTwin(store=store, calendar=calendar),
        market=market,
        import_dataset=_import_dataset(store, calendar, clock),
        resample_dataset=ResampleDataset(store=store, calendar=calendar, clock=clock),
        read_dataset=ReadDataset(store=store),
        fetch_dataset=FetchDataset(
            store=store, reading=reading, making=making, clock=clock, ids=ids, events=events
        ),
        harvest=HarvestBars(
            store=store, locks=store, reading=reading, calendar=calendar, clock=clock
        ),
        simulations=RunSimulation(store=store, compute=pool, clock=clock, ids=ids, events=events),
        read_simulation=ReadSimulation(store=store),
        status=ReadStatus(store=store, market=market, provider=provider),
        health=health,
        health_watch=WatchHealth(health=health, market=market, events=events),
        events=events,
    )


def yahoo_market(settings: Settings, *, clock: Clock, allowance: Allowance) -> YahooMarket:
    """Return Yahoo Finance, asked within `allowance` by all processes with one Redis together."""
    url = settings.redis_url
    # A process that asks for others may take its time limit, and a pause before the answer is in.
    call_seconds = YAHOO_TIMEOUT_SECONDS + 2
    return YahooMarket(
        base_url=settings.yahoo_base_url,
        cache_dir=settings.state / "yahoo",
        timeout_seconds=YAHOO_TIMEOUT_SECONDS,
        now=clock.now,
        sleep=time.sleep,
        budget=MemoryBudget(allowance=allowance, now=clock.now)
        if url is None
        else RedisBudget(url=url, provider=PROVIDER, allowance=allowance, now=clock.now),
        flights=None if url is None else RedisFlights(url=url, call_seconds=call_seconds),
        sessions=_calendar(settings, clock),
    )


def _calendar(settings: Settings, clock: Clock) -> ExchangeCalendar:
    last_year = clock.now().year + _CALENDAR_YEARS_AHEAD
    file = settings.state / CALENDAR_FILE
    return ExchangeCalendar(start=_CALENDAR_START, end=date(last_year, 12, 31), file=file)


def _cache(settings: Settings) -> tuple[ObservationCache, dict[str, Check]]:
    """Return the shared cache where there is one, and how to ask whether it answers."""
    if settings.redis_url is None:
        return MemoryObservationCache(ring=TICKS_KEPT), {}
    cache = RedisObservationCache(url=settings.redis_url, ring=TICKS_KEPT)
    return cache, {"cache": cache.ready}


def _events(settings: Settings, ids: Ids) -> EventStream:
    """Return the stream that all processes share where there is one, else one of this process."""
    if settings.redis_url is None:
        return MemoryEventStream(life=ids.new())
    return RedisEventStream(url=settings.redis_url)


def _history_cache(settings: Settings) -> HistoryCache:
    url = settings.redis_url
    return MemoryHistoryCache() if url is None else RedisHistoryCache(url=url)


def _import_dataset(
    store: PostgresStore, calendar: ExchangeCalendar, clock: Clock
) -> ImportDataset:
    return ImportDataset(store=store, calendar=calendar, clock=clock, read_csv=read_csv)


def _bundled(store: PostgresStore, import_dataset: ImportDataset) -> BundledDatasets:
    return BundledDatasets(
        store=store, import_dataset=import_dataset, read=lambda name: (_DATA / name).read_bytes()
    )
