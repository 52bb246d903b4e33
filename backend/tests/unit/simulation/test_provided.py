"""What a provider gave: the settled part of it, and what was left out."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from app.domain.history import History, HistoryBar
from app.simulation.bars import Adjustment, Resolution, Severity
from app.simulation.provided import (
    bars_of,
    by_session,
    is_usable,
    joined,
    settle,
    settled_findings,
)
from tests.price_files import daily_bars, flat

MONDAY = datetime(2020, 1, 6, 14, 30, tzinfo=UTC)
NEVER = date.max


def bar(day: int, *, minute: int = 0, close: int | None = 100, final: bool = True) -> HistoryBar:
    return HistoryBar(
        start=MONDAY + timedelta(days=day, minutes=minute),
        open=100,
        high=110,
        low=90,
        close=close,
        volume=7,
        final=final,
    )


def history(*bars: HistoryBar) -> History:
    return History(
        symbol="KO",
        currency="USD",
        exchange_timezone="America/New_York",
        resolution="1m",
        bars=bars,
        dividends=(),
        splits=(),
        source="yahoo",
        received_at=MONDAY + timedelta(days=30),
    )


def on(day: int) -> date:
    return date(2020, 1, 6) + timedelta(days=day)


class TestSettling:
    def test_takes_what_is_final_and_old(self) -> None:
        found = settle(first=history(bar(0), bar(1)), second=None, fresh_from=NEVER)
        assert found.bars == (bar(0), bar(1))
        assert (found.pending, found.unusable) == ((), ())

    def test_leaves_out_a_whole_session_that_is_not_final(self) -> None:
        first = history(bar(0), bar(1), bar(1, minute=1, final=False))
        found = settle(first=first, second=None, fresh_from=NEVER)
        assert found.bars == (bar(0),)
        assert found.pending == (on(1),)

    def test_needs_a_second_equal_read_of_fresh_sessions(self) -> None:
        first = history(bar(0), bar(1), bar(2))
        once = settle(first=first, second=None, fresh_from=on(1))
        assert (once.bars, once.pending) == ((bar(0),), (on(1), on(2)))
        twice = settle(first=first, second=history(bar(1), bar(2)), fresh_from=on(1))
        assert (twice.bars, twice.pending) == ((bar(0), bar(1), bar(2)), ())

    def test_leaves_out_everything_from_a_bar_that_changed_between_reads(self) -> None:
        first = history(bar(0), bar(1), bar(2))
        second = history(bar(1, close=101), bar(2))
        found = settle(first=first, second=second, fresh_from=on(1))
        assert (found.bars, found.pending) == ((bar(0),), (on(1), on(2)))

    def test_leaves_out_a_session_of_which_one_read_has_more_bars(self) -> None:
        found = settle(
            first=history(bar(0), bar(1)),
            second=history(bar(1), bar(1, minute=1)),
            fresh_from=on(1),
        )
        assert (found.bars, found.pending) == ((bar(0),), (on(1),))

    def test_lists_rows_that_cannot_be_used(self) -> None:
        empty, outside = bar(1, close=None), bar(2, close=111)
        found = settle(first=history(bar(0), empty, outside), second=None, fresh_from=NEVER)
        assert found.bars == (bar(0),)
        assert found.unusable == (empty.start, outside.start)

    def test_takes_prices_at_the_ends_of_their_range(self) -> None:
        assert is_usable(replace(bar(0), open=90, close=110))
        assert not is_usable(replace(bar(0), open=89))
        assert not is_usable(replace(bar(0), high=None))


class TestFindings:
    def test_say_what_was_left_out_and_where(self) -> None:
        first = history(bar(0), bar(1, close=None), bar(2, final=False))
        found = settle(first=first, second=None, fresh_from=NEVER)
        pending, unusable = settled_findings(found, resolution=Resolution.MINUTE)
        assert (pending.code, pending.severity) == ("pending", Severity.INFO)
        assert pending.place == "2020-01-08"
        assert (unusable.code, unusable.severity) == ("unusable_rows", Severity.WARNING)
        assert unusable.place == "2020-01-07T14:30Z"
        daily = settled_findings(found, resolution=Resolution.DAY)
        assert daily[1].place == "2020-01-07"

    def test_are_none_when_nothing_was_left_out(self) -> None:
        found = settle(first=history(bar(0)), second=None, fresh_from=NEVER)
        assert settled_findings(found, resolution=Resolution.DAY) == ()


class TestBars:
    def test_of_a_provider_are_split_adjusted_with_the_actions_between_their_ends(self) -> None:
        recorded = daily_bars([flat("10"), flat("11")])
        rows = [
            HistoryBar(
                start=recorded.start_at(i),
                open=recorded.opens[i],
                high=recorded.highs[i],
                low=recorded.lows[i],
                close=recorded.closes[i],
                volume=recorded.volumes[i],
                final=True,
            )
            for i in range(2)
        ]
        made = bars_of(rows, symbol="KO", resolution=Resolution.DAY)
        assert made == replace(recorded, adjustment=Adjustment.SPLIT)

    def test_are_taken_apart_by_session_and_joined_again(self) -> None:
        bars = daily_bars([flat("10"), flat("11"), flat("12")])
        parts = by_session(bars)
        assert [len(part) for part in parts] == [1, 1, 1]
        assert joined(parts, actions=bars) == bars
