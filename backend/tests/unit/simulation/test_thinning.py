"""Fewer points of a curve, without losing an extreme."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.simulation.benchmarks import benchmarks_of
from app.simulation.thinning import IntegerCurve, thinned
from tests.unit.simulation.runs import daily, dividend, request, run, split


def curve(*values: int) -> IntegerCurve:
    return IntegerCurve(np.array(values, np.int64))


class TestThinned:
    def test_keeps_all_of_a_short_curve(self) -> None:
        assert thinned(curve(3, 1, 2), 3) == [0, 1, 2]
        assert thinned(curve(3, 1, 2), None) == [0, 1, 2]

    def test_keeps_the_ends_and_the_first_extremes_of_each_bucket(self) -> None:
        assert thinned(curve(5, 1, 9, 1, 9, 5, 5, 2, 8, 5), 6) == [0, 1, 2, 7, 8, 9]

    @given(
        values=st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=60),
        points=st.integers(2, 30),
    )
    def test_is_no_longer_than_asked_and_loses_no_extreme(
        self, values: list[int], points: int
    ) -> None:
        kept = thinned(curve(*values), points)
        assert len(kept) <= points
        assert {kept[0], kept[-1]} == {0, len(values) - 1}
        if points > 3:
            shown = [values[place] for place in kept]
            assert (min(shown), max(shown)) == (min(values), max(values))


class TestHeldCurve:
    @pytest.mark.parametrize("shares", ["0", "33.3333"])
    @pytest.mark.parametrize("points", [2, 4, 7, 10])
    def test_is_thinned_as_its_values_one_by_one(self, shares: str, points: int) -> None:
        prices = ("30", "31", "29", "30", "20", "19", "21", "20", "20", "19.5", "22", "30")
        bars = daily(*prices, dividends=[dividend(2, "1", paid=6)], splits=[split(4, 3, 2)])
        opening = {"cash": "1000", "shares": shares}
        wanted = request(bars, opening=opening)
        compared = benchmarks_of(run=run(bars, opening=opening), bars=bars, request=wanted)
        for held in compared.by_name().values():
            exact = [int(value * 10**15) for value in held]
            assert thinned(held, points) == thinned(curve(*exact), points)
