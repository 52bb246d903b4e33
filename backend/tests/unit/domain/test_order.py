"""Fills are booked as they happened; the anchor follows the mean fill price."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.decision import Side
from app.domain.errors import DomainError
from app.domain.order import Fill, book_fill, complete_order
from tests.builders import NOW, a_position, later, shares, ticks, usd
from tests.unit.domain.drawn import quick


def a_fill(side: Side, quantity: str, price: str, commission: str = "0") -> Fill:
    return Fill(
        side=side, quantity=shares(quantity), price=ticks(price), commission=usd(commission)
    )


class TestBooking:
    def test_of_a_buy_adds_shares_and_takes_cost_and_commission(self) -> None:
        after = book_fill(a_position(), a_fill(Side.BUY, "10", "58.2", "0.0582"))
        assert (after.shares, after.cash) == (shares("110"), usd("5417.9418"))

    def test_of_a_sale_takes_shares_and_adds_proceeds_less_commission(self) -> None:
        after = book_fill(a_position(), a_fill(Side.SELL, "9.5675", "61.8", "0.059128"))
        assert (after.shares, after.cash) == (shares("90.4325"), usd("6591.212372"))

    def test_rounds_costs_up_and_proceeds_down(self) -> None:
        dust = {"quantity": "0.000001", "price": "0.0001"}
        assert book_fill(a_position(cash=1), a_fill(Side.BUY, **dust)).cash == 0
        assert book_fill(a_position(cash=1), a_fill(Side.SELL, **dust)).cash == 1

    def test_leaves_everything_else_to_the_end_of_the_order(self) -> None:
        before = a_position(order_in_flight=True, receivable=usd("3"))
        after = book_fill(before, a_fill(Side.BUY, "10", "58.2"))
        assert after.anchor == before.anchor
        assert after.order_in_flight
        assert after.receivable == usd("3")

    def test_happens_whatever_the_guardrails_say_by_then(self) -> None:
        after = book_fill(a_position(), a_fill(Side.SELL, "100", "61.8"))
        assert after.shares == 0

    @pytest.mark.parametrize(
        "fill",
        [
            a_fill(Side.SELL, "100.000001", "61.8"),
            a_fill(Side.BUY, "100", "60", "0.000001"),
            a_fill(Side.BUY, "100.000001", "60"),
            a_fill(Side.SELL, "1", "60", "6060.000001"),
        ],
    )
    def test_refuses_what_would_leave_less_than_nothing(self, fill: Fill) -> None:
        with pytest.raises(DomainError, match="nothing was booked"):
            book_fill(a_position(), fill)

    def test_takes_the_very_last(self) -> None:
        assert book_fill(a_position(), a_fill(Side.BUY, "100", "60")).cash == 0
        assert book_fill(a_position(), a_fill(Side.SELL, "1", "60", "6060")).cash == 0


class TestAFill:
    @pytest.mark.parametrize("change", [{"quantity": 0}, {"price": 0}, {"commission": -1}])
    def test_has_a_quantity_a_price_and_no_negative_commission(
        self, change: dict[str, int]
    ) -> None:
        with pytest.raises(AssertionError):
            Fill(**{"side": Side.BUY, "quantity": 1, "price": 1, "commission": 0} | change)  # type: ignore[arg-type]  # the changes are whole numbers


class TestAnOrderThatIsDone:
    def test_moves_the_anchor_to_the_mean_price_by_quantity(self) -> None:
        # (1 * 61.8 + 3 * 61.9) / 4 = 61.875
        fills = [a_fill(Side.SELL, "1", "61.8"), a_fill(Side.SELL, "3", "61.9")]
        after = complete_order(a_position(order_in_flight=True), fills, at=later(2))
        assert after.anchor == ticks("61.875")
        assert not after.order_in_flight
        assert after.last_order_done_at == later(2)

    def test_rounds_the_mean_half_up(self) -> None:
        halves = [a_fill(Side.SELL, "1", "61.8"), a_fill(Side.SELL, "1", "61.8001")]
        assert complete_order(a_position(), halves, at=NOW).anchor == ticks("61.8001")
        thirds = [a_fill(Side.SELL, "2", "61.8"), a_fill(Side.SELL, "1", "61.8001")]
        assert complete_order(a_position(), thirds, at=NOW).anchor == ticks("61.8")

    def test_without_a_fill_leaves_the_anchor(self) -> None:
        after = complete_order(a_position(order_in_flight=True), [], at=NOW)
        assert after.anchor == ticks("60")
        assert not after.order_in_flight
        assert after.last_order_done_at == NOW

    @quick
    @given(
        fills=st.lists(
            st.builds(
                Fill,
                side=st.just(Side.BUY),
                quantity=st.integers(1, 10**15),
                price=st.integers(1, 2 * 10**9),
                commission=st.just(0),
            ),
            min_size=1,
        )
    )
    def test_has_its_anchor_among_its_prices(self, fills: list[Fill]) -> None:
        anchor = complete_order(a_position(), fills, at=NOW).anchor
        assert anchor is not None
        prices = [fill.price for fill in fills]
        assert min(prices) <= anchor <= max(prices)
