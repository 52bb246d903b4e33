"""Decisions of an earlier version stay readable: what they did not keep is null."""

from typing import Any

import pytest

from app.domain.book import DecisionRecord
from app.domain.record import day_body, decision_body, observation_body, position_body
from app.domain.step import step
from app.routes.v1.schemas.decisions import decision_out
from tests.builders import NOW, a_day, a_position, a_strategy, an_observation, later

SINCE_THEN = ("volume", "delay_minutes", "market_phase")


def a_record(**outcome: Any) -> DecisionRecord:
    """Return a decision as the first version stored it."""
    position, observation, day = a_position(), an_observation(observed_at=later(-7)), a_day()
    stepped = step(position, observation, a_strategy(), day)
    before, after = position_body(position), position_body(stepped.position)
    del before["watch"], after["watch"]
    seen = observation_body(observation)
    for name in SINCE_THEN:
        del seen[name]
    return DecisionRecord(
        number=1,
        at=NOW,
        strategy_version=1,
        rules_version="1",
        outcome=decision_body(stepped.decision) | outcome,
        before=before,
        after=after,
        observation=seen,
        day=day_body(day),
        checks=1,
        last_at=NOW,
        price_low=observation.price,
        price_high=observation.price,
    )


class TestADecisionOfTheFirstVersion:
    def test_is_shown_without_what_it_did_not_keep(self) -> None:
        shown = decision_out(a_record())
        assert (shown.before.watch, shown.after.watch) == (None, None)
        assert [getattr(shown.observation, name) for name in SINCE_THEN] == [None] * 3
        assert shown.observation.delay == "unknown"

    def test_has_the_age_that_its_price_had_then(self) -> None:
        seen = decision_out(a_record()).observation
        assert (seen.age_seconds, seen.stale) == (7, False)

    @pytest.mark.parametrize("reason", ["price_not_newer", "price_implausible"])
    def test_keeps_its_reason_and_its_sentence(self, reason: str) -> None:
        shown = decision_out(a_record(kind="refused", reason=reason, blocked_by=[reason]))
        assert shown.reason == reason
        assert shown.sentence.startswith("Refused: ")
