"""The envelope over all paths of a short run, by hand and against the runs of one path."""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction

import pytest

from tests.reference.bars import Bar
from tests.reference.envelope import Envelope, brute_force_envelope
from tests.reference.exact import Holdings, simulate
from tests.reference.handmade import DAY, NEXT, F, bar, recorded
from tests.reference.terms import Path, Policy, Strategy

OPENING = Holdings(cash=F(10_000), shares=F(100), anchor=F(100))
# One order a day of about ten whole shares, without cost.
TENS = Strategy(policy=Policy.FIXED_FRACTION, lot=F(1), commission_rate=F(0), max_per_day=1)
SWING = bar(DAY, "99", opens="100", low="97", high="103")


def final(bars: Sequence[Bar], path: Path, strategy: Strategy) -> Fraction:
    result = simulate(bars=bars, opening=OPENING, strategy=strategy, model="touch", path=path)
    return result.curve[-1].equity


class TestBruteForceEnvelope:
    def test_of_one_bar_is_its_two_paths(self) -> None:
        # Bought 10 at 97: 110 × 99 + 9,030 = 19,920; sold 10 at 103: 90 × 99 + 11,030 = 19,940
        envelope = brute_force_envelope(bars=[SWING], opening=OPENING, strategy=TENS)
        assert envelope == Envelope(worst=F(19_920), best=F(19_940))

    def test_sees_further_than_a_choice_bar_by_bar(self) -> None:
        # At 102 the 110 shares are worth more, 110 × 102 + 9,030 = 20,250 (their anchor of 97
        # sells 11 of them there), than the 90 are, 90 × 102 + 11,030 = 20,210
        bars = [SWING, bar(NEXT, "102")]
        envelope = brute_force_envelope(bars=bars, opening=OPENING, strategy=TENS)
        assert envelope == Envelope(worst=F(20_210), best=F(20_250))
        assert final(bars, "pessimistic", TENS) == 20_250
        assert final(bars, "optimistic", TENS) == 20_210

    def test_books_the_actions_of_each_session_for_each_state(self) -> None:
        # Net 0.75 a share: 82.50 on 110 shares, 67.50 on 90; at 98, where nothing is traded:
        # 110 × 98 + 9,030 + 82.50 = 19,892.50 and 90 × 98 + 11,030 + 67.50 = 19,917.50
        bars = [SWING, bar(NEXT, "98", dividend=F(1))]
        envelope = brute_force_envelope(bars=bars, opening=OPENING, strategy=TENS)
        assert envelope == Envelope(worst=F("19892.5"), best=F("19917.5"))

    def test_holds_every_run_of_one_path_on_recorded_bars(self) -> None:
        bars = recorded("MSFT", start=date(2020, 3, 9), end=date(2020, 3, 16))
        assert len(bars) == 6
        strategy = Strategy(slippage_bps=F(5))
        envelope = brute_force_envelope(bars=bars, opening=OPENING, strategy=strategy)
        ways: list[Path] = ["olhc", "ohlc", "pessimistic", "optimistic"]
        finals = [final(bars, way, strategy) for way in ways]
        assert envelope.worst <= min(finals) < max(finals) <= envelope.best

    def test_refuses_more_bars_than_can_be_tried(self) -> None:
        with pytest.raises(AssertionError):
            brute_force_envelope(bars=[SWING] * 13, opening=OPENING, strategy=TENS)
