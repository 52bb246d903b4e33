"""The dividends and splits of a position, as they were booked or kept apart."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

_EXCHANGE_ZONE = ZoneInfo("America/New_York")


class ActionKind(StrEnum):
    """What a company did to its shares."""

    DIVIDEND = "dividend"
    SPLIT = "split"


class ActionState(StrEnum):
    """How far the booking of an action is."""

    BOOKED = "booked"
    """Its money is not paid yet; of a split, the broker does not hold the new shares yet."""
    OVERDUE = "overdue"
    """A dividend that the broker should have paid long ago."""
    SETTLED = "settled"
    QUARANTINED = "quarantined"
    """It can hardly be true: it is shown, and not booked for as long as that is so."""


UNPAID = frozenset((ActionState.BOOKED, ActionState.OVERDUE))


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRecord:
    """An action of a position, found by its kind and ex-date.

    Micros a share, new and old shares of a split, previous close in ticks, `entitled` in share
    units after that day's split; gross = tax + net in micros. `due_on` is the first date on
    which it may be settled, `paid_on` the date on which a dividend was. `note` says why it is
    quarantined, `differs` what the provider announces by now instead of what was booked.
    """

    kind: ActionKind
    ex_date: date
    state: ActionState
    per_share: int | None
    numerator: int | None
    denominator: int | None
    previous_close: int | None
    entitled: int
    gross: int
    tax: int
    net: int
    due_on: date | None
    paid_on: date | None
    source: str
    learned_at: datetime
    note: str | None
    differs: str | None

    @property
    def reference(self) -> str:
        """Return the name under which the ledger books it."""
        return f"{self.kind.value} {self.ex_date}"

    @property
    def terms(self) -> str:
        """Return what was announced, in one comparable word."""
        if self.kind is ActionKind.DIVIDEND:
            return f"{self.per_share} micros a share"
        return f"{self.numerator}:{self.denominator}"


def begin_of(on: date) -> datetime:
    """Return the moment in UTC at which the exchange's calendar date `on` begins."""
    return datetime(on.year, on.month, on.day, tzinfo=_EXCHANGE_ZONE).astimezone(UTC)
