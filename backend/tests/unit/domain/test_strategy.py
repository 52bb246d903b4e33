"""The strategy table: every field at both ends of its range, and just outside."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given

from app.domain.errors import InvalidInputError
from app.domain.strategy import FIELDS, Policy, Sessions, Strategy, parse_strategy, strategy_body
from tests.builders import a_strategy
from tests.unit.domain.drawn import quick, strategies

NO_COLLAR = {"orders": {"collar_bps": "0"}}
# group, field, lowest, highest, below, above, the range in the message, what else must be set
DECIMALS: tuple[tuple[str, str, str, str, str, str, str, Mapping[str, object]], ...] = (
    ("trigger", "up", "0.000001", "1", "0", "1.000001", "0.000001 to 1", NO_COLLAR),
    ("trigger", "down", "0.000001", "0.9", "0", "0.900001", "0.000001 to 0.9", NO_COLLAR),
    ("sizing", "ratio", "0.01", "100", "0.009999", "100.000001", "0.01 to 100", {}),
    ("sizing", "target", "0", "1", "-0.000001", "1.000001", "0 to 1", {}),
    ("sizing", "fraction", "0.001", "1", "0.000999", "1.000001", "0.001 to 1", {}),
    ("guardrails", "min_stock", "0", "0.73", "-0.000001", "1.000001", "0 to 1", {}),
    ("guardrails", "max_stock", "0.27", "1", "-0.000001", "1.000001", "0 to 1", {}),
    ("guardrails", "drift_tolerance", "0", "0.1", "-0.000001", "0.100001", "0 to 0.1", {}),
    ("guardrails", "max_trade", "0.001", "1", "0.000999", "1.000001", "0.001 to 1", {}),
    ("orders", "min_notional", "1", "1000000", "0.999999", "1000000.000001", "1 to 1000000", {}),
    ("orders", "collar_bps", "0", "299.99", "-0.01", "500.01", "0 to 500", {}),
    ("costs", "commission_rate", "0", "0.05", "-0.000001", "0.050001", "0 to 0.05", {}),
    ("costs", "commission_per_share", "0", "1", "-0.000001", "1.000001", "0 to 1", {}),
    ("costs", "commission_min", "0", "100", "-0.000001", "100.000001", "0 to 100", {}),
    ("costs", "slippage_bps", "0", "299.99", "-0.01", "500.01", "0 to 500", {}),
    ("dividends", "withholding_rate", "0", "1", "-0.000001", "1.000001", "0 to 1", {}),
)
WHOLES = (
    ("orders", "max_per_day", 1, 1000),
    ("orders", "cooldown_seconds", 0, 864_000),
    ("dividends", "pay_lag_days", 0, 365),
)


def refusal(body: Mapping[str, object], *, simulation: bool = False) -> InvalidInputError:
    with pytest.raises(InvalidInputError) as refused:
        parse_strategy(body, simulation=simulation)
    return refused.value


def body_with(group: str, field: str, value: object, rest: Mapping[str, object]) -> dict[str, Any]:
    return {**rest, group: {**a_mapping(rest.get(group, {})), field: value}}


def a_mapping(value: object) -> Mapping[str, object]:
    assert isinstance(value, Mapping)
    return value


class TestParsing:
    def test_takes_every_default_of_the_table(self) -> None:
        assert strategy_body(parse_strategy({})) == {
            "trigger": {"up": "0.03", "down": "0.03"},
            "sizing": {
                "policy": "proportional",
                "ratio": "1.6667",
                "target": "0.5",
                "fraction": "0.1",
            },
            "guardrails": {
                "min_stock": "0.25",
                "max_stock": "0.75",
                "rebalance_on_drift": True,
                "drift_tolerance": "0.01",
                "max_trade": None,
            },
            "orders": {
                "min_notional": "100",
                "max_per_day": 5,
                "cooldown_seconds": 0,
                "lot": "0.0001",
                "collar_bps": "20",
            },
            "costs": {
                "commission_rate": "0.0001",
                "commission_per_share": "0",
                "commission_min": "0",
                "slippage_bps": "0",
            },
            "dividends": {"withholding_rate": "0.25", "adjust_anchor": True, "pay_lag_days": 30},
            "sessions": "regular",
        }

    @pytest.mark.parametrize("row", DECIMALS, ids=lambda row: row[1])
    def test_accepts_both_ends_of(self, row: tuple[Any, ...]) -> None:
        group, field, low, high, *_, rest = row
        for value in (low, high):
            strategy = parse_strategy(body_with(group, field, value, rest))
            written = strategy_body(strategy)[group]
            assert a_mapping(written)[field] == value

    @pytest.mark.parametrize("row", DECIMALS, ids=lambda row: row[1])
    def test_refuses_just_outside_and_says_the_range_of(self, row: tuple[Any, ...]) -> None:
        group, field, _, _, below, above, allowed, rest = row
        for value in (below, above):
            (error,) = refusal(body_with(group, field, value, rest)).errors
            assert error.field == f"strategy.{group}.{field}"
            assert allowed in error.allowed
            assert value in error.message

    @pytest.mark.parametrize("row", WHOLES, ids=lambda row: row[1])
    def test_accepts_the_ends_and_refuses_beyond_of(self, row: tuple[str, str, int, int]) -> None:
        group, field, low, high = row
        for value in (low, high):
            parse_strategy(body_with(group, field, value, {}))
        for value in (low - 1, high + 1):
            (error,) = refusal(body_with(group, field, value, {})).errors
            assert error.allowed == f"a whole number from {low} to {high}"

    def test_accepts_500_basis_points_below_wider_triggers(self) -> None:
        strategy = a_strategy(
            trigger={"up": "0.050001", "down": "0.06"},
            orders={"collar_bps": "500"},
            costs={"slippage_bps": "500"},
        )
        assert (strategy.collar, strategy.slippage) == (50_000, 50_000)

    def test_accepts_no_minimum_only_in_simulation(self) -> None:
        body = {"orders": {"min_notional": "0"}}
        assert parse_strategy(body, simulation=True).min_notional == 0
        assert "from 1 to 1000000" in str(refusal(body))
        assert "from 0 to 1000000" in str(
            refusal({"orders": {"min_notional": "-1"}}, simulation=True)
        )

    def test_reads_the_words(self) -> None:
        strategy = a_strategy(sessions="extended", sizing={"policy": "target"})
        assert (strategy.policy, strategy.sessions) == (Policy.TARGET, Sessions.EXTENDED)
        assert "regular, extended" in str(refusal({"sessions": "all"}))
        assert "proportional, target" in str(refusal({"sizing": {"policy": "buy"}}))

    def test_names_every_field_that_is_wrong_at_once(self) -> None:
        error = refusal({"trigger": {"up": "2", "down": "-1"}, "orders": {"lot": "0.5"}})
        assert [e.field for e in error.errors] == [
            "strategy.trigger.up",
            "strategy.trigger.down",
            "strategy.orders.lot",
        ]

    @pytest.mark.parametrize("lot", ["1e999999999", "NaN", 0.1])
    def test_answers_an_absurd_lot_with_the_allowed_ones(self, lot: object) -> None:
        assert "0.0001, 0.001" in str(refusal({"orders": {"lot": lot}}))

    def test_refuses_unknown_names_in_the_same_order_in_every_process(self) -> None:
        error = refusal({"triggers": {}, "sizing": {"ratios": "1", "b": 1, "a": 1, "ratio": "1"}})
        assert [(e.field, e.message) for e in error.errors] == [
            ("strategy.triggers", "is unknown"),
            ("strategy.sizing.a", "is unknown"),
            ("strategy.sizing.b", "is unknown"),
            ("strategy.sizing.ratios", "is unknown"),
        ]
        assert error.errors[3].allowed == "policy, ratio, target, fraction"

    @pytest.mark.parametrize("group", [None, "0.03", 1, []])
    def test_refuses_a_group_that_is_not_an_object(self, group: object) -> None:
        (error,) = refusal({"trigger": group}).errors
        assert (error.field, error.message) == ("strategy.trigger", "is not an object")

    def test_names_the_place_of_the_body_in_the_request(self) -> None:
        with pytest.raises(InvalidInputError, match=r"^request\.strategy\.trigger\.up is 2"):
            parse_strategy({"trigger": {"up": "2"}}, at="request.strategy")


class TestFieldsTogether:
    def test_need_a_band_of_two_hundredths(self) -> None:
        a_strategy(guardrails={"min_stock": "0.98", "max_stock": "1"})
        a_strategy(guardrails={"min_stock": "0", "max_stock": "0.02"})
        error = refusal({"guardrails": {"min_stock": "0.5", "max_stock": "0.519999"}})
        assert error.errors[0].field == "strategy.guardrails.max_stock"
        assert "0.02 = 0.52 to 1" in error.errors[0].allowed

    @pytest.mark.parametrize("target", ["0.249999", "0.750001"])
    def test_need_a_target_inside_the_band(self, target: str) -> None:
        error = refusal({"sizing": {"policy": "target", "target": target}})
        assert error.errors[0].field == "strategy.sizing.target"

    @pytest.mark.parametrize("target", ["0.25", "0.75"])
    def test_allow_a_target_on_the_band(self, target: str) -> None:
        assert a_strategy(sizing={"policy": "target", "target": target}).target in (
            250_000,
            750_000,
        )

    @pytest.mark.parametrize(
        "group", [("orders", "collar_bps"), ("costs", "slippage_bps")], ids=lambda g: str(g[1])
    )
    @pytest.mark.parametrize("trigger", ["up", "down"])
    def test_need_room_between_price_and_trigger(
        self, group: tuple[str, str], trigger: str
    ) -> None:
        body = {"trigger": {trigger: "0.01"}, group[0]: {group[1]: "100"}}
        error = refusal(body)
        assert error.errors[0].field == f"strategy.{group[0]}.{group[1]}"
        assert "less than 100" in error.errors[0].allowed
        parse_strategy({"trigger": {trigger: "0.01"}, group[0]: {group[1]: "99.99"}})


class TestCanonicalBody:
    @quick
    @given(strategy=strategies())
    def test_comes_back_to_the_same_strategy(self, strategy: Strategy) -> None:
        body = strategy_body(strategy)
        assert parse_strategy(json.loads(json.dumps(body)), simulation=True) == strategy

    def test_names_every_attribute_once(self) -> None:
        attributes = [attribute for group in FIELDS.values() for attribute, _ in group.values()]
        assert sorted([*attributes, "sessions"]) == sorted(Strategy.__slots__)
