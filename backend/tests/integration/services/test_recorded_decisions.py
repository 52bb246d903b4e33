"""What a decision rests on is in its record: neither the cache nor anything else is needed."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from redis import Redis

from app.adapters.broker.paper import PaperBroker
from app.adapters.memory.observations import MemoryObservationCache
from app.adapters.redis.observations import RedisObservationCache
from app.domain.book import DecisionRecord
from app.domain.decision import Gate
from app.domain.record import decision_body, position_body
from app.domain.recorded import read_day, read_observation, read_position
from app.domain.step import step
from app.domain.watch import UNWATCHED
from app.services.ports import ObservationCache
from app.services.read_market import ReadMarket
from app.services.tick import Tick, TickResult
from tests.builders import NOW
from tests.fakes.no_cache import NoCache
from tests.integration.services.desk import EAGER, Desk
from tests.integration.services.market_tape import troubled_day
from tests.integration.services.recorded_day import LOOKS, OneMarket
from tests.no_venues import carries_nothing

SEED = 1
# Every way in which a price can be wrong comes up in the tape.
MET = {
    Gate.PRICE_FROZEN, Gate.PRICE_STALE, Gate.PRICE_OLDER, Gate.PRICE_DUPLICATE,
    Gate.PRICE_IMPLAUSIBLE, Gate.SPREAD_TOO_WIDE,
}  # fmt: skip

type Disturb = Callable[[], None]


def decided(
    desk: Desk, cache: ObservationCache, *, disturb: Disturb = lambda: None
) -> list[DecisionRecord]:
    """Return the decisions of a position over a whole tape; every third look is made twice."""
    desk.clock.set(NOW)
    position_id = desk.run(strategy=EAGER, anchor=None)
    market = OneMarket()
    reading = ReadMarket(market=market, cache=cache, calendar=desk.calendar, clock=desk.clock)
    tick = Tick(
        store=desk.store,
        market=reading,
        broker=PaperBroker(),
        carrying=carries_nothing(desk.store, desk.clock),
        actions=desk.actions,
    )
    for number, observation in enumerate(troubled_day(seed=SEED, start=NOW, looks=LOOKS)):
        desk.clock.set(observation.received_at)
        market.shown = observation
        for _ in range(1 if number % 3 else 2):
            disturb()
            assert isinstance(tick.tick(position_id=position_id), TickResult)
    assert desk.findings(position_id) == ()
    return list(reversed(desk.decisions(position_id)))


@pytest.fixture
def server(redis_url: str) -> Iterator[Redis]:
    with Redis.from_url(redis_url) as server:
        server.flushall()
        yield server
        server.config_set("maxclients", 10_000)


@pytest.fixture
def shared(redis_url: str) -> Iterator[RedisObservationCache]:
    cache = RedisObservationCache(url=redis_url, ring=100)
    yield cache
    cache.close()


class TestTheCache:
    def test_changes_no_decision_when_it_is_flushed_or_cut_off_at_any_moment(
        self, desk: Desk, shared: RedisObservationCache, server: Redis
    ) -> None:
        rng, disturbed, lets_in = random.Random(SEED), Counter[str](), 0

        def disturb() -> None:
            nonlocal lets_in
            (what,) = rng.choices(("leave", "flush", "cut off"), (8, 4, 1))
            disturbed[what] += 1
            if lets_in != (wanted := 1 if what == "cut off" else 100):
                server.config_set("maxclients", wanted)
                lets_in = wanted
            if what == "flush":
                server.flushall()
            if what == "cut off":
                server.client_kill_filter(_type="normal", skipme=True)

        undisturbed = decided(desk, MemoryObservationCache(ring=100))
        assert decided(desk, shared, disturb=disturb) == undisturbed
        assert min(disturbed.values()) > 5
        reasons = Counter(d.outcome["reason"] for d in undisturbed)
        assert set(reasons) >= MET
        assert reasons["trigger"] > 5


class TestARecordedDecision:
    def test_is_made_again_from_its_record_alone_which_has_what_earlier_looks_left(
        self, desk: Desk
    ) -> None:
        records = decided(desk, NoCache())
        strategy = desk.read.list(limit=1, cursor=None).items[0].record.strategy
        unwatched = 0
        for record in records:
            before, day = read_position(record.before), read_day(record.day)
            observation = read_observation(record.observation)
            again = step(before, observation, strategy, day)
            assert decision_body(again.decision) == record.outcome
            assert position_body(again.position) == record.after
            forgetful = step(replace(before, watch=UNWATCHED), observation, strategy, day)
            unwatched += decision_body(forgetful.decision) != record.outcome
        assert unwatched > 3
