"""Last in, first out, a second time: by the levels that the net position passes.

A level is passed up and down in turn. Two passes in a row are an opening and its closing, so the
matched gain is a sum over levels, without any list of lots.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, pairwise


@dataclass(frozen=True, slots=True, kw_only=True)
class Deal:
    """A signed quantity at a price, both in the shares of the end of the window."""

    quantity: Fraction
    price: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    closed: Fraction
    open: Fraction


def matched(deals: Sequence[Deal], *, last: Fraction) -> Matched:
    """Return what the matched deals gained, and what the open ones have at the price `last`."""
    net = list(accumulate((deal.quantity for deal in deals), initial=Fraction(0)))
    closed = opened = Fraction(0)
    for low, high in pairwise(sorted(set(net))):
        passes = [
            (1 if after > before else -1, deal.price)
            for deal, (before, after) in zip(deals, pairwise(net), strict=True)
            if min(before, after) <= low and high <= max(before, after)
        ]
        if len(passes) % 2:
            direction, price = passes.pop()
            opened += (high - low) * direction * (last - price)
        for (direction, first), (_, second) in zip(passes[::2], passes[1::2], strict=True):
            closed += (high - low) * direction * (second - first)
    return Matched(closed=closed, open=opened)
