"""One history in three share units trades alike: raw, forward-adjusted and back-adjusted."""

from collections import Counter
from datetime import date
from functools import cache
from typing import Any

import pytest

from app.domain.decision import Side
from app.simulation.bars import Adjustment, Bars
from app.simulation.replay import Replay, Trade, replay
from app.simulation.request import parse_request
from tests.integration.simulation.adjusted import Adjusted, back_adjusted, forward_adjusted
from tests.integration.simulation.recorded import read_daily, shared
from tests.unit.simulation.runs import unheard

SYMBOLS = ("AAPL", "AIG", "IBM")
AFTER_A_DOUBLED_PRINT = date(2003, 1, 2)  # that of IBM on 2002-12-23
LONG = pytest.mark.long  # a whole history inside its bars


@cache
def raw(symbol: str) -> Bars:
    return read_daily(shared(f"daily_raw/{symbol}.csv"), Adjustment.RAW)


@cache
def forward(symbol: str) -> Adjusted:
    return forward_adjusted(raw(symbol))


@cache
def backward(symbol: str) -> Adjusted:
    return back_adjusted(raw(symbol))


@cache
def raw_run(symbol: str, model: str, policy: str, start: date | None = None) -> Replay:
    return run(raw(symbol), model, policy, start)


def run(bars: Bars, model: str, policy: str, start: date | None = None) -> Replay:
    """Return a run to the last session whose problem is the same in any share unit.

    Everything that is counted in dollars stays as it is: value, least notional, commission by
    rate. What is counted a share is absent (commission) or negligible beside the quantities (a
    lot of 0.000001 beside a million dollars). Slippage would round to a tick, so there is none.
    """
    body: dict[str, Any] = {
        "start": (start or bars.session(0)).isoformat(),
        "end": bars.session(len(bars) - 1).isoformat(),
        "opening": {"value": "1000000", "stock_fraction": "0.5"},
        "strategy": {"orders": {"lot": "0.000001"}, "sizing": {"policy": policy}},
        "execution": {"model": model},
    }
    request = parse_request(body)
    return replay(bars=bars, request=request, source="dataset:test", on_progress=unheard)


def placed(trade: Trade) -> tuple[object, ...]:
    return (trade.decided, trade.bar, trade.at, trade.fill.side, trade.reason)


def agreement(one: Replay, other: Replay) -> float:
    """Return which part of the trades has one of the same day and side in the other run."""
    both = (_days(one) & _days(other)).total()
    return both / max(len(one.trades), len(other.trades))


def _days(of: Replay) -> Counter[tuple[date, Side]]:
    return Counter((trade.at.date(), trade.fill.side) for trade in of.trades)


def final_equity(of: Replay, bars: Bars) -> int:
    return of.positions[-1].value_at(bars.closes[of.window[-1]])


class TestForwardAdjustedPrices:
    @pytest.mark.parametrize("symbol", SYMBOLS)
    def test_are_exact_and_without_splits(self, symbol: str) -> None:
        bars, factors = forward(symbol).bars, forward(symbol).factors
        assert all(factor.denominator == 1 for factor in factors)
        assert len(set(factors)) == 1 + len(raw(symbol).splits)
        lows = [price / factor for price, factor in zip(bars.lows, factors, strict=True)]
        assert lows == list(raw(symbol).lows)
        assert bars.splits == ()

    # By `proportional` the size follows from the distance to the anchor, and an ex-date and a
    # split round the anchor to a tick, which is a larger part of a cheaper share.
    @pytest.mark.parametrize(
        ("model", "policy", "within"),
        [
            ("close", "proportional", 2e-4),
            ("close", "target", 1e-5),
            ("next_open", "proportional", 2e-4),
        ],
    )
    @pytest.mark.parametrize("symbol", SYMBOLS)
    def test_give_the_same_trades(
        self, symbol: str, model: str, policy: str, within: float
    ) -> None:
        adjusted, before = forward(symbol), raw_run(symbol, model, policy)
        after = run(adjusted.bars, model, policy)
        assert len(before.trades) > 700
        assert [placed(trade) for trade in after.trades] == [
            placed(trade) for trade in before.trades
        ]
        for old, new in zip(before.trades, after.trades, strict=True):
            factor = adjusted.factors[old.bar]
            assert new.fill.price == old.fill.price * factor
            quantity = float(new.fill.quantity * factor)
            assert quantity == pytest.approx(old.fill.quantity, rel=within)
        gained = final_equity(after, adjusted.bars)
        assert gained == pytest.approx(final_equity(before, raw(symbol)), rel=1e-5)

    # Inside a bar an order fills at the first tick that calls for it, and that tick is finer in
    # the dearer share: fills are a tick apart, and now and then a low in cents lies between.
    @pytest.mark.parametrize(
        ("symbol", "start"),
        [
            pytest.param("AAPL", None, marks=LONG),
            pytest.param("AIG", None, marks=LONG),
            ("IBM", AFTER_A_DOUBLED_PRINT),
        ],
    )
    def test_give_nearly_all_trades_inside_the_bars(self, symbol: str, start: date | None) -> None:
        adjusted, before = forward(symbol).bars, raw_run(symbol, "touch", "proportional", start)
        after = run(adjusted, "touch", "proportional", start)
        assert len(before.trades) > 800
        assert agreement(before, after) >= 0.998
        gained = final_equity(after, adjusted)
        assert gained == pytest.approx(final_equity(before, raw(symbol)), rel=2e-3)


class TestBackAdjustedPrices:
    def test_are_those_that_are_published(self) -> None:
        assert back_adjusted_close("AAPL", date(2014, 6, 6)) == 230_561  # 645.57 / 28
        assert back_adjusted_close("AAPL", date(2020, 8, 28)) == 1_248_075  # 499.23 / 4
        assert back_adjusted_close("AAPL", date(2020, 8, 31)) == 1_290_400

    @pytest.mark.parametrize(
        ("model", "symbol", "start"),
        [
            *((model, symbol, None) for model in ("close", "next_open") for symbol in SYMBOLS),
            # Before, a share cost less than a dollar in the shares of today, and a tick of it is
            # too coarse for a walk inside the bar.
            pytest.param("touch", "AAPL", date(2005, 1, 3), marks=LONG),
            pytest.param("touch", "AIG", None, marks=LONG),
        ],
    )
    def test_give_nearly_the_same_trades(self, model: str, symbol: str, start: date | None) -> None:
        adjusted, before = backward(symbol).bars, raw_run(symbol, model, "proportional", start)
        after = run(adjusted, model, "proportional", start)
        assert len(before.trades) > 700
        assert agreement(before, after) >= 0.99
        gained = final_equity(after, adjusted)
        assert gained == pytest.approx(final_equity(before, raw(symbol)), rel=0.01)


def back_adjusted_close(symbol: str, on: date) -> int:
    bars = backward(symbol).bars
    return bars.closes[bars.sessions.index(on.toordinal())]
