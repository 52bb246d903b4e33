"""The product by a clock that stands within a session, and with a quote of its own for each tick.

Everything but the clock, the absent quote cache, a larger allowance of requests and the quick
heartbeat is what `app.main` runs: adapters, use cases, routes. It lets a journey trade at any hour.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from typing import override

from app.adapters.broker.paper import PaperBroker
from app.adapters.market.calendar import ExchangeCalendar
from app.adapters.market.yahoo_access import ALLOWANCE
from app.adapters.memory.observations import MemoryObservationCache
from app.adapters.processes.compute import ComputePool
from app.application import create_app
from app.bootstrap import CODE_FOLDER, announcing, build_services, open_store, yahoo_market
from app.services.announce import AnnouncingMarket, AnnouncingStore
from app.services.catalogue import Services
from app.services.evaluate import Evaluate
from app.services.read_market import ReadMarket
from app.services.read_status import ReadStatus
from app.services.tick import Tick
from app.services.watch_health import WatchHealth
from app.settings import Settings, read_settings
from tests.e2e.session_clock import OFFSET_VARIABLE, SessionClock

# A journey asks for a quote of its own with each tick.
PLENTY = replace(ALLOWANCE, burst=100_000)


class TicksAlone(MemoryObservationCache):
    """Keeps the prices that were seen, and gives none to the next tick."""

    @override
    def get(self, *, symbol: str) -> None:
        return None


@contextmanager
def services_in_session(settings: Settings) -> Iterator[Services]:
    clock = SessionClock(offset_seconds=int(os.environ[OFFSET_VARIABLE]))
    year = clock.now().year
    provider = yahoo_market(settings, clock=clock, allowance=PLENTY)
    with open_store(settings) as store:
        pool = ComputePool(max_workers=2, code_folder=settings.state / CODE_FOLDER)
        try:
            services = build_services(settings, store=store, pool=pool, clock=clock)
            services.simulations.recover()
            market = ReadMarket(
                market=AnnouncingMarket(market=provider, events=services.events),
                cache=TicksAlone(ring=100),
                calendar=ExchangeCalendar(start=date(year, 1, 2), end=date(year + 1, 12, 31)),
                clock=clock,
            )
            book = AnnouncingStore(store=store, events=services.events)
            events, health = services.events, services.health
            in_session = replace(
                services,
                market=market,
                evaluate=Evaluate(store=store, market=market),
                status=ReadStatus(store=store, market=market, provider=provider),
                tick=Tick(
                    store=book,
                    market=market,
                    broker=PaperBroker(),
                    carrying=services.carrying,
                    actions=services.corporate_actions,
                ),
                health_watch=WatchHealth(health=health, market=market, events=events),
            )
            with announcing(in_session):
                yield in_session
        finally:
            pool.close()


app = create_app(read_settings(), running=services_in_session, heartbeat_seconds=1)
