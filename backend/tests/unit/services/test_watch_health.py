"""The health that is told: each change once, nothing while all stays as it is."""

import asyncio
import json
from contextlib import aclosing

from app.adapters.memory.events import MemoryEventStream
from app.domain.errors import UnavailableError
from app.services.read_health import ReadHealth
from app.services.watch_health import WatchHealth
from tests.fakes.no_store import NoStore


class TestWatchingHealth:
    def test_tells_each_change_once(self) -> None:
        states = iter(("ok", "ok", "away", "away", "ok"))

        def cache() -> None:
            if next(states) == "away":
                raise UnavailableError(what="cache", message="It is away.", retry_after_seconds=1)

        events = MemoryEventStream(life="this")
        health = ReadHealth(store=NoStore(), required={}, optional={"cache": cache})
        watch = WatchHealth(health=health, events=events)
        for _ in range(5):
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

        assert asyncio.run(told()) == [("degraded", "It is away."), ("ok", "answers")]
