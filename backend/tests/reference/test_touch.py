"""The replay under `touch` against figures worked out by hand; the working is in comments.

An opening of 100 shares and 10,000 with the anchor at 100 buys 10.4689 at 97 and has 8,984.415151.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from tests.reference.bars import Bar
from tests.reference.exact import Holdings, Mix, Result, simulate
from tests.reference.handmade import DAY, NEXT, F, bar, recorded, run
from tests.reference.terms import Kind, Path, Policy, Reason, Strategy

# Ten whole shares an order without cost: what a path earns is plain to see.
TENS: dict[str, Any] = {
    "policy": Policy.FIXED_FRACTION,
    "lot": F(1),
    "commission_rate": F(0),
}


def touch(bars: list[Bar], path: Path = "olhc", **more: Any) -> Result:
    return run(bars, model="touch", path=path, **more)


def prices(result: Result) -> list[str]:
    return [f"{trade.side} {float(trade.market)}" for trade in result.trades]


class TestOpen:
    def test_fills_a_gap(self) -> None:
        # V = 19,500; (100/95 − 1) × 1.6667 × 19,500 / 95 = 162,503.25 / 9,025 = 18.00590027…
        gap = bar(DAY, "96", opens="95")
        result = touch([gap])
        (trade,) = result.trades
        assert (trade.quantity, trade.price, trade.at) == (F("18.0059"), F(95), gap.start)
        assert (trade.decided_bar, trade.filled_bar) == (0, 0)
        (decision,) = result.decisions
        assert decision.kind is Kind.PROPOSED

    def test_sets_the_anchor_and_buys_the_mix(self) -> None:
        # 5,000 / 100 = 50 shares; the anchor of 100 buys at 97 in the same bar: V = 9,850;
        # (100/97 − 1) × 1.6667 × 9,850 / 97 = 49,250.985 / 9,409 = 5.23445…
        first = bar(DAY, "98", opens="100", low="96.5")
        mix = Mix(value=F(10_000), stock_fraction=F("0.5"))
        result = simulate(bars=[first], opening=mix, strategy=Strategy(), model="touch")
        assert result.decisions[0].reason is Reason.ANCHOR_SET
        assert (result.first.at, result.first.equity) == (first.start, F(10_000))
        assert (prices(result), result.account.shares) == (["buy 97.0"], F("55.2344"))

    def test_of_a_bar_with_one_price_is_a_close(self) -> None:
        closes = [
            replace(one, open=one.close, high=one.close, low=one.close) for one in recorded("KO")
        ]
        expected = run(closes, slippage_bps=F(5))
        result = touch(closes, slippage_bps=F(5))
        assert len(result.trades) > 50
        assert [replace(trade, at=closes[trade.filled_bar].end) for trade in result.trades] == [
            *expected.trades
        ]
        assert result.curve == expected.curve

    def test_comes_after_the_actions_of_the_session(self) -> None:
        # The split halves the anchor to 50; 48.5 is 3 % below
        bars = [bar(DAY, "99"), bar(NEXT, "48.5", split=F(2))]
        result = touch(bars)
        (trade,) = result.trades
        assert (trade.market, trade.shares_after - trade.quantity) == (F("48.5"), F(200))

    def test_is_asked_once(self) -> None:
        # The trigger sells (1 − 100/103) × 1.6667 × 43,200 / 103 = 20.36… of 400, which leaves the
        # share above 0.76; the drift sale that would follow has to wait for another price
        flat = touch([bar(DAY, "103")], shares="400", cash="2000")
        assert prices(flat) == ["sell 103.0"]
        falling = touch([bar(DAY, "102.99", opens="103")], path="ohlc", shares="400", cash="2000")
        assert prices(falling) == ["sell 103.0", "sell 102.9999"]
        assert [decision.reason for decision in falling.decisions] == [
            Reason.TRIGGER,
            Reason.DRIFT,
        ]


class TestSegment:
    def test_fills_at_the_trigger_and_not_at_the_extreme(self) -> None:
        inside = bar(DAY, "99", opens="100", low="96", high="100")
        result = touch([inside], up=F("0.1"))
        (trade,) = result.trades
        assert (trade.quantity, trade.price, trade.at) == (F("10.4689"), F(97), inside.end)
        assert result.account.cash == F("8984.415151")
        opened, filled = result.decisions
        assert (opened.at, opened.reason) == (inside.start, Reason.INSIDE_BAND)
        assert (filled.at, filled.price) == (inside.end, F(97))

    def test_walks_on_with_the_new_state(self) -> None:
        # From 97: 94.09; V = 110.4689 × 94.09 + 8,984.415151 = 19,378.433952;
        # (97/94.09 − 1) × 1.6667 × V / 94.09 = 10.616519…; from 94.09: 91.2673; then 88.5292
        result = touch([bar(DAY, "90", opens="100")], path="ohlc")
        assert prices(result) == ["buy 97.0", "buy 94.09", "buy 91.2673"]
        assert result.trades[1].quantity == F("10.6165")
        assert len(result.decisions) == 4

    def test_goes_up_as_it_goes_down(self) -> None:
        # From 97: 99.91; V = 110.4689 × 99.91 + 8,984.415151 = 20,021.36295;
        # (1 − 97/99.91) × 1.6667 × V / 99.91 = 9.728057…
        result = touch([bar(DAY, "99", opens="100", low="97", high="100.5")])
        assert prices(result) == ["buy 97.0", "sell 99.91"]
        assert result.trades[1].quantity == F("9.728")

    def test_ends_in_the_close(self) -> None:
        result = touch([bar(DAY, "97", opens="100", low="97", high="101")], path="ohlc")
        assert prices(result) == ["buy 97.0"]
        closing = touch([bar(DAY, "95", opens="100", low="95", high="101")], path="olhc")
        # Low first: 97, then up to 99.91, then down: 96.9127
        assert prices(closing) == ["buy 97.0", "sell 99.91", "buy 96.9127"]

    def test_walks_on_from_the_price_before_slippage(self) -> None:
        # 97 × 1.0005 = 97.0485 is the anchor; 97.0485 × 0.97 = 94.137045, down
        result = touch([bar(DAY, "94.1", opens="100")], path="ohlc", slippage_bps=F(5))
        assert [(trade.market, trade.price) for trade in result.trades] == [
            (97, F("97.0485")),
            (F("94.137"), F("94.1841")),
        ]

    def test_fills_where_the_order_first_is_large_enough(self) -> None:
        # The guardrail leaves (3,750 − 37.5 P) / 1.000075 of money: at 96.9998 112.49906, at
        # 96.9997 112.50281: 1.1598 shares of 96.9997 are 112.500252
        result = touch(
            [bar(DAY, "96", opens="100")], shares="150", cash="5000", min_notional=F("112.5")
        )
        assert result.trades[0].market == F("96.9997")
        assert result.trades[0].quantity == F("1.1598")

    def test_is_judged_by_its_end_alone(self) -> None:
        # A tenth of 10,000 is 10 shares from 97 down to 90.91: 970 at 97, but 950 at 95
        bars = [bar(DAY, "95.5", opens="100", low="95")]
        assert touch(bars, min_notional=F(960), **TENS).trades == ()

    def test_halves_the_ticks_between_no_order_and_an_order(self) -> None:
        # At 90 it is 11 shares, 990. Asked: 95 no, 92.5 no, 91.25 no, 90.625 yes, 996.875, …
        # 1,000 / 90.909 = 11.00001 is the first that is; 1,000 / 90.9091 = 10.99999
        bars = [bar(DAY, "90", opens="100")]
        result = touch(bars, min_notional=F(960), **TENS)
        assert prices(result)[:1] == ["buy 90.909"]

    def test_rounds_the_middle_tick_down(self) -> None:
        # 1,000 of cash in whole shares: 999.9519 at 0.0493, 999.9900 at 0.0492, 999.9706 at
        # 0.0491, 999.9920 at 0.0490. Between 493 and 490 the middle is 491, so 492 is not asked
        result = simulate(
            bars=[bar(DAY, "0.049", opens="0.0493")],
            opening=Holdings(cash=F(10_000), shares=F(100_000), anchor=F("0.06")),
            strategy=Strategy(min_notional=F("999.98"), **TENS),
            model="touch",
            path="ohlc",
        )
        assert result.decisions[0].reason is Reason.BELOW_MIN_NOTIONAL
        assert (prices(result), result.trades[0].quantity) == (["buy 0.049"], F(20_408))

    def test_starts_where_the_last_one_ended(self) -> None:
        # Bought at 97 at 18:00: 99.91 is too early at the open and is sold on the way back up
        bars = [
            bar(DAY, "97", opens="100", hour=18),
            bar(DAY, "99", opens="99.91", low="98", hour=19),
        ]
        result = touch(bars, cooldown=timedelta(minutes=30))
        assert result.decisions[2].reason is Reason.COOLDOWN
        assert prices(result) == ["buy 97.0", "sell 99.91"]

    def test_has_no_price_where_the_walk_already_stands(self) -> None:
        # At the start of the flat second bar the cooldown lasts, at its end it would be over
        bars = [bar(DAY, "97", opens="100", hour=18), bar(DAY, "94", hour=19)]
        result = touch(bars, cooldown=timedelta(minutes=30))
        assert [decision.reason for decision in result.decisions] == [
            Reason.INSIDE_BAND,
            Reason.TRIGGER,
            Reason.COOLDOWN,
        ]


class TestPath:
    # Low first: 97, up to 99.91, and 102.9073 below 103. High first: 103, down to 99.91; 96.9127
    # is below 97.
    SWING = bar(DAY, "100", opens="100", low="97", high="103")

    def test_turns_first_at_the_low_or_at_the_high(self) -> None:
        assert prices(touch([self.SWING], "olhc")) == ["buy 97.0", "sell 99.91", "sell 102.9073"]
        assert prices(touch([self.SWING], "ohlc")) == ["sell 103.0", "buy 99.91"]

    def test_keeps_the_worse_or_the_better_equity_at_the_close(self) -> None:
        # One order a day. At 99 ten shares bought at 97 have gained 20, ten sold at 103 have 40
        one = {**TENS, "max_per_day": 1}
        ends = bar(DAY, "99", opens="100", low="97", high="103")
        worse, better = touch([ends], "pessimistic", **one), touch([ends], "optimistic", **one)
        assert (prices(worse), worse.curve[0].equity) == (["buy 97.0"], F(19_920))
        assert (prices(better), better.curve[0].equity) == (["sell 103.0"], F(19_940))
        # At 101 it is 40 and 20
        ends = bar(DAY, "101", opens="100", low="97", high="103")
        worse, better = touch([ends], "pessimistic", **one), touch([ends], "optimistic", **one)
        assert (prices(worse), worse.curve[0].equity) == (["sell 103.0"], F(20_120))
        assert (prices(better), better.curve[0].equity) == (["buy 97.0"], F(20_140))

    def test_takes_the_low_first_on_equal_equity(self) -> None:
        # At 100 both have gained 30
        one = {**TENS, "max_per_day": 1}
        for path in ("pessimistic", "optimistic"):
            result = touch([self.SWING], path, **one)
            assert (prices(result), result.curve[0].equity) == (["buy 97.0"], F(20_030))


class TestLimits:
    def test_count_the_orders_of_the_whole_day(self) -> None:
        bars = [bar(DAY, "90", opens="100", hour=20), bar(DAY, "85", opens="90", hour=21)]
        result = touch([*bars, bar(NEXT, "85")], max_per_day=2)
        assert [trade.filled_bar for trade in result.trades] == [0, 0, 2]
        reasons = [decision.reason for decision in result.decisions]
        assert reasons[3:] == [Reason.MAX_PER_DAY, Reason.TRIGGER]

    def test_wait_for_the_cooldown_from_start_to_end_of_a_bar(self) -> None:
        # Filled at 97 at the start; 94.09 at the end is an hour later, 91.2673 no moment later
        bars = [bar(DAY, "90", opens="97")]
        assert prices(touch(bars, cooldown=timedelta(hours=1))) == ["buy 97.0", "buy 94.09"]
        assert prices(touch(bars, cooldown=timedelta(minutes=61))) == ["buy 97.0"]

    def test_wait_for_the_cooldown_from_the_end_to_the_next_start(self) -> None:
        bars = [bar(DAY, "97", opens="100", hour=18), bar(DAY, "94", hour=20)]
        assert len(touch(bars, cooldown=timedelta(hours=1)).trades) == 2
        assert len(touch(bars, cooldown=timedelta(minutes=61)).trades) == 1
