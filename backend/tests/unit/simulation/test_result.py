"""The result body of a run."""

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from app.simulation.bars import Bars
from app.simulation.simulate import result_of
from tests.unit.simulation.runs import daily, request, run

DIGEST = "d" * 64
NEVER = {"orders": {"min_notional": "1000000"}}
PRICES = ("100", "103", "100", "97", "90", "95")


def result(bars: Bars, digest: str = DIGEST, **changes: object) -> Mapping[str, Any]:
    done = run(bars, **changes)
    return result_of(
        run=done,
        equity=[
            position.value_at(bars.closes[index])
            for index, position in zip(done.window, done.positions, strict=True)
        ],
        tally=Counter(record.decision.reason for record in done.records),
        envelope=None,
        bars=bars,
        request=request(bars, **changes),
        dataset_digest=digest,
    )


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
            "unfilled": {},
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
        def nulls(value: object, path: str) -> set[str]:
            if isinstance(value, list):
                value = dict(enumerate(value))
            if isinstance(value, Mapping):
                inside = [nulls(member, f"{path}.{name}") for name, member in value.items()]
                return set().union(*inside)
            return {path} if value is None else set()

        body = result(daily("100", "101"))
        kept = {name: part for name, part in body.items() if name not in {"halted_at", "metrics"}}
        found = nulls(kept, "") | nulls(body["metrics"], "")
        assert found == {f".{path}" for path in body["undefined"]}
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

    def test_attributes_the_result_in_parts_that_add_up(self) -> None:
        body = result(daily(*PRICES))
        *parts, total = (Decimal(text) for text in body["attribution"].values())
        assert sum(parts) == total
        assert total == Decimal(body["final"]["equity"]) - Decimal(body["opening_equity"])
        assert sum(parts[1:]) == Decimal(body["excess_over_holding"])
        held = Decimal(body["benchmarks"]["hold_opening_mix"]["equity"])
        assert parts[0] == held - Decimal(body["opening_equity"])
        assert list(body["attribution"]) == [
            *("hold", "harvest", "open_timing", "dividends", "withholding", "interest"),
            *("commissions", "slippage", "total"),
        ]

    def test_compares_the_harvest_with_its_theory(self) -> None:
        # sold at 103, bought at 97: before that ½ · ½ · ½ · 0.03² · 20,000 and more
        body = result(daily(*PRICES))
        theory, efficiency = (float(text) for text in body["harvest"].values())
        assert theory > 2.25
        assert efficiency * theory == pytest.approx(float(body["attribution"]["harvest"]))

    def test_says_why_there_is_no_efficiency(self) -> None:
        body = result(daily("100", "100"))
        assert body["harvest"] == {"theory": "0", "efficiency": None}
        reason = body["undefined"]["harvest.efficiency"]
        assert reason == "in theory there was nothing to harvest"

    def test_gives_returns_by_month_and_year(self) -> None:
        # the 22nd session after 2 January 2024 is 1 February
        body = result(daily(*["100"] * 22, "110", "121"), strategy=NEVER)
        assert body["months"] == [
            {"month": "2024-01", "robot": "0", "holding": "0"},
            {"month": "2024-02", "robot": "0.105", "holding": "0.105"},
        ]
        assert body["years"] == [{"year": "2024", "robot": "0.105", "holding": "0.105"}]

    def test_lists_the_drawdowns(self) -> None:
        body = result(daily("100", "80", "90", "100", "60"), strategy=NEVER)
        assert body["drawdowns"] == [
            {
                "depth": "-0.2",
                "peak": "2024-01-05",
                "trough": "2024-01-08",
                "recovery": None,
                "days": 3,
            },
            {
                "depth": "-0.1",
                "peak": "2024-01-02",
                "trough": "2024-01-03",
                "recovery": "2024-01-05",
                "days": 3,
            },
        ]
        assert body["undefined"]["drawdowns.0.recovery"] == "the equity is still below the peak"

    def test_lists_ten_drawdowns_at_most(self) -> None:
        prices = [price for depth in range(12) for price in ("100", str(90 - depth))]
        body = result(daily(*prices), strategy=NEVER)
        depths = [float(row["depth"]) for row in body["drawdowns"]]
        assert len(depths) == 10
        assert depths == sorted(depths)

    def test_is_text_and_whole_numbers_alone(self) -> None:
        def leaves(value: object) -> list[object]:
            if isinstance(value, Mapping):
                return [leaf for member in value.values() for leaf in leaves(member)]
            if isinstance(value, list):
                return [leaf for member in value for leaf in leaves(member)]
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
        other = result(bars, "e" * 64)
        digests = {
            result(bars)["digest"],
            result(bars, cash_rate="0.01")["digest"],
            result(daily(*PRICES[:-1], "95.0001"))["digest"],
            other["digest"],
        }
        assert len(digests) == 4

    def test_covers_the_equity_curve(self) -> None:
        assert result(daily("100", "101"))["digest"] != result(daily("100", "101.0001"))["digest"]
