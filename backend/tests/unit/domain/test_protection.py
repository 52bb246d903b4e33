"""Protections: where exactly they stop orders, what they measure from, and what moves it."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.decision import Fall, Gate, Hold, Proposed, Refused
from app.domain.errors import InvalidInputError
from app.domain.ladder import ladder
from app.domain.protection import (
    UNPROTECTED,
    Marks,
    Protections,
    falls,
    marked,
    parse_protections,
    scaled,
)
from app.domain.record import decision_body, position_body
from app.domain.recorded import read_position
from app.domain.session import RECORDED_GATES
from app.domain.step import Step, step
from app.domain.units import PPM, VALUE_PER_USD
from tests.builders import (
    NOW,
    SESSION,
    a_day,
    a_position,
    a_strategy,
    an_observation,
    ppm,
    shares,
    ticks,
    usd,
)
from tests.unit.domain.drawn import Situation, protected, quick, situations

TOP = 12_000 * VALUE_PER_USD  # 100 shares at 60 USD and 6,000 USD
GUARDED = Protections(max_drawdown=ppm("0.05"))  # down to 11,400 USD: to 54 USD a share
CAREFUL = Protections(max_daily_loss=ppm("0.05"))
PATIENT = a_strategy(
    trigger={"up": "0.9", "down": "0.89"}, guardrails={"min_stock": "0", "max_stock": "1"}
)


class Held:
    """A position that looks at one price after the other and that no price makes trade."""

    def __init__(self, protections: Protections) -> None:
        self.position = a_position(protections=protections)
        self._looks = 0

    def look(self, price: str | int, on: date = SESSION) -> Step:
        self._looks += 1
        at = NOW + timedelta(days=(on - SESSION).days, minutes=self._looks)
        seen = an_observation(price, observed_at=at, received_at=at)
        taken = step(self.position, seen, PATIENT, a_day(date=on, now=at))
        self.position = taken.position
        return taken

    def reason(self, price: str | int, on: date = SESSION) -> str:
        return self.look(price, on).decision.reason.value

    def move_cash(self, amount: int) -> None:
        before, price = self.position, self.position.last_price
        assert price is not None
        after = replace(before, cash=before.cash + amount)
        marks = scaled(before.marks, before=before.value_at(price), after=after.value_at(price))
        self.position = replace(after, marks=marks)

    @property
    def marks(self) -> Marks:
        assert self.position.marks is not None
        return self.position.marks


class TestTheDrawdownLimit:
    def test_stops_one_tick_below_and_lets_through_exactly_at_the_limit(self) -> None:
        held = Held(GUARDED)
        assert [held.reason(price) for price in ("60", "54", "53.9999", "54")] == [
            "inside_band", "inside_band", "max_drawdown", "inside_band",
        ]  # fmt: skip

    def test_is_measured_from_the_highest_used_price_whatever_the_day(self) -> None:
        held = Held(GUARDED)
        for day, price in enumerate(("60", "66", "60")):
            held.look(price, SESSION + timedelta(days=day))
        assert held.marks.peak == 12_600 * VALUE_PER_USD
        later = SESSION + timedelta(days=20)
        assert held.reason("59.7", later) == "inside_band"  # 11,970 is 5 % below 12,600
        assert held.reason("59.6999", later) == "max_drawdown"

    def test_does_not_clear_while_the_price_stays_low_but_does_once_the_peak_is_reset(
        self,
    ) -> None:
        held = Held(GUARDED)
        held.look("60")
        for day in range(30):
            assert held.reason("53", SESSION + timedelta(days=day)) == "max_drawdown"
        held.position = replace(held.position, marks=None)
        assert held.reason("52", SESSION + timedelta(days=31)) == "inside_band"
        assert held.marks.peak == 11_200 * VALUE_PER_USD

    def test_uses_the_price_at_which_it_stops_the_order(self) -> None:
        held = Held(GUARDED)
        held.look("60")
        stopped = held.look("53").decision
        assert isinstance(stopped, Refused)
        assert (stopped.side, stopped.sizing) == (None, None)
        assert stopped.numbers.value == 11_300 * VALUE_PER_USD
        assert decision_body(stopped)["falls"] == [
            {
                "gate": "max_drawdown", "limit": "0.05", "mark": "12000",
                "value": "11300", "lowest": "11400", "fall": "0.058333",
            }
        ]  # fmt: skip
        assert held.position.last_price == ticks("53")
        assert held.marks == Marks(peak=TOP, reference=TOP, last=11_300 * VALUE_PER_USD, on=SESSION)

    def test_is_not_measured_by_a_price_that_another_gate_refuses(self) -> None:
        held = Held(GUARDED)
        held.look("60")
        before = held.marks
        assert [held.reason(price) for price in ("90", "30")] == ["price_implausible"] * 2
        assert held.marks == before


class TestTheDailyLossLimit:
    def test_stops_one_tick_below_and_lets_through_exactly_at_the_limit(self) -> None:
        held = Held(CAREFUL)
        assert [held.reason(price) for price in ("60", "54", "53.9999", "54")] == [
            "inside_band", "inside_band", "daily_loss", "inside_band",
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            (date(2024, 6, 11), date(2024, 6, 12)),
            (date(2024, 6, 14), date(2024, 6, 17)),  # a weekend
            (date(2024, 7, 3), date(2024, 7, 5)),  # a half day, then a holiday
            (date(2024, 12, 31), date(2025, 1, 2)),
        ],
    )
    def test_is_measured_from_the_last_value_of_the_session_before(
        self, before: date, after: date
    ) -> None:
        held = Held(CAREFUL)
        for price in ("66", "60"):
            held.look(price, before)
        for price in ("56", "58", "54"):
            assert held.reason(price, after) == "inside_band"
            assert held.marks.reference == TOP
        assert held.reason("53.9999", after) == "daily_loss"

    def test_clears_on_the_next_day_and_counts_from_where_the_price_was(self) -> None:
        held = Held(CAREFUL)
        held.look("60")
        assert held.reason("53") == "daily_loss"
        assert held.reason("53", SESSION + timedelta(days=1)) == "inside_band"
        assert held.marks.reference == 11_300 * VALUE_PER_USD

    def test_does_not_look_at_the_peak(self) -> None:
        held = Held(CAREFUL)
        assert [held.reason(price) for price in ("60", "66", "54")] == ["inside_band"] * 3


class TestMovedCash:
    @pytest.mark.parametrize("protections", [GUARDED, CAREFUL])
    @pytest.mark.parametrize(("amount", "floor"), [("4000", "52"), ("-4000", "56")])
    def test_is_neither_a_gain_nor_a_loss(
        self, protections: Protections, amount: str, floor: str
    ) -> None:
        held = Held(protections)
        held.look("60")
        held.move_cash(usd(amount))
        assert held.marks.peak == held.marks.last == held.position.value_at(ticks("60"))
        assert held.reason(floor) == "inside_band"  # 5 % of 16,000 or 8,000 USD below
        assert held.reason(ticks(floor) - 1) in {"max_drawdown", "daily_loss"}

    def test_leaves_a_fall_as_many_percent_as_it_was(self) -> None:
        held = Held(Protections(max_drawdown=ppm("0.05"), max_daily_loss=ppm("0.05")))
        assert [held.reason(price) for price in ("60", "53.9999")] == [
            "inside_band",
            "max_drawdown",
        ]
        held.move_cash(usd("1000000"))  # does not hide the fall
        assert held.reason("53.9999") == "max_drawdown"
        held = Held(GUARDED)
        assert [held.reason(price) for price in ("60", "54.0001")] == ["inside_band"] * 2
        held.move_cash(-usd("6000"))  # does not trip the limit
        assert held.reason("54.0001") == "inside_band"

    @given(
        peak=st.integers(10, 1_000) | st.integers(10, 10**18),
        less=st.integers(0, 2),
        after=st.integers(1, 1_000) | st.integers(1, 10**18),
        limit=st.integers(10_000, 900_000),
    )
    @quick
    def test_hides_no_fall_and_makes_none_beyond_the_last_digit(
        self, peak: int, less: int, after: int, limit: int
    ) -> None:
        fall = Fall(gate=Gate.MAX_DRAWDOWN, limit=limit, mark=peak, value=peak)
        before = max(fall.lowest - less, 1)
        marks = Marks(peak=peak, reference=before, last=before, on=SESSION)
        moved = scaled(marks, before=before, after=after)
        assert moved is not None
        assert (moved.last, moved.reference) == (after, after)
        protections = Protections(max_drawdown=limit)
        (then,), (now,) = falls(protections, marks), falls(protections, moved)
        if then.is_too_far:
            assert now.is_too_far
        else:
            assert not replace(now, value=now.value + 1).is_too_far

    def test_of_nothing_or_down_to_nothing_sets_the_marks_anew(self) -> None:
        marks = marked(None, TOP, SESSION)
        assert scaled(marks, before=TOP, after=0) is None
        assert scaled(marked(None, 0, SESSION), before=0, after=TOP) is None
        assert scaled(None, before=TOP, after=2 * TOP) is None


class TestASplitAndADividend:
    def test_leave_the_value_that_is_compared_with_the_marks(self) -> None:
        held = Held(GUARDED)
        held.look("60")
        split = replace(held.position, shares=shares("200"))
        assert split.value_at(ticks("30")) == held.marks.last
        paid = replace(held.position, receivable=usd("50"))  # 0.50 USD a share, without tax
        assert paid.value_at(ticks("59.5")) == held.marks.last


class TestALimit:
    @given(mark=st.integers(1, 4 * 10**18), limit=st.integers(10_000, 900_000))
    @quick
    def test_lets_through_its_lowest_value_and_nothing_below(self, mark: int, limit: int) -> None:
        fall = Fall(gate=Gate.MAX_DRAWDOWN, limit=limit, mark=mark, value=mark)
        at, below = (replace(fall, value=fall.lowest - less) for less in (0, 1))
        assert not at.is_too_far
        assert at.value * PPM >= mark * (PPM - limit)
        assert below.is_too_far
        assert below.value * PPM < mark * (PPM - limit)

    @given(units=st.integers(1, 10**9), cash=st.integers(0, 10**10), value=st.integers(1, 10**18))
    @quick
    def test_names_the_lowest_price_with_its_value(self, units: int, cash: int, value: int) -> None:
        position = a_position(shares=units, cash=cash)
        price = position.lowest_price_for(value)
        if price is None:
            assert position.value_at(0) >= value
        else:
            assert position.value_at(price) >= value > position.value_at(price - 1)
        assert a_position(shares=0).lowest_price_for(value) is None

    @given(situation=situations(), drawdown=st.integers(10_000, 900_000), above=st.integers(0, 9))
    @quick
    def test_lets_no_order_through_while_the_value_is_below_it(
        self, situation: Situation, drawdown: int, above: int
    ) -> None:
        value = situation.position.value_at(situation.price)
        peak = value + value * above // 10
        marks = Marks(peak=peak, reference=value, last=value, on=situation.day.date)
        protections = Protections(max_drawdown=drawdown)
        guarded = replace(situation.position, protections=protections, marks=marks)
        decision = replace(situation, position=guarded).step().decision
        below = value * PPM < peak * (PPM - drawdown)
        assert (Gate.MAX_DRAWDOWN in decision.blocked_by) == below
        if below and not situation.day.what_if:
            assert not isinstance(decision, Proposed)

    @given(situation=situations())
    @quick
    def test_that_is_off_leaves_every_decision_as_it_was_without_protections(
        self, situation: Situation
    ) -> None:
        protections = {Gate.MAX_DRAWDOWN, Gate.DAILY_LOSS}
        without = tuple(gate for gate in situation.day.gates if gate not in protections)
        before = replace(situation, day=replace(situation.day, gates=without)).step()
        after = situation.step()
        assert decision_body(after.decision) == decision_body(before.decision)
        assert position_body(after.position) == position_body(before.position)
        assert after.position.marks is None


class TestAReplayOfBars:
    def test_asks_no_protection_and_marks_nothing(self) -> None:
        guarded = a_position(protections=GUARDED, marks=marked(None, 2 * TOP, SESSION))
        taken = step(guarded, an_observation("60"), a_strategy(), a_day(gates=RECORDED_GATES))
        assert isinstance(taken.decision, Hold)
        assert taken.position.marks == guarded.marks


class TestTheLadder:
    def test_counts_protections_as_passed_like_every_gate(self) -> None:
        stopped = a_position(protections=GUARDED, marks=marked(None, 2 * TOP, SESSION))
        one, other = (
            ladder(position, a_strategy(), a_day(), price=ticks("60"), rungs=2)
            for position in (stopped, a_position())
        )
        assert [rung.price for rung in one.up.rungs] == [rung.price for rung in other.up.rungs]
        assert [rung.price for rung in one.down.rungs] == [rung.price for rung in other.down.rungs]


class TestTheRecord:
    @pytest.mark.parametrize(("price", "reason"), [("60", "inside_band"), ("53", "max_drawdown")])
    def test_makes_the_decision_again_with_its_marks(self, price: str, reason: str) -> None:
        guarded = a_position(protections=GUARDED, marks=marked(None, TOP, SESSION))
        again = read_position(position_body(guarded))
        assert again == guarded
        taken = step(again, an_observation(price), a_strategy(), a_day())
        assert taken.decision.reason.value == reason
        assert taken == step(guarded, an_observation(price), a_strategy(), a_day())
        assert read_position(position_body(taken.position)) == taken.position

    @given(held=protected)
    @quick
    def test_of_any_marks_reads_back(self, held: tuple[Protections, Marks | None]) -> None:
        protections, marks = held
        position = a_position(protections=protections, marks=marks)
        assert read_position(position_body(position)) == position


class TestAWish:
    def test_is_laid_over_what_is_set_and_null_switches_off(self) -> None:
        both = parse_protections(
            {"max_drawdown": "0.2", "max_daily_loss": "0.03"}, present=UNPROTECTED
        )
        assert both == Protections(max_drawdown=ppm("0.2"), max_daily_loss=ppm("0.03"))
        left = parse_protections({"max_drawdown": None}, present=both)
        assert left == Protections(max_daily_loss=ppm("0.03"))

    @pytest.mark.parametrize(
        ("wish", "said"),
        [
            ({"max_drawdown": "0.009999"}, "is 0.009999 (allowed: null or a decimal from 0.01 to"),
            ({"max_drawdown": "0.900001"}, "is 0.900001 (allowed: null or a decimal from 0.01 to"),
            ({"max_daily_loss": "0.004999"}, "(allowed: null or a decimal from 0.005 to 0.5"),
            ({"max_daily_loss": "0.500001"}, "(allowed: null or a decimal from 0.005 to 0.5"),
            ({"max_drawdown": "NaN"}, "is not a decimal"),
            ({"max_loss": "0.1"}, "is unknown (allowed: max_drawdown, max_daily_loss"),
        ],
    )
    def test_outside_its_range_is_refused_with_the_range(
        self, wish: dict[str, object], said: str
    ) -> None:
        with pytest.raises(InvalidInputError) as refused:
            parse_protections(wish, present=UNPROTECTED)
        assert str(refused.value).startswith(f"protections.{next(iter(wish))} ")
        assert said in str(refused.value)

    def test_at_the_ends_of_its_range_is_taken(self) -> None:
        for name, ends in (("max_drawdown", ("0.01", "0.9")), ("max_daily_loss", ("0.005", "0.5"))):
            for end in ends:
                taken = parse_protections({name: end}, present=UNPROTECTED)
                assert getattr(taken, name) == ppm(end)
