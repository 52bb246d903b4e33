"""The first price on a way that brings an answer."""

import pytest

from app.domain.first_price import first_price


class TestFirstPrice:
    @pytest.mark.parametrize(
        ("last", "end", "found"),
        [(100, 200, 150), (149, 200, 150), (100, 150, 150), (149, 150, 150)],
    )
    def test_is_the_lowest_with_an_answer_on_the_way_up(
        self, last: int, end: int, found: int
    ) -> None:
        answer = first_price(
            last=last, end=end, answer=lambda price: "sell" if price >= 150 else None
        )
        assert answer == (found, "sell")

    @pytest.mark.parametrize(
        ("last", "end", "found"), [(200, 100, 150), (151, 100, 150), (151, 150, 150)]
    )
    def test_is_the_highest_with_an_answer_on_the_way_down(
        self, last: int, end: int, found: int
    ) -> None:
        answer = first_price(
            last=last, end=end, answer=lambda price: price if price <= 150 else None
        )
        assert answer == (found, found)

    def test_is_none_without_an_answer_at_the_end(self) -> None:
        # There is one on the way, but the way is only searched when its end answers.
        assert first_price(last=100, end=200, answer=lambda p: p if p == 150 else None) is None

    def test_is_none_without_a_way(self) -> None:
        assert first_price(last=100, end=100, answer=lambda price: price) is None

    def test_does_not_ask_where_it_stands(self) -> None:
        asked: list[int] = []

        def answer(price: int) -> int:
            asked.append(price)
            return price

        assert first_price(last=100, end=108, answer=answer) == (101, 101)
        assert asked == [108, 104, 102, 101]

    def test_rounds_the_middle_down(self) -> None:
        asked: list[int] = []

        def answer(price: int) -> int | None:
            asked.append(price)
            return price if price <= 95 else None

        assert first_price(last=100, end=95, answer=answer) == (95, 95)
        assert asked == [95, 97, 96]
