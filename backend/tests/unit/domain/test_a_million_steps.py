"""A million random steps in a plain loop, every one held against what must always hold."""

import pytest

from tests.unit.domain.walk import Walk

REASONS = (
    "Proposed trigger",
    "Proposed drift",
    "Hold anchor_set",
    "Hold inside_band",
    "Hold nothing_to_trade",
    "Refused trimmed_to_zero",
    "Refused below_min_notional",
    "Refused max_per_day",
    "Refused cooldown",
    "Refused cost_exceeds_proceeds",
    "Refused order_in_flight",
    "Refused price_invalid",
    "Refused price_stale",
    "Refused price_older",
    "Refused price_duplicate",
    "Refused price_implausible",
    "Refused split_suspected",
    "fill",
    "dividend",
    "split",
    "strategy",
)


def walk(*, seed: int, steps: int) -> Walk:
    walked = Walk(seed=seed)
    for _ in range(steps):
        walked.advance()
    return walked


class TestARandomWalk:
    def test_of_a_hundred_thousand_steps_holds_every_invariant(self) -> None:
        counts = walk(seed=1, steps=100_000).counts
        assert sorted(set(REASONS) - set(counts)) == []
        assert counts["fill"] > 1_000

    @pytest.mark.long
    def test_of_a_million_steps_holds_every_invariant(self) -> None:
        counts = walk(seed=2, steps=1_000_000).counts
        assert sorted(set(REASONS) - set(counts)) == []
        assert counts["fill"] > 10_000
