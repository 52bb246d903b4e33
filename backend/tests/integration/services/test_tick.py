"""One tick: what each answer stores, and that evaluating stores nothing."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from app.domain.book import LedgerKind
from app.domain.errors import ProviderError
from app.domain.events import EventKind
from app.domain.order import OrderState
from app.domain.position import Status
from app.domain.record import decision_body
from tests.builders import ppm, shares, ticks, usd
from tests.integration.services.conftest import Snapshot
from tests.integration.services.desk import EVERYTHING, Desk, valued


class TestATick:
    def test_that_holds_stores_the_decision_with_its_event_and_moves_nothing(
        self, desk: Desk
    ) -> None:
        position_id = desk.run()
        result = desk.tick(position_id, "61")
        assert (result.order, result.trade) == (None, None)
        (decision,) = desk.decisions(position_id)
        assert decision == result.decision
        assert (decision.outcome["kind"], decision.outcome["reason"]) == ("hold", "inside_band")
        state = desk.record(position_id).state
        assert (state.cash, state.shares, state.anchor) == (usd("6000"), shares("100"), ticks("60"))
        assert (state.last_price, state.orders_today) == (ticks("61"), 0)
        assert desk.record(position_id).price_source == "yahoo"
        assert [e.kind for e in desk.events(position_id)][:2] == [
            EventKind.DECIDED,
            EventKind.STARTED,
        ]
        assert desk.findings(position_id) == ()

    def test_that_proposes_stores_order_fill_ledger_and_events_and_moves_the_anchor(
        self, desk: Desk
    ) -> None:
        position_id = desk.run()
        result = desk.tick(position_id, "63")
        assert result.order is not None
        assert result.trade is not None
        assert result.decision.outcome["kind"] == "proposed"
        assert (result.order.state, result.order.decision_number) == (OrderState.DONE, 1)
        trade = result.trade
        # 3/63 x 1.6667 x 12,300 / 63 = 15.49539..., toward zero to the lot
        assert trade.quantity == shares("15.4953")
        state = desk.record(position_id).state
        assert state.shares == shares("100") - trade.quantity
        assert state.anchor == trade.price == ticks("63")
        assert (state.orders_today, state.order_in_flight) == (1, False)
        commission, sale, _ = desk.ledger(position_id)
        assert (sale.kind, sale.reference) == (LedgerKind.SELL, trade.fill_id)
        assert (commission.kind, commission.cash) == (LedgerKind.COMMISSION, -trade.commission)
        assert [e.kind for e in desk.events(position_id)][:2] == [
            EventKind.FILLED,
            EventKind.DECIDED,
        ]
        assert desk.findings(position_id) == ()

    def test_fills_a_buy_at_the_ask_and_a_sale_at_the_bid(self, desk: Desk) -> None:
        position_id = desk.run()
        sold = desk.tick(position_id, "63", bid="62.97", ask="63.02").trade
        bought = desk.tick(position_id, "60", bid="59.98", ask="60.03").trade
        assert sold is not None
        assert bought is not None
        assert (sold.price, bought.price) == (ticks("62.97"), ticks("60.03"))
        assert desk.findings(position_id) == ()

    def test_that_is_refused_moves_nothing(self, desk: Desk) -> None:
        position_id = desk.run()
        before = desk.record(position_id).state
        result = desk.tick(position_id, "63", at=datetime(2024, 6, 11, 14, 0, tzinfo=UTC))
        assert result.decision.outcome["reason"] == "price_stale"
        after = desk.record(position_id).state
        assert replace(after, watch=before.watch) == before

    @pytest.mark.parametrize(
        ("hour", "sessions", "reason"),
        [
            (13, "regular", "session_closed"),
            (13, "extended", "inside_band"),
            (21, "regular", "session_closed"),
            (3, "extended", "session_closed"),
        ],
    )
    def test_outside_its_sessions_is_refused(
        self, desk: Desk, hour: int, sessions: str, reason: str
    ) -> None:
        position_id = desk.run(strategy={"sessions": sessions})
        desk.clock.set(datetime(2024, 6, 12, hour, tzinfo=UTC))
        assert desk.tick(position_id, "60.5").decision.outcome["reason"] == reason

    def test_twice_on_one_trade_acts_once(self, desk: Desk) -> None:
        position_id = desk.run()
        desk.tick(position_id, "63")
        again = desk.tick(position_id)
        assert again.decision.outcome["reason"] == "price_duplicate"
        assert desk.record(position_id).trades == 1

    def test_is_limited_by_the_number_of_orders_a_day(self, desk: Desk) -> None:
        position_id = desk.run(strategy={"orders": {"max_per_day": 2}})
        desk.tick(position_id, "63")
        desk.tick(position_id, "60")
        result = desk.tick(position_id, "63")
        assert result.decision.outcome["reason"] == "max_per_day"
        desk.next_session()
        assert desk.tick(position_id, "63.2").trade is not None


class TestEqualRefusals:
    def test_are_counted_on_the_first_with_their_price_range(self, desk: Desk) -> None:
        position_id = desk.open()
        first = desk.tick(position_id, "60.50").decision
        desk.tick(position_id, "60.10")
        desk.tick(position_id, "61.20")
        last = desk.tick(position_id, "60.70").decision
        assert (last.number, last.checks) == (first.number, 4)
        assert (last.price_low, last.price_high) == (ticks("60.10"), ticks("61.20"))
        assert (last.at, last.last_at) == (first.at, desk.clock.now())
        assert len(desk.decisions(position_id)) == 1
        assert len(desk.events(position_id)) == 2  # opened, decided
        assert desk.findings(position_id) == ()

    def test_are_counted_anew_after_another_decision_or_another_strategy(self, desk: Desk) -> None:
        position_id = desk.open()
        desk.tick(position_id, "60.1")
        desk.manage.change(
            position_id=position_id, name=None, strategy={"trigger": {"up": "0.04"}}, reason="x"
        )
        desk.tick(position_id, "60.2")
        desk.manage.start(position_id=position_id, reason="x")
        desk.tick(position_id, "60.3")
        desk.manage.pause(position_id=position_id, reason="x")
        desk.tick(position_id, "60.4")
        kinds = [(d.outcome["kind"], d.checks) for d in desk.decisions(position_id)]
        assert kinds == [("refused", 1), ("hold", 1), ("refused", 1), ("refused", 1)]


class TestASuspectedSplit:
    def test_halts_and_says_what_to_do(self, desk: Desk) -> None:
        position_id = desk.run()
        desk.tick(position_id, "60")
        desk.next_session()
        result = desk.tick(position_id, "30.2", previous_close="60")
        assert result.decision.outcome["reason"] == "split_suspected"
        record = desk.record(position_id)
        assert record.state.status is Status.HALTED
        assert record.state.last_price == ticks("60")
        assert "resolve the halt" in str(record.halt_reason)
        assert [e.kind for e in desk.events(position_id)][:2] == [
            EventKind.HALTED,
            EventKind.DECIDED,
        ]
        after = desk.tick(position_id, "30.3")
        assert after.decision.outcome["reason"] == "not_running"
        assert desk.findings(position_id) == ()


class TestAProviderThatFails:
    @pytest.mark.parametrize("code", ["RATE_LIMITED", "UNAVAILABLE", "NO_DATA", "UNKNOWN_SYMBOL"])
    def test_changes_nothing_and_says_when_to_ask_again(
        self, desk: Desk, stored: Callable[[], Snapshot], code: str
    ) -> None:
        position_id = desk.run()
        before = stored()
        desk.market.fail(symbol="KO", code=code, retry_after_seconds=77)
        with pytest.raises(ProviderError) as failed:
            desk.ticking().tick(position_id=position_id)
        with pytest.raises(ProviderError):
            desk.evaluate.evaluate(position_id=position_id, price=None)
        assert (failed.value.code, failed.value.retry_after_seconds) == (code, 77)
        assert stored() == before


@pytest.mark.parametrize(
    ("opening", "price", "changes"),
    [
        ({}, "60.5", {}),
        ({}, "63", {"bid": "62.98", "ask": "63.01"}),
        ({}, "57.31", {"bid": "57.3", "ask": "57.34"}),
        ({"anchor": None}, "60", {}),
        ({"cash": 0}, "55", {}),
        ({"shares": shares("10")}, "60", {}),
        (valued("10000", ppm("0.4")), "60.07", {}),
    ],
    ids=["hold", "sell", "buy", "anchor_set", "trimmed", "drift", "valued"],
)
class TestEvaluate:
    def test_has_no_effect_and_says_what_tick_then_decides(
        self,
        desk: Desk,
        stored: Callable[[], Snapshot],
        opening: dict[str, Any],
        price: str,
        changes: dict[str, str],
    ) -> None:
        position_id = desk.run(**opening)
        desk.show(price, **changes)
        before = stored()
        evaluation = desk.evaluate.evaluate(position_id=position_id, price=None)
        assert stored() == before
        assert decision_body(evaluation.decision) == desk.tick(position_id).decision.outcome

    def test_at_a_given_price_says_the_same_without_bid_and_ask(
        self,
        desk: Desk,
        stored: Callable[[], Snapshot],
        opening: dict[str, Any],
        price: str,
        changes: dict[str, str],
    ) -> None:
        del changes
        position_id = desk.run(**opening)
        before = stored()
        evaluation = desk.evaluate.evaluate(position_id=position_id, price=ticks(price))
        assert stored() == before
        assert decision_body(evaluation.decision) == desk.tick(position_id, price).decision.outcome


class TestEvaluateOutsideTheGates:
    def test_lists_what_would_stop_a_tick(self, desk: Desk) -> None:
        position_id = desk.open()
        desk.clock.set(datetime(2024, 6, 12, 3, tzinfo=UTC))
        evaluation = desk.evaluate.evaluate(position_id=position_id, price=ticks("63"))
        body = decision_body(evaluation.decision)
        assert body["kind"] == "proposed"
        assert body["blocked_by"] == ["not_running", "session_closed"]


class TestTheTimeline:
    def test_pages_newest_first_and_filters(self, desk: Desk) -> None:
        position_id = desk.run()
        for price in ("60.1", "63", "63.1", "60"):
            desk.tick(position_id, price)
        page = desk.read.decisions(
            position_id=position_id, limit=3, cursor=None, kind=None, reason=None
        )
        assert [d.number for d in page.items] == [4, 3, 2]
        rest = desk.read.decisions(
            position_id=position_id, limit=3, cursor=page.next_cursor, kind=None, reason=None
        )
        assert ([d.number for d in rest.items], rest.next_cursor) == ([1], None)
        proposed = desk.read.decisions(
            position_id=position_id, limit=3, cursor=None, kind="proposed", reason=None
        )
        assert [d.number for d in proposed.items] == [4, 2]
        orders = desk.read.orders(position_id=position_id, limit=EVERYTHING, cursor=None).items
        trades = desk.read.trades(position_id=position_id, limit=EVERYTHING, cursor=None).items
        assert [o.id for o in orders] == [t.order_id for t in trades]
        assert desk.read.decision(position_id=position_id, number=2) == proposed.items[1]
