"""Positions that tick on real prices, each by its own clock, and the mix of what they decide."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from app.adapters.broker.paper import PaperBroker
from app.adapters.ids import RandomIds
from app.adapters.market.calendar import ExchangeCalendar
from app.adapters.memory.events import MemoryEventStream
from app.adapters.memory.observations import MemoryObservationCache
from app.adapters.postgres.store import PostgresStore
from app.domain.observation import Observation
from app.services.announce import AnnouncingMarket, AnnouncingStore
from app.services.corporate_actions import CorporateActions
from app.services.manage_position import ManagePosition
from app.services.open_position import OpenPosition
from app.services.read_market import SHARED_FOR, TICKS_KEPT, ReadMarket
from app.services.read_position import PositionView
from app.services.tick import Tick, TickResult
from tests.benchmarks.prices import daily_bars
from tests.builders import NOW, SYMBOL, an_observation
from tests.fakes.clock import FakeClock
from tests.fakes.quiet_history import QuietHistory
from tests.integration.services.desk import a_wish, valued
from tests.no_venues import carries_nothing, no_pinning

# About one tick in seven proposes an order on the daily moves of KO.
STRATEGY = {
    "trigger": {"up": "0.018", "down": "0.018"},
    "orders": {"min_notional": "1", "max_per_day": 1000},
}


class Tape:
    """Satisfies `Market`: real closes of KO in a row, each as the trade of the moment."""

    def __init__(self, *, prices: Sequence[int], clock: FakeClock) -> None:
        self._prices = iter(prices)
        self._clock = clock

    def observe(self, *, symbol: str) -> Observation:
        """Return the next close as the trade of this moment."""
        assert symbol == SYMBOL
        now = self._clock.now()
        return an_observation(next(self._prices), observed_at=now, received_at=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rush:
    """What many ticks at once took, in seconds, and how often each kind of decision came."""

    seconds: float
    latencies: tuple[float, ...]
    kinds: Counter[str]

    @property
    def rate(self) -> float:
        """Return ticks a second."""
        return len(self.latencies) / self.seconds


def open_positions(store: PostgresStore, *, count: int) -> tuple[str, ...]:
    """Return so many new running positions of KO."""
    clock = FakeClock(at=NOW)
    tape = Tape(prices=(), clock=clock)
    market = _read_market(tape, _calendar(), clock, MemoryEventStream(life="opening"))
    opening = OpenPosition(store=store, clock=clock, ids=RandomIds(), pinning=no_pinning(clock))
    manage = ManagePosition(store=store, clock=clock, market=market)
    opened = []
    for _ in range(count):
        view = opening.open(wish=a_wish(strategy=STRATEGY, **valued("100000", 500_000)))
        assert isinstance(view, PositionView)
        manage.start(position_id=view.record.id, reason="benchmark")
        opened.append(view.record.id)
    return tuple(opened)


def ticking(
    store: PostgresStore, positions: Sequence[str], *, looks: int
) -> dict[str, Callable[[], TickResult]]:
    """Return for each position the function that ticks it once, on its own stretch of closes."""
    closes = daily_bars(5_000).closes
    calendar = _calendar()
    events = MemoryEventStream(life="benchmark")
    step = (len(closes) - looks) // len(positions)
    return {
        position_id: _ticking(
            store, position_id, closes[step * n : step * n + looks], calendar, events
        )
        for n, position_id in enumerate(positions)
    }


def rush(ticks: dict[str, Callable[[], TickResult]], *, threads: int, looks: int) -> Rush:
    """Tick every position so many times, by so many threads at once, each with its own ones."""
    latencies: list[list[float]] = [[] for _ in range(threads)]
    kinds: list[Counter[str]] = [Counter() for _ in range(threads)]
    gate = threading.Barrier(threads + 1)
    own = list(ticks.values())

    def work(number: int) -> None:
        gate.wait()
        for _ in range(looks):
            for tick in own[number::threads]:
                begun = time.perf_counter()
                result = tick()
                latencies[number].append(time.perf_counter() - begun)
                kinds[number][str(result.decision.outcome["kind"])] += 1

    workers = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
    for worker in workers:
        worker.start()
    gate.wait()
    begun = time.perf_counter()
    for worker in workers:
        worker.join()
    seconds = time.perf_counter() - begun
    done = tuple(latency for each in latencies for latency in each)
    assert len(done) == len(own) * looks, "no tick failed"
    return Rush(seconds=seconds, latencies=done, kinds=sum(kinds, Counter()))


def _ticking(
    postgres: PostgresStore,
    position_id: str,
    prices: Sequence[int],
    calendar: ExchangeCalendar,
    events: MemoryEventStream,
) -> Callable[[], TickResult]:
    clock = FakeClock(at=NOW)
    market = _read_market(Tape(prices=prices, clock=clock), calendar, clock, events)
    store = AnnouncingStore(store=postgres, events=events)
    carrying = carries_nothing(store, clock)
    tick = Tick(
        store=store,
        market=market,
        broker=PaperBroker(),
        carrying=carrying,
        actions=CorporateActions(
            store=store,
            history=QuietHistory(),
            calendar=calendar,
            clock=clock,
            carrying=carrying,
        ),
    )

    def once() -> TickResult:
        clock.advance(SHARED_FOR + timedelta(seconds=1))
        result = tick.tick(position_id=position_id)
        assert isinstance(result, TickResult)
        return result

    return once


def _read_market(
    tape: Tape, calendar: ExchangeCalendar, clock: FakeClock, events: MemoryEventStream
) -> ReadMarket:
    return ReadMarket(
        market=AnnouncingMarket(market=tape, events=events),
        cache=MemoryObservationCache(ring=TICKS_KEPT),
        calendar=calendar,
        clock=clock,
    )


def _calendar() -> ExchangeCalendar:
    calendar = ExchangeCalendar(start=date(2024, 1, 2), end=date(2024, 12, 31))
    calendar.phase(at=NOW)  # builds it
    return calendar
