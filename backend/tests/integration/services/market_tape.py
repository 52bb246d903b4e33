"""A day of one symbol as a troubled provider shows it, one look in half a minute, from a seed."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from app.domain.observation import Observation
from tests.builders import an_observation

OPENING = 600_000  # ticks
# kind of a look -> how often it comes, and how many times in a row
_KINDS = {
    "good": (40, 1), "jump": (1, 1), "bad print": (4, 1), "repeated": (3, 1), "frozen": (1, 12),
    "late": (3, 1), "older": (3, 1), "wide": (2, 1),
}  # fmt: skip


def troubled_day(*, seed: int, start: datetime, looks: int) -> tuple[Observation, ...]:
    """Return looks with jumps, bad prints, repeated, late and frozen trades among good ones.

    Each is received half a minute after the one before.
    """
    rng = random.Random(seed)
    last = OPENING
    shown = [an_observation(last, observed_at=start, received_at=start, volume=0)]
    for number, kind in zip(range(1, looks), _kinds(rng), strict=False):
        at = start + timedelta(seconds=30 * number)
        before = shown[-1]
        last = round(last * rng.uniform(0.996, 1.004) * (1.25 if kind == "jump" else 1))
        trade = replace(before, price=last, observed_at=at, received_at=at, volume=number)
        match kind:
            case "bad print":
                trade = replace(trade, price=round(last * rng.choice((1.05, 2, 100))))
            case "repeated" | "frozen":
                trade = replace(before, received_at=at)
            case "late":
                trade = replace(trade, observed_at=at - timedelta(seconds=90))
            case "older":
                trade = replace(trade, observed_at=before.observed_at - timedelta(seconds=1))
            case "wide":
                trade = replace(trade, bid=last - last // 50, ask=last + last // 50)
            case _:
                trade = replace(trade, bid=None, ask=None)
        shown.append(trade)
    return tuple(shown)


def _kinds(rng: random.Random) -> Iterator[str]:
    weights = [often for often, _ in _KINDS.values()]
    while True:
        (kind,) = rng.choices(list(_KINDS), weights)
        for _ in range(_KINDS[kind][1]):
            yield kind
