"""Round trips: matched last in, first out."""

from datetime import UTC, datetime
from fractions import Fraction

import pytest

from app.domain.corporate_action import Split
from app.domain.decision import ProposalReason, Side
from app.domain.order import Fill
from app.simulation.account import BookedSplit
from app.simulation.replay import Trade
from app.simulation.round_trips import count_round_trips
from tests.builders import a_position

DAY = datetime(2024, 1, 2, tzinfo=UTC)


def trade(signed: int) -> Trade:
    side = Side.BUY if signed > 0 else Side.SELL
    fill = Fill(side=side, quantity=abs(signed), price=10**6, commission=0)
    return Trade(
        decided=0,
        bar=0,
        at=DAY,
        reason=ProposalReason.TRIGGER,
        price=10**6,
        fill=fill,
        position=a_position(),
    )


def doubled(sold: Fraction) -> BookedSplit:
    return BookedSplit(split=Split(ex_date=DAY.date(), numerator=2, denominator=1), sold=sold)


class TestCountRoundTrips:
    @pytest.mark.parametrize(
        ("trades", "closed"),
        [
            ([], 0),
            ([5, 5], 0),
            ([5, -5], 1),
            ([-5, 5], 1),
            ([5, -3, -2], 2),
            ([5, -8, 3], 2),  # the second closes 5 and opens 3, which the third closes
            ([5, 5, -10], 1),  # one closing fill is one, whatever it closes
            ([5, -5, -5, 5], 2),
        ],
    )
    def test_counts_closing_trades(self, trades: list[int], closed: int) -> None:
        assert count_round_trips(trade(signed) for signed in trades) == closed

    def test_scales_open_lots_with_a_split(self) -> None:
        moves: list[Trade | BookedSplit] = [trade(5), doubled(Fraction(0)), trade(-10), trade(1)]
        assert count_round_trips(moves) == 1

    def test_matches_the_remainder_of_a_split_without_counting_it(self) -> None:
        assert count_round_trips([trade(5), doubled(Fraction(1, 2))]) == 0
        moves: list[Trade | BookedSplit] = [trade(5), doubled(Fraction(10)), trade(-1)]
        assert count_round_trips(moves) == 0
