"""The product's replay against an independent exact computation of the rules."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest

from app.domain.decision import kind_of
from app.simulation.bars import Adjustment, Bars
from app.simulation.replay import Replay, replay
from app.simulation.request import parse_request
from tests.integration.simulation.drawn import WINDOW, drawn_request
from tests.integration.simulation.recorded import (
    BUNDLED,
    read_adjusted_table,
    read_daily,
    shared,
)
from tests.reference.bars import Bar, read_raw, read_split_adjusted
from tests.reference.exact import Holdings, Mix, Result, simulate
from tests.reference.terms import Policy, Strategy
from tests.unit.simulation.runs import unheard

CENT = Fraction(1, 100)
START, END = date(2010, 1, 4), date(2020, 12, 31)
MIXED = {"value": "10000", "stock_fraction": "0.5"}
DEFAULTS: dict[str, Any] = {}
COSTLY = {"costs": {"slippage_bps": "5", "commission_min": "1", "commission_per_share": "0.005"}}
WHOLE_SHARES = {"orders": {"lot": "1"}, "trigger": {"up": "0.01", "down": "0.01"}}
MODELS: list[dict[str, str]] = [
    {"model": "close"},
    {"model": "next_open"},
    {"model": "touch", "path": "pessimistic"},
    {"model": "touch", "path": "optimistic"},
]
CLOSE, NEXT_OPEN, TOUCH, BETTER_TOUCH = MODELS
# The exact walk of a whole history inside its bars takes half a minute.
LONG = pytest.mark.long
CASES = [
    (DEFAULTS, CLOSE),
    (COSTLY, CLOSE),
    (WHOLE_SHARES, CLOSE),
    (DEFAULTS, NEXT_OPEN),
    (COSTLY, NEXT_OPEN),
    (WHOLE_SHARES, NEXT_OPEN),
    (COSTLY, TOUCH),
]
# A crash, a reverse split, a forward split, a special dividend of a fifth of the price, and the
# months after the doubled print that a touch run of IBM would fill at.
WINDOWS = {
    "SPY": (date(2008, 9, 15), date(2008, 12, 31)),
    "AIG": (date(2009, 6, 1), date(2009, 7, 31)),
    "AAPL": (date(2020, 8, 3), date(2020, 10, 30)),
    "ZIM": (date(2022, 3, 1), date(2022, 5, 31)),
    "IBM": (date(2003, 1, 2), date(2003, 6, 30)),
}
AFTER_THE_PRINT = date(2003, 1, 2)


def bundled(symbol: str, *, start: date = START, end: date = END) -> tuple[Bars, tuple[Bar, ...]]:
    """Return split-adjusted bars for both; the reference applies no split of its own."""
    path = BUNDLED / f"{symbol}.csv"
    bars = read_raw(path, start=start, end=end)
    return read_daily(path, Adjustment.SPLIT), tuple(replace(b, split=Fraction(1)) for b in bars)


def raw(path: Path) -> tuple[Bars, tuple[Bar, ...]]:
    bars = read_daily(path, Adjustment.RAW)
    last = bars.session(len(bars) - 1)
    return bars, read_raw(path, start=bars.session(0), end=last)


@cache
def recorded(symbol: str) -> tuple[Bars, tuple[Bar, ...]]:
    """Return all that is recorded of a symbol, IBM from after its doubled print on."""
    if symbol == "ZIM":
        path = shared("daily_splitadj/ZIM.csv")
        reference = read_split_adjusted(path, start=date.min, end=date.max)
        return read_adjusted_table(path), reference
    bars, reference = raw(shared(f"daily_raw/{symbol}.csv"))
    start = AFTER_THE_PRINT if symbol == "IBM" else date.min
    return bars, tuple(bar for bar in reference if bar.session >= start)


def over(
    reference: Sequence[Bar], strategy: dict[str, Any], execution: dict[str, str]
) -> dict[str, Any]:
    """Return the request over the sessions of `reference`, half of the value in stock."""
    return {
        "start": reference[0].session.isoformat(),
        "end": reference[-1].session.isoformat(),
        "opening": MIXED,
        "strategy": strategy,
        "execution": execution,
    }


def compare(bars: Bars, reference: Sequence[Bar], body: dict[str, Any]) -> int:
    """Compare both runs of one request, and return how many trades they have."""
    request = parse_request(body)
    run = replay(bars=bars, request=request, source="dataset:test", on_progress=unheard)
    result = simulate(
        bars=reference,
        opening=reference_opening(body["opening"]),
        strategy=reference_strategy(body["strategy"]),
        cash_rate=Fraction(body.get("cash_rate", "0")),
        **body["execution"],
    )
    lot = Fraction(request.strategy.lot, 10**6)
    assert [(record.at, kind_of(record.decision)) for record in run.records] == [
        (decision.at, decision.kind.value) for decision in result.decisions
    ]
    assert trades_of(run) == [
        (
            trade.decided_bar,
            trade.filled_bar,
            trade.at,
            trade.side.value,
            trade.reason.value,
            trade.market,
            trade.price,
        )
        for trade in result.trades
    ]
    assert [(order.decided - run.window.start, order.reason.value) for order in run.unfilled] == [
        (lapse.decided_bar, lapse.reason.value) for lapse in result.lapses
    ]
    for trade, expected in zip(run.trades, result.trades, strict=True):
        assert abs(Fraction(trade.fill.quantity, 10**6) - expected.quantity) <= lot
    assert equity_gap(run, bars, result) <= CENT
    return len(result.trades)


def trades_of(run: Replay) -> list[tuple[int, int, datetime, str, str, Fraction, Fraction]]:
    start = run.window.start
    return [
        (
            trade.decided - start,
            trade.bar - start,
            trade.at,
            trade.fill.side.value,
            trade.reason.value,
            Fraction(trade.price, 10**4),
            Fraction(trade.fill.price, 10**4),
        )
        for trade in run.trades
    ]


def equity_gap(run: Replay, bars: Bars, result: Result) -> Fraction:
    return max(
        abs(Fraction(position.value_at(bars.closes[index]), 10**10) - point.equity)
        for index, position, point in zip(run.window, run.positions, result.curve, strict=True)
    )


def reference_opening(opening: dict[str, str]) -> Holdings | Mix:
    if "value" in opening:
        return Mix(
            value=Fraction(opening["value"]), stock_fraction=Fraction(opening["stock_fraction"])
        )
    anchor = opening.get("anchor_price")
    return Holdings(
        cash=Fraction(opening["cash"]),
        shares=Fraction(opening["shares"]),
        anchor=None if anchor is None else Fraction(anchor),
    )


def reference_strategy(body: dict[str, dict[str, Any]]) -> Strategy:
    """Return the reference's strategy: same names, decimals as fractions."""
    fields: dict[str, Any] = {}
    for group in body.values():
        fields |= group
    fields.pop("collar_bps", None)
    if "cooldown_seconds" in fields:
        fields["cooldown"] = timedelta(seconds=fields.pop("cooldown_seconds"))
    if "policy" in fields:
        fields["policy"] = Policy(fields["policy"])
    for name, value in fields.items():
        if type(value) is str:
            fields[name] = Fraction(value)
    return Strategy(**fields)


class TestAgainstReference:
    @pytest.mark.parametrize(
        ("strategy", "execution"), [*CASES, (DEFAULTS, TOUCH), (DEFAULTS, BETTER_TOUCH)]
    )
    @pytest.mark.parametrize("symbol", ["KO", "MSFT"])
    def test_trades_split_adjusted_prices_alike(
        self, symbol: str, strategy: dict[str, Any], execution: dict[str, str]
    ) -> None:
        bars, reference = bundled(symbol)
        body = {
            "start": START.isoformat(),
            "end": END.isoformat(),
            "opening": {"cash": "5000", "shares": "100"},
            "strategy": strategy,
            "execution": execution,
            "cash_rate": "0.02",
        }
        assert compare(bars, reference, body) > 100

    @pytest.mark.parametrize(
        ("strategy", "execution"),
        [
            *CASES[:-1],
            pytest.param(*CASES[-1], marks=LONG),
            pytest.param(DEFAULTS, TOUCH, marks=LONG),
            pytest.param(WHOLE_SHARES, TOUCH, marks=LONG),
            pytest.param(DEFAULTS, BETTER_TOUCH, marks=LONG),
        ],
    )
    @pytest.mark.parametrize("symbol", ["AAPL", "AIG"])
    def test_trades_raw_prices_alike_across_splits(
        self, symbol: str, strategy: dict[str, Any], execution: dict[str, str]
    ) -> None:
        bars, reference = raw(shared(f"daily_raw/{symbol}.csv"))
        assert len(bars.splits) == 4
        assert compare(bars, reference, over(reference, strategy, execution)) > 800

    @pytest.mark.parametrize(
        ("strategy", "execution"),
        [(WHOLE_SHARES, CLOSE), (COSTLY, NEXT_OPEN), (COSTLY, TOUCH), (DEFAULTS, BETTER_TOUCH)],
    )
    @pytest.mark.parametrize("symbol", WINDOWS)
    def test_trades_a_hard_time_alike(
        self, symbol: str, strategy: dict[str, Any], execution: dict[str, str]
    ) -> None:
        bars, every = recorded(symbol)
        first, last = WINDOWS[symbol]
        reference = [bar for bar in every if first <= bar.session <= last]
        assert compare(bars, reference, over(reference, strategy, execution)) > 10

    @LONG
    @pytest.mark.parametrize(
        ("strategy", "execution"),
        [*CASES, (DEFAULTS, TOUCH), (WHOLE_SHARES, TOUCH), (DEFAULTS, BETTER_TOUCH)],
    )
    @pytest.mark.parametrize("symbol", ["SPY", "ZIM", "IBM"])
    def test_trades_a_whole_history_alike(
        self, symbol: str, strategy: dict[str, Any], execution: dict[str, str]
    ) -> None:
        bars, reference = recorded(symbol)
        assert compare(bars, reference, over(reference, strategy, execution)) > 300

    def test_trades_any_strategy_alike(self) -> None:
        both = [bundled(symbol, start=date.min, end=date.max) for symbol in ("KO", "MSFT")]
        trades = 0
        for seed in range(12):
            random = Random(seed)
            bars, reference = random.choice(both)
            first = random.randrange(len(bars) - WINDOW)
            body = drawn_request(random, bars, first) | {"execution": MODELS[seed % len(MODELS)]}
            trades += compare(bars, reference[first : first + WINDOW], body)
        assert trades > 500
