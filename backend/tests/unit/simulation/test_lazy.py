"""Sequences of which the items are made when they are asked for."""

import pytest

from app.simulation.lazy import Lazy


class TestLazy:
    def test_makes_what_is_asked_for_alone(self) -> None:
        made: list[int] = []

        def make(place: int) -> int:
            made.append(place)
            return place * 10

        items = Lazy(count=1_000_000, make=make)
        assert items[3:6] == (30, 40, 50)
        assert items[-1] == 9_999_990
        assert made == [3, 4, 5, 999_999]

    def test_ends(self) -> None:
        items = Lazy(count=2, make=str)
        assert list(items) == ["0", "1"]
        assert items[1:9] == ("1",)
        with pytest.raises(IndexError):
            items[2]
