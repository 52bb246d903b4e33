"""The kill switch: whether the robot may trade at all, and the chain of who said so and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.domain.events import GENESIS, canonical_json, chain_hash
from app.domain.position import Broker
from app.domain.record import moment_text


class SwitchKind(StrEnum):
    """What happened to the kill switch, or to the arming of real money."""

    HALTED = "halted"
    RESUMED = "resumed"
    ARMED = "armed"
    DISARMED = "disarmed"


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerAccountRecord:
    """An account that positions were opened at; `armed` lets its real money trade.

    Its fills were read until `fills_since`.
    """

    broker: Broker
    account_id: str
    armed: bool
    fills_since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TradingSwitch:
    """The kill switch since `changed_at`; `reason` is None until it is used for the first time."""

    halted: bool
    reason: str | None
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchEvent:
    """One link of the kill switch's chain; `body` is canonical JSON."""

    number: int
    at: datetime
    kind: SwitchKind
    body: str
    previous: str
    hash: str


def next_event(
    last: SwitchEvent | None, *, at: datetime, kind: SwitchKind, body: Mapping[str, object]
) -> SwitchEvent:
    """Return the link that follows `last`; its moment is part of what its hash protects."""
    text = canonical_json({**body, "at": moment_text(at)})
    previous = GENESIS if last is None else last.hash
    return SwitchEvent(
        number=1 if last is None else last.number + 1,
        at=at,
        kind=kind,
        body=text,
        previous=previous,
        hash=chain_hash(previous=previous, kind=kind, body=text),
    )
