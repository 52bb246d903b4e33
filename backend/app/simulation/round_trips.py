"""Round trips: opposite trades matched last in, first out."""

from collections.abc import Iterable
from fractions import Fraction

from app.simulation.account import BookedSplit
from app.simulation.lots import Lots
from app.simulation.replay import Trade


def count_round_trips(moves: Iterable[Trade | BookedSplit]) -> int:
    """Return how many trades closed, in whole or in part, an opposite one before them.

    The opening holds no open lot. A split scales the open lots; what it leaves below the lot is
    sold at the open and matched like a sale, but is no trade.

    Source
    ------
    Simulation, "Attribution": matched last in, first out; one closing fill is one round trip.
    """
    lots = Lots()
    closing = 0
    for move in moves:
        match move:
            case Trade(fill=fill, price=price):
                closed = lots.trade(Fraction(fill.shares_flow), Fraction(price))
                closing += closed is not None
            case BookedSplit(split=split, sold=sold):
                lots.split(Fraction(split.numerator, split.denominator))
                lots.trade(-sold, Fraction(0))  # what it gains does not count here
    return closing
