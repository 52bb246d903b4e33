"""Attribution on recorded prices: nothing is left over, in whole runs and in any window."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest

from app.simulation.account import BookedSplit
from app.simulation.attribution import Attribution, attribution_of
from app.simulation.bars import Adjustment, Bars
from app.simulation.replay import Replay
from app.simulation.request import parse_request
from app.simulation.run import SimulationRequest
from tests.integration.simulation.recorded import (
    BUNDLED,
    compiled_replay,
    read_adjusted_table,
    read_daily,
    shared,
)
from tests.reference.bars import Bar, read_raw, read_split_adjusted
from tests.reference.benchmarks import Terms, Wealth, hold_opening_mix
from tests.reference.matching import Deal, matched

SYMBOLS = ("KO", "MSFT", "SPY", "AAPL", "AIG", "IBM", "ZIM")
WINDOWS = 100
MATCHED = 150  # trades; the second computation takes the square of them
MODELS: Mapping[str, Mapping[str, str]] = {
    "close": {"model": "close"},
    "next_open": {"model": "next_open"},
    "touch": {"model": "touch", "path": "pessimistic"},
}
VALUE_PER_USD = 10**10


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """The bars of one symbol for the product and for the reference, index by index."""

    bars: Bars
    reference: tuple[Bar, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run over all bars of a symbol, and what it was asked for."""

    recorded: Recorded
    request: SimulationRequest
    replay: Replay

    def attribution(self, since: int | None, until: int) -> Attribution:
        return attribution_of(
            run=self.replay,
            bars=self.recorded.bars,
            request=self.request,
            since=since,
            until=until,
        )

    def equity(self, index: int) -> int:
        return self.replay.positions[index].value_at(self.recorded.bars.closes[index])


@cache
def recorded(symbol: str) -> Recorded:
    if symbol in {"KO", "MSFT"}:
        path = BUNDLED / f"{symbol}.csv"
        bars = read_daily(path, Adjustment.SPLIT)
        rows = read_raw(path, start=date.min, end=date.max)
        reference = tuple(replace(bar, split=Fraction(1)) for bar in rows)
    elif symbol == "ZIM":
        path = shared("daily_splitadj/ZIM.csv")
        bars = read_adjusted_table(path)
        reference = read_split_adjusted(path, start=date.min, end=date.max)
    else:
        path = shared(f"daily_raw/{symbol}.csv")
        bars = read_daily(path, Adjustment.RAW)
        reference = read_raw(path, start=date.min, end=date.max)
    assert len(bars) == len(reference)
    return Recorded(bars=bars, reference=reference)


@cache
def run_of(symbol: str, model: str, cash_rate: str, lot: str, code_folder: Path) -> Run:
    found = recorded(symbol)
    body: dict[str, Any] = {
        "start": found.bars.session(0).isoformat(),
        "end": found.bars.session(len(found.bars) - 1).isoformat(),
        "opening": {"value": "100000", "stock_fraction": "0.5"},
        "strategy": {
            "trigger": {"up": "0.02", "down": "0.02"},
            "orders": {"lot": lot},
            "costs": {
                "slippage_bps": "5",
                "commission_min": "1",
                "commission_per_share": "0.005",
            },
        },
        "execution": dict(MODELS[model]),
        "cash_rate": cash_rate,
    }
    request = parse_request(body)
    run = compiled_replay(found.bars, request, code_folder)
    return Run(recorded=found, request=request, replay=run)


def check(run: Run, since: int | None, until: int) -> Attribution:
    """Check one window against a second computation of its parts, and return it."""
    found = run.attribution(since, until)
    opening_value = run.replay.opening.value_at(run.replay.opened.price)
    before = opening_value if since is None else run.equity(since)
    assert found.total == run.equity(until) - before
    assert sum(found.parts().values()) - found.total == 0
    deals = deals_of(run, -1 if since is None else since, until)
    if len(deals) <= MATCHED:
        expected = matched(deals, last=Fraction(run.recorded.bars.closes[until]))
        assert (found.harvest, found.open_timing) == (expected.closed, expected.open)
    return found


def deals_of(run: Run, since: int, until: int) -> list[Deal]:
    """Return the trades and split remainders after `since`, in the shares of `until`."""
    bars = run.recorded.bars
    deals: list[Deal] = []
    last = since
    for move in run.replay.moves:
        match move:
            case BookedSplit(split=split, sold=sold):
                last = bars.sessions.index(split.ex_date.toordinal())
                if not since < last <= until:
                    continue
                ratio = Fraction(split.numerator, split.denominator)
                deals = [
                    Deal(quantity=deal.quantity * ratio, price=deal.price / ratio) for deal in deals
                ]
                deals.append(Deal(quantity=-sold, price=Fraction(bars.opens[last])))
            case trade:
                if since < trade.bar <= until:
                    quantity = Fraction(trade.fill.shares_flow)
                    deals.append(Deal(quantity=quantity, price=Fraction(trade.price)))
    return deals


def held(run: Run, since: int, until: int) -> Fraction:
    """Return what the mix of bar `since` gained by `until`; nothing is owed to it at `since`."""
    position = run.replay.positions[since]
    strategy = run.request.strategy
    values = hold_opening_mix(
        run.recorded.reference[since : until + 1],
        Wealth(shares=Fraction(position.shares, 10**6), cash=Fraction(position.cash, 10**6)),
        Terms(
            withholding=Fraction(strategy.withholding_rate, 10**6),
            pay_lag=timedelta(days=strategy.pay_lag_days),
            cash_rate=Fraction(run.request.cash_rate, 10**6),
            commission_rate=Fraction(0),
            slippage=Fraction(0),
        ),
    )
    return (values[-1] - values[0]) * VALUE_PER_USD


class TestAttribution:
    @pytest.mark.parametrize("model", MODELS)
    @pytest.mark.parametrize("symbol", SYMBOLS)
    def test_leaves_nothing_over(self, symbol: str, model: str, code_folder: Path) -> None:
        run = run_of(symbol, model, "0.03", "1", code_folder)
        found = check(run, None, len(run.recorded.bars) - 1)
        commissions = sum(trade.fill.commission for trade in run.replay.trades)
        assert found.commissions == -commissions * 10**4 < 0
        assert found.slippage < 0
        assert found.harvest != 0

    @pytest.mark.parametrize("symbol", SYMBOLS)
    def test_leaves_nothing_over_in_any_window(self, symbol: str, code_folder: Path) -> None:
        run = run_of(symbol, "close", "0", "0.0001", code_folder)
        random = Random(symbol)
        compared = 0
        for number in range(WINDOWS):
            # every other one is short enough to match its trades a second time
            stop = len(run.recorded.bars)
            since = random.randrange(stop - 1)
            until = random.randrange(since + 1, min(since + 250, stop) if number % 2 else stop)
            found = check(run, since, until)
            if not run.replay.positions[since].receivable:
                assert found.hold == held(run, since, until)
                compared += 1
        assert compared > WINDOWS // 4

    @pytest.mark.parametrize("model", ["next_open", "touch"])
    def test_leaves_nothing_over_in_windows_with_interest(
        self, model: str, code_folder: Path
    ) -> None:
        run = run_of("KO", model, "0.03", "1", code_folder)
        random = Random(model)
        for _ in range(WINDOWS // 4):
            since = random.randrange(len(run.recorded.bars) - 500)
            found = check(run, since, since + 500)
            if not run.replay.positions[since].receivable:
                assert found.hold == held(run, since, since + 500)

    @pytest.mark.parametrize("symbol", ["AAPL", "AIG", "IBM"])
    def test_sees_every_split(self, symbol: str, code_folder: Path) -> None:
        run = run_of(symbol, "close", "0.03", "1", code_folder)
        splits = [move for move in run.replay.moves if isinstance(move, BookedSplit)]
        assert len(splits) == len(run.recorded.bars.splits) > 0
        if symbol == "AIG":
            assert any(booked.sold for booked in splits)
