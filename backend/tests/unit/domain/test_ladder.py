"""The ladder is the inverse of `step`: it proposes on each rung, and not one tick before."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from app.domain.decision import (
    HoldReason,
    ProposalReason,
    Proposed,
    RefusalReason,
    Rule,
    Side,
)
from app.domain.ladder import Flight, ladder
from app.domain.what_if import Silence, Way, step_at
from tests.builders import NOW, SESSION, a_day, a_position, a_strategy, later, shares, ticks, usd
from tests.unit.domain.laddered import State, states

PRICE = ticks("60")


def check_flight(state: State, flight: Flight, way: Way, start: int) -> Counter[str]:
    """Check every rung against `step`, and return what was seen."""
    seen: Counter[str] = Counter()
    for rung in flight.rungs:
        on = step_at(rung.before, rung.price, state.strategy, rung.day).decision
        assert isinstance(on, Proposed)
        assert on.sizing == rung.decision.sizing
        if rung.price == start:
            seen["at once"] += 1
        else:
            before = step_at(rung.before, rung.price - way, state.strategy, rung.day).decision
            assert not isinstance(before, Proposed)
            between = (2 * start + rung.price - way) // 3
            passed = step_at(rung.before, between, state.strategy, rung.day).decision
            assert not isinstance(passed, Proposed)
            seen["beyond its trigger"] += rung.held_back is not None
        assert rung.after.cash == rung.before.cash + rung.fill.cash_flow - rung.fill.commission
        start = rung.price
        seen["rungs"] += 1
    return seen


def check_ladders(*, seed: int, count: int) -> Counter[str]:
    seen: Counter[str] = Counter()
    for state in states(seed=seed, count=count):
        found = ladder(state.position, state.strategy, state.day, price=state.price, rungs=2)
        seen += check_flight(state, found.up, Way.UP, state.price)
        seen += check_flight(state, found.down, Way.DOWN, state.price)
        seen["due"] += found.due is not None
    return seen


class TestEveryRung:
    def test_proposes_and_one_tick_before_does_not(self) -> None:
        seen = check_ladders(seed=1, count=2_000)
        assert seen["rungs"] > 2_500
        assert seen["beyond its trigger"] > 400
        assert seen["at once"] < seen["rungs"] // 20

    @pytest.mark.long
    def test_proposes_and_one_tick_before_does_not_in_ten_thousand_states(self) -> None:
        seen = check_ladders(seed=2, count=10_000)
        assert seen["beyond its trigger"] > 3_000


class TestALadder:
    def test_goes_on_from_the_fill_of_each_rung(self) -> None:
        found = ladder(a_position(), a_strategy(), a_day(), price=PRICE, rungs=2)
        first, second = found.up.rungs
        assert (first.price, first.trigger, first.held_back) == (ticks("61.8"), first.price, None)
        assert second.before == first.after
        assert second.price == ticks("63.654")
        down = found.down.rungs
        assert [rung.price for rung in down] == [ticks("58.2"), ticks("56.454")]
        assert {rung.decision.sizing.side for rung in down} == {Side.BUY}
        assert found.up.ended is None

    def test_names_the_trigger_and_what_held_the_order_back(self) -> None:
        # 2 shares and 120 USD: at 3 % the order is about 12 USD, far below the smallest of 100.
        small = a_position(shares=shares("2"), cash=usd("120"))
        strategy = a_strategy(guardrails={"min_stock": "0", "max_stock": "1"})
        rung = ladder(small, strategy, a_day(), price=PRICE, rungs=1).up.rungs[0]
        assert rung.trigger == ticks("61.8")
        assert rung.price > ticks("70")
        assert rung.held_back is not None
        assert rung.held_back.reason is RefusalReason.BELOW_MIN_NOTIONAL

    def test_starts_after_the_order_that_is_due_at_the_price(self) -> None:
        found = ladder(a_position(), a_strategy(), a_day(), price=ticks("62"), rungs=1)
        assert found.due is not None
        assert found.due.price == ticks("62")
        assert found.up.rungs[0].before == found.due.after
        assert found.up.rungs[0].price == ticks("63.86")

    def test_has_a_rung_without_trigger_where_the_share_drifts(self) -> None:
        position = a_position(cash=usd("2050"))
        wide = a_strategy(trigger={"up": "0.5", "down": "0.5"}, orders={"min_notional": "1"})
        rung = ladder(position, wide, a_day(), price=PRICE, rungs=1).up.rungs[0]
        assert rung.decision.reason is ProposalReason.DRIFT
        assert (rung.trigger, rung.held_back) == (None, None)
        assert rung.price < ticks("90")

    def test_finds_the_drift_order_that_ends_at_the_trigger(self) -> None:
        # 76 % at 61.75; at 61.8 the trigger asks for half a share in place of the drift.
        strategy = a_strategy(
            sizing={"policy": "fixed_fraction", "fraction": "0.005"},
            orders={"min_notional": "50"},
        )
        drifting = a_position(cash=usd("1950"))
        rung = ladder(drifting, strategy, a_day(), price=PRICE, rungs=1).up.rungs[0]
        assert rung.decision.reason is ProposalReason.DRIFT
        assert ticks("61.75") <= rung.price < ticks("61.8")

    def test_waits_for_a_running_cool_down_and_for_each_after_it(self) -> None:
        strategy = a_strategy(orders={"cooldown_seconds": 60})
        position = a_position(last_order_done_at=NOW - timedelta(seconds=20))
        found = ladder(position, strategy, a_day(), price=PRICE, rungs=2)
        assert found.waits_until == later(40)
        assert [rung.day.now for rung in found.up.rungs] == [later(40), later(100)]

    def test_sets_an_anchor_that_is_not_set_yet_by_the_price(self) -> None:
        found = ladder(a_position(anchor=None), a_strategy(), a_day(), price=PRICE, rungs=1)
        assert found.up.rungs[0].price == ticks("61.8")


class TestAWayWithFewerRungs:
    def test_says_that_the_orders_of_the_day_are_used_up(self) -> None:
        used = a_position(orders_today=4, orders_on=SESSION)
        up = ladder(used, a_strategy(), a_day(), price=PRICE, rungs=3).up
        assert len(up.rungs) == 1
        assert up.ended == Silence(reason=RefusalReason.MAX_PER_DAY, rule=None)

    @pytest.mark.parametrize(
        ("change", "side", "rule"),
        [({"cash": 0}, "down", Rule.CASH), ({"shares": 0}, "up", Rule.HOLDINGS)],
    )
    def test_names_cash_and_holdings(self, change: dict[str, int], side: str, rule: Rule) -> None:
        strategy = a_strategy(
            guardrails={"min_stock": "0", "max_stock": "1", "rebalance_on_drift": False}
        )
        found = ladder(a_position(**change), strategy, a_day(), price=PRICE, rungs=3)
        flight = found.up if side == "up" else found.down
        assert flight.rungs == ()
        assert flight.ended == Silence(reason=RefusalReason.TRIMMED_TO_ZERO, rule=rule)

    def test_says_that_the_size_rule_asks_for_nothing(self) -> None:
        strategy = a_strategy(
            sizing={"policy": "target", "target": "0.75"},
            guardrails={"rebalance_on_drift": False},
        )
        poor = a_position(shares=shares("1"))
        up = ladder(poor, strategy, a_day(), price=PRICE, rungs=1).up
        assert up.ended == Silence(reason=HoldReason.NOTHING_TO_TRADE, rule=None)

    def test_says_so_of_a_position_without_value(self) -> None:
        nothing = a_position(shares=0, cash=0)
        found = ladder(nothing, a_strategy(), a_day(), price=PRICE, rungs=3)
        assert (found.due, found.up.rungs, found.down.rungs) == (None, (), ())

    def test_counts_the_orders_of_another_day_as_over(self) -> None:
        position = replace(a_position(), orders_today=5, orders_on=SESSION - timedelta(days=1))
        assert len(ladder(position, a_strategy(), a_day(), price=PRICE, rungs=3).up.rungs) == 3
