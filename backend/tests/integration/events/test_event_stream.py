"""What both event streams promise to who announces and to who follows."""

import asyncio
import threading
from collections.abc import Callable, Iterator

import pytest
from redis import Redis

from app.adapters.memory.events import MemoryEventStream
from app.adapters.redis.events import RedisEventStream
from app.services.ports import EventStream
from tests.integration.events.reading import Reader, content, place_of, reason, tell

KEPT = 100

type Opens = Callable[[], EventStream]


@pytest.fixture
def server(redis_url: str) -> Iterator[Redis]:
    with Redis.from_url(redis_url) as server:
        server.flushdb()
        yield server


@pytest.fixture(params=["memory", "redis"])
def stream(request: pytest.FixtureRequest) -> Iterator[EventStream]:
    if request.param == "memory":
        yield MemoryEventStream(life="this", kept=KEPT)
        return
    request.getfixturevalue("server")
    shared = RedisEventStream(url=request.getfixturevalue("redis_url"), kept=KEPT)
    yield shared
    shared.close()


class TestAnEventStream:
    def test_begins_for_a_new_reader_with_a_reset_and_goes_on_with_what_comes(
        self, stream: EventStream
    ) -> None:
        async def read() -> None:
            tell(stream, 1)
            reader = Reader(stream, after=None)
            assert reason(await reader.reset()) == "start"
            tell(stream, 2, 3)
            assert await reader.numbers(2) == [2, 3]
            await reader.leave()

        asyncio.run(read())

    def test_wakes_a_reader_that_waits(self, stream: EventStream) -> None:
        async def read() -> None:
            reader = Reader(stream, after=None)
            await reader.reset()
            waiting = asyncio.create_task(reader.numbers(1))
            await asyncio.sleep(0.1)
            assert not waiting.done()
            await asyncio.to_thread(tell, stream, 1)
            async with asyncio.timeout(1):
                assert await waiting == [1]
            await reader.leave()

        asyncio.run(read())

    def test_tells_everybody_the_same_in_the_same_order(self, stream: EventStream) -> None:
        async def read() -> None:
            readers = [Reader(stream, after=await place_of(stream)) for _ in range(5)]
            waiting = [asyncio.create_task(reader.numbers(80)) for reader in readers]
            threads = [
                threading.Thread(target=tell, args=(stream, *range(first, first + 10)))
                for first in range(0, 80, 10)
            ]
            for thread in threads:
                thread.start()
            told = [await each for each in waiting]
            for thread in threads:
                thread.join()
            assert told == [told[0]] * 5
            assert sorted(told[0]) == list(range(80))
            for reader in readers:
                await reader.leave()

        asyncio.run(read())

    def test_goes_on_after_a_place_without_loss_and_without_repetition(
        self, stream: EventStream
    ) -> None:
        seen: list[int] = []

        async def read() -> None:
            place = await place_of(stream)
            for turn in range(100):
                tell(stream, *range(3 * turn, 3 * turn + 3))
                reader = Reader(stream, after=place)
                for _ in range(min(1 + turn % 6, 3 * turn + 3 - len(seen))):
                    announcement = await reader.next()
                    assert announcement.place is not None
                    place = announcement.place
                    seen.append(content(announcement, "price")["n"])
                await reader.leave()
            rest = Reader(stream, after=place)
            seen.extend(await rest.numbers(300 - len(seen)))
            await rest.leave()

        asyncio.run(read())
        assert seen == list(range(300))

    def test_keeps_so_many_and_tells_a_reader_that_is_further_behind(
        self, stream: EventStream
    ) -> None:
        async def read() -> None:
            tell(stream, 0)
            place = await place_of(stream)
            tell(stream, *range(1, KEPT))
            behind = Reader(stream, after=place)
            assert await behind.numbers(KEPT - 1) == list(range(1, KEPT))
            await behind.leave()
            tell(stream, *range(KEPT, KEPT + 10))
            lost = Reader(stream, after=place)
            assert reason(await lost.reset()) == "lost"
            tell(stream, 1000)
            assert await lost.numbers(1) == [1000]
            await lost.leave()

        asyncio.run(read())

    def test_tells_a_reader_that_fell_behind_while_it_followed(self, stream: EventStream) -> None:
        async def read() -> None:
            reader = Reader(stream, after=await place_of(stream))
            tell(stream, 0)
            await reader.numbers(1)
            tell(stream, *range(1, 3 * KEPT))
            assert reason(await reader.reset()) == "lost"
            tell(stream, 1000)
            assert await reader.numbers(1) == [1000]
            await reader.leave()

        asyncio.run(read())

    @pytest.mark.parametrize(
        "place",
        [
            "",
            "7",
            "0-0",
            "other-0",
            "this-9",
            "this--1",
            "this-²",
            "1-1-1",
            "9" * 30 + "-0",
            "$",
            "1795572292979-0",
        ],
    )
    def test_takes_a_place_that_is_none_of_its_own_for_lost(
        self, stream: EventStream, place: str
    ) -> None:
        async def read() -> None:
            reader = Reader(stream, after=place)
            reset = await reader.reset()
            assert reason(reset) == "lost"
            tell(stream, 1)
            assert await reader.numbers(1) == [1]
            await reader.leave()
            again = Reader(stream, after=reset.place)
            assert await again.numbers(1) == [1]
            await again.leave()

        asyncio.run(read())

    def test_knows_no_other_kind(self, stream: EventStream) -> None:
        with pytest.raises(ValueError, match="gossip"):
            stream.publish(kind="gossip", body={})

    def test_tells_no_binary_floats(self, stream: EventStream) -> None:
        with pytest.raises(TypeError):
            stream.publish(kind="price", body={"price": 59.46})


class TestAMemoryStream:
    def test_knows_that_a_place_is_of_an_earlier_life(self) -> None:
        async def read() -> None:
            place = await place_of(MemoryEventStream(life="first"))
            reader = Reader(MemoryEventStream(life="second"), after=place)
            assert reason(await reader.reset()) == "lost"
            await reader.leave()

        asyncio.run(read())
