"""Corporate actions that are out of the ordinary, on the prices around them."""

from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest

from app.domain.corporate_action import Split
from app.domain.position import Position
from app.simulation.account import BookedSplit
from app.simulation.bars import Adjustment, Bars
from app.simulation.replay import Replay, replay
from app.simulation.request import parse_request
from tests.builders import shares, ticks, usd
from tests.integration.simulation.recorded import (
    BUNDLED,
    read_adjusted_table,
    read_daily,
    shared,
)
from tests.unit.simulation.runs import unheard

# A doubling, or a fall by nine tenths, before anything is traded.
HELD: dict[str, Any] = {
    "trigger": {"up": "1", "down": "0.9"},
    "guardrails": {"min_stock": "0", "max_stock": "1", "rebalance_on_drift": False},
}


def run(bars: Bars, start: str, end: str, opening: dict[str, str], **strategy: Any) -> Replay:
    body = {
        "start": start,
        "end": end,
        "opening": opening,
        "strategy": strategy,
        "execution": {"model": "close"},
    }
    request = parse_request(body)
    return replay(bars=bars, request=request, source="dataset:test", on_progress=unheard)


def held(bars: Bars, start: str, end: str, opening: dict[str, str], **strategy: Any) -> Replay:
    """Return a run without a trade."""
    done = run(bars, start, end, opening, **HELD, **strategy)
    assert not done.trades
    return done


def at(done: Replay, bars: Bars, on: date) -> Position:
    """Return the position at the close of a session."""
    return done.positions[bars.sessions.index(on.toordinal()) - done.window.start]


@pytest.fixture(scope="module")
def zim() -> Bars:
    return read_adjusted_table(shared("daily_splitadj/ZIM.csv"))


@pytest.fixture(scope="module")
def aig() -> Bars:
    return read_daily(shared("daily_raw/AIG.csv"), Adjustment.RAW)


@pytest.fixture(scope="module")
def ko() -> Bars:
    return read_daily(BUNDLED / "KO.csv", Adjustment.SPLIT)


class TestTheSpecialDividendOfZim:
    """17 USD a share, nearly a fifth of the price, went ex on 22 March 2022."""

    EVE, EX, PAID = date(2022, 3, 21), date(2022, 3, 22), date(2022, 4, 21)

    def test_is_owed_to_the_shares_of_the_eve_less_tax(self, zim: Bars) -> None:
        done = run(zim, "2021-02-01", "2022-12-30", {"value": "100000", "stock_fraction": "0.5"})
        eve, ex = at(done, zim, self.EVE), at(done, zim, self.EX)
        assert eve.receivable == 0
        assert ex.receivable == eve.shares * 17 * 3 // 4
        assert done.trades

    def test_moves_the_anchor_and_not_the_distance_to_the_triggers(self, zim: Bars) -> None:
        opening = {"cash": "0", "shares": "100", "anchor_price": "80"}
        done = held(zim, "2022-03-21", "2022-04-29", opening)
        close = zim.closes[done.window.start]
        moved = Fraction(ticks("80") * (close - ticks("17")), close)
        assert abs(at(done, zim, self.EX).anchor - moved) <= Fraction(1, 2)  # type: ignore[operator]

    def test_takes_nothing_from_the_value_but_the_tax(self, zim: Bars) -> None:
        done = held(zim, "2022-03-21", "2022-04-29", {"cash": "0", "shares": "100"})
        eve, ex = at(done, zim, self.EVE), at(done, zim, self.EX)
        close = zim.closes[done.window.start]
        tax = usd("425")  # a quarter of 1700
        lost = eve.value_at(close) - ex.value_at(close - ticks("17"))
        assert lost == tax * 10**4

    def test_can_be_spent_from_the_pay_date_on(self, zim: Bars) -> None:
        done = held(zim, "2022-03-21", "2022-04-29", {"cash": "0", "shares": "100"})
        before = at(done, zim, self.PAID - timedelta(days=1))
        after = at(done, zim, self.PAID)
        assert (before.cash, before.receivable) == (0, usd("1275"))
        assert (after.cash, after.receivable) == (usd("1275"), 0)


class TestTheSplitsOfAig:
    @pytest.mark.parametrize(
        ("start", "ex", "before", "after", "paid"),
        [
            # 1007 / 20 = 50.35: 0.35 of a share at the open, 19.70
            ("2009-06-22", date(2009, 7, 1), "1007", "50", "6.895"),
            # 101 · 3 / 2 = 151.5 at 100.50, 101 · 5 / 4 = 126.25 at 92.94
            ("1998-07-27", date(1998, 8, 3), "101", "151", "50.25"),
            ("1999-07-26", date(1999, 8, 2), "101", "126", "23.235"),
        ],
    )
    def test_sell_what_is_left_below_the_lot_at_the_open(
        self, aig: Bars, start: str, ex: date, before: str, after: str, paid: str
    ) -> None:
        opening = {"cash": "0", "shares": before}
        done = held(aig, start, ex.isoformat(), opening, orders={"lot": "1"})
        (booked,) = done.moves
        assert isinstance(booked, BookedSplit)
        assert booked.split.ex_date == ex
        assert booked.sold == exact(before, booked.split) - shares(after)
        position = at(done, aig, ex)
        assert (position.shares, position.cash) == (shares(after), usd(paid))

    def test_leave_nothing_with_the_finest_lot_that_divides(self, aig: Bars) -> None:
        opening = {"cash": "0", "shares": "1007"}
        done = held(aig, "2009-06-22", "2009-07-01", opening, orders={"lot": "0.01"})
        assert done.positions[-1].shares == shares("50.35")
        assert done.positions[-1].cash == 0

    def test_leave_the_distance_to_the_triggers(self, aig: Bars) -> None:
        opening = {"cash": "0", "shares": "1000", "anchor_price": "1.2"}
        done = held(aig, "2009-06-22", "2009-07-01", opening)
        assert done.positions[-2].anchor == ticks("1.2")
        assert done.positions[-1].anchor == ticks("24")


def exact(before: str, split: Split) -> Fraction:
    return Fraction(shares(before) * split.numerator, split.denominator)


class TestReceivables:
    LAG = 100  # days, so that two quarters are owed at once

    @pytest.mark.parametrize("rate", ["0", "0.15", "0.25", "1"])
    def test_become_cash_one_by_one_on_their_pay_dates(self, ko: Bars, rate: str) -> None:
        terms = {"withholding_rate": rate, "pay_lag_days": self.LAG}
        opening = {"cash": "0", "shares": "100"}
        done = held(ko, "2010-01-04", "2012-12-31", opening, dividends=terms)
        first = ko.session(done.window.start)
        net = {
            dividend.ex_date: int(100 * dividend.per_share * (1 - Fraction(rate)))
            for dividend in ko.dividends
            if dividend.ex_date > first
        }
        owed_at_once = 0
        for index, position in zip(done.window, done.positions, strict=True):
            on = ko.session(index)
            owed = [n for ex, n in net.items() if ex <= on < ex + timedelta(days=self.LAG)]
            paid = [n for ex, n in net.items() if ex + timedelta(days=self.LAG) <= on]
            assert (position.cash, position.receivable) == (sum(paid), sum(owed))
            owed_at_once = max(owed_at_once, len(owed))
        assert owed_at_once == 2

    def test_wait_over_a_weekend_for_the_next_session(self, ko: Bars) -> None:
        opening, terms = {"cash": "0", "shares": "100"}, {"pay_lag_days": self.LAG}
        done = held(ko, "2010-01-04", "2012-12-31", opening, dividends=terms)
        paid = [
            ko.session(index)
            for index, (before, after) in zip(
                done.window[1:], pairwise(done.positions), strict=True
            )
            if after.cash > before.cash
        ]
        due = [
            dividend.ex_date + timedelta(days=self.LAG)
            for dividend in ko.dividends
            if ko.session(done.window.start) < dividend.ex_date
        ]
        assert any(day.weekday() >= 5 for day in due[: len(paid)])
        sessions = {ko.session(index) for index in done.window}
        assert paid == [
            min(session for session in sessions if session >= day) for day in due[: len(paid)]
        ]
