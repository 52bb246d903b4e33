"""Reading an event stream to a number of announcements."""

import asyncio
import json
from contextlib import aclosing
from typing import Any

from app.domain.announcement import Announcement, AnnouncementKind
from app.services.ports import EventStream

PATIENCE_SECONDS = 10


class Reader:
    """One that follows a stream and is asked for what comes next.

    async with asyncio.TaskGroup(): ...   # or any running loop
    reader = Reader(stream, after=None)
    await reader.next()
    await reader.leave()
    """

    def __init__(self, stream: EventStream, *, after: str | None) -> None:
        self._following = stream.follow(after=after)

    async def next(self) -> Announcement:
        return await asyncio.wait_for(anext(self._following), PATIENCE_SECONDS)

    async def numbers(self, count: int) -> list[int]:
        """Return the `n` of the next announcements, none of which is a reset."""
        return [content(await self.next(), "price")["n"] for _ in range(count)]

    async def reset(self) -> Announcement:
        """Return the next announcement, which is a reset."""
        announcement = await self.next()
        assert announcement.kind is AnnouncementKind.RESET, announcement
        return announcement

    async def leave(self) -> None:
        await self._following.aclose()


async def place_of(stream: EventStream) -> str:
    """Return the present end of the stream."""
    async with aclosing(stream.follow(after=None)) as following:
        place = (await anext(following)).place
    assert place is not None
    return place


def content(announcement: Announcement, kind: str) -> dict[str, Any]:
    """Return the body of an announcement of this kind."""
    assert announcement.kind == kind, announcement
    body: dict[str, Any] = json.loads(announcement.body)
    return body


def reason(announcement: Announcement) -> str:
    return str(content(announcement, "reset")["reason"])


def tell(stream: EventStream, *numbers: int) -> None:
    for number in numbers:
        stream.publish(kind="price", body={"n": number})
