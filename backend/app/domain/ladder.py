"""The ladder: the next orders on the way up and on the way down, each after the fill before it."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from app.domain.decision import HoldReason, ProposalReason, Proposed, Side
from app.domain.order import Fill, fill_whole
from app.domain.position import Position
from app.domain.session import Day
from app.domain.strategy import Strategy
from app.domain.what_if import FirstOrder, Silence, Way, first_order, step_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """The first price (ticks) that proposes an order, and the position after its fill.

    The decision is made on `before` at the moment of `day`, when the cool-down of the order
    before is over; the order fills whole at its worst price. `held_back` says why it is not
    proposed one tick before, where something called for an order there already.
    """

    price: int
    day: Day
    before: Position
    decision: Proposed
    held_back: Silence | None
    fill: Fill
    after: Position

    @property
    def trigger(self) -> int | None:
        """Return the trigger that called for the order, in ticks; None for a drift order."""
        numbers, sizing = self.decision.numbers, self.decision.sizing
        if sizing.cause is ProposalReason.DRIFT:
            return None
        return numbers.sell_at if sizing.side is Side.SELL else numbers.buy_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Flight:
    """The rungs on one way, nearest first; `ended` says why there are fewer than asked for."""

    rungs: tuple[Rung, ...]
    ended: Silence | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """The orders around `price` (ticks): the one that is due at it, then those on either way.

    Where one is due, both ways start after its fill. `waits_until` is the end of a cool-down that
    still runs, None where none does.
    """

    price: int
    due: Rung | None
    up: Flight
    down: Flight
    waits_until: datetime | None


def ladder(position: Position, strategy: Strategy, day: Day, *, price: int, rungs: int) -> Ladder:
    """Return the next orders around `price` ticks, at most `rungs` on each way.

    The inverse of `step`: it proposes at each rung and not one tick before. The gates count as
    passed, the limits of the day as they stand, a running cool-down as over.

    Source
    ------
    The trading rules, "One evaluation", and "Proof": the ladder.
    """
    free_at = _cooled_down(position, strategy, day)
    waits_until = free_at if free_at > day.now else None
    day = replace(day, what_if=True, now=free_at)
    taken = step_at(position, price, strategy, day)
    position, due = taken.position, None
    if isinstance(taken.decision, Proposed):
        due = _rung(position, day, FirstOrder(price=price, step=taken, until=None))
        position, day = due.after, _next_day(due, strategy)
    up, down = (_flight(position, strategy, day, price=price, way=way, rungs=rungs) for way in Way)
    return Ladder(price=price, due=due, up=up, down=down, waits_until=waits_until)


def _flight(
    position: Position, strategy: Strategy, day: Day, *, price: int, way: Way, rungs: int
) -> Flight:
    climbed: list[Rung] = []
    while len(climbed) < rungs:
        found = first_order(position, strategy, day, start=price, way=way)
        if isinstance(found, Silence):
            return Flight(rungs=tuple(climbed), ended=found)
        rung = _rung(position, day, found)
        climbed.append(rung)
        position, price, day = rung.after, rung.price, _next_day(rung, strategy)
    return Flight(rungs=tuple(climbed), ended=None)


def _rung(position: Position, day: Day, found: FirstOrder) -> Rung:
    decision = found.step.decision
    assert isinstance(decision, Proposed)
    after, fill = fill_whole(found.step.position, sizing=decision.sizing, at=day.now)
    called = found.until is not None and found.until.reason is not HoldReason.INSIDE_BAND
    return Rung(
        price=found.price,
        day=day,
        before=position,
        decision=decision,
        held_back=found.until if called else None,
        fill=fill,
        after=after,
    )


def _cooled_down(position: Position, strategy: Strategy, day: Day) -> datetime:
    """Return the moment from which no cool-down stands in the way: now, or its end."""
    done = position.last_order_done_at
    if done is None:
        return day.now
    return max(day.now, done + timedelta(seconds=strategy.cooldown_seconds))


def _next_day(rung: Rung, strategy: Strategy) -> Day:
    return replace(rung.day, now=_cooled_down(rung.after, strategy, rung.day))
