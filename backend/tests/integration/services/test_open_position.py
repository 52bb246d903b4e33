"""Opening positions: what is stored, and what is refused with field and range."""

from collections.abc import Callable
from typing import Any

import pytest

from app.domain.book import LedgerKind
from app.domain.errors import InvalidInputError
from app.domain.events import EventKind
from app.domain.position import Status
from tests.builders import ppm, shares, ticks, usd
from tests.integration.services.conftest import Snapshot
from tests.integration.services.desk import Desk, a_wish, valued


class TestOpening:
    def test_with_cash_and_shares_starts_paused_with_its_ledger_and_its_event(
        self, desk: Desk
    ) -> None:
        position_id = desk.open(name="Coca-Cola")
        record = desk.record(position_id)
        state = record.state
        assert (record.name, state.status, state.strategy_version) == (
            "Coca-Cola",
            Status.PAUSED,
            1,
        )
        assert (state.cash, state.shares, state.anchor) == (usd("6000"), shares("100"), ticks("60"))
        (entry,) = desk.ledger(position_id)
        assert (entry.kind, entry.cash, entry.shares) == (
            LedgerKind.OPENING,
            usd("6000"),
            shares("100"),
        )
        assert [event.kind for event in desk.events(position_id)] == [EventKind.OPENED]
        assert desk.findings(position_id) == ()

    def test_as_a_value_is_split_without_cost_at_the_first_price_that_is_used(
        self, desk: Desk
    ) -> None:
        position_id = desk.open(**valued("10000", ppm("0.5")))
        desk.tick(position_id, "60")  # paused: the price is not used
        assert desk.record(position_id).state.shares == 0
        desk.manage.start(position_id=position_id, reason="test")
        result = desk.tick(position_id, "60.03")
        state = desk.record(position_id).state
        # 5000 / 60.03 = 83.29168..., toward zero to the lot; 83.2916 x 60.03 = 4999.994748
        assert (state.shares, state.cash) == (shares("83.2916"), usd("5000.005252"))
        assert (state.anchor, result.decision.outcome["reason"]) == (ticks("60.03"), "anchor_set")
        assert desk.record(position_id).opening_price == ticks("60.03")
        assert desk.record(position_id).opening_fraction is None
        desk.tick(position_id, "60.05")
        assert desk.record(position_id).state.shares == state.shares
        assert desk.findings(position_id) == ()

    def test_as_a_value_is_split_at_the_first_price_under_an_anchor_set_by_hand_too(
        self, desk: Desk
    ) -> None:
        position_id = desk.run(**valued("10000", ppm("0.5")))
        desk.manage.set_anchor(position_id=position_id, price=ticks("60"), reason="mine")
        decision = desk.tick(position_id, "60").decision
        assert decision.outcome["reason"] == "inside_band"
        assert desk.record(position_id).state.shares == shares("83.3333")
        assert desk.findings(position_id) == ()


@pytest.mark.parametrize(
    ("changes", "field", "allowed"),
    [
        ({"symbol": "ko"}, "symbol", "capital letters"),
        ({"symbol": "TOOLONGSYMBOL"}, "symbol", "1 to 10"),
        ({"name": " "}, "name", "1 to 80 characters"),
        ({"name": "x" * 81}, "name", "1 to 80 characters"),
        ({"broker": "ibkr"}, "broker", "paper, alpaca-paper, alpaca-live"),
        ({"cash": -1}, "opening.cash", "from 0 to"),
        ({"shares": -1}, "opening.shares", "from 0 to"),
        ({"shares": 10**18}, "opening.shares", "from 0 to"),
        ({"anchor": 0}, "opening.anchor_price", "from 0.0001 to"),
        ({"anchor": 10**12}, "opening.anchor_price", "from 0.0001 to"),
        ({"cash": None}, "opening", "{cash, shares, anchor_price?} or {value, stock_fraction}"),
        ({"value": 1}, "opening", "{cash, shares, anchor_price?} or {value, stock_fraction}"),
        (valued("1", 0) | {"broker": "alpaca-paper"}, "opening", "at a broker"),
        (valued("0", 0), "opening.value", "from 0.000001 to"),
        (valued("1", 1_000_001), "opening.stock_fraction", "from 0 to 1"),
        (valued("1", 0) | {"anchor": 1}, "opening", "{cash, shares"),
        ({"strategy": {"trigger": {"up": "2"}}}, "strategy.trigger.up", "from 0.000001 to 1"),
        ({"strategy": {"orders": {"lot": "0.3"}}}, "strategy.orders.lot", "0.000001"),
        ({"strategy": {"orders": {"min_notional": "0"}}}, "strategy.orders.min_notional", "from 1"),
        ({"strategy": {"sessions": "always"}}, "strategy.sessions", "regular, extended"),
        ({"strategy": {"luck": {}}}, "strategy.luck", "trigger"),
        (
            {"strategy": {"guardrails": {"min_stock": "0.5", "max_stock": "0.51"}}},
            "strategy.guardrails.max_stock",
            "min_stock + 0.02 = 0.52",
        ),
        ({"strategy": {"trigger": {"up": "0.001"}}}, "strategy.orders.collar_bps", "less than 10"),
    ],
)
class TestAnOpeningOutsideItsRange:
    def test_names_field_and_range_and_stores_nothing(
        self,
        desk: Desk,
        stored: Callable[[], Snapshot],
        changes: dict[str, Any],
        field: str,
        allowed: str,
    ) -> None:
        before = stored()
        with pytest.raises(InvalidInputError) as refused:
            desk.opening.open(wish=a_wish(**changes))
        assert [(e.field, allowed in e.allowed) for e in refused.value.errors] == [(field, True)]
        assert stored() == before
