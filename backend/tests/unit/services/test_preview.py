"""The first price at which an order is proposed: exactly there, and not a tick before it."""

import pytest

from app.domain.decision import Proposed, Side
from app.domain.what_if import step_at
from app.services.preview import waiting_orders
from tests.builders import a_day, a_position, a_strategy, shares, ticks, usd


class TestWaitingOrders:
    def test_are_none_where_both_triggers_propose(self) -> None:
        assert waiting_orders(a_position(), a_strategy(), a_day()) == ()

    def test_are_none_without_an_anchor(self) -> None:
        position = a_position(anchor=None, shares=0, cash=0)
        assert waiting_orders(position, a_strategy(), a_day()) == ()

    def test_name_the_first_price_of_a_small_position_on_each_side(self) -> None:
        # 2 shares and 120 USD: at 3 % the order is about 12 USD, far below the smallest of 100.
        position = a_position(shares=shares("2"), cash=usd("120"))
        strategy = a_strategy(guardrails={"min_stock": "0", "max_stock": "1"})
        sell, buy = waiting_orders(position, strategy, a_day())
        assert (sell.side, sell.trigger, sell.reason) == (
            Side.SELL,
            ticks("61.8"),
            "below_min_notional",
        )
        assert (buy.side, buy.trigger, buy.reason) == (
            Side.BUY,
            ticks("58.2"),
            "below_min_notional",
        )
        for order, outward in ((sell, 1), (buy, -1)):
            first = order.executable_at
            assert first is not None
            assert isinstance(
                step_at(position, first, strategy, a_day(what_if=True)).decision, Proposed
            )
            before = step_at(position, first - outward, strategy, a_day(what_if=True)).decision
            assert not isinstance(before, Proposed)

    def test_say_so_where_no_price_proposes(self) -> None:
        # Without a share nothing is ever sold.
        position = a_position(shares=0)
        strategy = a_strategy(guardrails={"rebalance_on_drift": False})
        sell = waiting_orders(position, strategy, a_day())[0]
        assert (sell.side, sell.executable_at) == (Side.SELL, None)

    @pytest.mark.parametrize("used", [{"orders_today": 5, "orders_on": a_day().date}])
    def test_do_not_count_the_orders_of_today(self, used: dict[str, object]) -> None:
        assert waiting_orders(a_position(**used), a_strategy(), a_day()) == ()
