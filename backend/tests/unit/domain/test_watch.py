"""What the looks at the market leave behind: a frozen, an unusual and a confirmed price."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.decision import Gate
from app.domain.observation import MarketPhase, Observation
from app.domain.position import Position, Status
from app.domain.record import read_watch, watch_body
from app.domain.session import RECORDED_GATES
from app.domain.step import Step, step
from app.domain.watch import UNWATCHED, Mark, Sight, Suspect, Watch, is_unusual
from tests.builders import (
    NOW,
    SESSION,
    a_day,
    a_position,
    a_strategy,
    an_observation,
    later,
    ticks,
)
from tests.unit.domain.drawn import quick, watches

MINUTE = 60
# A tenth of a percent a minute, ten times: 0.8 % is eight standard deviations.
CALM = Watch(squares=(1_000**2,) * 10)


def used(price: str = "60", watch: Watch = UNWATCHED, **changes: Any) -> Position:
    """Return a position that used `price` a minute ago."""
    before = {
        "last_price": ticks(price),
        "last_used_on": SESSION,
        "last_observed_at": later(-MINUTE),
        "watch": watch,
    }
    return a_position(**before | changes)


class Tape:
    """A position that is shown one trade after the other, `gap` seconds apart."""

    def __init__(self, position: Position) -> None:
        self.position = position
        self.at = NOW

    def shows(self, price: str, *, gap: float = MINUTE, **changes: Any) -> Step:
        self.at += timedelta(seconds=gap)
        phase = changes.pop("phase", MarketPhase.REGULAR)
        return self.look(
            an_observation(price, observed_at=self.at, received_at=self.at, **changes), phase
        )

    def look(self, observation: Observation, phase: MarketPhase = MarketPhase.REGULAR) -> Step:
        day = a_day(now=self.at, phase=phase)
        strategy = a_strategy(trigger={"up": "1", "down": "0.9"}, sessions="extended")
        stepped = step(self.position, observation, strategy, day)
        self.position = stepped.position
        return stepped


def reasons(tape: Tape, *prices: str) -> list[str]:
    return [tape.shows(price).decision.reason.value for price in prices]


FAR, PLAIN = "price_implausible", "inside_band"


class TestAFarPrice:
    @pytest.mark.parametrize(
        ("prices", "expected"),
        [
            (("75", "75.1", "74.9", "75"), (FAR, FAR, PLAIN, PLAIN)),
            (("75", "60.1", "60.2"), (FAR, PLAIN, PLAIN)),
            (("75", "60", "75", "75"), (FAR, PLAIN, FAR, FAR)),
            (("75", "90", "75", "75", "75"), (FAR, FAR, FAR, FAR, PLAIN)),
            (("75", "76.6", "76.6", "76.6"), (FAR, FAR, FAR, PLAIN)),
            (("6000", "60.1"), (FAR, PLAIN)),
        ],
        ids=["confirmed", "a bad print", "twice a bad print", "back", "too far", "hundredfold"],
    )
    def test_is_used_once_two_further_trades_are_near_it(
        self, prices: tuple[str, ...], expected: tuple[str, ...]
    ) -> None:
        tape = Tape(used())
        assert reasons(tape, *prices) == list(expected)

    def test_is_not_confirmed_by_itself_nor_by_an_older_trade(self) -> None:
        tape = Tape(used())
        first = tape.shows("75")
        assert first.position.watch.suspect == Suspect(
            price=ticks("75"), observed_at=tape.at, confirmations=0
        )
        for seconds in (0, 0, -1):
            again = an_observation("75", observed_at=tape.at + timedelta(seconds=seconds))
            assert tape.look(again).decision.reason is Gate.PRICE_IMPLAUSIBLE
            assert tape.position.watch.suspect == first.position.watch.suspect

    def test_is_not_confirmed_by_one_that_is_stale_or_in_a_closed_session(self) -> None:
        tape = Tape(used())
        tape.shows("75")
        before = tape.position.watch.suspect
        tape.at += timedelta(minutes=3)
        stale = an_observation("75", observed_at=tape.at - timedelta(seconds=61))
        assert tape.look(stale).decision.reason is Gate.PRICE_STALE
        assert tape.shows("75", phase=MarketPhase.CLOSED).decision.reason is Gate.SESSION_CLOSED
        assert tape.position.watch.suspect == before

    def test_is_confirmed_within_a_quarter_of_an_hour_only(self) -> None:
        tape = Tape(used())
        tape.shows("75")
        tape.shows("75", gap=900.000001)
        assert tape.position.watch.suspect is not None
        assert tape.position.watch.suspect.confirmations == 0
        tape.shows("75", gap=900)
        assert tape.position.watch.suspect.confirmations == 1

    def test_is_believed_at_once_where_the_previous_close_explains_it(self) -> None:
        tape = Tape(used())
        step_ = tape.shows("75", previous_close=ticks("74"))
        assert step_.decision.reason == PLAIN
        assert step_.position.last_price == ticks("75")

    def test_leaves_the_last_used_price_until_it_is_believed(self) -> None:
        tape = Tape(used())
        reasons(tape, "75", "75")
        assert tape.position.last_price == ticks("60")
        tape.shows("75")
        assert tape.position.last_price == ticks("75")
        assert tape.position.watch.suspect is None

    def test_near_a_split_ratio_after_a_night_halts_before_anything_is_confirmed(self) -> None:
        tape = Tape(used(last_used_on=SESSION - timedelta(days=1)))
        assert tape.shows("30").decision.reason is Gate.SPLIT_SUSPECTED
        assert tape.position.status is Status.HALTED
        assert tape.position.watch.suspect is None


class TestAnUnusualMove:
    @pytest.mark.parametrize(
        ("price", "elapsed", "is_far"),
        [
            ("60.48", MINUTE, False),
            ("60.4801", MINUTE, True),
            ("59.52", 1, False),
            ("59.5199", 1, True),
            ("60.9599", 4 * MINUTE, False),
            ("60.9601", 4 * MINUTE, True),
            ("60.9599", 3 * MINUTE + 1, False),
        ],
    )
    def test_is_beyond_eight_standard_deviations_for_its_minutes(
        self, price: str, elapsed: int, *, is_far: bool
    ) -> None:
        found = is_unusual(CALM, ticks(price), ticks("60"), timedelta(seconds=elapsed))
        assert found is is_far

    def test_needs_ten_moves_to_tell_what_is_usual(self) -> None:
        short = Watch(squares=CALM.squares[1:])
        assert not is_unusual(short, ticks("66"), ticks("60"), timedelta(minutes=1))

    def test_is_never_one_of_half_a_percent(self) -> None:
        still = Watch(squares=(0,) * 10)
        minute = timedelta(minutes=1)
        assert not is_unusual(still, ticks("60.3"), ticks("60"), minute)
        assert is_unusual(still, ticks("60.3001"), ticks("60"), minute)

    def test_is_refused_until_confirmed(self) -> None:
        tape = Tape(used(last_observed_at=NOW, watch=CALM))
        assert reasons(tape, "61", "61.05", "60.95") == [FAR, FAR, PLAIN]

    def test_is_asked_within_one_date(self) -> None:
        night = used(watch=CALM, last_used_on=SESSION - timedelta(days=1))
        assert Tape(night).shows("61").decision.reason == PLAIN

    @quick
    @given(
        squares=st.lists(st.integers(0, 8 * 10**10), min_size=10, max_size=30),
        last=st.integers(100, 2 * 10**9),
        moved=st.integers(-200_000, 200_000),
        seconds=st.integers(0, 86_400),
    )
    def test_is_judged_exactly(
        self, squares: list[int], last: int, moved: int, seconds: int
    ) -> None:
        price = last + last * moved // 10**6
        minutes = max(1, -(-seconds // 60))
        mean = sum(squares) * minutes
        difference = (price - last) * 10**6
        far = difference**2 * len(squares) > 64 * mean * last**2
        quiet = abs(difference) <= 5_000 * last
        watch = Watch(squares=tuple(squares))
        assert is_unusual(watch, price, last, timedelta(seconds=seconds)) is (far and not quiet)


class TestTheMoves:
    def test_are_squares_of_a_minutes_move_of_the_prices_that_were_used(self) -> None:
        tape = Tape(a_position())
        reasons(tape, "60", "60.06")
        assert tape.position.watch.squares == (1_000**2,)
        assert tape.position.watch.mark == Mark(price=ticks("60.06"), observed_at=tape.at)

    def test_of_another_span_are_brought_to_a_minute(self) -> None:
        for gap, square in ((30, 2_000_000), (120, 500_000), (600, 100_000)):
            tape = Tape(a_position())
            tape.shows("60")
            tape.shows("60.06", gap=gap)
            assert tape.position.watch.squares == (square,)

    def test_of_less_than_half_a_minute_or_more_than_ten_are_left_out(self) -> None:
        tape = Tape(a_position())
        tape.shows("60")
        kept = []
        for price, gap in (("60.06", 29), ("60.12", 1), ("60.2", 601)):
            tape.shows(price, gap=gap)
            kept.append(tape.position.watch.squares)
        assert kept == [(), (2 * 2_000**2,), (2 * 2_000**2,)]

    def test_are_the_latest_thirty(self) -> None:
        tape = Tape(a_position())
        reasons(tape, *[f"60.{n:02}" for n in range(40)])
        assert len(tape.position.watch.squares) == 30
        assert tape.position.watch.squares[-1] == 10**16 // 603_800**2

    def test_do_not_hold_a_confirmed_jump(self) -> None:
        tape = Tape(a_position())
        assert reasons(tape, "60", "75", "75", "75", "75") == [PLAIN, FAR, FAR, PLAIN, PLAIN]
        assert tape.position.watch.squares == (0,)

    def test_are_not_kept_where_the_market_is_a_recorded_one(self) -> None:
        day = a_day(gates=RECORDED_GATES)
        assert step(used(), an_observation("60.5"), a_strategy(), day).position.watch == UNWATCHED


class TestAFrozenPrice:
    def test_is_one_that_stands_for_more_than_five_minutes(self) -> None:
        tape = Tape(a_position())
        shown = an_observation("60", observed_at=NOW, volume=5)
        found = []
        for seconds in (30, 30, 0, 240, 30, 0.5):
            tape.at += timedelta(seconds=seconds)
            found.append(tape.look(shown).decision.reason.value)
        assert found == [
            PLAIN, "price_duplicate", "price_duplicate", "price_stale", "price_stale",
            "price_frozen",
        ]  # fmt: skip
        assert tape.shows("60", volume=6).decision.reason == PLAIN

    def test_is_found_by_its_volume_where_its_time_goes_on(self) -> None:
        tape = Tape(a_position())
        found = [tape.shows("60", volume=5).decision.reason.value for _ in range(8)]
        assert found == [PLAIN] * 6 + ["price_frozen"] * 2
        assert tape.shows("60.01", volume=5).decision.reason == PLAIN

    def test_is_none_without_a_volume_while_the_time_goes_on(self) -> None:
        tape = Tape(a_position())
        assert reasons(tape, *["60"] * 8) == [PLAIN] * 8

    def test_is_none_outside_of_the_regular_session(self) -> None:
        tape = Tape(a_position())
        found = [
            tape.shows("60", volume=5, phase=MarketPhase.EXTENDED).decision.reason.value
            for _ in range(8)
        ]
        assert found == [PLAIN] * 8
        assert tape.position.watch.sight is None

    def test_is_counted_anew_in_each_session(self) -> None:
        tape = Tape(a_position())
        shown = an_observation("60", observed_at=NOW)
        tape.look(shown)
        tape.at += timedelta(days=1)
        assert tape.look(shown).decision.reason is Gate.PRICE_STALE
        assert tape.position.watch.sight == Sight(
            price=ticks("60"), observed_at=NOW, volume=None, since=tape.at
        )

    def test_is_not_looked_for_by_a_position_that_is_not_running(self) -> None:
        tape = Tape(a_position(status=Status.PAUSED))
        tape.shows("60")
        assert tape.position.watch == UNWATCHED


class TestTheBodyOfAWatch:
    @quick
    @given(watch=watches)
    def test_is_read_back_as_it_was(self, watch: Watch) -> None:
        assert read_watch(watch_body(watch)) == watch
