"""Round trips: opposite trades matched last in, first out."""

from collections.abc import Iterable
from fractions import Fraction

from app.simulation.replay import BookedSplit, Trade


def count_round_trips(moves: Iterable[Trade | BookedSplit]) -> int:
    """Return how many trades closed, in whole or in part, an opposite one before them.

    The opening holds no open lot. A split scales the open lots; what it leaves below the lot is
    sold at the open and matched like a sale, but is no trade.

    Source
    ------
    Simulation, "Attribution": matched last in, first out; one closing fill is one round trip.
    """
    lots: list[Fraction] = []
    closing = 0
    for move in moves:
        match move:
            case Trade(fill=fill):
                closing += _match(lots, Fraction(fill.shares_flow))
            case BookedSplit(split=split, sold=sold):
                lots = [lot * split.numerator / split.denominator for lot in lots]
                _match(lots, -sold)
    return closing


def _match(lots: list[Fraction], signed: Fraction) -> bool:
    """Close the newest opposite lots, open one with the rest; return whether any was closed."""
    closed = False
    while signed and lots and lots[-1] * signed < 0:
        rest = lots.pop() + signed
        closed = True
        if rest * signed <= 0:
            signed = Fraction(0)
            if rest:
                lots.append(rest)
        else:
            signed = rest
    if signed:
        lots.append(signed)
    return closed
