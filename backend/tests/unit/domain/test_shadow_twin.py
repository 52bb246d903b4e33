"""Each part of the difference between a position and its twin, by looks that a test makes."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.decision import Proposed, Side
from app.domain.flow import NOTHING, Flow, flow_of, gross_flow_of, money_of
from app.domain.order import Fill, fill_whole
from app.domain.position import Position, Status
from app.domain.shadow_twin import Look, Part, PlacedOrder, ShadowTwin
from app.domain.step import step
from tests.builders import NOW, a_day, a_position, a_strategy, an_observation, shares, ticks, usd
from tests.unit.domain.drawn import quick

STRATEGY = a_strategy()
MARK = ticks("70")


def a_look(
    price: str,
    placed: PlacedOrder | None = None,
    *,
    quote: tuple[str, str] | None = None,
    **state: Any,
) -> Look:
    sides = {} if quote is None else {"bid": ticks(quote[0]), "ask": ticks(quote[1])}
    return Look(
        before=a_position(**state),
        observation=an_observation(price, **sides),
        strategy=STRATEGY,
        day=a_day(),
        placed=placed,
    )


def ideal(price: str, **state: Any) -> Fill:
    """Return the fill of the order that is proposed at `price`."""
    position: Position = a_position(**state)
    decision = step(position, an_observation(price), STRATEGY, a_day()).decision
    assert isinstance(decision, Proposed)
    return fill_whole(position, sizing=decision.sizing, at=NOW)[1]


def order(fill: Fill, fills: Sequence[Fill], *, reached: bool = True) -> PlacedOrder:
    return PlacedOrder(side=fill.side, quantity=fill.quantity, reached=reached, fills=fills)


def at(price: str, fill: Fill) -> Fill:
    return Fill(side=fill.side, quantity=fill.quantity, price=ticks(price), commission=0)


def parts(twin: ShadowTwin) -> dict[Part, Flow]:
    return {part: flow for part, flow in twin.parts.items() if flow != NOTHING}


def money(fill: Fill, start: str, end: str) -> Flow:
    """Return what a fill brings more at `end` than at `start`."""
    return gross_flow_of(at(end, fill)) - gross_flow_of(at(start, fill))


SALE, PURCHASE = ideal("66"), ideal("54")
SOLD, UNFILLED = order(SALE, (SALE,)), order(SALE, ())


class TestAShadowTwin:
    def test_does_not_differ_where_the_order_filled_as_its_own(self) -> None:
        twin = ShadowTwin()
        twin.look(a_look("66", SOLD))
        assert parts(twin) == {}
        assert (twin.flow, twin.orders) == (flow_of(SALE), 1)

    @pytest.mark.parametrize(
        ("fill", "price", "quote", "filled_at", "ways"),
        [
            # The quote had risen by 0.10, half of it is 0.02 wide, and 0.03 came on top.
            (
                PURCHASE, "54", ("54.08", "54.12"), "54.15",
                {Part.QUOTE: ("54", "54.10"), Part.SPREAD: ("54.10", "54.12"),
                 Part.SLIPPAGE: ("54.12", "54.15")},
            ),
            (
                SALE, "66", ("65.88", "65.92"), "65.85",
                {Part.QUOTE: ("66", "65.90"), Part.SPREAD: ("65.90", "65.88"),
                 Part.SLIPPAGE: ("65.88", "65.85")},
            ),
            # A better fill than the quote promised; the quote itself lies beyond it.
            (PURCHASE, "54", ("54.08", "54.12"), "53.99", {Part.SLIPPAGE: ("54", "53.99")}),
            (PURCHASE, "54", None, "54.05", {Part.SLIPPAGE: ("54", "54.05")}),
        ],
    )  # fmt: skip
    def test_splits_the_price_of_a_fill_into_quote_spread_and_slippage(
        self,
        fill: Fill,
        price: str,
        quote: tuple[str, str] | None,
        filled_at: str,
        ways: dict[Part, tuple[str, str]],
    ) -> None:
        twin = ShadowTwin()
        twin.look(a_look(price, order(fill, (at(filled_at, fill),)), quote=quote))
        expected = {part: money(fill, *way) for part, way in ways.items()}
        expected[Part.COMMISSION] = money_of(fill.commission)
        assert parts(twin) == expected

    def test_is_apart_by_an_order_that_did_not_fill_until_it_is_made_level(self) -> None:
        twin = ShadowTwin()
        twin.look(a_look("66", UNFILLED))
        assert parts(twin) == {Part.PARTIAL_FILL: NOTHING - flow_of(SALE)}
        twin.level(ticks("68"))
        settled = Flow(shares=0, money=-flow_of(SALE).value_at(ticks("68")))
        assert parts(twin) == {Part.PARTIAL_FILL: settled}
        assert not twin.is_apart
        later = ideal("68")
        twin.look(a_look("68", order(later, (later,))))
        assert twin.flow == flow_of(later) - settled

    def test_calls_an_order_that_did_not_reach_the_market_downtime(self) -> None:
        twin = ShadowTwin()
        twin.look(a_look("66", order(SALE, (), reached=False)))
        assert set(parts(twin)) == {Part.DOWNTIME}

    def test_places_the_order_that_a_halt_stopped_but_not_one_that_a_person_did(self) -> None:
        for status, orders in ((Status.HALTED, 1), (Status.PAUSED, 0)):
            twin = ShadowTwin()
            twin.look(a_look("66", status=status))
            assert twin.orders == orders
            assert set(parts(twin)) == ({Part.DOWNTIME} if orders else set())

    def test_calls_an_order_of_another_size_one_by_other_rules(self) -> None:
        half = SALE.quantity // 2 // 100 * 100
        fill = Fill(side=Side.SELL, quantity=half, price=SALE.price, commission=SALE.commission)
        twin = ShadowTwin()
        twin.look(a_look("66", order(fill, (fill,))))
        assert set(parts(twin)) == {Part.RULES, Part.COMMISSION}
        total = sum(flow.value_at(MARK) for flow in parts(twin).values())
        assert total == (flow_of(fill) - flow_of(SALE)).value_at(MARK)

    def test_has_no_dividend_on_the_shares_that_only_the_position_holds(self) -> None:
        twin = ShadowTwin()
        twin.look(a_look("66", UNFILLED))
        twin.dividend(shares=shares("100"), net=usd("50"))
        missing = usd("50") * SALE.quantity // shares("100")
        assert twin.parts[Part.DIVIDEND] == money_of(missing)
        assert twin.flow == flow_of(SALE) - money_of(missing)

    def test_splits_the_shares_that_are_apart_as_those_of_the_position(self) -> None:
        twin = ShadowTwin()
        twin.look(a_look("66", UNFILLED))
        twin.split(before=shares("100"), after=shares("200"))
        assert twin.parts[Part.PARTIAL_FILL].shares == 2 * SALE.quantity
        # The position has 200 shares by now, the twin twice what the sale left of its 100.
        assert shares("200") + twin.flow.shares == 2 * (shares("100") - SALE.quantity)

    def test_does_not_make_a_trade_from_outside(self) -> None:
        twin = ShadowTwin()
        twin.differ(Part.EXTERNAL, flow_of(SALE))
        assert parts(twin) == {Part.EXTERNAL: flow_of(SALE)}
        assert twin.flow == NOTHING


fills = st.builds(
    Fill,
    side=st.just(Side.SELL),
    quantity=st.integers(1, SALE.quantity // 3),
    price=st.integers(ticks("50"), ticks("80")),
    commission=st.integers(0, usd("2")),
)
looks = st.builds(
    lambda fills, reached, quote: a_look("66", order(SALE, fills, reached=reached), quote=quote),
    st.lists(fills, max_size=3),
    st.booleans(),
    st.sampled_from((None, ("65.9", "66.1"), ("65", "65.01"), ("66.5", "67"))),
)
events = st.lists(
    st.one_of(
        looks,
        st.just(a_look("66", status=Status.HALTED)),
        fills,
        st.integers(1, usd("80")),
        st.sampled_from(((100, 200), (100, 33))),
        st.none(),
    ),
    max_size=12,
)


class TestTheParts:
    @quick
    @given(course=events, mark=st.integers(1, ticks("200")), level=st.integers(1, ticks("200")))
    def test_add_up_to_the_whole_difference_whatever_happens(
        self, course: list[Any], mark: int, level: int
    ) -> None:
        twin, ours = ShadowTwin(), NOTHING
        for event in course:
            match event:
                case Look() if twin.is_apart:
                    twin.level(level)
                case Look(placed=placed):
                    twin.look(event)
                    for fill in () if placed is None else placed.fills:
                        ours += flow_of(fill)
                case Fill():
                    twin.differ(Part.EXTERNAL, flow_of(event))
                    ours += flow_of(event)
                case int():
                    # What both get is no flow of either; what the twin has less shows in its own.
                    twin.dividend(shares=shares("100"), net=event)
                case (before, after):
                    twin.split(before=before, after=after)
                case _:
                    twin.level(level)
        assert (ours - twin.flow).value_at(mark) == sum(
            flow.value_at(mark) for flow in twin.parts.values()
        )
