"""Protections on a real database: set, journaled, obeyed by ticks, reset, and replayed."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from app.domain.book import LedgerKind
from app.domain.errors import ConflictError, InvalidInputError
from app.domain.events import EventKind
from app.domain.protection import UNPROTECTED, Protections
from app.domain.units import VALUE_PER_USD
from app.services.journal import Journal
from app.services.replay_decisions import ReplayDecisions, difference
from tests.builders import ppm, usd
from tests.integration.services.desk import Desk

LIMITS: Mapping[str, object] = {"max_drawdown": "0.05", "max_daily_loss": "0.03"}
NEW_GATES = ("max_drawdown", "daily_loss")


def reason(desk: Desk, position_id: str, price: str) -> object:
    return desk.tick(position_id, price).decision.outcome["reason"]


def replays(desk: Desk, position_id: str) -> tuple[int, int]:
    present = ReplayDecisions(store=desk.store).replay(position_id=position_id).present
    return present.decisions, present.differences


class TestAPosition:
    def test_is_unprotected_unless_somebody_asks_for_it(self, desk: Desk) -> None:
        position_id = desk.run()
        desk.tick(position_id, "60")
        state = desk.record(position_id).state
        assert (state.protections, state.marks) == (UNPROTECTED, None)
        decision = desk.decisions(position_id)[0]
        assert not {"protections", "marks"} & (decision.before.keys() | decision.after.keys())

    def test_is_opened_with_its_limits_which_its_first_event_names(self, desk: Desk) -> None:
        position_id = desk.open(protections=LIMITS)
        limits = Protections(max_drawdown=ppm("0.05"), max_daily_loss=ppm("0.03"))
        assert desk.record(position_id).state.protections == limits
        assert json.loads(desk.events(position_id)[-1].body)["protections"] == LIMITS
        assert desk.findings(position_id) == ()

    def test_is_not_opened_with_limits_out_of_range_whatever_else_is_wrong(
        self, desk: Desk
    ) -> None:
        with pytest.raises(InvalidInputError) as refused:
            desk.open(protections={"max_drawdown": "1"}, strategy={"trigger": {"up": "2"}})
        assert [error.field for error in refused.value.errors] == [
            "protections.max_drawdown",
            "strategy.trigger.up",
        ]


class TestAChange:
    def test_is_an_event_with_its_reason_and_counts_from_the_next_price(self, desk: Desk) -> None:
        position_id = desk.run()
        desk.tick(position_id, "61")
        desk.manage.change(
            position_id=position_id, name=None, strategy=None, protections=LIMITS, reason="careful"
        )
        event = desk.events(position_id)[0]
        body = json.loads(event.body)
        assert event.kind is EventKind.PROTECTIONS_CHANGED
        assert (body["protections"], body["reason"]) == (LIMITS, "careful")
        assert desk.record(position_id).state.marks is None
        desk.tick(position_id, "60")
        marks = desk.record(position_id).state.marks
        assert marks is not None
        assert marks.peak == marks.reference == 12_000 * VALUE_PER_USD
        assert desk.findings(position_id) == ()

    def test_to_what_it_is_makes_no_event_and_switching_off_forgets_the_marks(
        self, desk: Desk
    ) -> None:
        position_id = desk.run(protections=LIMITS)
        desk.tick(position_id, "60")
        events = len(desk.events(position_id))
        desk.manage.change(
            position_id=position_id, name=None, strategy=None, protections=LIMITS, reason="same"
        )
        assert len(desk.events(position_id)) == events
        off: Mapping[str, object] = {"max_drawdown": None, "max_daily_loss": None}
        desk.manage.change(
            position_id=position_id, name=None, strategy=None, protections=off, reason="off"
        )
        state = desk.record(position_id).state
        assert (state.protections, state.marks) == (UNPROTECTED, None)


class TestATick:
    def test_below_a_limit_is_refused_with_its_numbers_and_makes_no_order(self, desk: Desk) -> None:
        position_id = desk.run(protections={"max_drawdown": "0.05"}, cash=usd("3000"))
        desk.tick(position_id, "60")
        # 5 % of 9,000 USD are 450: 4.50 USD a share.
        result = desk.tick(position_id, "55.4999")
        assert result.order is None
        outcome = result.decision.outcome
        assert (outcome["kind"], outcome["reason"]) == ("refused", "max_drawdown")
        assert (outcome["value"], outcome["reference_price"]) == ("8549.99", "55.4999")
        assert result.position.record.state.last_price == 554_999
        # The same fall lets a buy through one tick higher.
        again = desk.tick(position_id, "55.5")
        assert again.decision.outcome["kind"] == "proposed"
        assert again.order is not None
        assert replays(desk, position_id) == (3, 0)
        assert desk.findings(position_id) == ()

    def test_on_the_next_day_counts_its_loss_from_where_the_price_was(self, desk: Desk) -> None:
        position_id = desk.run(protections={"max_daily_loss": "0.03"})
        desk.tick(position_id, "60")
        assert reason(desk, position_id, "55") == "daily_loss"
        desk.next_session()
        assert reason(desk, position_id, "55") == "trigger"
        assert replays(desk, position_id) == (3, 0)

    def test_counts_equal_refusals_and_goes_on_marking_the_value(self, desk: Desk) -> None:
        position_id = desk.run(protections={"max_drawdown": "0.05"})
        desk.tick(position_id, "60")
        for price in ("53", "52.5", "52"):
            desk.tick(position_id, price)
        assert desk.decisions(position_id)[0].checks == 3
        marks = desk.record(position_id).state.marks
        assert marks is not None
        assert marks.last == 11_200 * VALUE_PER_USD
        assert desk.findings(position_id) == ()


class TestMovedCash:
    @pytest.mark.parametrize("kind", [LedgerKind.DEPOSIT, LedgerKind.WITHDRAWAL])
    def test_moves_the_marks_with_the_value(self, desk: Desk, kind: LedgerKind) -> None:
        position_id = desk.run(protections=LIMITS)
        desk.tick(position_id, "60")
        before = desk.record(position_id).state.marks
        desk.manage.move_cash(position_id=position_id, kind=kind, amount=usd("1000"), reason="x")
        after = desk.record(position_id).state.marks
        assert before is not None
        assert after is not None
        by = (1 if kind is LedgerKind.DEPOSIT else -1) * 1_000 * VALUE_PER_USD
        assert (after.peak, after.reference, after.last) == (
            before.peak + by, before.reference + by, before.last + by,
        )  # fmt: skip
        assert reason(desk, position_id, "60.0001") == "inside_band"
        assert replays(desk, position_id)[1] == 0

    @pytest.mark.parametrize("kind", [LedgerKind.DEPOSIT, LedgerKind.WITHDRAWAL])
    def test_while_a_protection_stops_orders_changes_nothing_about_that(
        self, desk: Desk, kind: LedgerKind
    ) -> None:
        position_id = desk.run(protections={"max_drawdown": "0.05"})
        desk.tick(position_id, "60")
        assert reason(desk, position_id, "53.9") == "max_drawdown"
        desk.manage.move_cash(position_id=position_id, kind=kind, amount=usd("6000"), reason="x")
        fall = desk.evaluate.evaluate(position_id=position_id, price=539_000)
        (drawdown,) = fall.decision.numbers.falls
        assert drawdown.part == 50_833  # 610 of 12,000 USD, as before
        assert reason(desk, position_id, "53.9") == "max_drawdown"

    def test_after_a_resolved_halt_is_measured_at_the_anchor(self, desk: Desk) -> None:
        position_id = desk.run(protections={"max_drawdown": "0.05"})
        desk.tick(position_id, "60")
        with desk.store.book() as book:
            record = book.lock_position(position_id=position_id)
            journal = Journal(book=book, record=record, at=desk.clock.now())
            journal.halt("test")
            journal.save()
        desk.manage.resolve_halt(position_id=position_id, reason="x")
        desk.manage.move_cash(
            position_id=position_id, kind=LedgerKind.DEPOSIT, amount=usd("12000"), reason="x"
        )
        state = desk.record(position_id).state
        assert state.last_price is None
        assert state.marks is not None
        assert state.marks.peak == 24_000 * VALUE_PER_USD


class TestAReset:
    def test_lets_orders_through_again_and_keeps_what_was_forgotten(self, desk: Desk) -> None:
        position_id = desk.run(protections={"max_drawdown": "0.05"})
        desk.tick(position_id, "60")
        assert reason(desk, position_id, "53") == "max_drawdown"
        desk.manage.reset_protection(position_id=position_id, reason="I know")
        event = desk.events(position_id)[0]
        body = json.loads(event.body)
        assert (event.kind, body["reason"]) == (EventKind.PROTECTION_RESET, "I know")
        assert body["marks"]["peak"] == "12000"
        assert reason(desk, position_id, "53.01") == "trigger"
        assert replays(desk, position_id) == (3, 0)
        assert desk.findings(position_id) == ()

    @pytest.mark.parametrize("protections", [{}, LIMITS])
    def test_without_a_peak_is_a_conflict(
        self, desk: Desk, protections: Mapping[str, object]
    ) -> None:
        position_id = desk.run(protections=protections)
        with pytest.raises(ConflictError) as refused:
            desk.manage.reset_protection(position_id=position_id, reason="x")
        assert refused.value.reason == "position_unmarked"


class TestADecisionOfBefore:
    def test_that_was_not_asked_the_new_gates_comes_out_the_same(self, desk: Desk) -> None:
        position_id = desk.run()
        for price in ("60", "61.8", "60.5", "58.2"):
            desk.tick(position_id, price)
            desk.clock.advance(timedelta(minutes=1))
        strategy = desk.record(position_id).strategy
        for decision in desk.decisions(position_id):
            gates = decision.day["gates"]
            assert isinstance(gates, list)
            old = [gate for gate in gates if gate not in NEW_GATES]
            assert len(old) == len(gates) - 2
            record = replace(decision, day={**decision.day, "gates": old})
            assert difference(record, strategy) is None
