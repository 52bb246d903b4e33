"""The replay against figures worked out by hand; the working is in comments."""

from typing import Any

import pytest

import app.domain.step
import app.simulation.market
from app.domain.decision import Proposed, Refused, Side
from app.domain.errors import InvalidInputError
from app.simulation.account import BookedSplit
from app.simulation.bars import Adjustment
from app.simulation.replay import Replay, replay
from tests.builders import shares, ticks, usd
from tests.unit.simulation.runs import (
    daily,
    dividend,
    hourly,
    request,
    run,
    split,
    unheard,
    utc,
    weekday,
)


def reasons(done: Replay) -> list[str]:
    return [record.decision.reason.value for record in done.records]


class TestReplay:
    def test_decides_by_the_one_step(self) -> None:
        assert vars(app.simulation.market)["step"] is app.domain.step.step

    def test_decides_once_a_bar(self) -> None:
        done = run(daily("100", "101", "103", "101"))
        assert reasons(done) == ["anchor_set", "inside_band", "trigger", "inside_band"]
        assert len(done.positions) == 4

    def test_fills_whole_at_the_close_and_moves_the_anchor(self) -> None:
        # 3/103 × 1.6667 × 20,300 / 103 = 9.56754; × 103 = 985.4525; fee 0.09854525, up
        (trade,) = run(daily("100", "103")).trades
        assert (trade.fill.side, trade.fill.quantity) == (Side.SELL, shares("9.5675"))
        assert (trade.fill.price, trade.fill.commission) == (ticks("103"), usd("0.098546"))
        assert trade.position.cash == usd("10985.353954")
        assert trade.position.shares == shares("90.4325")
        assert trade.position.anchor == ticks("103")
        assert trade.position.last_order_done_at == utc(weekday(1), 21)

    def test_fills_at_the_price_after_slippage(self) -> None:
        # 103 × 0.9995 = 102.9485
        (trade,) = run(daily("100", "103"), strategy={"costs": {"slippage_bps": "5"}}).trades
        assert trade.fill.price == ticks("102.9485")
        assert trade.position.anchor == ticks("102.9485")
        assert trade.price == ticks("103")

    def test_takes_the_opening_anchor(self) -> None:
        opening = {"cash": "10000", "shares": "100", "anchor_price": "97"}
        assert reasons(run(daily("100"), opening=opening)) == ["trigger"]

    def test_counts_proposals_by_session(self) -> None:
        bars = hourly((0, 10, "100"), (0, 11, "97"), (0, 12, "94"), (1, 10, "94"))
        done = run(bars, strategy={"orders": {"max_per_day": 1}})
        assert reasons(done) == ["anchor_set", "trigger", "max_per_day", "trigger"]

    def test_refuses_bars_outside_the_sessions_of_the_strategy(self) -> None:
        bars = hourly((0, 10, "100"), (0, 16, "90"))
        assert reasons(run(bars)) == ["anchor_set", "session_closed"]
        extended = run(bars, strategy={"sessions": "extended"})
        assert reasons(extended) == ["anchor_set", "trigger"]
        assert isinstance(extended.records[1].decision, Proposed)

    def test_names_the_dataset_and_the_bars_end_in_the_position(self) -> None:
        done = run(daily("100", "101"))
        assert done.positions[1].last_observed_at == utc(weekday(1), 21)

    def test_keeps_a_refusal_with_its_reason(self) -> None:
        done = run(daily("100", "103"), strategy={"orders": {"min_notional": "1000"}})
        assert reasons(done) == ["anchor_set", "below_min_notional"]
        assert isinstance(done.records[1].decision, Refused)
        assert done.trades == ()

    def test_reports_progress_and_ends_where_the_listener_raises(self) -> None:
        heard: list[tuple[int, int]] = []
        bars = daily("100", "101", "102")
        wanted = request(bars)

        def listen(done: int, total: int) -> None:
            heard.append((done, total))

        replay(bars=bars, request=wanted, source="dataset:test", on_progress=listen)
        assert heard == [(0, 3), (3, 3)]

        def stop(_done: int, _total: int) -> None:
            raise InterruptedError

        with pytest.raises(InterruptedError):
            replay(bars=bars, request=wanted, source="dataset:test", on_progress=stop)


class TestOpening:
    def test_buys_a_stock_fraction_without_cost(self) -> None:
        # 500 / 30.0123 = 16.659836, to the lot 16.6598; × 30.0123 = 499.99891554, paid up
        opening = {"value": "1000", "stock_fraction": "0.5"}
        done = run(daily("30.0123"), opening=opening)
        assert done.opening.shares == shares("16.6598")
        assert done.opening.cash == usd("500.001084")

    def test_can_hold_everything_in_stock(self) -> None:
        done = run(daily("3"), opening={"value": "1000", "stock_fraction": "1"})
        assert (done.opening.shares, done.opening.cash) == (shares("333.3333"), usd("0.0001"))

    @pytest.mark.parametrize(
        ("opening", "field", "allowed"),
        [
            ({"cash": "0", "shares": "0"}, "opening", "more than 0, up to 400000000 USD"),
            ({"cash": "400000000", "shares": "1"}, "opening", "up to 400000000 USD at 100"),
            (
                {"cash": "1", "shares": "1", "anchor_price": "49.9999"},
                "opening.anchor_price",
                "within a factor 2 of the first price, 100",
            ),
            (
                {"cash": "1", "shares": "1", "anchor_price": "200.0001"},
                "opening.anchor_price",
                "within a factor 2",
            ),
        ],
    )
    def test_is_refused(self, opening: dict[str, str], field: str, allowed: str) -> None:
        with pytest.raises(InvalidInputError) as raised:
            run(daily("100"), opening=opening)
        (error,) = raised.value.errors
        assert error.field == field
        assert allowed in error.allowed


class TestCorporateActions:
    def test_owe_a_dividend_until_it_is_paid(self) -> None:
        # 100 × 1 × 0.75 = 75; the anchor moves from 100 to 99
        done = run(daily("100", "99", "99", dividends=[dividend(1, "1", paid=2)]))
        owed, paid = done.positions[1:]
        assert (owed.receivable, owed.cash, owed.anchor) == (usd("75"), usd("10000"), ticks("99"))
        assert (paid.receivable, paid.cash) == (0, usd("10075"))
        assert reasons(done)[1:] == ["inside_band", "inside_band"]

    def test_leave_the_anchor_where_the_strategy_says_so(self) -> None:
        bars = daily("100", "97", dividends=[dividend(1, "3")])
        done = run(bars, strategy={"dividends": {"adjust_anchor": False}})
        assert reasons(done) == ["anchor_set", "trigger"]

    def test_round_the_net_dividend_down(self) -> None:
        # 0.333333 × 0.01 × 0.75 = 0.0024999975
        bars = daily("100", "100", dividends=[dividend(1, "0.01")])
        done = run(bars, opening={"cash": "100", "shares": "0.333333"})
        assert done.positions[1].receivable == usd("0.002499")

    def test_split_shares_and_anchor_and_sell_the_remainder_at_the_open(self) -> None:
        # 33.3333 × 3/2 = 49.99995; 0.00005 × 60 = 0.003; the anchor 100 × 2/3 = 66.66667
        bars = daily("100", "66", opens={1: "60"}, splits=[split(1, 3, 2)])
        done = run(bars, opening={"cash": "1000", "shares": "33.3333"})
        after = done.positions[1]
        assert (after.shares, after.cash) == (shares("49.9999"), usd("1000.003"))
        assert after.anchor == ticks("66.6667")
        (booked,) = done.moves
        assert isinstance(booked, BookedSplit)
        assert booked.sold == 50

    def test_take_a_dividend_after_the_split_of_its_day(self) -> None:
        # 200 new shares × 1 × 0.75; the anchor 100 → 50 → 49
        bars = daily("100", "49", dividends=[dividend(1, "1")], splits=[split(1, 2, 1)])
        after = run(bars).positions[1]
        assert after.receivable == usd("150")
        assert (after.shares, after.anchor) == (shares("200"), ticks("49"))

    def test_leave_split_adjusted_prices_alone(self) -> None:
        bars = daily("100", "100", splits=[split(1, 2, 1)], adjustment=Adjustment.SPLIT)
        done = run(bars)
        assert done.positions[1].shares == shares("100")
        assert done.moves == ()


class TestInterest:
    @pytest.mark.parametrize(
        ("sessions", "cash"),
        [
            # 10,000 × 0.05 × 1 / 365 = 1.36986301…
            ((0, 1), "10001.369863"),
            # Friday to Monday, 3 days: 4.10958904…
            ((3, 4), "10004.109589"),
        ],
    )
    def test_is_earned_by_calendar_day_and_rounded_down(
        self, sessions: tuple[int, int], cash: str
    ) -> None:
        dates: dict[str, Any] = {
            "start": weekday(sessions[0]).isoformat(),
            "end": weekday(sessions[1]).isoformat(),
        }
        done = run(daily("100", "100", "100", "100", "100"), cash_rate="0.05", **dates)
        assert done.positions[0].cash == usd("10000")
        assert done.positions[1].cash == usd(cash)

    def test_is_not_earned_on_what_is_owed(self) -> None:
        bars = daily("100", "100", "100", dividends=[dividend(1, "100")])
        opening = {"cash": "0", "shares": "100"}
        strategy = {"guardrails": {"max_stock": "1"}, "dividends": {"adjust_anchor": False}}
        done = run(bars, opening=opening, strategy=strategy, cash_rate="1")
        assert done.positions[2].cash == 0

    def test_source_is_kept_out_of_the_figures(self) -> None:
        bars = daily("100", "103")
        other = replay(bars=bars, request=request(bars), source="dataset:x", on_progress=unheard)
        assert other.positions == run(bars).positions
