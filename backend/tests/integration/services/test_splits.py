"""The 7:1 split of AAPL in 2014, booked into positions on paper on a real database."""

from dataclasses import replace
from datetime import date

import pytest

from app.adapters.postgres.store import PostgresStore
from app.domain.booked_action import ActionState
from app.domain.corporate_action import Dividend, Split
from app.domain.errors import ProviderError, ProviderFailure
from app.domain.position import Status
from app.simulation.bars import Adjustment, Bars
from tests.builders import shares, ticks, usd
from tests.integration.services.announced_desk import AnnouncedDesk, at
from tests.integration.simulation.recorded import read_daily, shared

EX = date(2014, 6, 9)
OPENED = at("2014-06-06", "15:01")
BEFORE, AFTER = ticks("645.57"), ticks("93.70")  # the closes of the Friday and the Monday


@pytest.fixture(scope="module")
def aapl() -> Bars:
    return read_daily(shared("daily_raw/AAPL.csv"), Adjustment.RAW)


@pytest.fixture
def apple(store: PostgresStore, aapl: Bars) -> AnnouncedDesk:
    return AnnouncedDesk(store=store, bars=aapl, opened=OPENED)


def running(desk: AnnouncedDesk, **changes: object) -> str:
    """Return a position that used the Friday's close, half in stock."""
    wish = {"cash": usd("64557"), "anchor": BEFORE} | changes
    position_id = desk.run(**wish)
    desk.tick(position_id, BEFORE)
    return position_id


class TestASplit:
    def test_overnight_is_booked_once_over_restarts_and_makes_no_phantom_trade(
        self, apple: AnnouncedDesk
    ) -> None:
        position_id = running(apple)
        apple.clock.set(at("2014-06-09", "13:31"))
        assert apple.tick(position_id, AFTER) == "inside_band"
        for moment in (at("2014-06-09", "14:05"), at("2014-06-10", "13:31")):
            apple.on(moment, position_id)
        state = apple.state(position_id)
        assert (state.shares, state.status) == (shares("700"), Status.RUNNING)
        assert state.anchor == ticks("92.2243")
        assert apple.kinds(position_id) == ["split"]
        assert apple.booked(position_id)[0].state is ActionState.SETTLED
        assert apple.desk.findings(position_id) == ()

    def test_moves_the_last_price_that_the_next_one_is_compared_with(
        self, apple: AnnouncedDesk
    ) -> None:
        position_id = running(apple)
        apple.on(at("2014-06-09", "08:00"), position_id)
        assert apple.state(position_id).last_price == ticks("92.2243")

    def test_that_is_not_confirmed_halts_with_its_reason(self, apple: AnnouncedDesk) -> None:
        position_id = running(apple)
        apple.history.hidden = {EX}
        apple.clock.set(at("2014-06-09", "13:31"))
        assert apple.tick(position_id, AFTER) == "split_suspected"
        record = apple.desk.record(position_id)
        assert record.state.status is Status.HALTED
        assert "no split is confirmed" in str(record.halt_reason)
        assert record.state.shares == shares("100")

    def test_confirmed_after_the_halt_is_booked_before_the_next_decision(
        self, apple: AnnouncedDesk
    ) -> None:
        position_id = running(apple)
        apple.history.hidden = {EX}
        apple.clock.set(at("2014-06-09", "14:31"))
        apple.tick(position_id, AFTER)
        apple.history.hidden = set()
        apple.clock.set(at("2014-06-09", "14:40"))
        apple.desk.manage.resolve_halt(position_id=position_id, reason="the split is known now")
        apple.desk.manage.start(position_id=position_id, reason="test")
        assert apple.tick(position_id, AFTER) == "inside_band"
        assert apple.state(position_id).shares == shares("700")

    def test_without_the_booking_would_have_been_a_phantom_buy(self, apple: AnnouncedDesk) -> None:
        """The gate that halts forgets the price before when a person resolves the halt."""
        position_id = running(apple)
        apple.history.hidden = {EX}
        apple.clock.set(at("2014-06-09", "14:31"))
        apple.tick(position_id, AFTER)
        apple.desk.manage.resolve_halt(position_id=position_id, reason="I did not look")
        apple.desk.manage.start(position_id=position_id, reason="test")
        assert apple.tick(position_id, AFTER) != "inside_band"

    def test_is_not_decided_on_while_the_provider_cannot_be_asked(
        self, apple: AnnouncedDesk
    ) -> None:
        position_id = running(apple)
        apple.history.failure = ProviderError(
            provider="yahoo",
            code=ProviderFailure.UNAVAILABLE,
            message="It does not answer.",
            retry_after_seconds=60,
        )
        apple.clock.set(at("2014-06-09", "13:31"))
        with pytest.raises(ProviderError):
            apple.tick(position_id, AFTER)
        assert apple.state(position_id).status is Status.RUNNING
        assert apple.kinds(position_id) == []

    def test_comes_before_a_dividend_of_the_same_date(
        self, store: PostgresStore, aapl: Bars
    ) -> None:
        paid = Dividend(ex_date=EX, per_share=usd("0.47"), pay_date=None)
        desk = AnnouncedDesk(store=store, bars=replace(aapl, dividends=(paid,)), opened=OPENED)
        position_id = running(desk)
        desk.on(at("2014-06-09", "13:31"), position_id)
        dividend, split = desk.booked(position_id)
        assert (split.entitled, dividend.entitled) == (shares("700"), shares("700"))
        assert (dividend.gross, dividend.previous_close) == (usd("329"), ticks("92.2243"))
        assert desk.desk.findings(position_id) == ()

    def test_learned_late_with_the_dividend_after_it_gives_both_their_shares(
        self, apple: AnnouncedDesk
    ) -> None:
        """AAPL went ex 0.47 on 2014-08-07, two months after the split; the robot was away."""
        position_id = running(apple)
        apple.on(at("2014-08-15", "13:31"), position_id)
        dividend, split = apple.booked(position_id)
        assert split.entitled == shares("700")
        assert (dividend.ex_date, dividend.gross) == (date(2014, 8, 7), usd("329"))
        assert apple.desk.findings(position_id) == ()

    def test_reads_the_same_years_later_after_another_split(self, apple: AnnouncedDesk) -> None:
        """A provider divides everything before 2020-08-31 by the 4:1 split of that day."""
        position_id = running(apple)
        apple.clock.set(at("2020-09-01", "15:01"))
        apple.desk.actions.bring_up_to_date(position_id=position_id)
        oldest = apple.booked(position_id)[-2:]
        assert [each.ex_date for each in oldest] == [date(2014, 8, 7), EX]
        assert (oldest[0].per_share, oldest[0].entitled) == (usd("0.47"), shares("700"))
        assert apple.state(position_id).shares == shares("2800")
        assert apple.desk.findings(position_id) == ()

    def test_pays_what_is_left_below_the_lot_at_the_close_before(
        self, store: PostgresStore, aapl: Bars
    ) -> None:
        three_for_two = Split(ex_date=EX, numerator=3, denominator=2)
        desk = AnnouncedDesk(
            store=store, bars=replace(aapl, splits=(three_for_two,)), opened=OPENED
        )
        position_id = desk.run(
            shares=shares("101"), anchor=BEFORE, strategy={"orders": {"lot": "1"}}
        )
        desk.on(at("2014-06-09", "08:00"), position_id)
        state = desk.state(position_id)
        assert state.shares == shares("151")
        assert state.cash == usd("6000") + usd("215.19")
        assert desk.kinds(position_id) == ["split", "split_remainder"]


class TestAStrangeSplit:
    def test_that_is_a_spin_off_halts_and_is_not_booked(
        self, store: PostgresStore, aapl: Bars
    ) -> None:
        odd = Split(ex_date=EX, numerator=331, denominator=250)
        desk = AnnouncedDesk(store=store, bars=replace(aapl, splits=(odd,)), opened=OPENED)
        position_id = running(desk)
        desk.on(at("2014-06-09", "08:00"), position_id)
        desk.on(at("2014-06-09", "13:31"), position_id)
        record = desk.desk.record(position_id)
        assert record.state.status is Status.HALTED
        assert "331:250" in str(record.halt_reason)
        assert desk.kinds(position_id) == []
        assert desk.events(position_id).count("action_quarantined") == 1

    def test_does_not_halt_again_what_a_person_has_resolved(
        self, store: PostgresStore, aapl: Bars
    ) -> None:
        odd = Split(ex_date=EX, numerator=331, denominator=250)
        desk = AnnouncedDesk(store=store, bars=replace(aapl, splits=(odd,)), opened=OPENED)
        position_id = running(desk)
        desk.on(at("2014-06-09", "08:00"), position_id)
        desk.desk.manage.resolve_halt(position_id=position_id, reason="a spin-off")
        desk.on(at("2014-06-10", "13:31"), position_id)
        assert desk.state(position_id).status is Status.PAUSED
