"""Announcements inside one process, for a product without Redis."""

import asyncio
import threading
from collections import deque
from collections.abc import AsyncGenerator, Mapping
from itertools import islice

from app.domain.announcement import Announcement, AnnouncementKind, ResetReason
from app.domain.events import canonical_json

KEPT = 2000
_BATCH = 100


class MemoryEventStream:
    """Keeps the latest announcements, so many as `kept`, until the process ends.

    A place is the identity of this `life` and a number, so that one of an earlier life is known.
    """

    def __init__(self, *, life: str, kept: int = KEPT) -> None:
        self._life = life
        self._lock = threading.Lock()
        self._newest = 0
        self._kept: deque[Announcement] = deque(maxlen=kept)
        self._sleepers: set[_Sleeper] = set()

    def publish(self, *, kind: str, body: Mapping[str, object]) -> None:
        """Announce `body` as `kind` to all who follow."""
        known, text = AnnouncementKind(kind), canonical_json(body)
        with self._lock:
            self._newest += 1
            place = self._place(self._newest)
            self._kept.append(Announcement(place=place, kind=known, body=text))
            for sleeper in self._sleepers:
                sleeper.wake()

    async def follow(self, *, after: str | None) -> AsyncGenerator[Announcement]:
        """Yield what follows the place `after`, then whatever comes; see `EventStream`."""
        sleeper = _Sleeper()
        with self._lock:
            self._sleepers.add(sleeper)
        try:
            place = after
            while True:
                sleeper.is_woken.clear()
                told = self._after(place)
                for announcement in told:
                    yield announcement
                if told:
                    place = told[-1].place
                else:
                    await sleeper.is_woken.wait()
        finally:
            with self._lock:
                self._sleepers.discard(sleeper)

    def _after(self, place: str | None) -> list[Announcement]:
        """Return the next announcements after `place`, or a reset when it is not kept."""
        with self._lock:
            oldest = self._newest - len(self._kept)
            number = self._number(place)
            if number is not None and oldest <= number <= self._newest:
                return list(islice(self._kept, number - oldest, number - oldest + _BATCH))
            reason = ResetReason.START if place is None else ResetReason.LOST
            body = canonical_json({"reason": reason.value})
            here = self._place(self._newest)
            return [Announcement(place=here, kind=AnnouncementKind.RESET, body=body)]

    def _place(self, number: int) -> str:
        return f"{self._life}-{number}"

    def _number(self, place: str | None) -> int | None:
        """Return the number of a place of this life, or None."""
        life, _, number = (place or "").rpartition("-")
        return int(number) if life == self._life and number.isdecimal() else None


class _Sleeper:
    """A reader that waits in its event loop for what other threads announce."""

    def __init__(self) -> None:
        self.is_woken = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def wake(self) -> None:
        self._loop.call_soon_threadsafe(self.is_woken.set)
