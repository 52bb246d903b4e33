"""The health that is told: each change once, nothing while all stays as it is."""

import asyncio
import json
from contextlib import aclosing
from datetime import date

import pytest

from app.adapters.market.calendar import ExchangeCalendar
from app.adapters.memory.events import MemoryEventStream
from app.domain.errors import ProviderError, UnavailableError
from app.services.read_health import ReadHealth
from app.services.read_market import ReadMarket
from app.services.watch_health import WatchHealth
from tests.builders import NOW
from tests.fakes.clock import FakeClock
from tests.fakes.market import FakeMarket
from tests.fakes.no_cache import NoCache
from tests.fakes.no_store import NoStore


class TestWatchingHealth:
    def test_tells_each_change_once(self) -> None:
        states = iter(("ok", "ok", "away", "away", "ok", "ok", "ok"))

        def cache() -> None:
            if next(states) == "away":
                raise UnavailableError(what="cache", message="It is away.", retry_after_seconds=1)

        events = MemoryEventStream(life="this")
        health = ReadHealth(store=NoStore(), required={}, optional={"cache": cache})
        market = FakeMarket()
        prices = ReadMarket(
            market=market,
            cache=NoCache(),
            calendar=ExchangeCalendar(start=date(2024, 1, 2), end=date(2024, 12, 31)),
            clock=FakeClock(at=NOW),
        )
        watch = WatchHealth(health=health, market=prices, events=events)
        for _ in range(5):
            watch.look()
        market.fail(symbol="KO", code="UNAVAILABLE")
        for _ in range(2):
            with pytest.raises(ProviderError):
                prices.observe(symbol="KO")
            watch.look()
        events.publish(kind="price", body={})

        async def told() -> list[object]:
            bodies: list[object] = []
            async with aclosing(events.follow(after="this-0")) as following:
                async for announcement in following:
                    if announcement.kind == "price":
                        break
                    (dependency,) = json.loads(announcement.body)["dependencies"]
                    bodies.append((dependency["state"], dependency["detail"]))
            return bodies

        # The last is the provider of prices, whose outage is told once however long it lasts.
        outage = ("ok", "answers")
        assert asyncio.run(told()) == [("degraded", "It is away."), ("ok", "answers"), outage]
