"""Half an hour in which Yahoo refuses, by a clock that a test advances: no order, few requests."""

import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from app.adapters.broker.paper import PaperBroker
from app.adapters.market.yahoo_access import ALLOWANCE
from app.adapters.memory.observations import MemoryObservationCache
from app.domain.errors import ProviderError, ProviderFailure
from app.services.read_market import SHARED_FOR, ReadMarket
from app.services.tick import Tick, TickResult
from tests.integration.services.desk import EAGER, Desk
from tests.no_venues import carries_nothing
from tests.yahoo_market import yahoo_market
from tests.yahoo_replay import Answer, YahooReplay, ko_closes, quote_answer

SYMBOLS = ("KO", "PEP", "MSFT", "AAPL")
REFUSAL = Answer(status=429, body=b"Too Many Requests\r\n")
HALF_AN_HOUR = timedelta(minutes=30)
BETWEEN_TICKS = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """How the ticks of each symbol ended: new prices seen, refusals, and orders placed."""

    fresh: Counter[str] = field(default_factory=Counter)
    refusals: list[ProviderError] = field(default_factory=list)
    orders: Counter[str] = field(default_factory=Counter)


class Room:
    """Four positions that are ticked every minute on real prices of KO."""

    def __init__(self, *, desk: Desk, yahoo: YahooReplay, cache_dir: Path) -> None:
        self.desk, self.yahoo = desk, yahoo
        market = yahoo_market(
            base_url=yahoo.base_url,
            cache_dir=cache_dir,
            clock=desk.clock,
            calendar=desk.calendar,
            allowance=ALLOWANCE,
        )
        self.market = ReadMarket(
            market=market,
            cache=MemoryObservationCache(ring=10),
            calendar=desk.calendar,
            clock=desk.clock,
        )
        self.ticking = Tick(
            store=desk.store,
            market=self.market,
            broker=PaperBroker(),
            carrying=carries_nothing(desk.store, desk.clock),
            actions=desk.actions,
        )
        self.positions = {name: desk.run(symbol=name, strategy=EAGER) for name in SYMBOLS}
        for name in SYMBOLS:
            self.answers(name)

    def answers(self, symbol: str) -> None:
        prices = iter(ko_closes() * 20)

        def body(path: str) -> bytes:
            shown = quote_answer(symbol, price=next(prices), at=self.desk.clock.now())
            assert callable(shown.body)
            return shown.body(path)

        self.yahoo.script(symbol, Answer(body=body))

    def refuses(self, *symbols: str) -> None:
        for symbol in symbols:
            self.yahoo.script(symbol, REFUSAL)

    def tick_for(self, span: timedelta) -> Outcomes:
        random, outcomes = Random(429), Outcomes()
        until = self.desk.clock.now() + span
        while self.desk.clock.now() < until:
            for symbol in random.sample(SYMBOLS, len(SYMBOLS)):
                self._tick(symbol, outcomes)
            self.desk.clock.advance(BETWEEN_TICKS)
        return outcomes

    def _tick(self, symbol: str, outcomes: Outcomes) -> None:
        try:
            result = self.ticking.tick(position_id=self.positions[symbol])
        except ProviderError as error:
            outcomes.refusals.append(error)
            return
        assert isinstance(result, TickResult)
        outcomes.fresh[symbol] += 1
        outcomes.orders[symbol] += result.order is not None

    def decisions(self) -> int:
        return sum(len(self.desk.decisions(each)) for each in self.positions.values())


@pytest.fixture
def room(desk: Desk, tmp_path: Path) -> Iterator[Room]:
    with YahooReplay() as yahoo:
        yield Room(desk=desk, yahoo=yahoo, cache_dir=tmp_path / "yahoo")


class TestAStormOfRefusals:
    def test_costs_a_handful_of_requests_and_no_order(self, room: Room) -> None:
        before_it = room.tick_for(timedelta(minutes=3))
        assert sum(before_it.orders.values()) > 0
        asked, decided = len(room.yahoo.requests), room.decisions()
        room.refuses(*SYMBOLS)
        # What is shared for moments is no refusal yet.
        room.desk.clock.advance(SHARED_FOR)

        storm = room.tick_for(HALF_AN_HOUR)

        # At the start, and after rests of 1, 2, 4, 8 and 16 minutes.
        assert 1 <= len(room.yahoo.requests) - asked <= 5
        assert (storm.fresh.total(), storm.orders.total()) == (0, 0)
        assert room.decisions() == decided
        assert len(storm.refusals) >= 4 * (HALF_AN_HOUR // BETWEEN_TICKS)
        for refusal in storm.refusals:
            assert refusal.code is ProviderFailure.RATE_LIMITED
            assert 1 <= refusal.retry_after_seconds <= 30 * 60
        # The last prices are still there to be shown, with their age.
        for symbol in SYMBOLS:
            last = room.market.last_seen(symbol=symbol)
            assert last is not None
            assert room.market.now() - last.received_at >= HALF_AN_HOUR

    def test_is_over_soon_after_yahoo_answers_again(self, room: Room) -> None:
        room.refuses(*SYMBOLS)
        room.tick_for(timedelta(minutes=5))
        for symbol in SYMBOLS:
            room.answers(symbol)

        room.tick_for(timedelta(minutes=5))  # the rest that was under way
        after = room.tick_for(timedelta(minutes=5))

        assert after.refusals == []
        assert min(after.fresh.values()) == timedelta(minutes=5) // BETWEEN_TICKS

    def test_on_one_symbol_slows_all_and_stops_none_of_the_others(self, room: Room) -> None:
        room.tick_for(timedelta(minutes=1))
        room.refuses("KO")
        asked, known = len(room.yahoo.requests), room.yahoo.quotes("KO")
        room.desk.clock.advance(SHARED_FOR)

        storm = room.tick_for(HALF_AN_HOUR)

        allowed = ALLOWANCE.burst + HALF_AN_HOUR // ALLOWANCE.interval
        assert len(room.yahoo.requests) - asked <= allowed
        assert room.yahoo.quotes("KO") - known <= 8
        assert storm.fresh["KO"] == storm.orders["KO"] == 0
        for symbol in ("PEP", "MSFT", "AAPL"):
            assert storm.fresh[symbol] >= 0.7 * (HALF_AN_HOUR // BETWEEN_TICKS)
            assert storm.orders[symbol] > 0


class TestFiftyTicksAtOnce:
    def test_cost_one_request(self, room: Room) -> None:
        answer = quote_answer("KO", price="60", at=room.desk.clock.now())
        room.yahoo.script("KO", Answer(body=answer.body, delay_seconds=0.7))
        ready = threading.Barrier(50)
        problems: list[BaseException] = []

        def tick() -> None:
            ready.wait(timeout=10)
            try:
                room.market.observe(symbol="KO")
            except ProviderError as error:
                problems.append(error)

        threads = [threading.Thread(target=tick, daemon=True) for _ in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=20)

        assert problems == []
        assert room.yahoo.quotes("KO") == 1
