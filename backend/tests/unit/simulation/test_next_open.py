"""The execution model `next_open` against figures worked out by hand; the working is in comments.

The runs open with 100 shares and 10,000 USD. At 103 on an anchor of 100 the robot proposes to sell
3/103 × 1.6667 × 20,300 / 103 = 9.56754, to the lot 9.5675.
"""

from collections.abc import Sequence

import pytest

from app.domain.corporate_action import Split
from app.domain.decision import Rule, Side
from app.simulation.bars import Bars
from app.simulation.next_open import Unfilled
from app.simulation.replay import Replay
from tests.builders import shares, ticks, usd
from tests.unit.simulation.runs import daily, dividend, hourly, run, split, utc, weekday

NEXT_OPEN = {"model": "next_open"}
# No trigger, and a narrow band: at 110 a drift order is sized.
DRIFTING = {
    "trigger": {"up": "0.5", "down": "0.5"},
    "guardrails": {"min_stock": "0.48", "max_stock": "0.5"},
}


def played(bars: Bars, **changes: object) -> Replay:
    return run(bars, execution=NEXT_OPEN, **changes)


def reasons(done: Replay) -> list[str]:
    return [record.decision.reason.value for record in done.records]


def gapping(opening: str, *, splits: Sequence[Split] = ()) -> Bars:
    """Return three sessions: anchor at 100, a sale proposed at 103, and `opening` after it."""
    return daily("100", "103", opening, opens={2: opening}, splits=splits)


class TestNextOpen:
    def test_fills_at_the_open_after_the_decision(self) -> None:
        # 9.5675 × 104 = 995.02; fee 0.099502
        done = played(daily("100", "103", "105", opens={2: "104"}))
        (trade,) = done.trades
        assert (trade.decided, trade.bar, trade.at) == (1, 2, utc(weekday(2), 14, 30))
        assert (trade.price, trade.fill.price) == (ticks("104"), ticks("104"))
        assert (trade.fill.side, trade.fill.quantity) == (Side.SELL, shares("9.5675"))
        assert trade.position.cash == usd("10994.920498")
        assert trade.position.anchor == ticks("104")

    def test_decides_once_a_bar_and_again_after_the_fill(self) -> None:
        done = played(daily("100", "103", "107.12", opens={2: "104"}))
        assert reasons(done) == ["anchor_set", "trigger", "trigger"]
        assert [record.bar for record in done.records] == [0, 1, 2]
        assert done.positions[1].order_in_flight
        assert done.positions[1].shares == shares("100")

    def test_fills_after_slippage_from_the_open(self) -> None:
        # 104 × 0.9995 = 103.948
        (trade,) = played(gapping("104"), strategy={"costs": {"slippage_bps": "5"}}).trades
        assert (trade.price, trade.fill.price) == (ticks("104"), ticks("103.948"))

    def test_does_not_ask_the_trigger_again(self) -> None:
        (trade,) = played(gapping("99")).trades
        assert (trade.fill.quantity, trade.fill.price) == (shares("9.5675"), ticks("99"))

    @pytest.mark.parametrize(
        ("action", "opening", "quantity"),
        [
            (split(2, 2, 1), "52", "19.135"),
            (split(2, 1, 3), "312", "3.1891"),  # 9.5675 / 3 = 3.189166…
        ],
    )
    def test_scales_the_waiting_order_with_a_split(
        self, action: Split, opening: str, quantity: str
    ) -> None:
        done = played(gapping(opening, splits=[action]))
        (trade,) = done.trades
        assert (trade.fill.quantity, trade.fill.price) == (shares(quantity), ticks(opening))

    def test_lets_an_order_end_that_a_split_leaves_below_the_lot(self) -> None:
        # 9 shares at lot 1, split 1:10
        bars = daily("100", "103", "1000", opens={2: "1040"}, splits=[split(2, 1, 10)])
        done = played(bars, strategy={"orders": {"lot": "1"}})
        assert [order.reason.value for order in done.unfilled] == ["trimmed_to_zero"]

    def test_owes_a_dividend_on_the_shares_that_wait_to_be_sold(self) -> None:
        # 100 × 1 × 0.75
        bars = daily("100", "103", "103", opens={2: "102"}, dividends=[dividend(2, "1")])
        (trade,) = played(bars).trades
        assert trade.position.receivable == usd("75")
        assert trade.position.shares == shares("90.4325")

    @pytest.mark.parametrize(
        ("paid", "quantity"),
        [
            (2, "2.0616"),  # 200 / 97.0097, all that the cash paid for at the close
            (3, "1.818"),  # 200 / 110.011 = 1.818000…
        ],
    )
    def test_spends_what_is_paid_before_the_open(self, paid: int, quantity: str) -> None:
        bars = daily("100", "97", "110", "110", dividends=[dividend(1, "1", paid=paid)])
        strategy = {
            "guardrails": {"min_stock": "0", "max_stock": "1"},
            "dividends": {"adjust_anchor": False},
        }
        done = played(bars, opening={"cash": "200", "shares": "100"}, strategy=strategy)
        assert done.trades[0].fill.quantity == shares(quantity)

    def test_trims_a_buy_to_the_cash_at_the_open(self) -> None:
        # all of 300 at 100 after 0.0001: 300 / 100.01 = 2.99970…
        bars = daily("100", "97", "100")
        opening = {"cash": "300", "shares": "100"}
        wide = {"guardrails": {"min_stock": "0", "max_stock": "1"}}
        (trade,) = played(bars, opening=opening, strategy=wide).trades
        assert trade.fill.quantity == shares("2.9997")

    def test_trims_a_drift_order_at_the_guardrail(self) -> None:
        # At 110 the share is 0.52: sell to 0.5. At 96 only (100 − x)96 ≥ 0.48(19,600 − 0.0096x).
        done = played(daily("100", "110", "96"), strategy=DRIFTING)
        (trade,) = done.trades
        assert reasons(done)[1] == trade.reason.value == "drift"
        assert trade.fill.quantity == shares("2")

    @pytest.mark.parametrize(
        ("opening", "reason"),
        [("94", "below_min_notional"), ("92", "trimmed_to_zero")],  # 88 USD; below the band
    )
    def test_keeps_why_an_order_did_not_survive(self, opening: str, reason: str) -> None:
        done = played(daily("100", "110", "96", opens={2: opening}), strategy=DRIFTING)
        (order,) = done.unfilled
        assert (order.decided, order.at) == (1, utc(weekday(2), 14, 30))
        assert order.reason.value == reason
        assert order.sizing is not None
        assert order.sizing.trims[0].rule is Rule.GUARDRAIL
        assert done.trades == ()

    def test_is_free_for_the_next_order_after_one_that_did_not_survive(self) -> None:
        bars = daily("100", "110", "110", "110", opens={2: "92"})
        done = played(bars, strategy=DRIFTING)
        assert reasons(done) == ["anchor_set", "drift", "drift", "inside_band"]
        assert [trade.bar for trade in done.trades] == [3]
        assert done.positions[2].last_order_done_at == utc(weekday(2), 14, 30)

    def test_refuses_a_sale_that_costs_more_than_it_brings(self) -> None:
        bars = daily("100", "103", "0.5")
        costs = {"commission_per_share": "1"}
        done = played(bars, opening={"cash": "0", "shares": "100"}, strategy={"costs": costs})
        assert [order.reason.value for order in done.unfilled] == ["cost_exceeds_proceeds"]

    def test_lets_an_order_of_the_last_bar_expire(self) -> None:
        done = played(daily("100", "103"))
        (order,) = done.unfilled
        assert order == Unfilled(
            decided=1, at=utc(weekday(1), 21), reason=order.reason, sizing=None
        )
        assert order.reason.value == "expired"
        assert done.trades == ()

    def test_counts_an_order_on_the_date_of_its_decision(self) -> None:
        # The order of the evening fills in the morning, and the morning still has its own.
        bars = hourly(
            (0, 10, "100"),
            (0, 15, "103"),
            (1, 10, "107"),
            (1, 11, "111"),
            (1, 12, "115"),
            (1, 13, "119"),
        )
        done = played(bars, strategy={"orders": {"max_per_day": 1}})
        assert reasons(done)[1:4] == ["trigger", "inside_band", "trigger"]
        assert reasons(done)[4:] == ["inside_band", "max_per_day"]
        assert [(trade.decided, trade.bar) for trade in done.trades] == [(1, 2), (3, 4)]

    def test_waits_for_a_bar_of_an_open_session(self) -> None:
        bars = hourly((0, 10, "100"), (0, 15, "103"), (0, 16, "90"), (1, 10, "104"))
        done = played(bars)
        assert reasons(done) == ["anchor_set", "trigger", "session_closed", "inside_band"]
        assert [(trade.decided, trade.bar, trade.price) for trade in done.trades] == [
            (1, 3, ticks("104"))
        ]
        extended = played(bars, strategy={"sessions": "extended"})
        assert extended.trades[0].bar == 2
