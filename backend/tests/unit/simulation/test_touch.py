"""The execution model `touch` against figures worked out by hand; the working is in comments.

The runs open with 100 shares, 10,000 USD and an anchor of 100, so the robot sells from 103 and
buys from 97 on.
"""

import pytest

from app.domain.decision import Side
from app.simulation.bars import Bars
from app.simulation.replay import Replay
from tests.builders import shares, ticks
from tests.unit.simulation.runs import candles, daily, dividend, hourly, run, split, utc, weekday

OPENING = {"cash": "10000", "shares": "100", "anchor_price": "100"}
WIDE = ("100", "104", "96", "100")
ONCE = {"orders": {"max_per_day": 1}}


def played(bars: Bars, *, path: str = "pessimistic", **changes: object) -> Replay:
    return run(bars, execution={"model": "touch", "path": path}, **{"opening": OPENING, **changes})


def reasons(done: Replay) -> list[str]:
    return [record.decision.reason.value for record in done.records]


def fills(done: Replay) -> list[tuple[str, int]]:
    return [(trade.fill.side.value, trade.fill.price) for trade in done.trades]


class TestTouch:
    def test_evaluates_the_open_alone_where_nothing_is_touched(self) -> None:
        done = played(candles(("100", "102.9999", "97.0001", "102")))
        assert reasons(done) == ["inside_band"]
        assert done.records[0].at == utc(weekday(0), 14, 30)

    def test_opens_at_the_first_open(self) -> None:
        opening = {"value": "20000", "stock_fraction": "0.5"}
        done = played(candles(("100", "102", "99", "101")), opening=opening)
        assert (done.opened.price, done.opened.at) == (ticks("100"), utc(weekday(0), 14, 30))
        assert done.opening.shares == shares("100")
        assert done.positions[0].anchor == ticks("100")

    def test_fills_a_gap_at_the_open(self) -> None:
        done = played(candles(("105", "106", "104", "105")))
        (trade,) = done.trades
        assert (trade.fill.price, trade.at) == (ticks("105"), utc(weekday(0), 14, 30))
        assert reasons(done) == ["trigger"]

    def test_fills_where_the_trigger_is_touched_and_not_at_the_extreme(self) -> None:
        done = played(candles(("100", "105", "99", "104")))
        (trade,) = done.trades
        assert (trade.fill.side, trade.fill.price) == (Side.SELL, ticks("103"))
        assert trade.fill.quantity == shares("9.5675")  # as at a close of 103
        assert trade.at == utc(weekday(0), 21)
        assert reasons(done) == ["inside_band", "trigger"]
        assert (trade.decided, trade.bar) == (0, 0)

    @pytest.mark.parametrize(
        ("path", "bar", "fill"),
        [
            ("ohlc", ("100", "103", "98", "99"), ("sell", ticks("103"))),
            ("olhc", ("100", "102", "97", "99"), ("buy", ticks("97"))),
        ],
    )
    def test_fills_at_an_extreme_that_is_the_trigger(
        self, path: str, bar: tuple[str, str, str, str], fill: tuple[str, int]
    ) -> None:
        assert fills(played(candles(bar), path=path, strategy=ONCE)) == [fill]

    @pytest.mark.parametrize(
        ("path", "expected"),
        [
            # 97 × 1.03 = 99.91; × 1.03 = 102.9073; 102.9073 × 0.97 = 99.82, not touched again
            ("olhc", [("buy", "97"), ("sell", "99.91"), ("sell", "102.9073")]),
            # 103 × 0.97 = 99.91; × 0.97 = 96.9127; 96.9127 × 1.03 = 99.820081
            ("ohlc", [("sell", "103"), ("buy", "99.91"), ("buy", "96.9127"), ("sell", "99.8201")]),
        ],
    )
    def test_goes_on_with_the_new_anchor(self, path: str, expected: list[tuple[str, str]]) -> None:
        done = played(candles(WIDE), path=path)
        assert fills(done) == [(side, ticks(price)) for side, price in expected]
        assert reasons(done) == ["inside_band", *["trigger"] * len(expected)]

    @pytest.mark.parametrize(
        ("path", "bar", "expected"),
        [
            ("olhc", ("100", "104", "99", "99.5"), [("sell", "103"), ("buy", "99.91")]),
            ("ohlc", ("100", "101", "96.5", "100"), [("buy", "97"), ("sell", "99.91")]),
        ],
    )
    def test_walks_on_to_the_close(
        self, path: str, bar: tuple[str, str, str, str], expected: list[tuple[str, str]]
    ) -> None:
        done = played(candles(bar), path=path)
        assert fills(done) == [(side, ticks(price)) for side, price in expected]

    def test_keeps_the_worse_or_the_better_way_of_each_bar(self) -> None:
        bars = candles(WIDE)
        equities = {
            path: played(bars, path=path).positions[-1].value_at(ticks("100"))
            for path in ("pessimistic", "optimistic", "olhc", "ohlc")
        }
        assert equities["olhc"] != equities["ohlc"]
        assert equities["pessimistic"] == min(equities["olhc"], equities["ohlc"])
        assert equities["optimistic"] == max(equities["olhc"], equities["ohlc"])

    def test_takes_the_low_first_where_both_ways_are_worth_the_same(self) -> None:
        # Without cost each way trades once, and at a close of 100 both have gained or lost
        # alike: bought 10 at 97 and sold 10 at 103 are each worth 30.
        strategy = {
            "sizing": {"policy": "fixed_fraction", "fraction": "0.1"},
            "orders": {"max_per_day": 1, "lot": "1"},
            "costs": {"commission_rate": "0"},
        }
        bars = candles(("100", "103", "97", "100"))
        for path in ("pessimistic", "optimistic"):
            assert fills(played(bars, path=path, strategy=strategy)) == [("buy", ticks("97"))]
        ohlc = played(bars, path="ohlc", strategy=strategy)
        assert fills(ohlc) == [("sell", ticks("103"))]
        assert ohlc.positions[0].value_at(ticks("100")) == 20_030 * 10**10

    def test_fills_at_the_first_price_at_which_the_order_is_large_enough(self) -> None:
        # 1.6667 (P − 100)(10,000 / P + 100) reaches 1,200 at 103.6645, beyond the trigger
        least = {"orders": {"min_notional": "1200", "max_per_day": 1}}

        def sold(high: int) -> list[tuple[str, int]]:
            bar = ("100", f"{high // 10**4}.{high % 10**4:04}", "99", "100")
            return fills(played(candles(bar), strategy=least))

        ((side, price),) = sold(ticks("105"))
        assert side == "sell"
        assert ticks("103.66") < price < ticks("103.67")
        assert sold(price) == [("sell", price)]
        assert sold(price - 1) == []

    def test_touches_the_drift_where_no_trigger_is(self) -> None:
        # The share 100P / (100P + 10,000) passes 0.51 at P > 104.0816; back to 0.5
        strategy = {
            "trigger": {"up": "0.5", "down": "0.5"},
            "guardrails": {"min_stock": "0.3", "max_stock": "0.5"},
        }
        done = played(candles(("100", "110", "99", "100")), strategy=strategy)
        assert [trade.reason.value for trade in done.trades] == ["drift"] * len(done.trades)
        assert fills(done)[0] == ("sell", ticks("104.0817"))

    def test_fills_after_slippage_from_the_price_touched(self) -> None:
        strategy = {"costs": {"slippage_bps": "5"}}
        (trade,) = played(candles(("100", "104", "99", "103")), strategy=strategy).trades
        assert (trade.price, trade.fill.price) == (ticks("103"), ticks("102.9485"))

    def test_counts_every_fill_of_the_session(self) -> None:
        done = played(candles(WIDE), path="ohlc", strategy={"orders": {"max_per_day": 2}})
        assert fills(done) == [("sell", ticks("103")), ("buy", ticks("99.91"))]

    def test_waits_for_the_cooldown(self) -> None:
        # A fill at the open is 6.5 hours before one inside the bar.
        bars = candles(("103", "108", "103", "107"))
        assert len(played(bars, strategy={"orders": {"cooldown_seconds": 23_400}}).trades) == 2
        assert len(played(bars, strategy={"orders": {"cooldown_seconds": 23_401}}).trades) == 1

    def test_trades_flat_bars_as_at_their_close(self) -> None:
        prices = ("100", "103", "96", "94", "101", "101", "110", "60")
        actions = {"dividends": [dividend(3, "1")], "splits": [split(5, 1, 1)]}
        bars = daily(*prices, **actions)  # type: ignore[arg-type]  # one mapping of two fields
        touched, closed = played(bars), run(bars, opening=OPENING)
        assert [trade.fill for trade in touched.trades] == [trade.fill for trade in closed.trades]
        assert [record.decision for record in touched.records] == [
            record.decision for record in closed.records
        ]

    def test_takes_the_open_of_a_bar_that_follows_at_once(self) -> None:
        done = played(hourly((0, 10, "100"), (0, 11, "103"), (0, 12, "107")))
        assert reasons(done) == ["inside_band", "trigger", "trigger"]

    def test_is_refused_once_a_bar_outside_the_sessions(self) -> None:
        done = played(hourly((0, 15, "100"), (0, 16, "90"), (1, 10, "100")))
        assert reasons(done) == ["inside_band", "session_closed", "inside_band"]

    def test_books_a_split_and_a_dividend_before_the_open(self) -> None:
        # The split halves the anchor: 50 × 1.03 = 51.5. The dividend shifts it by 49.5 / 50 to
        # 50.985, and 50.985 × 0.97 = 49.45545.
        bars = candles(
            ("100", "100", "100", "100"),
            ("50", "52", "49", "50"),
            ("49.5", "51", "49", "50"),
            dividends=[dividend(2, "0.5")],
            splits=[split(1, 2, 1)],
        )
        done = played(bars, path="ohlc", strategy=ONCE)
        assert fills(done) == [("sell", ticks("51.5")), ("buy", ticks("49.4554"))]
        assert shares("180") < done.positions[1].shares < shares("200")
