"""Open lots: last in, first out, with what each match gained."""

from fractions import Fraction

import pytest

from app.simulation.lots import Lots

F = Fraction


def traded(*trades: tuple[int, int]) -> tuple[Lots, list[Fraction | None]]:
    """Return the lots after trades of a signed quantity at a price, and what each closed."""
    lots = Lots()
    return lots, [lots.trade(F(quantity), F(price)) for quantity, price in trades]


class TestTrade:
    @pytest.mark.parametrize(
        ("trades", "gains"),
        [
            ([(5, 10)], [None]),
            ([(5, 10), (5, 20)], [None, None]),
            ([(5, 10), (-5, 12)], [None, 10]),
            ([(-5, 12), (5, 10)], [None, 10]),  # sold first, bought back cheaper
            ([(-5, 10), (5, 12)], [None, -10]),
            ([(5, 10), (5, 20), (-5, 21)], [None, None, 5]),  # the newest first
            ([(5, 10), (5, 20), (-7, 21)], [None, None, 5 + 2 * 11]),
            ([(5, 10), (-2, 12), (-3, 14)], [None, 4, 12]),
            ([(5, 10), (-8, 12), (3, 11)], [None, 10, 3]),  # what is left opens a lot
            ([(5, 10), (-5, 10)], [None, 0]),  # closed, for no gain
        ],
    )
    def test_gains_what_it_closes(
        self, trades: list[tuple[int, int]], gains: list[int | None]
    ) -> None:
        assert traded(*trades)[1] == gains

    def test_of_nothing_closes_nothing(self) -> None:
        assert traded((5, 10), (0, 12))[1] == [None, None]


class TestGainAt:
    def test_values_what_is_open(self) -> None:
        lots, _ = traded((5, 10), (5, 20), (-7, 21))
        assert lots.gain_at(14) == 3 * 4

    def test_counts_a_later_rise_against_a_sale(self) -> None:
        lots, _ = traded((-5, 10))
        assert lots.gain_at(14) == -20

    def test_is_zero_without_lots(self) -> None:
        assert traded((5, 10), (-5, 12))[0].gain_at(14) == 0


class TestSplit:
    def test_keeps_what_a_lot_cost(self) -> None:
        lots, _ = traded((5, 10), (-2, 12))
        lots.split(F(3, 2))
        assert lots.gain_at(8) == 3 * (F(3, 2) * 8 - 10)
        assert lots.trade(F(-9, 2), F(8)) == 3 * (F(3, 2) * 8 - 10)
