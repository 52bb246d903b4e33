"""Telling when the service becomes ready or stops being so, without being asked."""

from datetime import datetime

from app.domain.announcement import AnnouncementKind
from app.services.ports import Announcer
from app.services.read_health import Dependency, ReadHealth
from app.services.read_market import ReadMarket

WATCH_SECONDS = 5.0


class WatchHealth:
    """Announces each change in what the service depends on, the provider of prices included."""

    def __init__(self, *, health: ReadHealth, market: ReadMarket, events: Announcer) -> None:
        self._health = health
        self._market = market
        self._events = events
        self._last: tuple[tuple[Dependency, ...], datetime | None] | None = None

    def look(self) -> None:
        """Ask each dependency, and announce them all when one is another now."""
        dependencies = self._health.dependencies()
        outage = self._market.outage
        now = (dependencies, None if outage is None else outage.since)
        if self._last is not None and now != self._last:
            body = [{"name": d.name, "state": d.state, "detail": d.detail} for d in dependencies]
            self._events.publish(kind=AnnouncementKind.HEALTH, body={"dependencies": body})
        self._last = now
