"""One evaluation against figures worked out by hand from the rules; the working is in comments."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any

from tests.reference.evaluation import evaluate
from tests.reference.sizing import commission, worst_price
from tests.reference.terms import (
    Account,
    Decision,
    Kind,
    Policy,
    Reason,
    Receivable,
    Rule,
    Side,
    Strategy,
)

F = Fraction
DAY = date(2024, 1, 2)
NOON = datetime(2024, 1, 2, 17, tzinfo=UTC)
NO_TRIMS: dict[str, Any] = {"min_stock": F(0), "max_stock": F(1), "min_notional": F(0)}


def decided(
    price: str,
    *,
    shares: str,
    cash: str,
    anchor: str | None = "100",
    receivable: str = "0",
    strategy: Mapping[str, Any] | None = None,
) -> Decision:
    account = Account(
        shares=F(shares),
        cash=F(cash),
        anchor=None if anchor is None else F(anchor),
        receivables=(Receivable(due=DAY, amount=F(receivable)),),
    )
    return evaluate(
        account=account,
        strategy=Strategy(**(strategy or {})),
        price=F(price),
        at=NOON,
        session=DAY,
    )


class TestTrigger:
    def test_sets_an_anchor_that_is_unset_and_holds(self) -> None:
        decision = decided("97", shares="100", cash="10000", anchor=None)
        assert (decision.kind, decision.reason) == (Kind.HOLD, Reason.ANCHOR_SET)

    def test_has_nothing_to_trade_without_value(self) -> None:
        assert decided("97", shares="0", cash="0").reason is Reason.NOTHING_TO_TRADE

    def test_rounds_the_two_prices_away_from_the_anchor(self) -> None:
        # 33.3333 × 1.03 = 34.333299, up to 34.3333; 33.3333 × 0.97 = 32.333301, down to 32.3333
        decision = decided("33", shares="100", cash="3300", anchor="33.3333")
        assert (decision.sell_at, decision.buy_at) == (F("34.3333"), F("32.3333"))

    def test_fires_on_the_threshold_and_not_one_tick_inside(self) -> None:
        assert decided("97", shares="100", cash="10000").side is Side.BUY
        assert decided("103", shares="100", cash="10000").side is Side.SELL
        for price in ("97.0001", "102.9999"):
            assert decided(price, shares="100", cash="10000").reason is Reason.INSIDE_BAND

    def test_gives_way_to_a_drift_order_the_other_way(self) -> None:
        # 97 × 400 / (38,800 + 10,000) = 0.795 > 0.76: sell although the price asks to buy
        decision = decided("97", shares="400", cash="10000")
        assert (decision.reason, decision.side) == (Reason.DRIFT, Side.SELL)
        kept = decided("97", shares="400", cash="10000", strategy={"rebalance_on_drift": False})
        assert (kept.reason, kept.side) == (Reason.TRIMMED_TO_ZERO, Side.BUY)
        assert kept.binding is Rule.GUARDRAIL


class TestCosts:
    def test_slip_and_round_against_us(self) -> None:
        # 96.99 × 1.0005 = 97.038495, up; 103.01 × 0.9995 = 102.958495, down
        strategy = Strategy(slippage_bps=F(5))
        buy = worst_price(side=Side.BUY, price=F("96.99"), strategy=strategy)
        sell = worst_price(side=Side.SELL, price=F("103.01"), strategy=strategy)
        assert (buy, sell) == (F("97.0385"), F("102.9584"))

    def test_add_rate_and_shares_and_keep_the_minimum(self) -> None:
        # 0.0001 × 10.4689 × 97 + 0.005 × 10.4689 = 0.10154833 + 0.0523445 = 0.15389283, up
        terms: dict[str, Any] = {"quantity": F("10.4689"), "price": F(97)}
        by_size = Strategy(commission_per_share=F("0.005"))
        least = Strategy(commission_per_share=F("0.005"), commission_min=F("0.4"))
        assert commission(**terms, strategy=by_size) == F("0.153893")
        assert commission(**terms, strategy=least) == F("0.4")


class TestPolicies:
    def test_proportional_follows_the_distance(self) -> None:
        # V = 19,700; (100/97 − 1) × 1.6667 × 19,700 / 97 = 98,501.97 / 9,409 = 10.4689095…
        decision = decided("97", shares="100", cash="10000")
        assert (decision.kind, decision.reason) == (Kind.PROPOSED, Reason.TRIGGER)
        assert (decision.raw_quantity, decision.quantity) == (F("10.468909"), F("10.4689"))

    def test_target_moves_to_the_target_only_in_the_direction_asked(self) -> None:
        # V = 20,300, half is 10,150; the stock is worth 10,300: sell 150 / 103 = 1.4563106…
        target = {"policy": Policy.TARGET}
        sell = decided("103", shares="100", cash="10000", strategy=target)
        assert (sell.side, sell.quantity) == (Side.SELL, F("1.4563"))
        # With 90 shares the stock is worth 9,270 of 19,270, already less than half
        below = decided("103", shares="90", cash="10000", strategy=target)
        assert (below.kind, below.reason) == (Kind.HOLD, Reason.NOTHING_TO_TRADE)

    def test_fixed_fraction_takes_a_part_of_cash_or_of_shares(self) -> None:
        # A buy spends a tenth of 10,000, not of the receivable: 1,000 / 97 = 10.3092783…
        fixed = {"policy": Policy.FIXED_FRACTION}
        buy = decided("97", shares="100", cash="10000", receivable="500", strategy=fixed)
        sell = decided("103", shares="100", cash="10000", strategy=fixed)
        assert (buy.quantity, sell.quantity) == (F("10.3092"), F(10))

    def test_to_bound_reaches_the_bound_after_commission(self) -> None:
        # (100 − x) × 103 = 0.25 × (20,300 − 0.0103 x): x = 5,225 / 102.997425 = 50.7294235…
        decision = decided("103", shares="100", cash="10000", strategy={"policy": Policy.TO_BOUND})
        assert (decision.raw_quantity, decision.quantity) == (F("50.729423"), F("50.7294"))
        above = decided("97", shares="160", cash="5000", strategy={"policy": Policy.TO_BOUND})
        assert above.reason is Reason.NOTHING_TO_TRADE  # 15,520 / 20,520 = 0.7563


class TestDrift:
    def test_sells_the_fewest_lots_that_return_to_the_bound(self) -> None:
        # (400 − x) × 101 = 0.75 × (50,400 − 0.0101 x): x = 2,600 / 100.992425 = 25.74450…, up
        decision = decided("101", shares="400", cash="10000")
        assert (decision.reason, decision.quantity) == (Reason.DRIFT, F("25.7446"))

    def test_buys_for_the_share_at_the_price_after_paying_the_worst(self) -> None:
        # Worst 101 × 1.01 = 102.01; (10 + x) × 101 = 0.25 × (11,010 − 1.01 x − 0.010201 x):
        # x = 1,742.5 / 101.25505025… = 17.2090181…, up to the lot
        decision = decided("101", shares="10", cash="10000", strategy={"slippage_bps": F(100)})
        assert (decision.side, decision.quantity) == (Side.BUY, F("17.2091"))

    def test_is_refused_when_a_lot_overshoots_to_a_worse_breach(self) -> None:
        # 101 / 121 = 0.835 is 0.085 above the band; without the one share it is 0.25 below
        whole = {"lot": F(1), "min_notional": F(0)}
        decision = decided("101", shares="1", cash="20", strategy=whole)
        assert (decision.reason, decision.binding) == (Reason.TRIMMED_TO_ZERO, Rule.GUARDRAIL)


class TestTrims:
    def test_keep_a_buy_inside_the_guardrail_with_its_commission(self) -> None:
        # (150 + x) × 97 = 0.75 × (19,550 − 0.0097 x): x = 112.5 / 97.007275 = 1.15970683…
        decision = decided("97", shares="150", cash="5000")
        guardrail, lot = decision.trims
        assert (guardrail.rule, guardrail.after) == (Rule.GUARDRAIL, F("1.159706"))
        assert (lot.rule, lot.after, decision.quantity) == (Rule.LOT, F("1.1597"), F("1.1597"))
        assert decision.binding is Rule.GUARDRAIL

    def test_measure_the_guardrail_at_the_worst_price(self) -> None:
        # Worst 97.97; 150 of them are 14,695.50 of 19,695.50 and three quarters are 14,771.625:
        # x = 76.125 / (97.97 + 0.75 × 0.009797) = 76.125 / 97.97734775 = 0.77696530…
        slipping = {"slippage_bps": F(100), "min_notional": F(0)}
        assert decided("97", shares="150", cash="5000", strategy=slipping).quantity == F("0.7769")

    def test_keep_cost_and_commission_inside_the_cash(self) -> None:
        # 10.308247: 999.899959 + 0.09999 = 999.999949; one more: 999.900056 + 0.099991 > 1,000
        everything = {**NO_TRIMS, "policy": Policy.FIXED_FRACTION, "fraction": F(1)}
        decision = decided("97", shares="1", cash="1000", strategy=everything)
        assert decision.raw_quantity == F("10.309278")
        assert (decision.trims[0].rule, decision.trims[0].after) == (Rule.CASH, F("10.308247"))

    def test_do_not_spend_the_receivable(self) -> None:
        # Target 0.7 × 2,170 − 970 = 549 is 5.66 shares; 2.0616: 199.9752 + 0.019998 ≤ 200
        seventy = {"policy": Policy.TARGET, "target": F("0.7")}
        decision = decided("97", shares="10", cash="200", receivable="1000", strategy=seventy)
        assert (decision.binding, decision.quantity) == (Rule.CASH, F("2.0616"))

    def test_limit_the_size_of_one_trade(self) -> None:
        # 0.05 × 19,700 / 97 = 10.1546391…
        decision = decided("97", shares="100", cash="10000", strategy={"max_trade": F("0.05")})
        assert (decision.binding, decision.quantity) == (Rule.MAX_TRADE, F("10.1546"))

    def test_name_the_first_rule_of_a_tie(self) -> None:
        decision = decided("103", shares="0", cash="10000", strategy=NO_TRIMS)
        assert (decision.reason, decision.binding) == (Reason.TRIMMED_TO_ZERO, Rule.HOLDINGS)


class TestRefusals:
    def test_name_an_order_that_is_too_small(self) -> None:
        # 1.1597 × 97 = 112.49
        small = {"min_notional": F("112.5")}
        decision = decided("97", shares="150", cash="5000", strategy=small)
        assert (decision.kind, decision.reason) == (Kind.REFUSED, Reason.BELOW_MIN_NOTIONAL)
        enough = {"min_notional": F("112.4909")}  # exactly 1.1597 × 97
        assert decided("97", shares="150", cash="5000", strategy=enough).kind is Kind.PROPOSED

    def test_name_a_commission_above_cash_and_proceeds(self) -> None:
        # A tenth of one share brings 10.30; with 1.00 in cash 11.30 does not pay 11.31
        dear = {**NO_TRIMS, "policy": Policy.FIXED_FRACTION, "commission_min": F("11.31")}
        decision = decided("103", shares="1", cash="1", strategy=dear)
        assert decision.reason is Reason.COST_EXCEEDS_PROCEEDS
        just = {**dear, "commission_min": F("11.30")}
        assert decided("103", shares="1", cash="1", strategy=just).kind is Kind.PROPOSED

    def test_name_the_guardrail_when_the_commission_alone_breaks_it(self) -> None:
        # Before 7,725 / 10,325 = 0.748; after 0.075 shares and 100: 7,717.275 / 10,225 = 0.7547
        tiny = {
            "policy": Policy.FIXED_FRACTION,
            "fraction": F("0.001"),
            "commission_min": F(100),
            "min_notional": F(0),
        }
        decision = decided("103", shares="75", cash="2600", strategy=tiny)
        assert (decision.reason, decision.binding) == (Reason.TRIMMED_TO_ZERO, Rule.GUARDRAIL)
