"""The first price on a way that brings an answer."""

from collections.abc import Callable


def first_price[T](
    *, last: int, end: int, answer: Callable[[int], T | None]
) -> tuple[int, T] | None:
    """Return the first price after `last`, up to `end`, with an answer, and the answer there.

    The way leads up or down, in ticks. None when there is no way, or no answer at its end. Found
    by halving, the middle rounded down: `last` itself is not asked, and where the answer comes
    and goes on the way, the price found is one at which it comes.

    Source
    ------
    Simulation, "Execution models", `touch`.
    """
    if last == end:
        return None
    found = answer(end)
    if found is None:
        return None
    low, high = last, end
    while abs(high - low) > 1:
        middle = (low + high) // 2
        here = answer(middle)
        if here is None:
            low = middle
        else:
            high, found = middle, here
    return high, found
