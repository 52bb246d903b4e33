"""Damaged quotes: each is a true price of the damaged text or a typed error, nothing else."""

import json
import math
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from random import Random

import pytest

from app.adapters.market.yahoo_quote import read_quote
from app.domain.errors import ProviderError
from app.domain.observation import Observation
from tests.yahoo_replay import RECORDINGS, recording

RECEIVED_AT = datetime(2026, 1, 1, tzinfo=UTC)
QUOTES = [
    ("node-yahoo-finance2/quote-AAPL.json", "AAPL"),
    ("node-yahoo-finance2/2021-quote-BFLY.json", "BFLY"),
    ("node-yahoo-finance2/quote-SOHO.json", "SOHO"),
    ("yfinance-rs/quote_v7_AAPL-MSFT.json", "MSFT"),
]
TRADES = ("regularMarket", "preMarket", "postMarket")
FIELDS = [f"{trade}{part}" for trade in TRADES for part in ("Price", "Time")] + [
    *("bid", "ask", "regularMarketPreviousClose", "symbol", "currency", "quoteType", "market")
]
# Written into the text as they stand, so that what is not JSON is tried too.
VALUES = [
    *("null", "true", "false", '""', '"59.52"', "[]", "{}", '{"raw": 59.52}', "NaN", "Infinity"),
    *("-Infinity", "0", "-0.0", "0.00004", "0.00005", "0.00015", "-1", "-59.52", "59.459999"),
    *("1e6", "1000000.0001", "1e400", "1e-400", "9e999999", "1e99999999999999999999", "1" * 5000),
    *("1739566800", "1739566800.5", "1739566800000", "4102444800", "-1739566800", '"USD"', '"KO"'),
    *("01", ".5", "5.", "+5", "0x10", "59,52", "59.52 59.52", '"\\ud800"', "[" * 3000),
]
PROBE = '"probe"'


def damaged(random: Random, *, body: str) -> bytes:
    """Return `body` with one to three fields, or a few bytes, replaced, added, lost or cut off."""
    if random.random() < 0.3:
        return damaged_bytes(random, body=body.encode())
    answer = json.loads(body)
    values = []
    for entry in answer["quoteResponse"]["result"]:
        for name in random.sample(FIELDS, random.randint(1, 3)):
            if random.random() < 0.2:
                entry.pop(name, None)
            else:
                entry[name] = "probe"
                values.append(random.choice(VALUES))
    text = json.dumps(answer)
    for value in values:
        text = text.replace(PROBE, value, 1)
    return text.encode()


def damaged_bytes(random: Random, *, body: bytes) -> bytes:
    changed = bytearray(body)
    for _ in range(random.randint(1, 8)):
        if not changed:
            break
        at = random.randrange(len(changed))
        match random.randrange(4):
            case 0:
                changed[at] = random.randrange(256)
            case 1:
                del changed[at : at + random.randint(1, 40)]
            case 2:
                changed[at:at] = random.choice(VALUES).encode()
            case _:
                changed = changed[: at + 1]
    return bytes(changed)


def outcome(body: bytes, *, symbol: str) -> Observation | ProviderError:
    try:
        return read_quote(body=body, symbol=symbol, received_at=RECEIVED_AT)
    except ProviderError as error:
        return error


def trades_in(body: bytes, *, symbol: str) -> Iterator[tuple[int, int]]:
    """Yield price in ticks and epoch second of every trade, read independently of the product."""
    answer = json.loads(body, parse_float=str, parse_int=str)
    for entry in answer["quoteResponse"]["result"]:
        if isinstance(entry, dict) and entry.get("symbol") == symbol:
            for trade in TRADES:
                if entry.get(f"{trade}Price") is not None:
                    ticks = Fraction(entry[f"{trade}Price"]) * 10_000
                    yield math.floor(ticks + Fraction(1, 2)), int(entry[f"{trade}Time"])
            return


def assert_true_to(body: bytes, *, symbol: str, seen: Observation) -> None:
    trades = list(trades_in(body, symbol=symbol))
    assert seen.price is not None
    assert (seen.price, int(seen.observed_at.timestamp())) in trades
    assert int(seen.observed_at.timestamp()) == max(at for _, at in trades)
    assert 0 < seen.price <= 10**10
    assert seen.symbol == symbol
    assert seen.currency == "USD"
    for quoted in (seen.bid, seen.ask, seen.previous_close):
        assert quoted is None or quoted > 0
    assert seen.bid is None or seen.ask is None or seen.bid <= seen.ask


class TestADamagedQuote:
    @pytest.mark.parametrize("mutations", [2_000, pytest.param(100_000, marks=pytest.mark.long)])
    def test_is_a_true_price_or_a_typed_error(self, mutations: int) -> None:
        random = Random(20_240_308)
        read = refused = 0
        bodies = [(quote_body(name), symbol) for name, symbol in QUOTES]
        for _ in range(mutations):
            text, symbol = random.choice(bodies)
            body = damaged(random, body=text)
            match outcome(body, symbol=symbol):
                case ProviderError() as error:
                    assert error.code in {"NO_DATA", "UNKNOWN_SYMBOL", "UNAVAILABLE"}
                    refused += 1
                case seen:
                    assert_true_to(body, symbol=symbol, seen=seen)
                    read += 1

        # Both outcomes were really exercised.
        assert read > mutations // 20
        assert refused > mutations // 4

    def test_is_not_read_when_a_number_is_as_long_as_a_book(self) -> None:
        text = quote_body(QUOTES[0][0]).replace("244.64", "2" * 999_000, 1)

        with pytest.raises(ProviderError):
            read_quote(body=text.encode(), symbol="AAPL", received_at=RECEIVED_AT)


class TestTheRecordedPrices:
    def test_are_read_exactly_as_printed(self) -> None:
        raw = (RECORDINGS / "yfinance-rs" / "quote_v7_AAPL.json").read_text()
        text = raw.replace("270.75", "270.74994999999999999999999999")

        seen = read_quote(body=text.encode(), symbol="AAPL", received_at=RECEIVED_AT)

        # A binary float would have rounded 270.74995 up.
        assert float("270.74994999999999999999999999") == float("270.74995")
        assert seen.price == int(Decimal("2707499"))


def quote_body(name: str) -> str:
    body = recording(name).body
    assert isinstance(body, bytes)
    return body.decode()
