from array import array
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import pairwise

import pytest

from app.domain.corporate_action import Dividend, Split
from app.simulation.bars import Adjustment, Bars, Finding, Severity
from app.simulation.provided import by_session, joined
from app.simulation.quality import assess
from tests.price_files import Row, daily_bars, flat, minute_bars, minutes_at, weekdays

NOW = datetime(2026, 1, 1, tzinfo=UTC)
BLOCKING, WARNING, INFO = Severity.BLOCKING, Severity.WARNING, Severity.INFO
COUNT = 120
MIDDLE = 60


def usual_rows(price: float = 100.0, count: int = COUNT) -> list[Row]:
    """Return bars that move half a percent up and down, each opening at the close before."""
    closes = [price * (1.005 if index % 2 else 1.0) for index in range(-1, count)]
    return [
        (f"{o:.2f}", f"{max(o, c) * 1.002:.2f}", f"{min(o, c) * 0.998:.2f}", f"{c:.2f}")
        for o, c in pairwise(closes)
    ]


def scaled(rows: list[Row], ratio: float, *, start: int, end: int | None = None) -> list[Row]:
    """Return `rows` with the prices from `start` to before `end` multiplied."""
    stop = len(rows) if end is None else end
    return [
        tuple(f"{float(price) * ratio:.2f}" for price in row) if start <= index < stop else row  # type: ignore[misc]
        for index, row in enumerate(rows)
    ]


def with_price(rows: list[Row], column: str, price: str, index: int = MIDDLE) -> list[Row]:
    """Return `rows` with one price replaced."""
    position = ("open", "high", "low", "close").index(column)
    row = tuple(price if i == position else cell for i, cell in enumerate(rows[index]))
    return [*rows[:index], row, *rows[index + 1 :]]  # type: ignore[list-item]


def over_days(bars: Bars, *counts: int) -> Bars:
    """Return `bars` with so many on each of the days from their own on."""
    days = [day for day, count in enumerate(counts) for _ in range(count)]

    def moved(column: array[int], step: int) -> array[int]:
        return array("q", (at + step * day for at, day in zip(column, days, strict=True)))

    return replace(
        bars,
        starts=moved(bars.starts, 86_400),
        ends=moved(bars.ends, 86_400),
        sessions=moved(bars.sessions, 1),
    )


def sessions_of(bars: Bars) -> tuple[date, ...]:
    return tuple(date.fromordinal(session) for session in sorted(set(bars.sessions)))


def findings(bars: Bars, *, now: datetime = NOW) -> tuple[Finding, ...]:
    return assess(bars, sessions=sessions_of(bars), now=now)


def report(bars: Bars, *, now: datetime = NOW) -> list[tuple[str, Severity, str]]:
    return [(f.code, f.severity, f.place) for f in findings(bars, now=now)]


def on(index: int) -> date:
    return weekdays(date(2020, 1, 6), COUNT)[index]


class TestUsualData:
    def test_have_no_finding(self) -> None:
        assert report(daily_bars(usual_rows())) == []

    def test_may_be_a_single_bar(self) -> None:
        assert report(daily_bars([flat("10")])) == []

    def test_may_have_a_dividend_and_a_split(self) -> None:
        rows = scaled(usual_rows(), 0.5, start=MIDDLE)
        split = Split(ex_date=on(MIDDLE), numerator=2, denominator=1)
        dividend = Dividend(ex_date=on(MIDDLE), per_share=250_000, pay_date=None)
        assert report(daily_bars(rows, splits=[split], dividends=[dividend])) == []

    def test_may_fall_by_a_large_dividend(self) -> None:
        dividend = Dividend(ex_date=on(MIDDLE), per_share=20_000_000, pay_date=None)
        rows = scaled(usual_rows(), 0.8, start=MIDDLE)
        assert report(daily_bars(rows, dividends=[dividend])) == []

    def test_may_move_by_some_usual_moves(self) -> None:
        assert report(daily_bars(scaled(usual_rows(), 1.05, start=MIDDLE))) == []
        assert report(daily_bars(with_price(usual_rows(), "high", "105"))) == []

    def test_may_move_by_a_tenth_when_every_bar_does(self) -> None:
        rows = [("100", "112", "90", "110"), ("110", "112", "90", "100")] * MIDDLE
        assert report(daily_bars(rows)) == []


class TestTimes:
    def test_block_when_they_do_not_increase(self) -> None:
        bars = daily_bars(usual_rows())
        for column in (bars.starts, bars.ends, bars.sessions):
            column[MIDDLE] = column[MIDDLE - 1]
        place = on(MIDDLE - 1).isoformat()
        assert report(bars) == [("times_out_of_order", BLOCKING, place)]

    def test_block_when_bars_overlap(self) -> None:
        bars = minute_bars([flat("10")] * 3, first=datetime(2020, 1, 6, 14, 30, tzinfo=UTC))
        longer = replace(bars, ends=array("q", (start + 300 for start in bars.starts)))
        place = "2020-01-06T14:31Z, 2020-01-06T14:32Z"
        assert report(longer) == [("bars_overlap", BLOCKING, place)]

    def test_block_when_a_bar_has_not_ended(self) -> None:
        bars = daily_bars(usual_rows())
        end = datetime.fromtimestamp(bars.ends[-1], UTC)
        assert report(bars, now=end) == []
        late = report(bars, now=datetime.fromtimestamp(bars.ends[-1] - 1, UTC))
        assert late == [("later_than_now", BLOCKING, on(COUNT - 1).isoformat())]


class TestPrices:
    @pytest.mark.parametrize(
        ("column", "price"),
        [("low", "101"), ("high", "99"), ("open", "150"), ("close", "50")],
    )
    def test_block_outside_their_range(self, column: str, price: str) -> None:
        bars = daily_bars(with_price(usual_rows(), column, price))
        assert report(bars) == [("range_inconsistent", BLOCKING, on(MIDDLE).isoformat())]

    @pytest.mark.parametrize("price", ["0", "-1"])
    def test_block_when_they_are_not_positive(self, price: str) -> None:
        bars = daily_bars(with_price(usual_rows(), "low", price))
        assert report(bars) == [("price_out_of_range", BLOCKING, on(MIDDLE).isoformat())]

    @pytest.mark.parametrize(
        ("column", "price"), [("high", "110"), ("low", "90"), ("high", "200"), ("low", "10")]
    )
    def test_are_stray_far_from_both_neighbours(self, column: str, price: str) -> None:
        bars = daily_bars(with_price(usual_rows(), column, price))
        assert report(bars) == [("stray_print", WARNING, on(MIDDLE).isoformat())]

    def test_are_stray_when_a_whole_bar_is_away(self) -> None:
        bars = daily_bars(scaled(usual_rows(), 2, start=MIDDLE, end=MIDDLE + 1))
        assert report(bars) == [("stray_print", WARNING, on(MIDDLE).isoformat())]

    def test_are_stray_at_the_first_and_last_bar_too(self) -> None:
        first = daily_bars(with_price(usual_rows(), "low", "60", index=0))
        opening = daily_bars([("60", "101", "60", "100"), *usual_rows()[1:]])
        last = daily_bars(with_price(usual_rows(), "high", "160", index=COUNT - 1))
        assert report(opening) == [("stray_print", WARNING, on(0).isoformat())]
        assert report(first) == [("stray_print", WARNING, on(0).isoformat())]
        assert report(last) == [("stray_print", WARNING, on(COUNT - 1).isoformat())]

    def test_are_stray_on_the_eve_of_a_split(self) -> None:
        rows = scaled(usual_rows(), 0.5, start=MIDDLE)
        split = Split(ex_date=on(MIDDLE), numerator=2, denominator=1)
        bars = daily_bars(with_price(rows, "low", "60", index=MIDDLE - 1), splits=[split])
        assert report(bars) == [("stray_print", WARNING, on(MIDDLE - 1).isoformat())]

    @pytest.mark.parametrize("ratio", [0.8, 1.2, 1.7])
    def test_jump_when_they_stay_there(self, ratio: float) -> None:
        bars = daily_bars(scaled(usual_rows(), ratio, start=MIDDLE))
        assert report(bars) == [("jump", INFO, on(MIDDLE).isoformat())]

    @pytest.mark.parametrize("ratio", [2, 0.5, 1.5, 1 / 3, 7, 0.05])
    def test_are_near_a_split_when_none_is_recorded(self, ratio: float) -> None:
        bars = daily_bars(scaled(usual_rows(1000), ratio, start=MIDDLE))
        assert report(bars) == [("near_split", WARNING, on(MIDDLE).isoformat())]

    def test_are_near_a_split_when_it_is_recorded_without_a_trace(self) -> None:
        split = Split(ex_date=on(MIDDLE), numerator=2, denominator=1)
        place = on(MIDDLE).isoformat()
        assert report(daily_bars(usual_rows(), splits=[split])) == [("near_split", WARNING, place)]
        adjusted = daily_bars(usual_rows(), splits=[split], adjustment=Adjustment.SPLIT)
        assert "near_split" not in [finding.code for finding in findings(adjusted)]

    @pytest.mark.parametrize("ratio", [100, 0.01])
    def test_block_when_their_unit_changes(self, ratio: float) -> None:
        bars = daily_bars(scaled(usual_rows(1000), ratio, start=MIDDLE))
        blocking = [f.code for f in findings(bars) if f.severity is BLOCKING]
        assert blocking == ["unit_jump"]

    def test_are_coarse_below_a_dollar(self) -> None:
        assert report(daily_bars([flat("0.99")] * 3)) == [("coarse_prices", WARNING, "KO")]
        assert report(daily_bars([flat("1")] * 3)) == []

    def test_are_rescaled_when_they_are_no_cents(self) -> None:
        rows = [flat(f"{price / 1.324:.4f}") for price in [20, 20.01, 20.02, 20.03] * 30]
        codes = [(finding.code, finding.severity) for finding in findings(daily_bars(rows))]
        assert codes == [("rescaled_prices", WARNING)]

    def test_are_rescaled_up_to_a_day_long_ago(self) -> None:
        prices = [20, 20.01, 20.02, 20.03] * 30
        rows = [flat(f"{price / (1.324 if n < 15 else 1):.4f}") for n, price in enumerate(prices)]
        (found,) = [f for f in findings(daily_bars(rows)) if f.code == "rescaled_prices"]
        assert found.place == f"{on(0)} to {on(14)}"
        assert "15 of 15 closes" in found.message

    def test_are_not_rescaled_by_some_trades_inside_the_spread(self) -> None:
        prices = ["20", "20.01", "20.015", "20.02", "20.03"] * 30
        assert findings(daily_bars([flat(price) for price in prices])) == ()
        assert findings(daily_bars([flat("20.015"), flat("20.01")] * 4)) == ()

    def test_are_not_rescaled_by_a_recorded_split(self) -> None:
        rows = [flat(f"{price / 3:.4f}") for price in [20, 20.01, 20.02, 20.03] * 30]
        split = Split(ex_date=date(2021, 1, 4), numerator=3, denominator=1)
        adjusted = daily_bars(rows, splits=[split], adjustment=Adjustment.SPLIT)
        assert [finding.code for finding in findings(adjusted)] == ["action_without_bar"]


class TestSessions:
    def test_that_are_missing_are_named(self) -> None:
        bars = daily_bars(usual_rows())
        (missing,) = assess(bars, sessions=(*sessions_of(bars), date(2020, 1, 11)), now=NOW)
        assert (missing.code, missing.severity) == ("missing_sessions", WARNING)
        assert missing.place == "2020-01-11"
        assert "1 of 121 sessions" in missing.message

    def test_that_were_none_are_named(self) -> None:
        bars = daily_bars(usual_rows())
        found = assess(bars, sessions=sessions_of(bars)[12:], now=NOW)
        assert [(f.code, f.severity) for f in found] == [("extra_sessions", WARNING)]
        assert found[0].place.startswith("2020-01-06, 2020-01-07, ")
        assert found[0].place.endswith("2020-01-17 and 2 more")

    def test_are_not_judged_without_a_calendar(self) -> None:
        (unchecked,) = assess(daily_bars(usual_rows()), sessions=None, now=NOW)
        assert (unchecked.code, unchecked.severity) == ("sessions_unchecked", INFO)

    def test_that_are_short_are_named(self) -> None:
        bars = minute_bars([flat("10")] * 30, first=datetime(2020, 1, 6, 14, 30, tzinfo=UTC))
        assert report(over_days(bars, 10, 4, 10, 6)) == [("short_sessions", WARNING, "2020-01-07")]


class TestHours:
    def bars(self, *hours: int) -> Bars:
        """Return ten minutes from each full hour on of a day that closes at 13:00."""
        moments = (f"2025-11-28 {hour:02}:{minute:02}" for hour in hours for minute in range(10))
        return minutes_at(*moments, early_closes=["2025-11-28 13:00"])

    def test_may_be_extended_ones(self) -> None:
        assert report(self.bars(4, 10, 12)) == []
        assert report(replace(self.bars(4, 12, 13, 19), early_closes={})) == []

    def test_after_an_early_close_are_listed(self) -> None:
        (late,) = findings(self.bars(12, 13, 16))
        assert (late.code, late.severity) == ("after_early_close", INFO)
        assert late.place.startswith("2025-11-28T18:00Z, ")
        assert "20 of 30 bars" in late.message

    def test_without_any_trading_are_doubtful(self) -> None:
        found = report(self.bars(3, 12, 17))
        assert [(code, severity) for code, severity, _ in found] == [("outside_hours", WARNING)]
        usual = replace(self.bars(3, 12, 17, 20), early_closes={})
        (outside,) = findings(usual)
        assert outside.code == "outside_hours"
        assert "20 of 40 bars" in outside.message


class TestVolume:
    def test_of_zero_is_doubtful_on_a_day(self) -> None:
        bars = daily_bars(usual_rows())
        bars.volumes[MIDDLE] = 0
        assert report(bars) == [("zero_volume", WARNING, on(MIDDLE).isoformat())]

    def test_may_be_unknown(self) -> None:
        bars = daily_bars([flat("10")] * 2)
        silent = replace(bars, volumes=array("q", [0, 0]))
        assert report(silent) == [("zero_volume", INFO, "2020-01-06, 2020-01-07")]


class TestActions:
    @pytest.mark.parametrize(
        ("per_share", "expected"),
        [
            ("100", ("dividend_above_price", BLOCKING)),
            ("99.999999", ("dividend_implausible", WARNING)),
            ("50", ("dividend_implausible", WARNING)),
            ("49.999999", None),
        ],
    )
    def test_are_measured_by_the_close_before(
        self, per_share: str, expected: tuple[str, Severity] | None
    ) -> None:
        micros = int(float(per_share) * 1_000_000 + 0.5)
        dividend = Dividend(ex_date=date(2020, 1, 7), per_share=micros, pay_date=None)
        bars = daily_bars([flat("100"), flat("60")], dividends=[dividend])
        found = [(f.code, f.severity) for f in findings(bars) if f.code.startswith("dividend")]
        assert found == ([expected] if expected else [])

    def test_are_measured_after_a_split_of_the_same_day(self) -> None:
        dividend = Dividend(ex_date=date(2020, 1, 7), per_share=30_000_000, pay_date=None)
        split = Split(ex_date=date(2020, 1, 7), numerator=2, denominator=1)
        rows = [flat("100"), flat("20")]
        raw = daily_bars(rows, dividends=[dividend], splits=[split])
        adjusted = replace(raw, adjustment=Adjustment.SPLIT)
        assert "dividend_implausible" in [f.code for f in findings(raw)]
        assert "dividend_implausible" not in [f.code for f in findings(adjusted)]

    @pytest.mark.parametrize(
        ("numerator", "denominator", "is_odd"),
        [(2, 1, False), (1, 20, False), (21, 20, False), (331, 250, True), (3333, 10000, True)],
    )
    def test_are_odd_with_a_ratio_that_nobody_chooses(
        self, numerator: int, denominator: int, is_odd: bool
    ) -> None:
        split = Split(ex_date=date(2020, 1, 7), numerator=numerator, denominator=denominator)
        bars = daily_bars([flat("10")] * 2, splits=[split], adjustment=Adjustment.SPLIT)
        assert ("odd_split" in [f.code for f in findings(bars)]) is is_odd

    def test_need_a_bar_on_their_date(self) -> None:
        dividend = Dividend(ex_date=on(3), per_share=1, pay_date=None)
        lines = daily_bars([flat("10")] * 10, dividends=[dividend])
        parts = by_session(lines)
        bars = joined([*parts[:3], *parts[4:]], actions=lines)
        assert ("action_without_bar", WARNING, on(3).isoformat()) in [
            (f.code, f.severity, f.place)
            for f in assess(bars, sessions=sessions_of(lines), now=NOW)
        ]

    def test_need_an_open_exchange_on_their_date(self) -> None:
        dividend = Dividend(ex_date=date(2020, 1, 11), per_share=1, pay_date=None)
        bars = daily_bars([flat("10")] * 10, dividends=[dividend])
        assert report(bars) == [("action_off_session", WARNING, "2020-01-11")]


class TestIntradayPrices:
    ROWS = [flat("10"), flat("10.01")] * 30

    def test_may_jump_over_night_as_far_as_sessions_do(self) -> None:
        night = [flat("10.30"), flat("10.31")] * 30
        bars = minute_bars(self.ROWS + night, first=datetime(2020, 1, 6, 14, 30, tzinfo=UTC))
        assert report(over_days(bars, 60, 60)) == []
        assert [code for code, _, _ in report(bars)] == ["jump"]

    def test_are_no_split_inside_a_session(self) -> None:
        rows = [*self.ROWS, *(flat("5"), flat("5.01")) * 30]
        bars = minute_bars(rows, first=datetime(2020, 1, 6, 14, 30, tzinfo=UTC))
        assert report(bars) == [("jump", INFO, "2020-01-06T15:30Z")]

    def test_are_stray_inside_a_session(self) -> None:
        rows = with_price(self.ROWS, "low", "9.5", index=30)
        bars = minute_bars(rows, first=datetime(2020, 1, 6, 14, 30, tzinfo=UTC))
        assert report(bars) == [("stray_print", WARNING, "2020-01-06T15:00Z")]
