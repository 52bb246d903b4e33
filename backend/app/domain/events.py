"""Audit events: canonical bodies, chained by their hashes."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

GENESIS = "0" * 64


class EventKind(StrEnum):
    """What happened to a position."""

    OPENED = "opened"
    RENAMED = "renamed"
    STRATEGY_CHANGED = "strategy_changed"
    STARTED = "started"
    PAUSED = "paused"
    HALTED = "halted"
    HALT_RESOLVED = "halt_resolved"
    ARCHIVED = "archived"
    PROTECTIONS_CHANGED = "protections_changed"
    PROTECTION_RESET = "protection_reset"
    CASH_MOVED = "cash_moved"
    ANCHOR_SET = "anchor_set"
    DECIDED = "decided"
    FILLED = "filled"
    ORDER_CHANGED = "order_changed"
    BUSTED = "busted"
    ADOPTED = "adopted"
    DIVIDEND_BOOKED = "dividend_booked"
    DIVIDEND_PAID = "dividend_paid"
    DIVIDEND_OVERDUE = "dividend_overdue"
    DIVIDEND_UNEXPECTED = "dividend_unexpected"
    DIVIDEND_CORRECTED = "dividend_corrected"
    SPLIT_BOOKED = "split_booked"
    SPLIT_SETTLED = "split_settled"
    ACTION_QUARANTINED = "action_quarantined"
    ACTION_LEARNED_LATE = "action_learned_late"
    ACTION_DIFFERS = "action_differs"
    FEE_BOOKED = "fee_booked"


def canonical_json(body: Mapping[str, object]) -> str:
    """Return the one text of `body`: sorted keys, no spaces, no floats.

    Raises
    ------
    TypeError
        For a value that is not a string, integer, boolean, null, list or object.
    """
    _refuse_floats(body)
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def chain_hash(*, previous: str, kind: str, body: str) -> str:
    """Return sha256(previous, kind, canonical body), each followed by a line feed, in hex."""
    return hashlib.sha256(f"{previous}\n{kind}\n{body}\n".encode()).hexdigest()


class Link(Protocol):
    """One event of a chain, wherever it is kept."""

    @property
    def number(self) -> int:
        """Return the place in the chain, from 1."""
        ...

    @property
    def kind(self) -> str:
        """Return what happened."""
        ...

    @property
    def body(self) -> str:
        """Return the canonical body."""
        ...

    @property
    def previous(self) -> str:
        """Return the hash of the event before."""
        ...

    @property
    def hash(self) -> str:
        """Return the hash of this event."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainBreak:
    """Where a chain stops being whole, and why, as the end of a sentence."""

    number: int
    reason: str


def verify_chain(
    links: Iterable[Link], *, first: int = 1, previous: str = GENESIS
) -> ChainBreak | None:
    """Return the first break of a chain, or None.

    `links` begin with number `first`, which follows the hash `previous`.

    An event was edited when its hash is not that of its content; one is missing, added or out of
    order when numbers or hashes do not follow one another.
    """
    for number, link in enumerate(links, start=first):
        if link.number != number:
            return ChainBreak(number=number, reason=f"is missing: event {link.number} follows")
        if link.previous != previous:
            return ChainBreak(number=number, reason="does not name the hash of the event before")
        if link.hash != chain_hash(previous=previous, kind=link.kind, body=link.body):
            return ChainBreak(number=number, reason="was edited: its hash is of another content")
        previous = link.hash
    return None


def _refuse_floats(value: object) -> None:
    if isinstance(value, float):
        raise TypeError("a canonical body holds no binary float")
    if isinstance(value, dict):
        for member in value.values():
            _refuse_floats(member)
    elif isinstance(value, list | tuple):
        for member in value:
            _refuse_floats(member)
