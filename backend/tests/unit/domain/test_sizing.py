"""What each rule leaves of an order, and which of them is named."""

from typing import Any

import pytest

from app.domain.decision import (
    Bound,
    ProposalReason,
    Proposed,
    RefusalReason,
    Refused,
    Rule,
    Side,
    Sizing,
    Trim,
)
from app.domain.position import Broker, Position
from app.domain.sizing import size_order, worst_price
from app.domain.step import step
from tests.builders import a_day, a_position, a_strategy, an_observation, shares, ticks, usd

NO_BAND = {"min_stock": "0", "max_stock": "1"}
SLIP = {"slippage_bps": "5"}


def sized(
    price: str,
    side: Side,
    position: Position | None = None,
    cause: ProposalReason = ProposalReason.TRIGGER,
    **groups: Any,
) -> Sizing:
    before = a_position() if position is None else position
    return size_order(
        before, an_observation(price), ticks(price), a_strategy(**groups), side, cause
    )


def binding(price: str, position: Position, **groups: Any) -> Rule | None:
    decision = step(position, an_observation(price), a_strategy(**groups), a_day()).decision
    assert isinstance(decision, Refused), decision
    assert decision.reason is RefusalReason.TRIMMED_TO_ZERO
    return decision.binding


class TestTheWorstPrice:
    QUOTE = an_observation("60", bid=ticks("59.95"), ask=ticks("60.05"))

    @pytest.mark.parametrize(
        ("broker", "side", "worst"),
        [
            (Broker.PAPER, Side.BUY, "60.05"),
            (Broker.PAPER, Side.SELL, "59.95"),
            (Broker.ALPACA_PAPER, Side.BUY, "60.12"),
            (Broker.ALPACA_PAPER, Side.SELL, "59.88"),
            (Broker.ALPACA_LIVE, Side.BUY, "60.12"),
            (Broker.ALPACA_LIVE, Side.SELL, "59.88"),
        ],
    )
    def test_is_slippage_and_quote_on_paper_and_the_collar_at_a_broker(
        self, broker: Broker, side: Side, worst: str
    ) -> None:
        strategy = a_strategy(costs=SLIP)
        assert worst_price(side, ticks("60"), self.QUOTE, broker, strategy) == ticks(worst)

    @pytest.mark.parametrize(("side", "worst"), [(Side.BUY, "60.03"), (Side.SELL, "59.97")])
    def test_is_slippage_alone_without_a_quote(self, side: Side, worst: str) -> None:
        strategy, observation = a_strategy(costs=SLIP), an_observation("60")
        assert worst_price(side, ticks("60"), observation, Broker.PAPER, strategy) == ticks(worst)


class TestAnUntrimmedOrder:
    def test_is_the_raw_quantity_toward_zero_to_the_lot(self) -> None:
        sizing = sized("61.8", Side.SELL)
        assert sizing.raw_quantity == shares("9.567539")
        assert sizing.quantity == shares("9.5675")
        assert sizing.trims == (
            Trim(rule=Rule.LOT, before=shares("9.567539"), after=shares("9.5675")),
        )

    def test_records_no_trim_that_takes_nothing(self) -> None:
        assert sized("61.8", Side.SELL, orders={"lot": "0.000001"}).trims == ()

    def test_shows_the_bound_of_every_rule_that_applies(self) -> None:
        # A sale leaves a quarter: (6180 - 0.25 * 12180) / (61.8 (1 - 0.25 * 0.0001)).
        # Cash pays for 6000 / (58.2 * 1.0001), and a buy ends at three quarters:
        # (0.75 * 11820 - 5820) / (58.2 (1 + 0.75 * 0.0001)).
        assert sized("61.8", Side.SELL).bounds == (
            Bound(rule=Rule.HOLDINGS, quantity=shares("100")),
            Bound(rule=Rule.GUARDRAIL, quantity=shares("50.729423")),
        )
        assert sized("58.2", Side.BUY).bounds == (
            Bound(rule=Rule.CASH, quantity=shares("103.082475")),
            Bound(rule=Rule.GUARDRAIL, quantity=shares("52.315663")),
        )

    def test_has_no_guardrail_bound_for_drift(self) -> None:
        sizing = sized("61", Side.SELL, a_position(cash=usd("1000")), ProposalReason.DRIFT)
        assert [bound.rule for bound in sizing.bounds] == [Rule.HOLDINGS]


class TestMaxTrade:
    def test_limits_the_order_to_its_fraction_of_the_value(self) -> None:
        # 0.01 * 12180 / 61.8 = 1.970873...
        sizing = sized("61.8", Side.SELL, guardrails={"max_trade": "0.01"})
        assert sizing.quantity == shares("1.9708")
        assert [trim.rule for trim in sizing.trims] == [Rule.MAX_TRADE, Rule.LOT]
        assert sizing.trims[0].after == sizing.trims[1].before == shares("1.970873")

    def test_limits_drift_orders_too(self) -> None:
        position, limit = a_position(cash=usd("1000")), {"max_trade": "0.01"}
        sizing = sized("61", Side.SELL, position, ProposalReason.DRIFT, guardrails=limit)
        assert sizing.quantity == shares("1.1639")  # 71 / 61 = 1.163934...


class TestCash:
    def test_limits_a_buy_to_what_it_pays_for_with_commission(self) -> None:
        # 200 / (58.2 * 1.0001) = 3.436082...
        sizing = sized("58.2", Side.BUY, a_position(cash=usd("200")), guardrails=NO_BAND)
        assert sizing.raw_quantity == shares("5.331881")
        assert sizing.trims[0] == Trim(
            rule=Rule.CASH, before=shares("5.331881"), after=shares("3.436082")
        )
        assert sizing.quantity == shares("3.436")

    def test_does_not_count_the_receivable(self) -> None:
        position = a_position(cash=usd("200"), receivable=usd("1000"))
        sizing = sized("58.2", Side.BUY, position, guardrails=NO_BAND)
        assert sizing.raw_quantity == shares("6.217575")
        assert sizing.quantity == shares("3.436")

    def test_is_reckoned_at_the_worst_price(self) -> None:
        # The limit is 58.2 * 1.002 = 58.3164; 200 / (58.3164 * 1.0001) = 3.429224...
        position = a_position(cash=usd("200"), broker=Broker.ALPACA_LIVE)
        sizing = sized("58.2", Side.BUY, position, guardrails=NO_BAND)
        assert sizing.worst_price == ticks("58.3164")
        assert sizing.quantity == shares("3.4292")

    def test_takes_one_lot_less_where_the_rounded_amounts_do_not_fit(self) -> None:
        # A lot costs 2.5 micros: three cost 7.50075, booked 8 + 1; two cost 5.0005, booked 5 + 1.
        position = a_position(shares=0, cash=8, receivable=usd("1"), anchor=ticks("0.03"))
        sizing = sized("0.025", Side.BUY, position, guardrails=NO_BAND)
        assert sizing.quantity == shares("0.0002")


class TestHoldings:
    def test_limit_a_sale_to_the_shares_there_are(self) -> None:
        ratio = {"ratio": "100"}
        sizing = sized("61.8", Side.SELL, guardrails=NO_BAND, sizing=ratio)
        assert sizing.quantity == shares("100")
        assert sizing.trims[-1].rule is Rule.HOLDINGS


class TestTheGuardrail:
    def test_limits_a_sale_to_min_stock_after_commission(self) -> None:
        sizing = sized("61.8", Side.SELL, sizing={"ratio": "100"})
        assert sizing.quantity == shares("50.7294")

    def test_limits_a_buy_to_max_stock_after_commission(self) -> None:
        sizing = sized("58.2", Side.BUY, sizing={"ratio": "100"})
        assert sizing.quantity == shares("52.3156")

    def test_is_reckoned_at_the_worst_price_the_holdings_included(self) -> None:
        # At 58.2291: (0.75 * 11822.91 - 5822.91) / (58.2291 (1 + 0.75 * 0.0001)) = 52.27702...
        sizing = sized("58.2", Side.BUY, sizing={"ratio": "100"}, costs=SLIP)
        assert sizing.worst_price == ticks("58.2291")
        assert sizing.quantity == shares("52.277")

    def test_is_reckoned_at_the_price_too_where_fixed_costs_outweigh_the_cash(self) -> None:
        # All in stock, selling to a quarter for 100 USD: 75 + 25 / 61.8 = 75.40453... where the
        # fill is at the price, but 75 + 25 / 61.6764 = 75.40534... at the limit.
        position = a_position(cash=0, broker=Broker.ALPACA_LIVE)
        costs = {"commission_rate": "0", "commission_min": "100"}
        sizing = sized("61.8", Side.SELL, position, sizing={"ratio": "100"}, costs=costs)
        assert sizing.worst_price == ticks("61.6764")
        assert sizing.quantity == shares("75.4045")

    def test_is_exact_where_the_share_is_on_it_already(self) -> None:
        # 40 shares at 50 and 6,000 USD are a quarter stock: nothing may be sold.
        edge = a_position(shares=shares("40"), anchor=ticks("48"))
        assert binding("50", edge) is Rule.GUARDRAIL


class TestTheBindingRule:
    def test_is_the_first_of_those_with_the_smallest_bound(self) -> None:
        broke = a_position(cash=0)
        assert binding("58.2", broke, guardrails=NO_BAND) is Rule.CASH
        assert binding("58.2", broke, guardrails={"rebalance_on_drift": False}) is Rule.CASH

    def test_is_the_smallest_of_several_that_reduce(self) -> None:
        limited = {**NO_BAND, "max_trade": "0.01"}
        assert binding("58.2", a_position(cash=0), guardrails=limited) is Rule.CASH

    def test_is_the_holdings_before_the_guardrail(self) -> None:
        assert binding("61.8", a_position(shares=0), guardrails=NO_BAND) is Rule.HOLDINGS

    def test_is_the_lot_where_less_than_one_is_left(self) -> None:
        position = a_position(shares=shares("1"), cash=usd("60"))
        assert binding("61.8", position, orders={"lot": "1"}) is Rule.LOT

    def test_is_the_guardrail_where_the_costs_alone_would_breach_it(self) -> None:
        # A quarter stock and below, without drift: selling more leads further out.
        below = a_position(shares=shares("39"), anchor=ticks("48"))
        assert binding("50", below, guardrails={"rebalance_on_drift": False}) is Rule.GUARDRAIL


class TestADriftOrder:
    def test_that_the_lot_would_carry_through_the_band_is_not_placed(self) -> None:
        # One share of 60 in 100 is more than the band from 0.20 to 0.22 is wide.
        position = a_position(shares=0, cash=usd("100"))
        guardrails = {"min_stock": "0.2", "max_stock": "0.22"}
        assert binding("60", position, guardrails=guardrails, orders={"lot": "1"}) is Rule.LOT

    def test_may_use_up_the_cash_and_end_nearer(self) -> None:
        position = a_position(shares=shares("10"), cash=usd("600"), receivable=usd("5400"))
        decision = step(position, an_observation("60"), a_strategy(), a_day()).decision
        assert isinstance(decision, Proposed)
        assert decision.sizing.quantity == shares("9.999")  # 600 / 60.006 = 9.99900...
        assert decision.sizing.trims[0].rule is Rule.CASH

    def test_that_a_better_fill_would_carry_through_the_band_is_not_placed(self) -> None:
        # Sold at the limit, 58.80, about 0.515 of one share pays 30 USD and leaves 99 % in stock;
        # sold at 60, it leaves 96.9 %.
        position = a_position(shares=shares("1"), cash=0, broker=Broker.ALPACA_LIVE)
        groups: dict[str, Any] = {
            "guardrails": {"min_stock": "0.97", "max_stock": "0.99", "drift_tolerance": "0"},
            "orders": {"collar_bps": "200"},
            "costs": {"commission_rate": "0", "commission_min": "30"},
        }
        assert binding("60", position, **groups) is Rule.LOT
        groups["guardrails"] |= {"min_stock": "0.96"}
        decision = step(position, an_observation("60"), a_strategy(**groups), a_day()).decision
        assert isinstance(decision, Refused)
        assert decision.reason is RefusalReason.BELOW_MIN_NOTIONAL
