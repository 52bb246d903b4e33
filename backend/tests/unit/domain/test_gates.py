"""Each gate alone, their order, and what a what-if makes of them."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from app.domain import rules
from app.domain.decision import Gate, Hold, HoldReason, Refused
from app.domain.gates import PROTECTIONS, failing_gates
from app.domain.observation import MarketPhase
from app.domain.position import Status
from app.domain.protection import Marks, Protections
from app.domain.session import LIVE_GATES, RECORDED_GATES
from app.domain.step import step
from app.domain.units import VALUE_PER_USD
from app.domain.watch import UNWATCHED, Sight, Watch
from tests.builders import (
    NOW,
    SESSION,
    a_day,
    a_position,
    a_strategy,
    an_observation,
    later,
    ppm,
    shares,
    ticks,
    usd,
)

YESTERDAY = SESSION - timedelta(days=1)
# Since more than five minutes ago KO shows 60 USD and no trade more, though its time goes on.
FROZEN = Watch(
    sight=Sight(
        price=ticks("60"), observed_at=later(-1), volume=7_000_000, since=later(-300.000001)
    )
)
# Ten percent above what 100 shares at 60 USD and 6,000 USD are worth now.
ABOVE = 13_200 * VALUE_PER_USD
FROM_ABOVE = Marks(peak=ABOVE, reference=ABOVE, last=ABOVE, on=SESSION)
GUARDED = Protections(max_drawdown=ppm("0.05"))
CAREFUL = Protections(max_daily_loss=ppm("0.05"))
CENT = {"bid": ticks("59.94"), "ask": ticks("60.06")}  # 20 basis points of 60 USD apart

# gate -> what alone makes it fail: changes of the position, the observation, the day
FAILURES: dict[Gate, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    Gate.NOT_RUNNING: ({"status": Status.PAUSED}, {}, {}),
    Gate.TRADING_HALTED: ({}, {}, {"trading_halted": True}),
    Gate.SESSION_CLOSED: ({}, {}, {"phase": MarketPhase.CLOSED}),
    Gate.PRICE_INVALID: ({}, {"currency": "EUR"}, {}),
    Gate.PRICE_FROZEN: ({"watch": FROZEN}, {"volume": 7_000_000}, {}),
    Gate.PRICE_STALE: ({}, {"observed_at": later(-61)}, {}),
    Gate.PRICE_OLDER: ({"last_observed_at": later(1)}, {}, {}),
    Gate.PRICE_DUPLICATE: ({"last_observed_at": NOW}, {}, {}),
    Gate.SPLIT_SUSPECTED: (
        {"last_price": ticks("120"), "last_used_on": YESTERDAY},
        {"previous_close": ticks("60")},
        {},
    ),
    Gate.PRICE_IMPLAUSIBLE: (
        {"last_price": ticks("50"), "last_used_on": SESSION},
        {"price": 1},
        {},
    ),
    Gate.SPREAD_TOO_WIDE: ({}, {"bid": ticks("59.94"), "ask": ticks("60.0601")}, {}),
    Gate.ORDER_IN_FLIGHT: ({"order_in_flight": True}, {}, {}),
    Gate.MAX_DRAWDOWN: ({"protections": GUARDED, "marks": FROM_ABOVE}, {}, {}),
    Gate.DAILY_LOSS: ({"protections": CAREFUL, "marks": FROM_ABOVE}, {}, {}),
}
# An observation is older than the last one used, or the same; a frozen session is an open one.
NOT_TOGETHER = {Gate.PRICE_DUPLICATE, Gate.PRICE_FROZEN}


def failing(
    *,
    position: dict[str, Any] | None = None,
    observation: dict[str, Any] | None = None,
    day: dict[str, Any] | None = None,
    sessions: str = "regular",
) -> tuple[Gate, ...]:
    return failing_gates(
        a_position(**(position or {})),
        an_observation(**(observation or {})),
        a_strategy(sessions=sessions),
        a_day(**(day or {})),
    )


class TestEveryGate:
    @pytest.mark.parametrize("gate", LIVE_GATES)
    def test_fails_alone_with_its_own_reason_and_nothing_else_happens(self, gate: Gate) -> None:
        position, observation, day = FAILURES[gate]
        before = a_position(**position)
        after = step(before, an_observation(**observation), a_strategy(), a_day(**day))
        assert isinstance(after.decision, Refused)
        assert after.decision.reason is gate
        assert after.decision.blocked_by == (gate,)
        assert after.decision.side is None
        assert after.decision.sizing is None
        assert after.decision.binding is None
        if gate in PROTECTIONS:  # these stop the order, not the price: test_protection.py
            return
        halted = {"status": Status.HALTED} if gate is Gate.SPLIT_SUSPECTED else {}
        assert replace(after.position, watch=UNWATCHED) == a_position(
            **position | halted | {"watch": UNWATCHED}
        )

    def test_holds_on_an_ordinary_price(self) -> None:
        assert failing() == ()

    def test_is_asked_in_the_order_of_the_rules(self) -> None:
        everything: tuple[dict[str, Any], ...] = ({}, {}, {})
        for changes in FAILURES.values():
            for merged, change in zip(everything, changes, strict=True):
                merged.update(change)
        position, observation, day = everything
        observation |= {"price": ticks("60"), "previous_close": None, "observed_at": later(-61)}
        position |= {"last_price": ticks("120"), "last_used_on": YESTERDAY}
        position |= {
            "protections": Protections(max_drawdown=ppm("0.05"), max_daily_loss=ppm("0.05"))
        }
        blocked = failing(position=position, observation=observation, day=day)
        assert blocked == tuple(gate for gate in LIVE_GATES if gate not in NOT_TOGETHER)
        order = list(LIVE_GATES)
        assert order[:7] == [
            Gate.NOT_RUNNING, Gate.TRADING_HALTED, Gate.SESSION_CLOSED, Gate.PRICE_INVALID,
            Gate.PRICE_FROZEN, Gate.PRICE_STALE, Gate.PRICE_OLDER,
        ]  # fmt: skip
        assert order[-4:] == [
            Gate.SPREAD_TOO_WIDE, Gate.ORDER_IN_FLIGHT, Gate.MAX_DRAWDOWN, Gate.DAILY_LOSS,
        ]  # fmt: skip

    def test_is_asked_only_where_the_day_names_it(self) -> None:
        for gate in set(LIVE_GATES) - set(RECORDED_GATES):
            position, observation, day = FAILURES[gate]
            day = day | {"gates": RECORDED_GATES}
            if observation != {"price": 1} and "last_observed_at" not in position:
                assert failing(position=position, observation=observation, day=day) == ()


class TestAWhatIf:
    def test_lists_the_failing_gates_and_decides_all_the_same(self) -> None:
        blocked = step(
            a_position(status=Status.PAUSED, order_in_flight=True),
            an_observation(observed_at=later(-3600)),
            a_strategy(),
            a_day(phase=MarketPhase.CLOSED, trading_halted=True, what_if=True),
        ).decision
        assert isinstance(blocked, Hold)
        assert blocked.reason is HoldReason.INSIDE_BAND
        assert blocked.blocked_by == (
            Gate.NOT_RUNNING, Gate.TRADING_HALTED, Gate.SESSION_CLOSED, Gate.PRICE_STALE,
            Gate.ORDER_IN_FLIGHT,
        )  # fmt: skip

    def test_never_halts(self) -> None:
        position = a_position(last_price=ticks("120"), last_used_on=YESTERDAY)
        after = step(position, an_observation(), a_strategy(), a_day(what_if=True))
        assert after.decision.blocked_by == (Gate.SPLIT_SUSPECTED, Gate.PRICE_IMPLAUSIBLE)
        assert after.position.status is Status.RUNNING

    @pytest.mark.parametrize("price", [None, 0, -1, rules.PRICE_MAX + 1])
    def test_is_stopped_by_an_invalid_price_and_says_so(self, price: int | None) -> None:
        position = a_position(status=Status.PAUSED)
        after = step(position, an_observation(price), a_strategy(), a_day(what_if=True))
        assert isinstance(after.decision, Refused)
        assert after.decision.reason is Gate.PRICE_INVALID
        assert after.decision.blocked_by[:2] == (Gate.NOT_RUNNING, Gate.PRICE_INVALID)
        assert after.position == position


class TestTheStatus:
    @pytest.mark.parametrize("status", [Status.PAUSED, Status.HALTED])
    def test_must_be_running(self, status: Status) -> None:
        assert failing(position={"status": status}) == (Gate.NOT_RUNNING,)


class TestTheSession:
    @pytest.mark.parametrize(
        ("phase", "sessions", "is_open"),
        [
            (MarketPhase.REGULAR, "regular", True),
            (MarketPhase.REGULAR, "extended", True),
            (MarketPhase.EXTENDED, "regular", False),
            (MarketPhase.EXTENDED, "extended", True),
            (MarketPhase.CLOSED, "regular", False),
            (MarketPhase.CLOSED, "extended", False),
        ],
    )
    def test_must_be_one_of_the_strategy(
        self, phase: MarketPhase, sessions: str, is_open: bool
    ) -> None:
        blocked = failing(day={"phase": phase}, sessions=sessions)
        assert blocked == (() if is_open else (Gate.SESSION_CLOSED,))


class TestThePrice:
    @pytest.mark.parametrize(
        "observation",
        [
            *({"price": None}, {"price": 0}, {"price": -1}, {"price": rules.PRICE_MAX + 1}),
            *({"symbol": "PEP"}, {"currency": "EUR"}, {"currency": "usd"}),
        ],
    )
    def test_must_be_a_positive_number_in_usd_of_the_right_symbol(
        self, observation: dict[str, Any]
    ) -> None:
        assert failing(observation=observation) == (Gate.PRICE_INVALID,)

    def test_may_be_the_highest_that_is_exact(self) -> None:
        assert failing(position={"shares": 0}, observation={"price": rules.PRICE_MAX}) == ()

    def test_must_leave_the_value_in_the_range_that_is_exact(self) -> None:
        most = {"shares": rules.VALUE_MAX // ticks("60"), "cash": 0}
        assert failing(position=most) == ()
        assert failing(position=most | {"cash": usd("60")}) == (Gate.PRICE_INVALID,)
        assert failing(position={"shares": shares("2e9")}) == (Gate.PRICE_INVALID,)

    @pytest.mark.parametrize(
        ("age", "is_fresh"),
        [(0, True), (60, True), (60.000001, False), (-5, True), (-5.000001, False)],
    )
    def test_is_fresh_for_sixty_seconds_and_never_from_the_future(
        self, age: float, is_fresh: bool
    ) -> None:
        blocked = failing(observation={"observed_at": later(-age)})
        assert blocked == (() if is_fresh else (Gate.PRICE_STALE,))

    @pytest.mark.parametrize(
        ("seconds", "blocked"),
        [(-1e-6, ()), (0, (Gate.PRICE_DUPLICATE,)), (1e-6, (Gate.PRICE_OLDER,))],
    )
    def test_must_be_newer_than_the_last_one_used(
        self, seconds: float, blocked: tuple[Gate, ...]
    ) -> None:
        assert failing(position={"last_observed_at": later(seconds)}) == blocked
        recorded = failing(
            position={"last_observed_at": later(seconds)}, day={"gates": RECORDED_GATES}
        )
        assert recorded == ((Gate.PRICE_NOT_NEWER,) if blocked else ())


class TestAJump:
    @pytest.mark.parametrize(
        ("price", "close", "is_plausible"),
        [
            ("72", None, True),
            ("72.0001", None, False),
            ("48", None, True),
            ("47.9999", None, False),
            ("72.0001", "60.0001", True),
            ("90", "75", True),
            ("90", "74.9999", False),
            ("6000", None, False),
        ],
    )
    def test_beyond_a_fifth_needs_the_previous_close_to_explain_it(
        self, price: str, close: str | None, is_plausible: bool
    ) -> None:
        blocked = failing(
            position={"last_price": ticks("60"), "last_used_on": SESSION},
            observation={
                "price": ticks(price),
                "previous_close": None if close is None else ticks(close),
            },
        )
        assert blocked == (() if is_plausible else (Gate.PRICE_IMPLAUSIBLE,))


class TestASuspectedSplit:
    @pytest.mark.parametrize(
        ("last", "now"),
        [
            *(("120", "60"), ("60", "120"), ("60", "40"), ("60", "90"), ("60", "6")),
            *(("60", "0.6"), ("3", "60"), ("61.7", "30"), ("58.3", "30"), ("1300", "65.9")),
        ],
    )
    def test_halts_after_a_night_with_a_jump_near_a_split_ratio(self, last: str, now: str) -> None:
        position = a_position(last_price=ticks(last), last_used_on=YESTERDAY)
        after = step(position, an_observation(now), a_strategy(), a_day())
        assert after.decision.reason is Gate.SPLIT_SUSPECTED
        assert after.position.status is Status.HALTED
        assert after.position.last_price == ticks(last)

    @pytest.mark.parametrize(("last", "now"), [("60", "60"), ("60", "70"), ("61.9", "30.9")])
    def test_needs_a_night_and_a_ratio(self, last: str, now: str) -> None:
        used_on: date = SESSION if now == "30.9" else YESTERDAY
        position = a_position(last_price=ticks(last), last_used_on=used_on)
        after = step(position, an_observation(now), a_strategy(), a_day())
        assert after.decision.reason is not Gate.SPLIT_SUSPECTED
        assert after.position.status is Status.RUNNING


class TestTheSpread:
    @pytest.mark.parametrize(
        ("observation", "is_narrow"),
        [
            (CENT, True),
            (CENT | {"ask": ticks("60.0601")}, False),
            (CENT | {"bid": ticks("60.0601")}, False),
            ({"bid": ticks("60"), "ask": ticks("60")}, True),
            ({"bid": ticks("1")}, True),
            ({"ask": ticks("99")}, True),
        ],
    )
    def test_lies_within_the_collar_and_is_not_crossed(
        self, observation: dict[str, Any], is_narrow: bool
    ) -> None:
        blocked = failing(observation=observation)
        assert blocked == (() if is_narrow else (Gate.SPREAD_TOO_WIDE,))
