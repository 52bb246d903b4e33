"""The table of drawdowns, by hand, and beside the deepest one of the metrics."""

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from app.simulation.drawdowns import Fall, days_under, deepest_falls
from app.simulation.metrics import max_drawdown

DATES = tuple(date(2024, 1, 1) + timedelta(days=7 * week) for week in range(9))


class TestDeepestFalls:
    def test_end_where_the_peak_is_reached_again(self) -> None:
        assert deepest_falls([100, 90, 80, 95, 100, 120], limit=10) == (
            Fall(depth=-0.2, peak=0, trough=2, recovery=4),
        )

    def test_are_sorted_by_depth_and_limited(self) -> None:
        values = [100, 90, 100, 80, 100, 110, 99, 120]
        falls = deepest_falls(values, limit=2)
        assert [(fall.depth, fall.peak) for fall in falls] == [(-0.2, 2), (-0.1, 0)]
        assert len(deepest_falls(values, limit=10)) == 3

    def test_have_no_recovery_when_the_run_ends_below(self) -> None:
        assert deepest_falls([100, 110, 88, 99], limit=10) == (
            Fall(depth=-0.2, peak=1, trough=2, recovery=None),
        )

    def test_start_when_the_peak_was_first_reached(self) -> None:
        (fall,) = deepest_falls([90, 100, 100, 80], limit=10)
        assert (fall.peak, fall.trough) == (1, 3)

    def test_have_their_first_of_equal_troughs(self) -> None:
        (fall,) = deepest_falls([100, 80, 90, 80, 100], limit=10)
        assert fall.trough == 1

    def test_are_none_on_a_curve_that_never_falls(self) -> None:
        assert deepest_falls([100, 100, 101], limit=10) == ()

    @given(st.lists(st.integers(min_value=1, max_value=12), min_size=1, max_size=40))
    def test_begin_with_the_deepest_and_do_not_overlap(self, values: list[int]) -> None:
        falls = deepest_falls(values, limit=100)
        deepest = max_drawdown(values)
        assert (falls[0].depth if falls else 0.0) == deepest.depth
        if falls:
            assert falls[0].trough == deepest.trough
        in_time = sorted(falls, key=lambda fall: fall.peak)
        for earlier, later in pairwise(in_time):
            assert earlier.recovery is not None
            assert earlier.peak < earlier.trough < earlier.recovery <= later.peak
        below = sum(value < max(values[: index + 1]) for index, value in enumerate(values))
        ends = [len(values) if fall.recovery is None else fall.recovery for fall in falls]
        spans = [end - fall.peak - 1 for fall, end in zip(falls, ends, strict=True)]
        flat = [
            sum(values[index] == values[fall.peak] for index in range(fall.peak + 1, end))
            for fall, end in zip(falls, ends, strict=True)
        ]
        assert sum(spans) - sum(flat) == below


class TestDaysUnder:
    def test_last_from_the_peak_to_the_recovery(self) -> None:
        fall = Fall(depth=-0.2, peak=1, trough=2, recovery=4)
        assert days_under(fall, DATES) == 21

    def test_last_to_the_end_without_one(self) -> None:
        fall = Fall(depth=-0.2, peak=1, trough=2, recovery=None)
        assert days_under(fall, DATES) == 49
