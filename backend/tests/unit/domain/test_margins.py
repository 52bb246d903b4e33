"""Why not: each margin, applied, changes the answer, and a unit less does not."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from app.domain.decision import Decision, Proposed
from app.domain.margins import Lever, Margin, margins
from app.domain.step import step
from app.domain.what_if import given_observation
from tests.builders import NOW, SESSION, a_day, a_position, a_strategy, an_observation, ticks, usd
from tests.unit.domain.laddered import State, states

LIMITS = frozenset((Lever.COOLDOWN_SECONDS, Lever.MAX_PER_DAY))
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
        case Lever.PRICE_UP | Lever.PRICE_DOWN:
            return replace(state, price=amount)
        case Lever.MIN_NOTIONAL:
            return replace(state, strategy=replace(state.strategy, min_notional=amount))
        case Lever.DEPOSIT:
            return replace(state, position=replace(position, cash=position.cash + amount))


def check(state: State) -> Counter[Lever]:
    state = replace(state, day=replace(state.day, what_if=True))
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
        assert set(seen) == set(Lever)
        assert min(seen.values()) > 10

    @pytest.mark.long
    def test_applied_flips_the_decision_in_ten_thousand_states(self) -> None:
        seen: Counter[Lever] = Counter()
        for state in states(seed=4, count=10_000):
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


class TestNoMargin:
    def test_is_known_of_a_proposal_or_before_an_anchor(self) -> None:
        strategy, day = a_strategy(), a_day()
        for position, price in ((a_position(), "61.8"), (a_position(anchor=None), "60")):
            decision = step(position, an_observation(price), strategy, day).decision
            assert margins(position, an_observation(price), strategy, day, decision) == ()
