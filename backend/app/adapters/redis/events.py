"""Announcements in a stream of Redis or Valkey, shared by every process that names it.

A lost, flushed or slow server loses announcements, and nothing else: readers are told to read
everything again.
"""

import asyncio
import re
import threading
import time
from collections.abc import AsyncGenerator, Mapping
from typing import Any

from redis.asyncio import Redis as AsyncRedis
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.typing import EncodableT, FieldT

from app.adapters.redis.connection import AWAY, KEY_PREFIX, Outage, connect
from app.domain.announcement import Announcement, AnnouncementKind, ResetReason
from app.domain.events import canonical_json

KEPT = 2000
_KEY = KEY_PREFIX + "events"
_BATCH = 100
# A server that hangs costs whoever announces one timeout in so many seconds.
_PAUSE_SECONDS = 1.0
# How long a reader waits before it looks whether the server still keeps its place.
_LOOK_SECONDS = 2.0
_BEGINNING = "beginning"
# What a server takes for the place of an entry; anything else it answers with an error.
_PLACE = re.compile(r"[0-9]{1,18}-[0-9]{1,18}")

type _Fields = dict[FieldT, EncodableT]


class RedisEventStream:
    """Keeps the latest announcements at `url` (`redis://…`), so many as `kept`.

    A place is the number of an entry in the server's stream, and is kept as long as its entry.
    """

    def __init__(self, *, url: str, kept: int = KEPT) -> None:
        self._url = url
        self._kept = kept
        self._redis = connect(url)
        self._lock = threading.Lock()
        self._missed = False
        self._pause_ends = 0.0
        self._outage = Outage(
            what="The event stream", meanwhile="Dashboards ask by themselves until it is back."
        )

    def close(self) -> None:
        """Give the connections back."""
        self._redis.close()

    def publish(self, *, kind: str, body: Mapping[str, object]) -> None:
        """Announce `body` as `kind`; what cannot be told now is followed by a `reset` later."""
        entry: _Fields = {"kind": AnnouncementKind(kind).value, "body": canonical_json(body)}
        with self._lock:
            self._append(entry)

    def _append(self, *entries: _Fields) -> None:
        if time.monotonic() < self._pause_ends:
            self._missed = True
            return
        if self._missed:
            entries = (_reset_entry(ResetReason.MISSED), *entries)
        try:
            pipeline = self._redis.pipeline(transaction=False)
            for entry in entries:
                pipeline.xadd(_KEY, entry, maxlen=self._kept, approximate=False)
            pipeline.execute()
        except AWAY as error:
            self._missed = True
            self._pause_ends = time.monotonic() + _PAUSE_SECONDS
            self._outage.begins(error)
        else:
            self._missed = False
            self._outage.ends()

    def _make_up(self) -> None:
        """Tell of announcements that were missed, when nothing was announced since."""
        with self._lock:
            if self._missed:
                self._append()

    async def follow(self, *, after: str | None) -> AsyncGenerator[Announcement]:
        """Yield what follows the place `after`, then whatever comes; see `EventStream`."""
        reader = AsyncRedis.from_url(
            self._url,
            decode_responses=True,
            socket_connect_timeout=_LOOK_SECONDS,
            socket_timeout=2 * _LOOK_SECONDS,
            retry=AsyncRetry(NoBackoff(), 0),
        )
        place, reason = after, ResetReason.START if after is None else ResetReason.LOST
        try:
            while True:
                try:
                    async for announcement in self._read_on(reader, place, reason):
                        yield announcement
                except AWAY as error:
                    self._outage.begins(error)
                yield _reset(None, ResetReason.INTERRUPTED)
                await _answers_again(reader)
                self._outage.ends()
                place, reason = None, ResetReason.RESUMED
        finally:
            await reader.aclose()

    async def _read_on(
        self, reader: AsyncRedis, place: str | None, reason: ResetReason
    ) -> AsyncGenerator[Announcement]:
        """Yield what follows `place` while the server answers; a reset where it is lost."""
        while True:
            if place is None or not await _is_kept(reader, place):
                place = await _newest(reader)
                yield _reset(place, reason)
                reason = ResetReason.LOST
            entries = await _entries_after(reader, place)
            if not await _is_kept(reader, place):
                continue  # what was between may be gone with it
            for number, fields in entries:
                place = number
                if fields["kind"] != _BEGINNING:
                    kind = AnnouncementKind(fields["kind"])
                    yield Announcement(place=number, kind=kind, body=fields["body"])
            if not entries and self._missed:
                await asyncio.to_thread(self._make_up)


async def _entries_after(reader: AsyncRedis, place: str) -> list[tuple[str, dict[str, str]]]:
    """Return the next entries after `place`; wait for some a while."""
    wait = int(_LOOK_SECONDS * 1000)
    # Typed for every protocol and encoding at once.
    answered: Any = await reader.xread({_KEY: place}, count=_BATCH, block=wait)
    return answered[0][1] if answered else []


async def _is_kept(reader: AsyncRedis, place: str) -> bool:
    """Return whether nothing that follows `place` is gone, for the oldest goes first."""
    return bool(_PLACE.fullmatch(place) and await reader.xrange(_KEY, place, place))


async def _newest(reader: AsyncRedis) -> str:
    """Return the place of the newest entry; in an empty stream, of one that is told to nobody."""
    if newest := await reader.xrevrange(_KEY, count=1):
        return str(newest[0][0])
    return str(await reader.xadd(_KEY, {"kind": _BEGINNING, "body": "{}"}))


async def _answers_again(reader: AsyncRedis) -> None:
    """Return once the server answers."""
    while True:
        await asyncio.sleep(_PAUSE_SECONDS)
        try:
            await reader.ping()
        except AWAY:
            continue
        return


def _reset_entry(reason: ResetReason) -> _Fields:
    body = canonical_json({"reason": reason.value})
    return {"kind": AnnouncementKind.RESET.value, "body": body}


def _reset(place: str | None, reason: ResetReason) -> Announcement:
    body = canonical_json({"reason": reason.value})
    return Announcement(place=place, kind=AnnouncementKind.RESET, body=body)
