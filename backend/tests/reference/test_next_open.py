"""The replay under `next_open` against figures worked out by hand; the working is in comments.

An opening of 100 shares and 10,000 with the anchor at 100 decides to buy 10.4689 at a close of 97.
"""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from tests.reference.exact import Mix, Result, simulate
from tests.reference.handmade import DAY, NEXT, THIRD, F, bar, recorded, run
from tests.reference.terms import Kind, Lapse, Policy, Reason, Side, Strategy

ALL_CASH: dict[str, Any] = {
    "policy": Policy.FIXED_FRACTION,
    "fraction": F(1),
    "min_stock": F(0),
    "max_stock": F(1),
    "rebalance_on_drift": False,
}


def reasons(result: Result) -> list[Reason]:
    return [decision.reason for decision in result.decisions]


class TestFill:
    def test_is_at_the_next_open_with_the_quantity_decided(self) -> None:
        # 10.4689 × 96 = 1,005.0144; fee 0.10050144, up; 10,000 − both = 8,994.885098
        first, second = bar(DAY, "97"), bar(NEXT, "96.5", opens="96")
        result = run([first, second], model="next_open")
        (trade,) = result.trades
        assert (trade.decided_bar, trade.filled_bar, trade.at) == (0, 1, second.start)
        assert (trade.quantity, trade.price, trade.market) == (F("10.4689"), F(96), F(96))
        assert (trade.notional, trade.commission) == (F("1005.0144"), F("0.100502"))
        assert (result.account.cash, result.account.anchor) == (F("8994.885098"), F(96))
        assert [point.at for point in result.curve] == [first.end, second.end]
        assert result.curve[0].equity == 19_700
        assert result.curve[1].equity == F("8994.885098") + F("110.4689") * F("96.5")

    def test_pays_slippage_from_the_open(self) -> None:
        # 96 × 1.0005 = 96.048; 10.4689 × 96.048 = 1,005.5169072, up; fee 0.10055169072, up
        bars = [bar(DAY, "97"), bar(NEXT, "96.5", opens="96")]
        result = run(bars, model="next_open", slippage_bps=F(5))
        (trade,) = result.trades
        assert (trade.market, trade.price) == (F(96), F("96.048"))
        assert (trade.notional, trade.commission) == (F("1005.516908"), F("0.100552"))
        assert result.account.anchor == F("96.048")

    def test_does_not_ask_the_trigger_again(self) -> None:
        bars = [bar(DAY, "97"), bar(NEXT, "101", opens="101")]
        result = run(bars, model="next_open")
        (trade,) = result.trades
        assert (trade.side, trade.quantity, trade.price) == (Side.BUY, F("10.4689"), F(101))

    def test_comes_before_the_decision_on_the_close(self) -> None:
        # From 96 the next buy is at 93.12: 94 would be one from 100 or 97, and is none
        bars = [bar(DAY, "97"), bar(NEXT, "94", opens="96"), bar(THIRD, "93.12", opens="94")]
        result = run(bars, model="next_open")
        assert reasons(result) == [Reason.TRIGGER, Reason.INSIDE_BAND, Reason.TRIGGER]
        assert [decision.anchor for decision in result.decisions] == [100, 96, 96]

    def test_follows_the_dividend_of_its_session(self) -> None:
        # Net 100 × 1.00 × 0.75 = 75 on the shares held, not on those about to be bought
        bars = [bar(DAY, "97"), bar(NEXT, "96", dividend=F(1))]
        result = run(bars, model="next_open")
        assert result.account.receivable == 75
        assert (result.account.shares, result.account.anchor) == (F("110.4689"), F(96))

    def test_is_a_close_one_bar_later_where_nothing_happens_between(self) -> None:
        days = [replace(day, dividend=F(0)) for day in recorded("KO")]
        opens = [days[0].open, *(day.close for day in days[:-1])]
        bars = [
            replace(day, open=price, high=max(day.high, price), low=min(day.low, price))
            for day, price in zip(days, opens, strict=True)
        ]
        expected = run(bars, slippage_bps=F(5)).trades[:-1]
        trades = run(bars, model="next_open", slippage_bps=F(5)).trades[: len(expected)]
        assert len(trades) > 50
        assert [
            replace(trade, filled_bar=trade.decided_bar, at=days[trade.decided_bar].end)
            for trade in trades
        ] == [*expected]

    def test_buys_the_opening_mix_at_the_first_close(self) -> None:
        # 5,000 / 97 = 51.5463…; 51.5463 × 97 = 4,999.9911
        bars = [bar(DAY, "97", opens="100"), bar(NEXT, "97")]
        mix = Mix(value=F(10_000), stock_fraction=F("0.5"))
        result = simulate(bars=bars, opening=mix, strategy=Strategy(), model="next_open")
        assert (result.account.shares, result.account.cash) == (F("51.5463"), F("5000.0089"))
        assert (result.first.at, result.first.equity) == (bars[0].end, F(10_000))


class TestSplit:
    def test_scales_the_waiting_order_to_the_lot(self) -> None:
        # 10.4689 × 3/2 = 15.70335; 150 + 15.7033
        bars = [bar(DAY, "97"), bar(NEXT, "64", split=F("1.5"))]
        result = run(bars, model="next_open")
        (trade,) = result.trades
        assert (trade.quantity, trade.price) == (F("15.7033"), F(64))
        assert (result.account.shares, result.account.anchor) == (F("165.7033"), F(64))

    def test_can_leave_nothing_of_the_waiting_order(self) -> None:
        # 10 × 1/20 is less than one share; the anchor is 100 × 20
        bars = [bar(DAY, "97"), bar(NEXT, "1960", split=F(1, 20))]
        result = run(bars, model="next_open", lot=F(1))
        assert result.decisions[0].quantity == 10
        assert result.lapses == (Lapse(decided_bar=0, bar=1, reason=Reason.TRIMMED_TO_ZERO),)
        assert (result.account.shares, result.account.anchor) == (F(5), F(2000))


class TestTrims:
    def test_keep_the_cost_at_the_open_inside_the_cash(self) -> None:
        # Decided 1,000 / 97.0097 = 10.30824…; at 100 it is 999.9 + 0.09999 for 9.999 shares
        bars = [bar(DAY, "97"), bar(NEXT, "100")]
        result = run(bars, model="next_open", shares="1", cash="1000", **ALL_CASH)
        assert result.decisions[0].quantity == F("10.3082")
        (trade,) = result.trades
        assert (trade.quantity, result.account.cash) == (F("9.999"), F("0.00001"))

    def test_limit_the_size_at_the_open(self) -> None:
        # Decided 0.05 × 19,700 / 97 = 10.1546…; at 120 it is 0.05 × 22,000 / 120 = 9.16666…
        bars = [bar(DAY, "97"), bar(NEXT, "120")]
        (trade,) = run(bars, model="next_open", max_trade=F("0.05")).trades
        assert trade.quantity == F("9.1666")

    def test_keep_a_buy_inside_the_guardrail_at_the_open(self) -> None:
        # Decided 1.1597; (150 + x) × 97.1 = 0.75 × (19,565 − 0.00971 x):
        # x = 108.75 / 97.1072825 = 1.11989541…
        bars = [bar(DAY, "97"), bar(NEXT, "97.1")]
        (trade,) = run(bars, model="next_open", shares="150", cash="5000").trades
        assert trade.quantity == F("1.1198")

    def test_keep_a_drift_sale_inside_the_far_guardrail(self) -> None:
        # Decided at 101 down to 0.75: 25.7446. At 88 down to 0.73 and not further:
        # (400 − x) × 88 = 0.73 × (45,200 − 0.0088 x): x = 2,204 / 87.993576 = 25.04728…
        bars = [bar(DAY, "101"), bar(NEXT, "88")]
        result = run(bars, model="next_open", shares="400", min_stock=F("0.73"))
        (trade,) = result.trades
        assert (result.decisions[0].quantity, trade.quantity) == (F("25.7446"), F("25.0472"))
        assert trade.reason is Reason.DRIFT

    def test_do_not_recompute_a_drift_sale(self) -> None:
        # At 110 the bound is further away than 25.7446 shares
        bars = [bar(DAY, "101"), bar(NEXT, "110")]
        (trade,) = run(bars, model="next_open", shares="400").trades
        assert (trade.reason, trade.quantity) == (Reason.DRIFT, F("25.7446"))
        assert trade.stock_share_after > F("0.75")


class TestLapse:
    def test_of_an_order_that_the_open_makes_too_small(self) -> None:
        # x = 75 / 98.00735 = 0.76524…, worth 74.99 at 98; the anchor does not move
        bars = [bar(DAY, "97"), bar(NEXT, "98")]
        result = run(bars, model="next_open", shares="150", cash="5000")
        assert result.lapses == (Lapse(decided_bar=0, bar=1, reason=Reason.BELOW_MIN_NOTIONAL),)
        assert (result.trades, result.account.anchor) == ((), F(100))

    def test_of_a_buy_that_the_open_puts_above_the_guardrail(self) -> None:
        # 150 × 101 = 15,150 of 20,150 is 0.7518
        bars = [bar(DAY, "97"), bar(NEXT, "101")]
        result = run(bars, model="next_open", shares="150", cash="5000")
        assert result.lapses == (Lapse(decided_bar=0, bar=1, reason=Reason.TRIMMED_TO_ZERO),)

    def test_of_a_sale_that_no_longer_pays_its_commission(self) -> None:
        # One share at 103 and 1 in cash pay 99, at 97 they do not
        sale = {**ALL_CASH, "commission_min": F(99), "min_notional": F(0)}
        bars = [bar(DAY, "103"), bar(NEXT, "97")]
        result = run(bars, model="next_open", shares="1", cash="1", **sale)
        assert result.lapses == (Lapse(decided_bar=0, bar=1, reason=Reason.COST_EXCEEDS_PROCEEDS),)

    def test_of_an_order_that_waits_when_the_data_end(self) -> None:
        result = run([bar(DAY, "98"), bar(NEXT, "97")], model="next_open")
        assert result.decisions[1].kind is Kind.PROPOSED
        assert result.lapses == (Lapse(decided_bar=1, bar=None, reason=Reason.EXPIRED),)
        assert (result.account.shares, result.account.cash) == (F(100), F(10_000))


class TestLimits:
    def test_count_an_order_on_the_day_it_is_decided(self) -> None:
        # The order of the first day fills on the second and leaves that day its own one
        bars = [
            bar(DAY, "97"),
            bar(NEXT, "93", opens="97", hour=20),
            bar(NEXT, "90", opens="93", hour=21),
        ]
        result = run(bars, model="next_open", max_per_day=1)
        assert reasons(result) == [Reason.TRIGGER, Reason.TRIGGER, Reason.MAX_PER_DAY]
        assert [trade.filled_bar for trade in result.trades] == [1, 2]

    def test_count_an_order_that_lapses(self) -> None:
        bars = [bar(DAY, "97", hour=20), bar(DAY, "96", opens="101", hour=21)]
        result = run(bars, model="next_open", max_per_day=1, shares="150", cash="5000")
        assert reasons(result) == [Reason.TRIGGER, Reason.MAX_PER_DAY]
        assert len(result.lapses) == 1

    def test_wait_for_the_cooldown_from_the_fill(self) -> None:
        # Decided at 18:00, filled at 19:00 when the next bar starts, asked again at 20:00
        bars = [bar(DAY, "97", hour=18), bar(DAY, "93", opens="97", hour=20)]
        waited = run(bars, model="next_open", cooldown=timedelta(hours=1))
        waiting = run(bars, model="next_open", cooldown=timedelta(minutes=61))
        assert reasons(waited) == [Reason.TRIGGER, Reason.TRIGGER]
        assert reasons(waiting) == [Reason.TRIGGER, Reason.COOLDOWN]

    def test_wait_for_the_cooldown_from_a_lapse_too(self) -> None:
        bars = [bar(DAY, "97", hour=18), bar(DAY, "96", opens="101", hour=20)]
        result = run(
            bars, model="next_open", shares="150", cash="5000", cooldown=timedelta(minutes=61)
        )
        assert reasons(result) == [Reason.TRIGGER, Reason.COOLDOWN]


class TestNight:
    def test_is_no_end_of_a_waiting_order(self) -> None:
        friday, monday = date(2024, 1, 5), date(2024, 1, 8)
        result = run([bar(friday, "97"), bar(monday, "97")], model="next_open")
        (trade,) = result.trades
        assert (trade.at.date(), trade.filled_bar) == (monday, 1)
