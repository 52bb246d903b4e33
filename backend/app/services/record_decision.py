"""Storing a decision with its event; an equal refusal is counted on the one before it."""

from app.domain import rules
from app.domain.blocked_order import NO_PRICE_TO_TRADE_AT
from app.domain.book import DecisionRecord, PositionRecord
from app.domain.decision import Decision, Gate, Refused
from app.domain.events import EventKind
from app.domain.observation import Observation
from app.domain.record import (
    day_body,
    decision_body,
    observation_body,
    position_body,
    repeats_body,
)
from app.domain.recorded import read_day, read_observation, read_position
from app.domain.session import Day
from app.domain.step import Step
from app.domain.what_if import side_called_for
from app.services.journal import Journal
from app.services.ports import Book


def record_decision(
    book: Book, journal: Journal, observation: Observation, day: Day, stepped: Step
) -> DecisionRecord:
    """Store the decision, or count it on an equal refusal just before it.

    A gate that stops an order is not counted on one that stopped none, or one of the other side:
    the gate ledger needs the price of the first.
    """
    record = journal.record
    last = book.last_decision(position_id=record.id)
    if (
        last is not None
        and _repeats(last, stepped.decision, record)
        and _stops_as(last, stepped.decision, record, observation, day)
    ):
        return book.repeat_decision(
            position_id=record.id, number=last.number, at=day.now, price=observation.price
        )
    decision = DecisionRecord(
        number=record.decisions + 1,
        at=day.now,
        strategy_version=record.state.strategy_version,
        rules_version=rules.RULES_VERSION,
        outcome=decision_body(stepped.decision),
        before=position_body(record.state),
        after=position_body(stepped.position),
        observation=observation_body(observation),
        day=day_body(day),
        checks=1,
        last_at=day.now,
        price_low=observation.price,
        price_high=observation.price,
    )
    book.add_decision(position_id=record.id, decision=decision)
    journal.change(decisions=decision.number)
    journal.log(EventKind.DECIDED, _event_body(decision, last))
    return decision


def _repeats(last: DecisionRecord, decision: Decision, record: PositionRecord) -> bool:
    return (
        isinstance(decision, Refused)
        and last.outcome["kind"] == "refused"
        and last.outcome["reason"] == decision.reason.value
        and last.strategy_version == record.state.strategy_version
    )


def _stops_as(
    last: DecisionRecord,
    decision: Decision,
    record: PositionRecord,
    observation: Observation,
    day: Day,
) -> bool:
    """Return whether a gate stops what it stopped the last time: nothing, or an order of a side."""
    if not isinstance(decision.reason, Gate) or decision.reason in NO_PRICE_TO_TRADE_AT:
        return True
    before, seen = read_position(last.before), read_observation(last.observation)
    return side_called_for(before, seen, record.strategy, read_day(last.day)) == side_called_for(
        record.state, observation, record.strategy, day
    )


def _event_body(decision: DecisionRecord, last: DecisionRecord | None) -> dict[str, object]:
    """Return what the chain protects: the decision, and how often the last one was repeated."""
    body: dict[str, object] = {
        "number": decision.number,
        "strategy_version": decision.strategy_version,
        "rules_version": decision.rules_version,
        "outcome": decision.outcome,
        "before": decision.before,
        "after": decision.after,
        "observation": decision.observation,
        "day": decision.day,
    }
    if last is not None and last.checks > 1:
        body["repeats"] = repeats_body(
            checks=last.checks, last_at=last.last_at, low=last.price_low, high=last.price_high
        )
    return body
