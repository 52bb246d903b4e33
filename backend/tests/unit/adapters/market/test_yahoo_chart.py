import json
from datetime import UTC, date, datetime
from math import inf, nan
from typing import Any

import pytest

from app.adapters.market.yahoo_chart import Chart, read_chart
from app.domain.corporate_action import Dividend, Split
from app.domain.errors import ProviderError

OPENS = (1704205800, 1704292200)  # 2024-01-02 and 03, 09:30 in New York


def chart(**changes: Any) -> dict[str, Any]:
    result: dict[str, Any] = {
        "meta": {
            "symbol": "KO",
            "currency": "USD",
            "instrumentType": "EQUITY",
            "exchangeTimezoneName": "America/New_York",
            "dataGranularity": "1d",
        },
        "timestamp": list(OPENS),
        "indicators": {
            "quote": [
                {
                    "open": [58.94, 59.9],
                    "high": [59.96, 60.15],
                    "low": [58.929999, 59.59],
                    "close": [59.82, 59.860001],
                    "volume": [18035200, 13640200],
                }
            ]
        },
    }
    return result | changes


def read(result: dict[str, Any]) -> Chart:
    body = json.dumps({"chart": {"result": [result], "error": None}}).encode()
    return read_chart(status=200, body=body, symbol="KO", interval="1d")


def refusal(result: dict[str, Any]) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        read(result)
    return caught.value


def with_value(name: str, value: object) -> dict[str, Any]:
    result = chart()
    result["indicators"]["quote"][0][name][1] = value
    return result


class TestReadChart:
    def test_reads_numbers_as_printed_and_rounds_once(self) -> None:
        row = read(chart()).rows[0]

        assert row.at == datetime(2024, 1, 2, 14, 30, tzinfo=UTC)
        assert (row.open, row.high, row.low, row.close) == (589400, 599600, 589300, 598200)
        assert row.volume == 18035200

    @pytest.mark.parametrize("name", ["open", "high", "low", "close"])
    @pytest.mark.parametrize("value", [None, 0, 0.0])
    def test_shows_none_where_there_is_no_price(self, name: str, value: object) -> None:
        row = read(with_value(name, value)).rows[1]

        assert getattr(row, name) is None
        assert row.volume == 13640200

    @pytest.mark.parametrize("name", ["open", "high", "low", "close"])
    @pytest.mark.parametrize("value", [-59.9, 0.00001, 1e7, "59.9", True, [], {}, nan, inf, -inf])
    def test_gives_nothing_when_a_price_is_impossible(self, name: str, value: object) -> None:
        error = refusal(with_value(name, value))

        assert error.code == "NO_DATA"
        assert f"the {name} of 2024-01-03" in str(error)

    @pytest.mark.parametrize("value", [-1, 1.5, "1", True, 10**16, nan])
    def test_gives_nothing_when_a_volume_is_impossible(self, value: object) -> None:
        assert refusal(with_value("volume", value)).code == "NO_DATA"

    @pytest.mark.parametrize(
        "times", [list(reversed(OPENS)), [OPENS[0]] * 2, [OPENS[0]], "now", [OPENS[0], None], {}]
    )
    def test_gives_nothing_when_times_and_prices_do_not_belong_together(
        self, times: object
    ) -> None:
        assert refusal(chart(timestamp=times)).code == "NO_DATA"

    @pytest.mark.parametrize("indicators", [None, {}, {"quote": []}, {"quote": [{}]}, {"quote": 5}])
    def test_gives_nothing_when_prices_are_missing(self, indicators: object) -> None:
        assert refusal(chart(indicators=indicators)).code == "NO_DATA"

    def test_has_no_rows_where_nothing_was_traded(self) -> None:
        nothing = chart(indicators={"quote": [{}]})
        del nothing["timestamp"]

        assert read(nothing) == Chart(rows=(), dividends=(), splits=())

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"symbol": "PEP"}, "UNAVAILABLE"),
            ({"currency": "GBp"}, "NO_DATA"),
            ({"currency": None}, "NO_DATA"),
            ({"instrumentType": "MUTUALFUND"}, "NO_DATA"),
            ({"exchangeTimezoneName": "Europe/London"}, "NO_DATA"),
            ({"dataGranularity": "1wk"}, "UNAVAILABLE"),
        ],
    )
    def test_refuses_what_it_was_not_asked_for(self, change: dict[str, object], code: str) -> None:
        result = chart()
        result["meta"] |= change

        assert refusal(result).code == code

    def test_reads_dividends_and_splits_by_their_day_in_new_york(self) -> None:
        events = {
            "dividends": {
                "b": {"amount": 0.485, "date": OPENS[1]},
                "a": {"amount": 0.0009561, "date": OPENS[0]},
            },
            "splits": {"a": {"date": OPENS[1], "numerator": 1253.0, "denominator": 1000}},
        }

        seen = read(chart(events=events))

        assert seen.dividends == (
            Dividend(ex_date=date(2024, 1, 2), per_share=956, pay_date=None),
            Dividend(ex_date=date(2024, 1, 3), per_share=485000, pay_date=None),
        )
        assert seen.splits == (Split(ex_date=date(2024, 1, 3), numerator=1253, denominator=1000),)

    def test_passes_over_a_split_of_one_for_one(self) -> None:
        same = {"splits": {"a": {"date": OPENS[1], "numerator": 3, "denominator": 3}}}

        assert read(chart(events=same)).splits == ()

    @pytest.mark.parametrize(
        "event",
        [
            {"amount": 0, "date": OPENS[0]},
            {"amount": -0.1, "date": OPENS[0]},
            {"amount": 1e-7, "date": OPENS[0]},
            {"amount": nan, "date": OPENS[0]},
            {"amount": "0.1", "date": OPENS[0]},
            {"amount": 0.1, "date": "2024"},
            {"amount": 0.1, "date": OPENS[0], "currency": "CAD"},
            {"date": OPENS[0]},
            7,
        ],
    )
    def test_gives_nothing_next_to_an_impossible_dividend(self, event: object) -> None:
        assert refusal(chart(events={"dividends": {"a": event}})).code == "NO_DATA"

    @pytest.mark.parametrize(
        ("new", "old"), [(0, 1), (1, 0), (-2, 1), (nan, 1), ("2", 1), (9e6, 1)]
    )
    def test_gives_nothing_next_to_an_impossible_split(self, new: object, old: object) -> None:
        event = {"date": OPENS[0], "numerator": new, "denominator": old}

        assert refusal(chart(events={"splits": {"a": event}})).code == "NO_DATA"

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"null",
            b"[]",
            b"{}",
            b'{"chart": null}',
            b'{"chart": {"result": null, "error": null}}',
            b'{"chart": {"result": [], "error": null}}',
            b'{"chart": {"result": [null], "error": null}}',
            b'{"chart": {"result": [{}], "error": null}}',
            b'{"chart": {"result": null, "error": {"code": "Internal", "description": "x"}}}',
            b"\xff\xfe\xfd",
            b"[" * 100_000,
        ],
        ids=lambda body: repr(body[:60]),
    )
    def test_calls_a_body_that_is_no_chart_unavailable(self, body: bytes) -> None:
        with pytest.raises(ProviderError) as caught:
            read_chart(status=200, body=body, symbol="KO", interval="1d")

        assert caught.value.code == "UNAVAILABLE"

    @pytest.mark.parametrize("status", [200, 404, 422])
    @pytest.mark.parametrize(
        ("code", "failure"),
        [
            ("Not Found", "UNKNOWN_SYMBOL"),
            ("Unprocessable Entity", "RANGE"),
            ("Odd", "UNAVAILABLE"),
        ],
    )
    def test_believes_the_words_of_an_error_before_its_status(
        self, status: int, code: str, failure: str
    ) -> None:
        error = {"code": code, "description": "some words."}
        body = json.dumps({"chart": {"result": None, "error": error}}).encode()

        with pytest.raises(ProviderError) as caught:
            read_chart(status=status, body=body, symbol="KO", interval="1d")

        assert caught.value.code == failure

    def test_has_no_rows_when_it_says_that_there_are_none(self) -> None:
        error = {"code": "Bad Request", "description": "Data doesn't exist for startDate = 1"}
        body = json.dumps({"chart": {"result": None, "error": error}}).encode()

        assert read_chart(status=400, body=body, symbol="KO", interval="1d").rows == ()
