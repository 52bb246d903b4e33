"""The event stream of several processes: what it does when its server is away or forgets."""

import asyncio
import logging
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from app.adapters.redis.events import RedisEventStream
from tests.integration.events.reading import Reader, place_of, reason, tell
from tests.integration.events.valkey import OwnValkey


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[OwnValkey]:
    valkey = OwnValkey(folder=tmp_path)
    valkey.start()
    yield valkey
    valkey.kill()


@pytest.fixture
def stream(valkey: OwnValkey) -> Iterator[RedisEventStream]:
    stream = RedisEventStream(url=valkey.url)
    yield stream
    stream.close()


class TestTheSharedStream:
    def test_is_followed_from_another_process_to_the_same_places(
        self, stream: RedisEventStream, valkey: OwnValkey
    ) -> None:
        other = RedisEventStream(url=valkey.url)

        async def read() -> None:
            place = await place_of(other)
            tell(stream, 1)
            tell(other, 2)
            one, two = Reader(stream, after=place), Reader(other, after=place)
            assert [await one.next() for _ in range(2)] == [await two.next() for _ in range(2)]
            await one.leave()
            await two.leave()

        asyncio.run(read())
        other.close()

    def test_that_was_flushed_resets_its_readers(
        self, stream: RedisEventStream, valkey: OwnValkey
    ) -> None:
        async def read() -> None:
            reader = Reader(stream, after=await place_of(stream))
            tell(stream, 1)
            assert await reader.numbers(1) == [1]
            with Redis.from_url(valkey.url) as server:
                server.flushall()
            tell(stream, 2)
            assert reason(await reader.reset()) == "lost"
            tell(stream, 3)
            assert await reader.numbers(1) == [3]
            await reader.leave()

        asyncio.run(read())

    def test_resets_a_reader_from_whom_entries_went_while_it_waited(
        self, stream: RedisEventStream, valkey: OwnValkey
    ) -> None:
        async def read() -> None:
            reader = Reader(stream, after=None)
            await reader.reset()
            waiting = asyncio.create_task(reader.reset())
            await asyncio.sleep(0.1)
            with Redis.from_url(valkey.url) as server:
                together = server.pipeline(transaction=True)
                for number in range(20):
                    entry = {"kind": "price", "body": f'{{"n":{number}}}'}
                    together.xadd("vb:1:events", {**entry}, maxlen=10, approximate=False)
                together.execute()
            assert reason(await waiting) == "lost"
            await reader.leave()

        asyncio.run(read())

    def test_goes_on_by_itself_once_its_server_is_back(
        self, stream: RedisEventStream, valkey: OwnValkey, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO)

        async def read() -> None:
            place = await place_of(stream)
            reader = Reader(stream, after=place)
            tell(stream, 1)
            assert await reader.numbers(1) == [1]
            valkey.kill()
            interrupted = await reader.reset()
            assert (reason(interrupted), interrupted.place) == ("interrupted", None)
            tell(stream, 2, 3)
            await asyncio.to_thread(valkey.start)
            assert reason(await reader.reset()) == "resumed"
            await asyncio.sleep(1)  # the pause after a failure
            tell(stream, 4)
            assert reason(await reader.reset()) == "missed"
            assert await reader.numbers(1) == [4]
            await reader.leave()
            earlier_life = Reader(stream, after=place)
            assert reason(await earlier_life.reset()) == "lost"
            await earlier_life.leave()

        asyncio.run(read())
        assert [record.levelno for record in caplog.records] == [logging.WARNING, logging.INFO]
        assert "event stream is away" in caplog.text

    def test_makes_up_for_what_was_missed_while_nobody_announces(
        self, stream: RedisEventStream, valkey: OwnValkey
    ) -> None:
        async def read() -> None:
            reader = Reader(stream, after=None)
            await reader.reset()
            valkey.hold()
            tell(stream, 1)
            valkey.release()
            assert reason(await reader.reset()) in {"missed", "lost"}
            await reader.leave()

        asyncio.run(read())

    def test_costs_who_announces_one_short_wait_a_second_while_its_server_hangs(
        self, stream: RedisEventStream, valkey: OwnValkey
    ) -> None:
        valkey.hold()
        started = time.monotonic()
        tell(stream, *range(1000))
        assert time.monotonic() - started < 0.6
        valkey.release()
