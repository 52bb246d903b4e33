"""What a gate or rule kept from being traded, beside an order that nothing stood in the way of."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from app.domain.blocked_order import (
    Blocked,
    BlockedOrder,
    Unknowable,
    UnknownOrder,
    blocked_order,
    unsent_order,
)
from app.domain.decision import Proposed, Refused, Rule, Side, Sizing
from app.domain.observation import MarketPhase
from app.domain.order import OrderEnd, fill_whole
from app.domain.position import Broker, Position, Status
from app.domain.sizing import commission
from app.domain.step import step
from app.domain.strategy import Strategy
from app.domain.units import VALUE_PER_MICRO
from tests.builders import (
    NOW,
    a_day,
    a_position,
    a_strategy,
    an_observation,
    later,
    shares,
    ticks,
    usd,
)
from tests.unit.domain.drawn import Situation, quick, situations

COSTS: dict[str, Any] = {
    "costs": {"commission_rate": "0.001", "commission_min": "1", "slippage_bps": "7"}
}
WITHOUT_BAND: dict[str, Any] = {
    "guardrails": {"min_stock": "0", "max_stock": "1", "rebalance_on_drift": False},
    "orders": {"min_notional": "1"},
}


def found_at(price: str, position: Position, strategy: Strategy, **day: Any) -> Blocked | None:
    world = (position, an_observation(price), strategy, a_day(**day))
    return blocked_order(*world, step(*world).decision)


def gain(position: Position, sizing: Sizing, strategy: Strategy, mark: int) -> int:
    """Return what the whole raw order makes of a position that is lent what it lacks."""
    rich = replace(
        position, cash=position.cash + usd("1000000"), shares=position.shares + shares("100000")
    )
    quantity = sizing.raw_quantity // strategy.lot * strategy.lot
    paid = commission(quantity, sizing.worst_price, strategy)
    whole = replace(sizing, quantity=quantity, commission=paid)
    parts = [fill_whole(rich, sizing=whole, at=NOW)[0]]
    if sizing.quantity:
        parts.append(fill_whole(rich, sizing=sizing, at=NOW)[0])
    else:
        parts.append(rich)
    return parts[0].value_at(mark) - parts[1].value_at(mark)


class TestABlockedOrder:
    def test_is_the_quantity_not_traded_at_the_price_on_paper_less_commission(self) -> None:
        strategy = a_strategy(**COSTS)
        order = found_at("66", a_position(status=Status.PAUSED), strategy)
        assert isinstance(order, BlockedOrder)
        assert order.price == ticks("65.9538")  # 66 less 7 basis points
        paid = commission(order.quantity, order.price, strategy) * VALUE_PER_MICRO
        exact = -order.quantity * (ticks("70") - order.price) - paid
        assert 0 <= exact - order.shadow_at(ticks("70")) < VALUE_PER_MICRO

    def test_fills_as_on_paper_also_where_its_broker_has_a_limit(self) -> None:
        strategy = a_strategy(**COSTS)
        position = a_position(status=Status.PAUSED, broker=Broker.ALPACA_PAPER)
        order = found_at("66", position, strategy)
        assert isinstance(order, BlockedOrder)
        assert order.price == ticks("65.9538")

    @pytest.mark.parametrize(
        ("rule", "price", "state"),
        [
            (Rule.CASH, "50", {"cash": usd("200"), "receivable": usd("3000")}),
            (Rule.HOLDINGS, "70", {"shares": shares("2")}),
        ],
    )
    def test_is_lent_the_cash_or_the_shares_that_the_position_lacks(
        self, rule: Rule, price: str, state: dict[str, Any]
    ) -> None:
        strategy = a_strategy(**COSTS, **WITHOUT_BAND)
        position = a_position(**state)
        decision = step(position, an_observation(price), strategy, a_day()).decision
        assert isinstance(decision, Proposed | Refused)
        assert decision.sizing is not None
        order = found_at(price, position, strategy)
        assert isinstance(order, BlockedOrder)
        assert order.blocker is rule
        for mark in (ticks("40"), ticks("80")):
            assert order.shadow_at(mark) == gain(position, decision.sizing, strategy, mark)

    def test_is_what_another_rule_would_have_left_of_it(self) -> None:
        trimmed = a_strategy(
            **COSTS,
            sizing={"policy": "proportional", "ratio": "30"},
            guardrails={"min_stock": "0.4", "max_trade": "0.05"},
        )
        order = found_at("66", a_position(), trimmed)
        assert isinstance(order, BlockedOrder)
        quantities = []
        for strategy in (replace(trimmed, max_trade=0), trimmed):
            decision = step(a_position(), an_observation("66"), strategy, a_day()).decision
            assert isinstance(decision, Proposed)
            quantities.append(decision.sizing.quantity)
        assert order.blocker is Rule.MAX_TRADE
        assert order.quantity == quantities[0] - quantities[1]

    def test_counts_the_lot_of_the_broker_where_it_is_larger(self) -> None:
        strategy = a_strategy(**COSTS, guardrails={"max_trade": "0.02"})
        order = found_at("66", a_position(), strategy, lot=shares("1"))
        assert isinstance(order, BlockedOrder)
        assert (order.blocker, order.quantity % shares("1")) == (Rule.MAX_TRADE, 0)

    def test_that_the_last_look_stopped_is_the_whole_order(self) -> None:
        order = unsent_order(
            an_observation("66"), a_strategy(), side=Side.SELL, quantity=shares("3")
        )
        assert (order.blocker, order.quantity) == (OrderEnd.RISK, shares("3"))
        assert order.notional == shares("3") * ticks("66")

    @pytest.mark.parametrize(
        ("day", "seen", "why"),
        [
            ({}, {"observed_at": later(-300)}, Unknowable.NO_USABLE_PRICE),
            ({}, {"price": None}, Unknowable.NO_USABLE_PRICE),
            ({"trading_halted": True, "phase": MarketPhase.CLOSED}, {}, Unknowable.BLOCKED_TWICE),
        ],
    )
    def test_is_unknown_for_a_reason(
        self, day: dict[str, Any], seen: dict[str, Any], why: Unknowable
    ) -> None:
        world = (a_position(), replace(an_observation("66"), **seen), a_strategy(), a_day(**day))
        found = blocked_order(*world, step(*world).decision)
        assert isinstance(found, UnknownOrder)
        assert found.why is why

    def test_is_none_where_nothing_was_to_be_traded(self) -> None:
        assert found_at("60.5", a_position(status=Status.PAUSED), a_strategy()) is None

    @quick
    @given(situation=situations())
    def test_is_found_for_every_decision_and_is_the_difference_of_two_whole_orders(
        self, situation: Situation
    ) -> None:
        decision = situation.step().decision
        found = blocked_order(
            situation.position, situation.observation, situation.strategy, situation.day, decision
        )
        if isinstance(decision, Refused) and decision.sizing is not None:
            assert found is not None
        if isinstance(found, BlockedOrder):
            signed = found.quantity if found.side is Side.BUY else -found.quantity
            assert found.flow.shares == signed
            # At the price of its fill nothing is gained, but for the rounding of two amounts.
            assert found.shadow_at(found.price) < VALUE_PER_MICRO
