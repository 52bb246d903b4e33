"""Announcements: what just happened, told to whoever is looking; facts are read where they are."""

from dataclasses import dataclass
from enum import StrEnum


class AnnouncementKind(StrEnum):
    """What an announcement is about; `reset` says that some may be missing: read again."""

    PRICE = "price"
    DECISION = "decision"
    ORDER = "order"
    FILL = "fill"
    POSITION = "position"
    JOB = "job"
    TRADING = "trading"
    HEALTH = "health"
    RESET = "reset"


class ResetReason(StrEnum):
    """Why some announcements may be missing.

    `start` begins a reading without a place, `lost` one whose place is no longer kept.
    `interrupted` begins an outage and `resumed` ends it. `missed` follows announcements that
    could not be made, `restarted` the start of a service, which may have died before it spoke.
    """

    START = "start"
    LOST = "lost"
    INTERRUPTED = "interrupted"
    RESUMED = "resumed"
    MISSED = "missed"
    RESTARTED = "restarted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """One announcement: `body` is canonical JSON, `place` where a reader goes on after it.

    The place is None while there is none to go on from.
    """

    place: str | None
    kind: AnnouncementKind
    body: str
