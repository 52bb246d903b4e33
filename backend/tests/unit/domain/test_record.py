"""The canonical record: plain JSON without floats, with the documented keys for every kind."""

import json
from dataclasses import fields
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given

from app.domain.decision import Decision, HoldReason, Proposed, RefusalReason
from app.domain.events import canonical_json
from app.domain.observation import Observation
from app.domain.position import Position, Status
from app.domain.protection import Protections
from app.domain.record import day_body, decision_body, observation_body, position_body
from app.domain.session import Day
from app.domain.step import step
from tests.builders import NOW, SESSION, a_day, a_position, a_strategy, an_observation, ticks
from tests.unit.domain.drawn import Situation, quick, situations

DECISION_KEYS = {
    *("kind", "reason", "side", "quantity", "reference_price", "worst_price", "raw_quantity"),
    *("trims", "anchor_price", "sell_at", "buy_at", "stock_share", "value", "blocked_by"),
    *("cause", "bounds", "commission", "binding"),
}
CASES: dict[str, dict[str, Any]] = {
    "hold": {"price": "60"},
    "stopped": {"price": "60", "position": {"status": Status.PAUSED}},
    "limited": {"price": "61.8", "position": {"orders_today": 5, "orders_on": SESSION}},
    "refused": {"price": "61.8", "groups": {"orders": {"min_notional": "1000"}}},
    "proposed": {"price": "61.8"},
}


def decided(case: dict[str, Any]) -> Decision:
    position = a_position(**case.get("position", {}))
    strategy = a_strategy(**case.get("groups", {}))
    return step(position, an_observation(case["price"]), strategy, a_day()).decision


class TestTheBodyOfADecision:
    @pytest.mark.parametrize("case", CASES.values(), ids=CASES)
    def test_has_the_same_keys_for_every_kind(self, case: dict[str, Any]) -> None:
        assert set(decision_body(decided(case))) == DECISION_KEYS

    def test_of_a_proposal_has_every_number(self) -> None:
        assert decision_body(decided(CASES["proposed"])) == {
            "kind": "proposed",
            "reason": "trigger",
            "cause": "trigger",
            "side": "sell",
            "quantity": "9.5675",
            "reference_price": "61.8",
            "worst_price": "61.8",
            "raw_quantity": "9.567539",
            "bounds": [
                {"rule": "holdings", "quantity": "100"},
                {"rule": "guardrail", "quantity": "50.729423"},
            ],
            "trims": [{"rule": "lot", "before": "9.567539", "after": "9.5675"}],
            "commission": "0.059128",
            "binding": None,
            "anchor_price": "60",
            "sell_at": "61.8",
            "buy_at": "58.2",
            "value": "12180",
            "stock_share": "0.507389",
            "blocked_by": [],
        }

    def test_of_a_hold_has_no_order_in_it(self) -> None:
        body = decision_body(decided(CASES["hold"]))
        assert (body["kind"], body["reason"]) == ("hold", HoldReason.INSIDE_BAND)
        for key in ("side", "cause", "quantity", "worst_price", "raw_quantity", "commission"):
            assert body[key] is None

    def test_of_a_refusal_names_side_size_and_gate(self) -> None:
        stopped = decision_body(decided(CASES["stopped"]))
        assert (stopped["reason"], stopped["side"], stopped["blocked_by"]) == (
            "not_running", None, ["not_running"],
        )  # fmt: skip
        limited = decision_body(decided(CASES["limited"]))
        assert (limited["reason"], limited["side"], limited["quantity"]) == (
            RefusalReason.MAX_PER_DAY, "sell", None,
        )  # fmt: skip
        small = decision_body(decided(CASES["refused"]))
        assert (small["reason"], small["quantity"]) == ("below_min_notional", "9.5675")

    def test_without_a_usable_price_has_no_numbers(self) -> None:
        body = decision_body(step(a_position(), an_observation(0), a_strategy(), a_day()).decision)
        assert body["reason"] == "price_invalid"
        assert body["reference_price"] is body["value"] is body["stock_share"] is None


class TestEveryBody:
    @quick
    @given(situation=situations())
    def test_is_json_without_floats(self, situation: Situation) -> None:
        after = situation.step()
        for body in (
            decision_body(after.decision),
            position_body(after.position),
            observation_body(situation.observation),
            day_body(situation.day),
        ):
            assert json.loads(canonical_json(body)) == body

    @quick
    @given(situation=situations())
    def test_of_a_decision_has_the_documented_keys(self, situation: Situation) -> None:
        body = decision_body(situation.step().decision)
        assert set(body) == DECISION_KEYS
        assert (body["quantity"] is None) or isinstance(body["quantity"], str)
        assert isinstance(situation.step().decision, Proposed) == (body["kind"] == "proposed")


class TestTheBodyOfAPosition:
    def test_has_every_part_of_the_state(self) -> None:
        names = {field.name for field in fields(Position)} - {"anchor"} | {"anchor_price"}
        assert set(position_body(a_position(protections=Protections(max_drawdown=1)))) == names

    def test_leaves_protections_out_where_there_are_none(self) -> None:
        names = {field.name for field in fields(Position)} - {"anchor"} | {"anchor_price"}
        assert set(position_body(a_position())) == names - {"protections", "marks"}

    def test_writes_moments_in_utc_to_the_microsecond(self) -> None:
        body = position_body(
            a_position(last_observed_at=NOW, last_used_on=SESSION, last_price=ticks("60.0001"))
        )
        assert body["last_observed_at"] == "2024-06-11T14:30:00.000000Z"
        assert body["last_used_on"] == "2024-06-11"
        assert body["last_price"] == "60.0001"


class TestTheBodiesOfTheCircumstances:
    def test_have_every_part(self) -> None:
        assert set(observation_body(an_observation())) == {f.name for f in fields(Observation)}
        assert set(day_body(a_day(lot=1))) == {f.name for f in fields(Day)}

    def test_write_moments_in_one_form(self) -> None:
        body = observation_body(an_observation(received_at=NOW + timedelta(microseconds=1)))
        assert body["observed_at"] == "2024-06-11T14:30:00.000000Z"
        assert body["received_at"] == "2024-06-11T14:30:00.000001Z"
