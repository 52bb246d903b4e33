"""Why not: each margin, applied, changes the answer, and a unit less does not."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from app.domain.decision import Decision, Gate, Proposed, Refused
from app.domain.margins import Lever, Margin, margins
from app.domain.protection import UNPROTECTED, Marks, Protections
from app.domain.step import step
from app.domain.units import VALUE_PER_USD
from app.domain.what_if import given_observation
from tests.builders import (
    NOW,
    SESSION,
    a_day,
    a_position,
    a_strategy,
    an_observation,
    ppm,
    ticks,
    usd,
)
from tests.unit.domain.laddered import State, states

LIMITS = frozenset((Lever.COOLDOWN_SECONDS, Lever.MAX_PER_DAY))
PROTECTIVE = {Lever.MAX_DRAWDOWN, Lever.DAILY_LOSS}
LESS = {Lever.PRICE_DOWN: 1, Lever.MIN_NOTIONAL: 1}  # the others grow toward the flip


def answer(state: State) -> Decision:
    observation = given_observation(state.position.symbol, state.price, state.day)
    return step(state.position, observation, state.strategy, state.day).decision


def applied(state: State, margin: Margin) -> State:
    position, amount = state.position, margin.amount
    match margin.lever:
        case Lever.COOLDOWN_SECONDS:
            return replace(
                state, day=replace(state.day, now=state.day.now + timedelta(seconds=amount))
            )
        case Lever.MAX_PER_DAY:
            return replace(state, strategy=replace(state.strategy, max_per_day=amount))
        case Lever.PRICE_UP | Lever.PRICE_DOWN | Lever.MAX_DRAWDOWN | Lever.DAILY_LOSS:
            return replace(state, price=amount)
        case Lever.MIN_NOTIONAL:
            return replace(state, strategy=replace(state.strategy, min_notional=amount))
        case Lever.DEPOSIT:
            return replace(state, position=replace(position, cash=position.cash + amount))


def guarded(states: Iterable[State], *, seed: int) -> Iterator[State]:
    """Yield the states with protections whose lowest prices lie around the present price."""
    random = Random(seed)
    for state in states:
        value = state.position.value_at(state.price)
        peak, reference = (value * random.randint(100, 130) // 100 for _ in range(2))
        limits = [random.choice([None, random.randint(10_000, 300_000)]) for _ in range(2)]
        protections = Protections(max_drawdown=limits[0], max_daily_loss=limits[1])
        marks = Marks(peak=max(peak, reference), reference=reference, last=value, on=SESSION)
        protected = replace(
            state.position,
            protections=protections,
            marks=None if protections == UNPROTECTED else marks,
        )
        yield replace(state, position=protected)


def check(state: State) -> Counter[Lever]:
    observation = given_observation(state.position.symbol, state.price, state.day)
    decision = answer(state)
    found = margins(state.position, observation, state.strategy, state.day, decision)
    if isinstance(decision, Proposed):
        assert found == ()
    free = state
    for margin in found:
        if margin.lever in LIMITS:
            free = applied(free, margin)
    for margin in found:
        if margin.lever in PROTECTIVE:
            gate = Gate(margin.lever.value)
            assert gate not in answer(applied(state, margin)).blocked_by
            nearer = replace(margin, amount=margin.amount - 1)
            assert gate in answer(applied(state, nearer)).blocked_by
            continue
        if margin.lever in LIMITS:
            short = free if margin.lever is Lever.MAX_PER_DAY else state
            short = applied(short, replace(margin, amount=margin.amount - 1))
            assert not isinstance(answer(short), Proposed)
            continue
        assert isinstance(answer(applied(free, margin)), Proposed)
        nearer = replace(margin, amount=margin.amount + LESS.get(margin.lever, -1))
        assert not isinstance(answer(applied(free, nearer)), Proposed)
    return Counter(margin.lever for margin in found)


class TestEachMargin:
    def test_applied_flips_the_decision_and_a_unit_less_does_not(self) -> None:
        seen: Counter[Lever] = Counter()
        for state in states(seed=3, count=800):
            seen += check(state)
        assert set(seen) == set(Lever) - PROTECTIVE
        assert min(seen.values()) > 10

    def test_lies_where_the_protections_let_orders_through(self) -> None:
        seen: Counter[Lever] = Counter()
        for state in guarded(states(seed=5, count=400), seed=5):
            seen += check(state)
        assert set(seen) == set(Lever)
        assert min(seen.values()) > 10

    @pytest.mark.long
    def test_applied_flips_the_decision_in_ten_thousand_states(self) -> None:
        seen: Counter[Lever] = Counter()
        for state in guarded(states(seed=4, count=10_000), seed=4):
            seen += check(state)
        assert min(seen.values()) > 100


class TestAHold:
    def test_is_as_far_from_an_order_as_its_triggers(self) -> None:
        position, strategy, day = a_position(), a_strategy(), a_day()
        decision = step(position, an_observation("60"), strategy, day).decision
        assert margins(position, an_observation("60"), strategy, day, decision) == (
            Margin(lever=Lever.PRICE_UP, amount=ticks("61.8")),
            Margin(lever=Lever.PRICE_DOWN, amount=ticks("58.2")),
        )

    def test_names_the_limits_that_would_refuse_the_order_too(self) -> None:
        strategy = a_strategy(orders={"cooldown_seconds": 60, "max_per_day": 2})
        done = NOW - timedelta(seconds=18.5)
        position = a_position(orders_today=2, orders_on=SESSION, last_order_done_at=done)
        decision = step(position, an_observation("60"), strategy, a_day()).decision
        found = margins(position, an_observation("60"), strategy, a_day(), decision)
        assert found[:2] == (
            Margin(lever=Lever.COOLDOWN_SECONDS, amount=42),
            Margin(lever=Lever.MAX_PER_DAY, amount=3),
        )
        assert len(found) == 4


class TestARefusal:
    def test_for_the_smallest_order_names_the_order_that_there_would_be(self) -> None:
        strategy = a_strategy(orders={"min_notional": "1000"})
        decision = step(a_position(), an_observation("61.8"), strategy, a_day()).decision
        found = margins(a_position(), an_observation("61.8"), strategy, a_day(), decision)
        assert {margin.lever: margin.amount for margin in found}[Lever.MIN_NOTIONAL] < usd("1000")


class TestAProtection:
    def test_names_the_lowest_price_that_it_lets_through(self) -> None:
        protections = Protections(max_drawdown=ppm("0.05"), max_daily_loss=ppm("0.031"))
        top = 12_000 * VALUE_PER_USD
        position = a_position(
            protections=protections, marks=Marks(peak=top, reference=top, last=top, on=SESSION)
        )
        strategy, observation = a_strategy(), an_observation("53")
        decision = step(position, observation, strategy, a_day()).decision
        found = margins(position, observation, strategy, a_day(), decision)
        assert found == (
            Margin(lever=Lever.MAX_DRAWDOWN, amount=ticks("54")),
            Margin(lever=Lever.DAILY_LOSS, amount=ticks("56.28")),
            Margin(lever=Lever.PRICE_UP, amount=ticks("56.28")),  # there it buys
        )
        for price, blocked in (("56.2799", True), ("56.28", False)):
            there = step(position, an_observation(price), strategy, a_day()).decision
            assert isinstance(there, Refused) is blocked

    def test_that_stops_the_proposal_of_a_what_if_says_from_where_on_it_does_not(self) -> None:
        top = 12_000 * VALUE_PER_USD
        position = a_position(
            protections=Protections(max_drawdown=ppm("0.05")),
            marks=Marks(peak=top, reference=top, last=top, on=SESSION),
        )
        strategy, day = a_strategy(), a_day(what_if=True)
        for price, found in (("53", [Lever.MAX_DRAWDOWN]), ("54", [])):
            decision = step(position, an_observation(price), strategy, day).decision
            assert isinstance(decision, Proposed)
            levers = margins(position, an_observation(price), strategy, day, decision)
            assert [margin.lever for margin in levers] == found


class TestNoMargin:
    def test_is_known_of_a_proposal_or_before_an_anchor(self) -> None:
        strategy, day = a_strategy(), a_day()
        for position, price in ((a_position(), "61.8"), (a_position(anchor=None), "60")):
            decision = step(position, an_observation(price), strategy, day).decision
            assert margins(position, an_observation(price), strategy, day, decision) == ()
