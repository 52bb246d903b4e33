"""One evaluation, sentence by sentence, with numbers worked out by hand.

The position holds 100 shares and 6,000 USD with its anchor at 60 USD: it sells at 61.8 and buys
at 58.2.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.domain.decision import (
    Decision,
    Hold,
    HoldReason,
    ProposalReason,
    Proposed,
    RefusalReason,
    Refused,
    Rule,
    Side,
)
from app.domain.position import Position
from app.domain.step import step
from tests.builders import (
    NOW,
    SESSION,
    a_day,
    a_position,
    a_strategy,
    an_observation,
    ppm,
    shares,
    ticks,
    usd,
)

NO_DRIFT = {"rebalance_on_drift": False}
NO_BAND = {"min_stock": "0", "max_stock": "1"}
MOST_STOCK = a_position(cash=usd("1000"))  # 85 % stock at 58.2
LITTLE_STOCK = a_position(shares=shares("10"))  # 9 % stock at 61.8


def decided(price: str | int, position: Position | None = None, **groups: Any) -> Decision:
    before = a_position() if position is None else position
    return step(before, an_observation(price), a_strategy(**groups), a_day()).decision


def proposed(price: str | int, position: Position | None = None, **groups: Any) -> Proposed:
    decision = decided(price, position, **groups)
    assert isinstance(decision, Proposed), decision
    return decision


def refused(price: str | int, position: Position | None = None, **groups: Any) -> Refused:
    decision = decided(price, position, **groups)
    assert isinstance(decision, Refused), decision
    return decision


def held(price: str | int, position: Position | None = None, **groups: Any) -> HoldReason:
    decision = decided(price, position, **groups)
    assert isinstance(decision, Hold), decision
    return decision.reason


class TestAnUnsetAnchor:
    def test_becomes_the_price_and_nothing_is_traded(self) -> None:
        before = a_position(anchor=None, shares=0)
        after = step(before, an_observation("61.8"), a_strategy(), a_day())
        assert isinstance(after.decision, Hold)
        assert after.decision.reason is HoldReason.ANCHOR_SET
        assert after.position.anchor == ticks("61.8")
        assert (after.position.shares, after.position.cash) == (0, usd("6000"))
        assert after.decision.numbers.sell_at == ticks("63.654")

    def test_becomes_the_price_even_without_any_value(self) -> None:
        assert held("60", a_position(anchor=None, shares=0, cash=0)) is HoldReason.ANCHOR_SET


class TestNoValue:
    @pytest.mark.parametrize("price", ["50", "60", "70"])
    def test_holds(self, price: str) -> None:
        assert held(price, a_position(shares=0, cash=0)) is HoldReason.NOTHING_TO_TRADE

    def test_is_ended_by_a_receivable_that_cannot_be_spent_yet(self) -> None:
        decision = refused("60", a_position(shares=0, cash=0, receivable=1))
        assert (decision.side, decision.binding) == (Side.BUY, Rule.CASH)


class TestTheTrigger:
    @pytest.mark.parametrize(("price", "side"), [("61.8", Side.SELL), ("58.2", Side.BUY)])
    def test_fires_exactly_on_its_price(self, price: str, side: Side) -> None:
        decision = proposed(price)
        assert decision.reason is ProposalReason.TRIGGER
        assert decision.sizing.side is side

    @pytest.mark.parametrize("price", ["61.7999", "60", "58.2001"])
    def test_is_silent_one_tick_before(self, price: str) -> None:
        assert held(price) is HoldReason.INSIDE_BAND


class TestDrift:
    def test_on_the_tolerance_is_no_drift(self) -> None:
        edge = a_position(shares=shares("152"), cash=usd("2400"), anchor=ticks("50"))
        assert held("50", edge) is HoldReason.INSIDE_BAND

    def test_beyond_the_tolerance_sells_back_to_the_bound_itself(self) -> None:
        # (100 - x) 61 <= 0.75 (7100 - 0.0061 x): x >= 775 / 60.995425 = 12.70587...
        decision = proposed("61", MOST_STOCK)
        assert decision.reason is ProposalReason.DRIFT
        assert decision.sizing.side is Side.SELL
        assert decision.sizing.quantity == shares("12.7059")
        assert decision.sizing.commission == usd("0.077506")

    def test_beyond_the_tolerance_buys_back_to_the_bound_itself(self) -> None:
        # (10 + x) 60 >= 0.25 (6600 - 0.006 x): x >= 1050 / 60.0015 = 17.49956...
        decision = proposed("60", LITTLE_STOCK)
        assert decision.reason is ProposalReason.DRIFT
        assert decision.sizing.side is Side.BUY
        assert decision.sizing.quantity == shares("17.4996")

    def test_one_share_unit_beyond_the_tolerance_is_enough(self) -> None:
        beyond = a_position(shares=shares("152.000001"), cash=usd("2400"), anchor=ticks("50"))
        assert proposed("50", beyond).reason is ProposalReason.DRIFT

    def test_is_ignored_without_rebalance_on_drift(self) -> None:
        assert held("61", MOST_STOCK, guardrails=NO_DRIFT) is HoldReason.INSIDE_BAND

    def test_takes_the_place_of_a_buy_trigger_that_points_further_out(self) -> None:
        # (100 - x) 58.2 <= 0.75 (6820 - 0.00582 x): x >= 705 / 58.195635 = 12.11431...
        decision = proposed("58.2", MOST_STOCK)
        assert (decision.reason, decision.sizing.side) == (ProposalReason.DRIFT, Side.SELL)
        assert decision.sizing.quantity == shares("12.1144")

    def test_takes_the_place_of_a_sell_trigger_that_points_further_out(self) -> None:
        decision = proposed("61.8", LITTLE_STOCK)
        assert (decision.reason, decision.sizing.side) == (ProposalReason.DRIFT, Side.BUY)

    def test_leaves_a_trigger_that_points_back_in(self) -> None:
        decision = proposed("61.8", MOST_STOCK)
        assert (decision.reason, decision.sizing.side) == (ProposalReason.TRIGGER, Side.SELL)

    def test_gives_no_way_out_without_rebalance_on_drift(self) -> None:
        decision = refused("58.2", MOST_STOCK, guardrails=NO_DRIFT)
        assert decision.reason is RefusalReason.TRIMMED_TO_ZERO
        assert (decision.side, decision.binding) == (Side.BUY, Rule.GUARDRAIL)


class TestMaxPerDay:
    def test_refuses_the_order_after_the_last_one_of_the_date(self) -> None:
        decision = refused("61.8", a_position(orders_today=5, orders_on=SESSION))
        assert decision.reason is RefusalReason.MAX_PER_DAY
        assert (decision.side, decision.sizing) == (Side.SELL, None)

    def test_counts_every_proposal_drift_too(self) -> None:
        for price, before in (("61.8", a_position()), ("60", LITTLE_STOCK)):
            after = step(before, an_observation(price), a_strategy(), a_day()).position
            assert (after.orders_today, after.orders_on) == (1, SESSION)

    def test_starts_again_on_another_date(self) -> None:
        before = a_position(orders_today=5, orders_on=SESSION - timedelta(days=1))
        after = step(before, an_observation("61.8"), a_strategy(), a_day())
        assert isinstance(after.decision, Proposed)
        assert (after.position.orders_today, after.position.orders_on) == (1, SESSION)

    def test_does_not_matter_without_an_order(self) -> None:
        used_up = a_position(orders_today=5, orders_on=SESSION)
        assert held("60", used_up) is HoldReason.INSIDE_BAND


class TestTheCooldown:
    @pytest.mark.parametrize(
        ("microseconds", "is_over"), [(60 * 10**6, True), (60 * 10**6 - 1, False), (0, False)]
    )
    def test_counts_from_the_moment_the_last_order_was_done(
        self, microseconds: int, is_over: bool
    ) -> None:
        done = NOW - timedelta(microseconds=microseconds)
        decision = decided(
            "61.8", a_position(last_order_done_at=done), orders={"cooldown_seconds": 60}
        )
        assert isinstance(decision, Proposed) is is_over
        assert is_over or decision.reason is RefusalReason.COOLDOWN

    def test_of_zero_seconds_never_refuses(self) -> None:
        assert isinstance(decided("61.8", a_position(last_order_done_at=NOW)), Proposed)

    def test_comes_after_max_per_day(self) -> None:
        position = a_position(orders_today=5, orders_on=SESSION, last_order_done_at=NOW)
        decision = refused("61.8", position, orders={"cooldown_seconds": 60})
        assert decision.reason is RefusalReason.MAX_PER_DAY


class TestAPolicyThatAsksForNothing:
    def test_holds_when_the_target_lies_the_other_way(self) -> None:
        # 45.2 % stock at 61.8, so selling leads away from 50 %.
        position = a_position(shares=shares("80"))
        assert held("61.8", position, sizing={"policy": "target"}) is HoldReason.NOTHING_TO_TRADE

    def test_holds_when_there_is_no_cash_to_take_a_fraction_of(self) -> None:
        broke = a_position(cash=0, receivable=usd("6000"))
        assert held("58.2", broke, sizing={"policy": "fixed_fraction"}) is (
            HoldReason.NOTHING_TO_TRADE
        )


class TestAnOrderTooSmall:
    def test_is_refused_below_min_notional(self) -> None:
        # 9.5675 shares at 61.8 are 591.2715 USD.
        orders = {"min_notional": "591.271501"}
        assert refused("61.8", orders=orders).reason is RefusalReason.BELOW_MIN_NOTIONAL
        assert isinstance(decided("61.8", orders={"min_notional": "591.2715"}), Proposed)

    def test_shows_the_size_it_would_have(self) -> None:
        decision = refused("61.8", orders={"min_notional": "1000"})
        assert decision.sizing is not None
        assert decision.sizing.quantity == shares("9.5675")
        assert decision.binding is None


class TestASaleThatCostsMoreThanItBrings:
    COSTS = {"commission_min": "100"}  # noqa: RUF012

    @pytest.mark.parametrize("receivable", ["0", "5000"])
    def test_is_refused(self, receivable: str) -> None:
        # 0.0485 shares at 61.8 bring 3 USD.
        position = a_position(shares=shares("1"), cash=0, receivable=usd(receivable))
        decision = refused(
            "61.8", position, guardrails=NO_BAND, costs=self.COSTS, sizing={"ratio": "0.5"}
        )
        assert decision.reason is RefusalReason.COST_EXCEEDS_PROCEEDS
        assert decision.sizing is not None
        assert decision.sizing.commission == usd("100")

    def test_is_allowed_when_cash_pays_the_difference_exactly(self) -> None:
        # 10 shares at 61.8: fraction 0.1 sells 1 for 61.8, cash pays the other 38.2.
        sizing, orders = {"policy": "fixed_fraction"}, {"min_notional": "1"}
        groups = {"guardrails": NO_BAND, "costs": self.COSTS, "sizing": sizing, "orders": orders}
        position = a_position(shares=shares("10"), cash=usd("38.199999"), receivable=usd("9000"))
        assert refused("61.8", position, **groups).reason is RefusalReason.COST_EXCEEDS_PROCEEDS
        position = a_position(shares=shares("10"), cash=usd("38.2"), receivable=usd("9000"))
        assert isinstance(decided("61.8", position, **groups), Proposed)


class TestAProposal:
    def test_carries_side_quantity_prices_and_every_number(self) -> None:
        decision = proposed("61.8")
        assert decision.sizing.side is Side.SELL
        assert decision.sizing.quantity == shares("9.5675")
        assert decision.sizing.worst_price == ticks("61.8")
        assert decision.sizing.raw_quantity == shares("9.567539")
        assert decision.sizing.commission == usd("0.059128")
        numbers = decision.numbers
        assert (numbers.price, numbers.anchor) == (ticks("61.8"), ticks("60"))
        assert (numbers.sell_at, numbers.buy_at) == (ticks("61.8"), ticks("58.2"))
        assert numbers.value == 12_180 * 10**10
        assert numbers.stock_share == ppm("0.507389")  # 6180 / 12180 = 0.50738916...

    def test_is_the_only_one_until_its_order_is_done(self) -> None:
        first = step(a_position(), an_observation("61.8"), a_strategy(), a_day())
        assert first.position.order_in_flight
        again = an_observation("61.9", observed_at=NOW + timedelta(seconds=1))
        second = step(first.position, again, a_strategy(), a_day())
        assert second.decision.reason == "order_in_flight"
        assert replace(second.position, watch=first.position.watch) == first.position


class TestTheAnchor:
    @pytest.mark.parametrize(
        ("price", "groups"),
        [("61", {}), ("61.8", {"orders": {"min_notional": "1000"}}), ("61.8", {})],
        ids=["hold", "refusal", "proposal"],
    )
    def test_does_not_move_before_a_fill(self, price: str, groups: dict[str, Any]) -> None:
        after = step(a_position(), an_observation(price), a_strategy(**groups), a_day()).position
        assert after.anchor == ticks("60")
        assert (after.shares, after.cash) == (shares("100"), usd("6000"))


class TestAPriceThatWasUsed:
    @pytest.mark.parametrize("price", ["60", "61.8"])
    def test_is_remembered_with_its_date_and_moment(self, price: str) -> None:
        after = step(a_position(), an_observation(price), a_strategy(), a_day()).position
        assert after.last_price == ticks(price)
        assert (after.last_used_on, after.last_observed_at) == (SESSION, NOW)
