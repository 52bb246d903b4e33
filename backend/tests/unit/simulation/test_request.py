"""Requests: read strictly, written with every default."""

from datetime import date

import pytest

from app.domain.errors import InvalidInputError
from app.simulation.request import parse_request, request_body
from app.simulation.run import ExecutionModel, TouchPath
from tests.builders import a_strategy, ppm, shares, ticks, usd

VALID: dict[str, object] = {
    "dataset_id": "0123456789abcdef",
    "start": "2010-01-04",
    "end": "2020-12-31",
    "opening": {"cash": "5000", "shares": "100"},
    "execution": {"model": "close"},
}


def refused(**changes: object) -> dict[str, str]:
    with pytest.raises(InvalidInputError) as raised:
        parse_request({**VALID, **changes})
    return {error.field: f"{error.message} ({error.allowed})" for error in raised.value.errors}


class TestParseRequest:
    def test_fills_in_every_default(self) -> None:
        request = parse_request(VALID)
        assert (request.start, request.end) == (date(2010, 1, 4), date(2020, 12, 31))
        assert (request.opening.cash, request.opening.shares) == (usd("5000"), shares("100"))
        assert request.opening.anchor is None
        assert request.strategy == a_strategy()
        assert (request.model, request.cash_rate) == (ExecutionModel.CLOSE, 0)

    def test_reads_an_anchor_and_a_rate(self) -> None:
        opening = {"cash": "0", "shares": "0.000001", "anchor_price": "59.82"}
        request = parse_request({**VALID, "opening": opening, "cash_rate": "0.025"})
        assert (request.opening.anchor, request.cash_rate) == (ticks("59.82"), ppm("0.025"))

    def test_reads_a_value_with_its_stock_fraction(self) -> None:
        opening = {"value": "10000", "stock_fraction": "0.5"}
        request = parse_request({**VALID, "opening": opening})
        assert (request.opening.value, request.opening.stock_fraction) == (
            usd("10000"),
            ppm("0.5"),
        )

    def test_allows_a_minimum_notional_of_zero(self) -> None:
        request = parse_request({**VALID, "strategy": {"orders": {"min_notional": "0"}}})
        assert request.strategy.min_notional == 0

    @pytest.mark.parametrize(
        ("execution", "path"),
        [
            ({"model": "close"}, None),
            ({"model": "next_open", "path": None}, None),
            ({"model": "touch"}, TouchPath.PESSIMISTIC),
            ({"model": "touch", "path": None}, TouchPath.PESSIMISTIC),
            ({"model": "touch", "path": "ohlc"}, TouchPath.OHLC),
        ],
    )
    def test_reads_a_path_for_touch_alone(
        self, execution: dict[str, object], path: TouchPath | None
    ) -> None:
        request = parse_request({**VALID, "execution": execution})
        assert (request.model.value, request.path) == (execution["model"], path)

    def test_names_every_missing_field_at_once(self) -> None:
        with pytest.raises(InvalidInputError) as raised:
            parse_request({})
        fields = [error.field for error in raised.value.errors]
        assert fields == ["start", "end", "opening", "execution"]

    @pytest.mark.parametrize(
        ("changes", "field", "said"),
        [
            ({"start": "2021-01-01"}, "start", "up to the end, 2020-12-31"),
            ({"end": "31.12.2020"}, "end", "a date, YYYY-MM-DD"),
            ({"end": "20201231"}, "end", "a date, YYYY-MM-DD"),
            ({"colour": "red"}, "colour", "is unknown"),
            ({"opening": []}, "opening", "is not an object"),
            ({"opening": {"cash": "1"}}, "opening.shares", "is missing"),
            ({"opening": {"cash": "1", "shares": "-1"}}, "opening.shares", "from 0 to 2000000000"),
            ({"opening": {"cash": "1e9", "shares": "1"}}, "opening.cash", "from 0 to 400000000"),
            ({"opening": {"cash": "NaN", "shares": "1"}}, "opening.cash", "is not a decimal"),
            ({"opening": {"cash": 0.1, "shares": "1"}}, "opening.cash", "is not a decimal"),
            (
                {"opening": {"cash": "1", "shares": "1", "anchor_price": "0"}},
                "opening.anchor_price",
                "from 0.0001 to 200000",
            ),
            (
                {"opening": {"value": "1", "stock_fraction": "1.1"}},
                "opening.stock_fraction",
                "from 0 to 1",
            ),
            (
                {"opening": {"value": "1", "stock_fraction": "1", "cash": "1"}},
                "opening.cash",
                "is unknown",
            ),
            ({"execution": "close"}, "execution", "is not an object"),
            ({"execution": {}}, "execution.model", "is missing (close, next_open, touch)"),
            (
                {"execution": {"model": "open"}},
                "execution.model",
                "is 'open', which is not available (close, next_open, touch)",
            ),
            (
                {"execution": {"model": "touch", "path": "ohcl"}},
                "execution.path",
                "is not available (pessimistic, optimistic, olhc, ohlc)",
            ),
            (
                {"execution": {"model": "next_open", "path": "olhc"}},
                "execution.path",
                "is given with the model next_open (only with the model touch)",
            ),
            ({"execution": {"model": "close", "at": "9"}}, "execution.at", "is unknown"),
            ({"cash_rate": "1.01"}, "cash_rate", "from 0 to 1"),
            ({"strategy": None}, "strategy", "is not an object"),
            ({"strategy": {"trigger": {"up": "2"}}}, "strategy.trigger.up", "from 0.000001 to 1"),
        ],
    )
    def test_refuses(self, changes: dict[str, object], field: str, said: str) -> None:
        errors = refused(**changes)
        assert list(errors) == [field]
        assert said in errors[field]


class TestRequestBody:
    @pytest.mark.parametrize(
        "opening",
        [
            {"cash": "5000", "shares": "100"},
            {"cash": "5000", "shares": "100", "anchor_price": "59.82"},
            {"value": "10000", "stock_fraction": "0.5"},
        ],
    )
    def test_is_its_own_canonical_form(self, opening: dict[str, object]) -> None:
        request = parse_request({**VALID, "opening": opening})
        assert request_body(request)["opening"] == opening
        assert parse_request(request_body(request)) == request

    def test_writes_the_path_for_touch_alone(self) -> None:
        written = [
            request_body(parse_request({**VALID, "execution": {"model": model}}))["execution"]
            for model in ("close", "next_open", "touch")
        ]
        assert written == [
            {"model": "close"},
            {"model": "next_open"},
            {"model": "touch", "path": "pessimistic"},
        ]

    def test_writes_one_text_for_equal_numbers(self) -> None:
        long = {**VALID, "opening": {"cash": "5000.00", "shares": 100}, "cash_rate": "0.0"}
        assert request_body(parse_request(long)) == request_body(parse_request(VALID))

    def test_holds_every_part(self) -> None:
        written = request_body(parse_request(VALID))
        assert list(written) == ["start", "end", "opening", "strategy", "execution", "cash_rate"]
