"""Damaged charts: each is rows true to the damaged text or a typed error, nothing else."""

import json
import math
from decimal import Decimal
from fractions import Fraction
from random import Random

import pytest

from app.adapters.market.yahoo_chart import Chart, read_chart
from app.domain.errors import ProviderError
from tests.integration.market.test_quote_fuzz import PROBE, VALUES, damaged_bytes
from tests.yahoo_replay import recording

CHARTS = [
    ("pricehist/tsla-recent.json", "TSLA"),
    ("pricehist/ibm-long-partial.json", "IBM"),
    ("node-yahoo-finance2/chart-GOOG-2020-01-01-to-2020-01-03.json", "GOOG"),
    ("yfinance-rs/history_chart_AAPL.json", "AAPL"),
]
PRICES = ("open", "high", "low", "close")
PLAUSIBLE = ("59.459999", "0.00015", "1000000", "17.5e1", "0", "null", "59")
STATUSES = (*[200] * 12, 400, 404, 422)
CODES = {"NO_DATA", "UNKNOWN_SYMBOL", "UNAVAILABLE", "RANGE"}


def damaged(random: Random, *, body: str) -> bytes:
    """Return `body` with one or two numbers or fields replaced, added, lost or cut off."""
    if random.random() < 0.3:
        return damaged_bytes(random, body=body.encode())
    answer = json.loads(body)
    values = []
    for _ in range(random.randint(1, 2)):
        holder, key = random.choice(places(random, answer["chart"]["result"][0]))
        if random.random() < 0.1:
            del holder[key]
        else:
            holder[key] = "probe"
            values.append(random.choice(random.choice((VALUES, PLAUSIBLE))))
    text = json.dumps(answer)
    for value in values:
        text = text.replace(PROBE, value, 1)
    return text.encode()


def places(random: Random, result: dict) -> list[tuple]:  # type: ignore[type-arg]
    """Return containers with a key or an index in them, one of each kind."""
    found: list[tuple] = [(result, key) for key in result]  # type: ignore[type-arg]
    meta = result.get("meta")
    if isinstance(meta, dict):
        found += [(meta, key) for key in ("symbol", "currency", "dataGranularity") if key in meta]
    quote = result.get("indicators", {})
    columns = quote.get("quote", [{}])[0] if isinstance(quote, dict) else {}
    lists = [result.get("timestamp"), *(columns.get(name) for name in (*PRICES, "volume"))]
    found += [
        (each, random.randrange(len(each))) for each in lists if isinstance(each, list) and each
    ]
    events = result.get("events")
    if isinstance(events, dict):
        kinds = [each for each in events.values() if isinstance(each, dict) and each]
        happened = [each[random.choice(list(each))] for each in kinds]
        found += [(each, key) for each in happened if isinstance(each, dict) for key in each]
    return found


def outcome(body: bytes, *, symbol: str, status: int) -> Chart | ProviderError:
    try:
        return read_chart(status=status, body=body, symbol=symbol, interval="1d")
    except ProviderError as error:
        return error


def assert_true_to(body: bytes, *, symbol: str, seen: Chart) -> None:
    """Compare with the text, read independently of the product."""
    [result] = json.loads(body, parse_float=str, parse_int=str)["chart"]["result"]
    assert result["meta"]["symbol"] == symbol
    assert result["meta"]["currency"] == "USD"
    times = result.get("timestamp") or []  # null is none
    assert [str(int(row.at.timestamp())) for row in seen.rows] == times
    for name in PRICES if times else ():
        printed = result["indicators"]["quote"][0][name]
        assert [getattr(row, name) for row in seen.rows] == [rounded(each) for each in printed]
    amounts = {
        math.floor(Fraction(Decimal(each["amount"])) * 10**6 + Fraction(1, 2))
        for each in ((result.get("events") or {}).get("dividends") or {}).values()
    }
    assert {each.per_share for each in seen.dividends} <= amounts


def rounded(printed: str | None) -> int | None:
    if printed is None or Fraction(Decimal(printed)) == 0:
        return None
    ticks = math.floor(Fraction(Decimal(printed)) * 10_000 + Fraction(1, 2))
    assert 0 < ticks <= 10**10
    return ticks


class TestADamagedChart:
    @pytest.mark.parametrize("mutations", [2_000, pytest.param(100_000, marks=pytest.mark.long)])
    def test_is_true_rows_or_a_typed_error(self, mutations: int) -> None:
        random = Random(20_240_308)
        read = refused = 0
        bodies = [(chart_body(name), symbol) for name, symbol in CHARTS]
        for _ in range(mutations):
            text, symbol = random.choice(bodies)
            body = damaged(random, body=text)
            status = random.choice(STATUSES)
            match outcome(body, symbol=symbol, status=status):
                case ProviderError() as error:
                    assert error.code in CODES
                    refused += 1
                case seen:
                    assert status == 200
                    assert_true_to(body, symbol=symbol, seen=seen)
                    read += 1

        # Both outcomes were really exercised.
        assert read > mutations // 20
        assert refused > mutations // 4


def chart_body(name: str) -> str:
    body = recording(name).body
    assert isinstance(body, bytes)
    return body.decode()
