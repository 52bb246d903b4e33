"""Telling when the service becomes ready or stops being so, without being asked."""

from app.domain.announcement import AnnouncementKind
from app.services.ports import Announcer
from app.services.read_health import Dependency, ReadHealth

WATCH_SECONDS = 5.0


class WatchHealth:
    """Announces each change in what the service depends on."""

    def __init__(self, *, health: ReadHealth, events: Announcer) -> None:
        self._health = health
        self._events = events
        self._last: tuple[Dependency, ...] | None = None

    def look(self) -> None:
        """Ask each dependency, and announce them all when one is another now."""
        dependencies = self._health.dependencies()
        if self._last is not None and dependencies != self._last:
            body = [{"name": d.name, "state": d.state, "detail": d.detail} for d in dependencies]
            self._events.publish(kind=AnnouncementKind.HEALTH, body={"dependencies": body})
        self._last = dependencies
