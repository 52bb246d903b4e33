"""The series of a run, as on the wire."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.simulation.bars import Bars
from app.simulation.benchmarks import benchmarks_of
from app.simulation.series import (
    decision_items,
    holding_items,
    rolling_items,
    trade_items,
)
from tests.unit.simulation.runs import daily, dividend, request, run

PRICES = ("100", "103", "100", "97", "90", "95")


def held(bars: Bars) -> Sequence[Mapping[str, object]]:
    done = run(bars)
    holding = benchmarks_of(run=done, bars=bars, request=request(bars)).hold_opening_mix
    return holding_items(run=done, bars=bars, holding=holding)


class TestSeries:
    def test_has_a_point_and_a_decision_for_every_bar(self) -> None:
        bars = daily(*PRICES)
        done = run(bars)
        decisions = decision_items(run=done)
        assert len(decisions) == len(held(bars)) == 6
        assert [item["number"] for item in decisions] == [1, 2, 3, 4, 5, 6]
        assert [item["at"] for item in decisions] == [item["at"] for item in held(bars)]

    def test_writes_a_trade(self) -> None:
        assert tuple(trade_items(run=run(daily("100", "103")))) == (
            {
                "n": 1,
                "at": "2024-01-03T21:00:00Z",
                "side": "sell",
                "quantity": "9.5675",
                "price": "103",
                "commission": "0.098546",
                "reason": "trigger",
                "cash_after": "10985.353954",
                "shares_after": "90.4325",
                "stock_share_after": "0.458847",
            },
        )

    def test_writes_what_is_held_and_owed(self) -> None:
        bars = daily("100", "103", dividends=[dividend(1, "0.5")])
        assert held(bars)[-1] == {"at": "2024-01-03T21:00:00Z", "equity": "20337.5"}

    def test_rolls_over_the_sessions(self) -> None:
        bars = daily(*(str(100 + number % 3) for number in range(64)))
        rolling: list[Mapping[str, Any]] = [*rolling_items(run=run(bars), bars=bars)]
        assert len(rolling) == 64
        *_, before, last = rolling
        reason = "there are fewer than 63 returns"
        assert before["undefined"]["sharpe_63"] == before["undefined"]["volatility_63"] == reason
        assert last["at"] == held(bars)[-1]["at"]
        assert set(last["undefined"]) == {"sharpe_252", "volatility_252"}
        assert float(last["volatility_63"]) > 0
        assert last["volatility_252"] is None

    def test_writes_a_decision_with_its_versions(self) -> None:
        (decision,) = decision_items(run=run(daily("100")))
        assert decision["kind"] == "hold"
        assert (decision["strategy_version"], decision["rules_version"]) == (1, "1")
