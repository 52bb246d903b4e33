"""What a person does to a position: each change is one transaction, one event, one reason."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from app.domain.book import LedgerKind
from app.domain.decision import Hold, Proposed
from app.domain.errors import ConflictError, InvalidInputError, NotFoundError
from app.domain.events import EventKind
from app.domain.position import Status
from app.domain.record import moment_text
from app.services.manage_position import CashMoved
from tests.builders import ppm, ticks, usd
from tests.integration.services.conftest import Snapshot
from tests.integration.services.desk import EVERYTHING, Desk


class TestChangingTheStrategy:
    def test_lays_it_over_the_present_one_as_a_new_version(self, desk: Desk) -> None:
        position_id = desk.open(strategy={"trigger": {"up": "0.05"}})
        desk.manage.change(
            position_id=position_id,
            name=None,
            strategy={"trigger": {"down": "0.04"}, "orders": {"max_per_day": 9}},
            reason="calmer",
        )
        record = desk.record(position_id)
        assert record.state.strategy_version == 2
        strategy = record.strategy
        assert (strategy.up, strategy.down) == (ppm("0.05"), ppm("0.04"))
        assert (strategy.max_per_day, strategy.ratio) == (9, ppm("1.6667"))
        versions = desk.read.strategies(position_id=position_id, limit=EVERYTHING, cursor=None)
        assert [(v.version, v.reason) for v in versions.items] == [(2, "calmer"), (1, "opened")]
        event = desk.events(position_id)[0]
        assert (event.kind, json.loads(event.body)["reason"]) == (
            EventKind.STRATEGY_CHANGED,
            "calmer",
        )
        assert desk.findings(position_id) == ()

    def test_decides_by_the_new_version_from_the_next_decision_on(self, desk: Desk) -> None:
        position_id = desk.run()
        first = desk.tick(position_id, "60.10").decision
        desk.manage.change(
            position_id=position_id, name=None, strategy={"trigger": {"up": "0.01"}}, reason="x"
        )
        second = desk.tick(position_id, "60.70").decision
        assert (first.strategy_version, first.outcome["sell_at"]) == (1, "61.8")
        assert (second.strategy_version, second.outcome["sell_at"]) == (2, "60.6")
        assert second.outcome["kind"] == "proposed"

    def test_to_what_it_is_makes_no_version_and_no_event(
        self, desk: Desk, stored: Callable[[], Snapshot]
    ) -> None:
        position_id = desk.open()
        before = stored()
        desk.manage.change(
            position_id=position_id, name=None, strategy={"trigger": {"up": "0.03"}}, reason="x"
        )
        assert stored() == before

    def test_outside_its_range_names_it_and_changes_nothing(
        self, desk: Desk, stored: Callable[[], Snapshot]
    ) -> None:
        position_id = desk.open()
        before = stored()
        with pytest.raises(InvalidInputError) as refused:
            desk.manage.change(
                position_id=position_id,
                name="also this",
                strategy={"trigger": {"up": "5", "sideways": "1"}},
                reason="x",
            )
        assert [error.field for error in refused.value.errors] == [
            "strategy.trigger.up",
            "strategy.trigger.sideways",
        ]
        assert stored() == before


class TestTheStatus:
    def test_goes_from_paused_to_running_and_back_with_each_reason_in_the_trail(
        self, desk: Desk
    ) -> None:
        position_id = desk.open()
        desk.manage.start(position_id=position_id, reason="let it run")
        assert desk.record(position_id).state.status is Status.RUNNING
        assert desk.record(position_id).started_at == desk.clock.now()
        desk.manage.pause(position_id=position_id, reason="holiday")
        assert desk.record(position_id).state.status is Status.PAUSED
        told = [(e.kind, json.loads(e.body)["reason"]) for e in desk.events(position_id)[:2]]
        assert told == [(EventKind.PAUSED, "holiday"), (EventKind.STARTED, "let it run")]

    @pytest.mark.parametrize(
        ("moves", "refused"),
        [
            ((), "pause"),
            ((), "resolve_halt"),
            (("start",), "start"),
            (("start",), "resolve_halt"),
            (("start", "pause"), "pause"),
            (("start", "halt"), "start"),
            (("start", "halt"), "pause"),
        ],
    )
    def test_takes_no_other_way(
        self,
        desk: Desk,
        stored: Callable[[], Snapshot],
        moves: tuple[str, ...],
        refused: str,
    ) -> None:
        position_id = desk.open()
        for move in moves:
            _move(desk, position_id, move)
        before = stored()
        status = desk.record(position_id).state.status
        with pytest.raises(ConflictError) as conflict:
            _move(desk, position_id, refused)
        assert conflict.value.reason == f"position_{status.value}"
        assert stored() == before

    def test_after_a_halt_is_paused_and_the_move_that_halted_is_forgotten(self, desk: Desk) -> None:
        position_id = desk.run()
        _move(desk, position_id, "halt")
        assert desk.record(position_id).halt_reason is not None
        desk.manage.resolve_halt(position_id=position_id, reason="split booked by hand")
        record = desk.record(position_id)
        assert (record.state.status, record.halt_reason) == (Status.PAUSED, None)
        desk.manage.start(position_id=position_id, reason="again")
        assert desk.tick(position_id, "30").decision.outcome["kind"] == "proposed"
        assert desk.findings(position_id) == ()


def _move(desk: Desk, position_id: str, move: str) -> None:
    match move:
        case "halt":
            desk.tick(position_id, "60")
            desk.next_session()
            desk.tick(position_id, "30", previous_close="60")
        case "start":
            desk.manage.start(position_id=position_id, reason="test")
        case "pause":
            desk.manage.pause(position_id=position_id, reason="test")
        case _:
            desk.manage.resolve_halt(position_id=position_id, reason="test")


class TestMovingCash:
    def test_enters_the_ledger_with_its_reason_and_answers_with_what_would_follow(
        self, desk: Desk
    ) -> None:
        position_id = desk.run()
        desk.tick(position_id, "60")
        moved = _cash(desk, position_id, LedgerKind.DEPOSIT, "20000")
        assert moved.position.record.state.cash == usd("26000")
        # 100 shares at 60 of 32,000 USD are less than the guardrail's quarter: a drift order.
        assert isinstance(moved.decision, Proposed)
        entry = desk.ledger(position_id)[0]
        assert (entry.kind, entry.cash, entry.reason) == (LedgerKind.DEPOSIT, usd("20000"), "mine")
        assert desk.events(position_id)[0].kind is EventKind.CASH_MOVED
        back = _cash(desk, position_id, LedgerKind.WITHDRAWAL, "20000")
        assert isinstance(back.decision, Hold)
        assert desk.record(position_id).state.cash == usd("6000")
        assert len(desk.decisions(position_id)) == 1  # what would follow is no decision
        assert desk.findings(position_id) == ()

    def test_follows_no_decision_before_any_price_is_known(self, desk: Desk) -> None:
        moved = _cash(desk, desk.open(), LedgerKind.DEPOSIT, "1")
        assert (moved.decision, moved.observation) == (None, None)

    @pytest.mark.parametrize("amount", ["0", "-1", "6000.000001"])
    def test_out_is_at_most_the_cash(
        self, desk: Desk, stored: Callable[[], Snapshot], amount: str
    ) -> None:
        position_id = desk.open()
        before = stored()
        with pytest.raises(InvalidInputError) as refused:
            _cash(desk, position_id, LedgerKind.WITHDRAWAL, amount)
        (error,) = refused.value.errors
        assert (error.field, error.allowed) == ("amount", "from 0.000001 to 6000")
        assert stored() == before

    def test_in_stays_within_the_range_of_exact_arithmetic(self, desk: Desk) -> None:
        position_id = desk.open()
        with pytest.raises(InvalidInputError) as refused:
            _cash(desk, position_id, LedgerKind.DEPOSIT, "800000000")
        assert refused.value.errors[0].field == "amount"


def _cash(desk: Desk, position_id: str, kind: LedgerKind, amount: str) -> CashMoved:
    moved = desk.manage.move_cash(
        position_id=position_id, kind=kind, amount=usd(amount), reason="mine"
    )
    assert isinstance(moved, CashMoved)
    return moved


class TestTheAnchor:
    @pytest.mark.parametrize("price", ["30.02", "60", "120.06"])
    def test_is_set_within_a_factor_two_of_the_last_price(self, desk: Desk, price: str) -> None:
        position_id = desk.run()
        desk.tick(position_id, "60.03")
        desk.manage.set_anchor(position_id=position_id, price=ticks(price), reason="mine")
        assert desk.record(position_id).state.anchor == ticks(price)
        event = desk.events(position_id)[0]
        assert (event.kind, json.loads(event.body)) == (
            EventKind.ANCHOR_SET,
            {"at": moment_text(event.at), "price": price, "reason": "mine"},
        )

    @pytest.mark.parametrize("price", ["30.0149", "120.0601", "0"])
    def test_is_refused_beyond_it(
        self, desk: Desk, stored: Callable[[], Snapshot], price: str
    ) -> None:
        position_id = desk.run()
        desk.tick(position_id, "60.03")
        before = stored()
        with pytest.raises(InvalidInputError) as refused:
            desk.manage.set_anchor(position_id=position_id, price=ticks(price), reason="mine")
        (error,) = refused.value.errors
        assert (error.field, error.allowed) == ("price", "from 30.015 to 120.06")
        assert stored() == before


class TestArchiving:
    def test_takes_a_paused_position_off_the_list_and_keeps_its_history(self, desk: Desk) -> None:
        position_id = desk.open()
        desk.manage.archive(position_id=position_id, reason="done")
        assert desk.record(position_id).archived_at == desk.clock.now()
        listed = desk.read.list(limit=EVERYTHING, cursor=None).items
        assert position_id not in {view.record.id for view in listed}
        assert len(desk.ledger(position_id)) == 1

    def test_is_refused_while_it_runs(self, desk: Desk) -> None:
        with pytest.raises(ConflictError) as refused:
            desk.manage.archive(position_id=desk.run(), reason="done")
        assert refused.value.reason == "position_active"

    @pytest.mark.parametrize(
        "act",
        [
            lambda desk, at: desk.manage.start(position_id=at, reason="x"),
            lambda desk, at: desk.manage.archive(position_id=at, reason="x"),
            lambda desk, at: desk.manage.set_anchor(position_id=at, price=600000, reason="x"),
            lambda desk, at: _cash(desk, at, LedgerKind.DEPOSIT, "1"),
            lambda desk, at: desk.manage.change(
                position_id=at, name="x", strategy=None, reason="x"
            ),
            lambda desk, at: desk.tick(at, "60"),
        ],
        ids=["start", "archive", "anchor", "cash", "name", "tick"],
    )
    def test_is_the_end_of_all_changes(
        self, desk: Desk, stored: Callable[[], Snapshot], act: Callable[[Desk, str], Any]
    ) -> None:
        position_id = desk.open()
        desk.manage.archive(position_id=position_id, reason="done")
        before = stored()
        with pytest.raises(ConflictError) as refused:
            act(desk, position_id)
        assert refused.value.reason == "position_archived"
        assert stored() == before


class TestAPositionThatIsNotThere:
    def test_is_not_found_by_any_change(self, desk: Desk) -> None:
        nowhere = "00000000-0000-4000-8000-000000000000"
        with pytest.raises(NotFoundError):
            desk.manage.start(position_id=nowhere, reason="x")
        with pytest.raises(NotFoundError):
            desk.ticking().tick(position_id=nowhere)
