"""The result body of a run."""

from collections.abc import Mapping
from typing import Any

from app.simulation.bars import Bars
from app.simulation.simulate import simulate
from tests.unit.simulation.runs import daily, dividend, request, unheard

DIGEST = "d" * 64
PRICES = ("100", "103", "100", "97", "90", "95")


def result(bars: Bars, **changes: object) -> Mapping[str, Any]:
    body, _ = simulate(
        bars=bars, request=request(bars, **changes), dataset_digest=DIGEST, on_progress=unheard
    )
    return body


class TestResultBody:
    def test_holds_the_final_state(self) -> None:
        # see the replay: 9.5675 sold at 103
        final = result(daily("100", "103"))["final"]
        assert final == {
            "equity": "20299.901454",
            "cash": "10985.353954",
            "shares": "90.4325",
            "receivable": "0",
            "anchor_price": "103",
        }

    def test_counts_decisions_by_kind_and_reason(self) -> None:
        counts = result(daily(*PRICES))["counts"]
        assert counts == {
            "decisions": 6,
            "proposed": 4,
            "trades": 4,
            "refused": {},
            "holds": {"anchor_set": 1, "inside_band": 1},
        }

    def test_counts_refusals_by_reason(self) -> None:
        body = result(daily(*PRICES), strategy={"orders": {"min_notional": "100000"}})
        assert body["counts"]["refused"] == {"below_min_notional": 4}

    def test_says_that_it_fills_at_the_price_it_decided_on(self) -> None:
        body = result(daily(*PRICES))
        assert body["execution_note"] == "fills at the price it decided on"
        assert (body["bars"], body["halted_at"], body["rules_version"]) == (6, None, "1")

    def test_dates_the_drawdown(self) -> None:
        metrics = result(daily(*PRICES))["metrics"]
        assert metrics["max_drawdown_from"] == "2024-01-03"
        assert metrics["max_drawdown_to"] == "2024-01-08"

    def test_gives_the_reason_for_every_null(self) -> None:
        body = result(daily("100", "101"))
        nulls = {name for name, value in body["metrics"].items() if value is None}
        nulls |= {
            f"benchmarks.{name}.{metric}"
            for name, metrics in body["benchmarks"].items()
            for metric, value in metrics.items()
            if value is None
        }
        assert nulls == set(body["undefined"])
        assert body["undefined"]["cagr"] == "the run spans 1 days, fewer than 30"
        assert body["metrics"]["max_drawdown"] == "0"

    def test_compares_with_four_benchmarks(self) -> None:
        # constant_mix: 150 / (1 − 0.00005) sold at 0.0001 a USD
        body = result(daily("100", "103"))
        equities = {name: metrics["equity"] for name, metrics in body["benchmarks"].items()}
        assert equities == {
            "hold_opening_mix": "20300",
            "all_stock": "20600",
            "constant_mix": "20299.984999249962",
            "cash": "20000",
        }
        assert body["excess_over_holding"] == "-0.098546"

    def test_measures_what_was_traded(self) -> None:
        # 9.5675 × 103 = 985.4525 over a mean of (20,000 + 20,299.901454) / 2, in one day
        metrics = result(daily("100", "103"))["metrics"]
        assert float(metrics["turnover"]) == 985.4525 / ((20000 + 20299.901454) / 2) * 365.25
        assert metrics["commissions"] == "0.098546"
        assert metrics["round_trips"] == 0

    def test_is_text_and_whole_numbers_alone(self) -> None:
        def leaves(value: object) -> list[object]:
            if isinstance(value, Mapping):
                return [leaf for member in value.values() for leaf in leaves(member)]
            return [value]

        body = result(daily(*PRICES))
        assert {type(leaf) for leaf in leaves(body)} <= {str, int, type(None)}


class TestDigest:
    def test_is_the_same_for_the_same_request(self) -> None:
        assert result(daily(*PRICES))["digest"] == result(daily(*PRICES))["digest"]

    def test_is_the_same_however_the_request_was_written(self) -> None:
        spelled = result(daily(*PRICES), cash_rate="0.00", strategy={"trigger": {"up": "0.030"}})
        assert spelled["digest"] == result(daily(*PRICES))["digest"]

    def test_changes_with_request_prices_and_dataset(self) -> None:
        bars = daily(*PRICES)
        other, _ = simulate(
            bars=bars, request=request(bars), dataset_digest="e" * 64, on_progress=unheard
        )
        digests = {
            result(bars)["digest"],
            result(bars, cash_rate="0.01")["digest"],
            result(daily(*PRICES[:-1], "95.0001"))["digest"],
            other["digest"],
        }
        assert len(digests) == 4

    def test_covers_the_equity_curve(self) -> None:
        assert result(daily("100", "101"))["digest"] != result(daily("100", "101.0001"))["digest"]


class TestSeries:
    def test_has_a_point_and_a_decision_for_every_bar(self) -> None:
        bars = daily(*PRICES)
        _, series = simulate(
            bars=bars, request=request(bars), dataset_digest=DIGEST, on_progress=unheard
        )
        assert len(series.equity) == len(series.decisions) == len(series.holding) == 6
        assert [item["number"] for item in series.decisions] == [1, 2, 3, 4, 5, 6]
        moments = [[item["at"] for item in items] for items in (series.equity, series.decisions)]
        assert moments[0] == moments[1] == [item["at"] for item in series.holding]

    def test_writes_a_trade(self) -> None:
        bars = daily("100", "103")
        _, series = simulate(
            bars=bars, request=request(bars), dataset_digest=DIGEST, on_progress=unheard
        )
        assert series.trades == (
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

    def test_writes_a_point_after_the_trade_of_its_bar(self) -> None:
        bars = daily("100", "103", dividends=[dividend(1, "0.5")])
        _, series = simulate(
            bars=bars, request=request(bars), dataset_digest=DIGEST, on_progress=unheard
        )
        point, held = series.equity[-1], series.holding[-1]
        assert point["receivable"] == "37.5"
        assert point["shares"] != "100"
        assert held == {"at": "2024-01-03T21:00:00Z", "equity": "20337.5"}

    def test_writes_a_decision_with_its_versions(self) -> None:
        bars = daily("100")
        _, series = simulate(
            bars=bars, request=request(bars), dataset_digest=DIGEST, on_progress=unheard
        )
        (decision,) = series.decisions
        assert decision["kind"] == "hold"
        assert (decision["strategy_version"], decision["rules_version"]) == (1, "1")
