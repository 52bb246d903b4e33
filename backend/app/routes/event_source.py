"""Server-sent events: an answer that goes on until its reader, or the service, goes away.

Source: WHATWG HTML, 9.2 Server-sent events.
"""

import asyncio
import signal
import threading
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from contextlib import aclosing, contextmanager, suppress
from types import FrameType
from typing import Any, override

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from app.domain.announcement import Announcement
from app.domain.errors import UnavailableError

HEARTBEAT_SECONDS = 15.0
STREAMS_MAX = 64
_RECONNECT_MILLISECONDS = 1000
_RETRY_AFTER_SECONDS = 30
_FAREWELL_SECONDS = 1.0
_HEARTBEAT = b"event: ping\ndata: {}\n\n"


class Streams:
    """The open streams of one process: how many there may be, and their end with the process."""

    def __init__(
        self, *, heartbeat_seconds: float = HEARTBEAT_SECONDS, at_most: int = STREAMS_MAX
    ) -> None:
        self.heartbeat_seconds = heartbeat_seconds
        self.ended = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._at_most = at_most
        self._open = 0

    def admit(self) -> None:
        """Return when there is room for one more stream.

        Raises
        ------
        UnavailableError
            Otherwise; what the stream tells can be read by asking, too.
        """
        if self._open >= self._at_most:
            raise UnavailableError(
                what="event stream",
                message=f"All {self._at_most} event streams of this process are in use. Everything "
                "that they tell can be read by asking; close a dashboard that nobody looks at.",
                retry_after_seconds=_RETRY_AFTER_SECONDS,
            )

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count one stream while the block lasts."""
        self._open += 1
        try:
            yield
        finally:
            self._open -= 1

    @contextmanager
    def ended_by_signals(self) -> Iterator[None]:
        """End all streams when the process is told to stop while the block lasts.

        The server waits for open answers before it ends the application, so that alone is late.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        for number, inherited in before.items():
            if callable(inherited):
                signal.signal(number, self._ending_before(inherited))
        try:
            yield
        finally:
            for number, inherited in before.items():
                signal.signal(number, inherited)

    def _ending_before(
        self, inherited: Callable[[int, FrameType | None], Any]
    ) -> Callable[[int, FrameType | None], None]:
        def end(number: int, frame: FrameType | None) -> None:
            self._loop.call_soon_threadsafe(self.ended.set)
            inherited(number, frame)

        return end


class EventSource(StreamingResponse):
    """The answer to one reader: nothing waits for it in memory, it is read on as it is taken."""

    media_type = "text/event-stream"

    def __init__(self, *, events: AsyncGenerator[Announcement], streams: Streams) -> None:
        self._streams = streams
        self._chunks = _chunks(events, streams.heartbeat_seconds)
        headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
        super().__init__(self._chunks, headers=headers)

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send events until the reader or the service goes away."""
        ended = self._streams.ended
        with self._streams.counted():
            async with aclosing(self._chunks):
                await _first_of(self.stream_response(send), _gone(receive), ended.wait())
            if ended.is_set():
                # One that takes nothing any more is left to the server's own patience.
                with suppress(TimeoutError):
                    async with asyncio.timeout(_FAREWELL_SECONDS):
                        await send({"type": "http.response.body", "body": b""})


async def _chunks(
    events: AsyncGenerator[Announcement], heartbeat_seconds: float
) -> AsyncGenerator[bytes]:
    yield f"retry: {_RECONNECT_MILLISECONDS}\n\n".encode()
    async with aclosing(events):
        upcoming = asyncio.ensure_future(anext(events))
        try:
            while True:
                await asyncio.wait({upcoming}, timeout=heartbeat_seconds)
                if upcoming.done():
                    yield _written(upcoming.result())
                    upcoming = asyncio.ensure_future(anext(events))
                else:
                    yield _HEARTBEAT
        finally:
            upcoming.cancel()
            await asyncio.wait({upcoming})


def _written(announcement: Announcement) -> bytes:
    place = "" if announcement.place is None else f"id: {announcement.place}\n"
    return f"{place}event: {announcement.kind.value}\ndata: {announcement.body}\n\n".encode()


async def _gone(receive: Receive) -> None:
    """Return when the reader has gone away."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _first_of(*works: Coroutine[Any, Any, object]) -> None:
    """Return when the first of `works` has ended, and end the others."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    for task in done:
        task.result()
