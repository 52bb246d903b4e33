"""Audit events: canonical bodies, chained by their hashes."""

import hashlib
import json
from collections.abc import Mapping
from enum import StrEnum

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
    CASH_MOVED = "cash_moved"
    ANCHOR_SET = "anchor_set"
    DECIDED = "decided"
    FILLED = "filled"


def canonical_json(body: Mapping[str, object]) -> str:
    """Return the one text of `body`: sorted keys, no spaces, no floats.

    Raises
    ------
    TypeError
        For a value that is not a string, integer, boolean, null, list or object.
    """
    _refuse_floats(body)
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def chain_hash(*, previous: str, kind: EventKind, body: str) -> str:
    """Return sha256(previous, kind, canonical body), each followed by a line feed, in hex."""
    return hashlib.sha256(f"{previous}\n{kind.value}\n{body}\n".encode()).hexdigest()


def _refuse_floats(value: object) -> None:
    if isinstance(value, float):
        raise TypeError("a canonical body holds no binary float")
    if isinstance(value, Mapping):
        for member in value.values():
            _refuse_floats(member)
    elif isinstance(value, list | tuple):
        for member in value:
            _refuse_floats(member)
