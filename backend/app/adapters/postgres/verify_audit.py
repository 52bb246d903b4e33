"""Verifies the chains of audit events, and what they protect, row by row."""

import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from app.adapters.postgres.book_tables import (
    audit_event,
    broker_account,
    decision,
    position,
    robot,
    switch_event,
)
from app.adapters.postgres.transaction import read_identity
from app.adapters.postgres.verify_actions import verify_actions
from app.domain.errors import NotFoundError
from app.domain.events import GENESIS, EventKind, verify_chain
from app.domain.record import moment_text, repeats_body
from app.domain.trading import SwitchKind

# Rows are read as they are needed: a chain may be longer than the memory.
_STREAMED = {"stream_results": True, "yield_per": 500}
# What a decision's event holds of it, word for word.
_DECIDED = (
    *("number", "strategy_version", "rules_version"),
    *("outcome", "before", "after", "observation", "day"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditCheck:
    """A chain as it was found: `finding` is the place where it stops being true, or None."""

    name: str
    events: int
    head: str
    finding: str | None


def verify_audit(connection: Connection, *, position_id: str) -> AuditCheck:
    """Return whether the chain of a position, its decisions and actions are as they were written.

    Raises
    ------
    NotFoundError
        When there is no such position.
    """
    identity = read_identity(position_id, what="position")
    owner = connection.execute(select(position).where(position.c.id == identity)).first()
    if owner is None:
        raise NotFoundError(what="position", identity=position_id)
    mine = audit_event.c.position_id == identity
    links = select(audit_event).where(mine).order_by(audit_event.c.number)
    finding = _chain(connection, links, number=owner.events, head=owner.chain_head)
    if finding is None:
        taken = decision.c.position_id == identity
        rows = select(decision).where(taken).order_by(decision.c.number)
        said = links.where(audit_event.c.kind == EventKind.DECIDED.value)
        with (
            closing(connection.execute(rows, execution_options=_STREAMED)) as kept,
            closing(connection.execute(said, execution_options=_STREAMED)) as decided,
        ):
            told = (json.loads(event.body) for event in decided)
            finding = next(_decisions(iter(kept), told, count=owner.decisions), None)
    if finding is None:
        finding = next(verify_actions(connection, identity=identity), None)
    name = f"{owner.symbol} {position_id}"
    return AuditCheck(name=name, events=owner.events, head=owner.chain_head, finding=finding)


def verify_switch(connection: Connection) -> AuditCheck:
    """Return whether the chain of the kill switch is as it was written, and the switch with it."""
    links = select(switch_event).order_by(switch_event.c.number)
    last = connection.execute(links.order_by(None).order_by(switch_event.c.number.desc())).first()
    state = connection.execute(select(robot)).one()
    number, head = (0, GENESIS) if last is None else (last.number, last.hash)
    finding = _chain(connection, links, number=number, head=head)
    if finding is None:
        finding = _misstated_switch(connection, state) or _misstated_arming(connection)
    return AuditCheck(name="the kill switch", events=number, head=head, finding=finding)


def _misstated_switch(connection: Connection, state: Row[Any]) -> str | None:
    """Return that the kill switch is not what its last flip says, or None."""
    flips = switch_event.c.kind.in_((SwitchKind.HALTED, SwitchKind.RESUMED))
    newest = select(switch_event).where(flips).order_by(switch_event.c.number.desc())
    flip = connection.execute(newest).first()
    body = {"at": moment_text(state.changed_at), "reason": state.reason}
    # Before its first event it is off, since the database was made.
    said = {**body, "reason": None} if flip is None else json.loads(flip.body)
    if state.halted == (flip is not None and flip.kind == SwitchKind.HALTED) and said == body:
        return None
    return f"The kill switch is not what its event {0 if flip is None else flip.number} says."


def _misstated_arming(connection: Connection) -> str | None:
    """Return that real money is armed, or not, against what the last arming says, or None."""
    armings = switch_event.c.kind.in_((SwitchKind.ARMED, SwitchKind.DISARMED))
    said: dict[str, bool] = {}
    query = select(switch_event).where(armings).order_by(switch_event.c.number)
    for row in connection.execute(query):
        said[json.loads(row.body)["broker"]] = row.kind == SwitchKind.ARMED
    for account in connection.execute(select(broker_account)):
        if account.armed != said.get(account.broker, False):
            return f"The arming of {account.broker} is not what its last event says."
    return None


def _chain(connection: Connection, links: Select[Any], *, number: int, head: str) -> str | None:
    """Return the first break of a chain that should end with event `number` and hash `head`."""
    seen = _Seen()
    with closing(connection.execute(links, execution_options=_STREAMED)) as rows:
        broken = verify_chain(seen.through(iter(rows)))
    if broken is not None:
        return f"Audit event {broken.number} {broken.reason}."
    if seen.misdated is not None:
        return f"Audit event {seen.misdated} was edited: its time is not the one in its content."
    if seen.number < number:
        return f"Audit event {seen.number + 1} is missing: there should be {number}."
    if seen.number > number or seen.hash != head:
        return f"Audit event {number} is not the one that the chain should end with."
    return None


class _Seen:
    """What passed of a chain while it was verified."""

    def __init__(self) -> None:
        self.number = 0
        self.hash = GENESIS
        self.misdated: int | None = None

    def through(self, rows: Iterator[Row[Any]]) -> Iterator[Row[Any]]:
        for row in rows:
            yield row
            self.number, self.hash = row.number, row.hash
            # Only what the chain found whole comes so far, so the body is what was written.
            said = json.loads(row.body).get("at")
            if self.misdated is None and said is not None and said != moment_text(row.at):
                self.misdated = row.number


def _decisions(
    rows: Iterator[Row[Any]], told: Iterator[Mapping[str, Any]], *, count: int
) -> Iterator[str]:
    """Compare each decision with the event that the chain protects."""
    last, number = None, 0
    for number, said in enumerate(told, start=1):
        row = next(rows, None)
        if row is None or row.number != number:
            yield f"Decision {number} is missing."
            return
        if _differs(row, said):
            yield f"Decision {number} is not what its audit event says."
        # Older events do not say how often the decision before them was repeated.
        if last is not None and "at" in said and _counted(last) != said.get("repeats", _once(last)):
            yield f"Decision {number - 1} was not repeated as the event of the next one says."
        last = row
    if last is not None and last.checks == 1 and _counted(last) != _once(last):
        yield f"Decision {number} was checked once, and its times or prices say otherwise."
    if number != count or next(rows, None) is not None:
        yield f"Decision {number + 1} is not in the audit trail: there should be {count}."


def _differs(row: Row[Any], said: Mapping[str, Any]) -> bool:
    kept = {name: getattr(row, name) for name in _DECIDED}
    if any(_text(kept[name]) != _text(said[name]) for name in _DECIDED):
        return True
    return bool(moment_text(row.at) != said["day"].get("now", moment_text(row.at)))


def _text(value: object) -> str:
    # As JSON, in which 1, 1.0 and true are three values.
    return json.dumps(value, sort_keys=True)


def _counted(row: Row[Any]) -> dict[str, object]:
    return repeats_body(
        checks=row.checks, last_at=row.last_at, low=row.price_low, high=row.price_high
    )


def _once(row: Row[Any]) -> dict[str, object]:
    once = repeats_body(checks=1, last_at=row.at, low=row.price_low, high=row.price_high)
    if "price" in row.observation:
        price = row.observation["price"]
        once |= {"price_low": price, "price_high": price}
    return once
