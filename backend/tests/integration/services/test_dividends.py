"""Dividends that were really paid, booked into positions on paper on a real database."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest

from app.adapters.postgres.store import PostgresStore
from app.domain.book import LedgerKind
from app.domain.booked_action import ActionState
from app.domain.corporate_action import Dividend
from app.domain.entitlement import ex_dividend_anchor
from app.domain.errors import ProviderError, ProviderFailure
from app.domain.units import VALUE_PER_MICRO
from app.simulation.bars import Adjustment, Bars
from tests.builders import shares, ticks, usd
from tests.integration.postgres.records import page_of
from tests.integration.services.announced_desk import AnnouncedDesk, at, close_before, open_of
from tests.integration.simulation.recorded import (
    BUNDLED,
    read_adjusted_table,
    read_daily,
    shared,
)

EX = date(2023, 11, 30)  # KO, 0.46 a share; closed at 58.23 the day before
HALF_DAY_EX = date(2022, 11, 28)  # ZIM, 2.95 a share; the session before was a half day

NOT_NOW = ProviderError(
    provider="yahoo",
    code=ProviderFailure.RATE_LIMITED,
    message="Not now.",
    retry_after_seconds=60,
)


@pytest.fixture(scope="module")
def ko() -> Bars:
    return read_daily(BUNDLED / "KO.csv", Adjustment.RAW)


@pytest.fixture(scope="module")
def zim() -> Bars:
    return read_adjusted_table(Path(shared("daily_splitadj/ZIM.csv")))


@pytest.fixture
def cola(store: PostgresStore, ko: Bars) -> AnnouncedDesk:
    return AnnouncedDesk(store=store, bars=ko, opened=at("2023-11-29"))


class TestADropOnTheExDate:
    def test_is_no_reason_to_buy(self, store: PostgresStore, zim: Bars) -> None:
        """ZIM closed at 25.67 on a half day, and opened at 22.97 after a dividend of 2.95."""
        assert courses(store, zim, told=True) == ["inside_band", "inside_band"]

    def test_would_be_one_without_the_booking(self, store: PostgresStore, zim: Bars) -> None:
        assert courses(store, zim, told=False) == ["inside_band", "trigger"]

    def test_is_booked_by_the_first_tick_of_the_session(self, cola: AnnouncedDesk) -> None:
        position_id = cola.run(anchor=ticks("58.23"))
        cola.tick(position_id, ticks("58.23"))
        cola.clock.set(at("2023-11-30", "14:31"))
        cola.tick(position_id, ticks("57.96"))
        assert cola.kinds(position_id) == ["dividend"]
        assert cola.events(position_id)[-2:] == ["dividend_booked", "decided"]

    def test_is_not_decided_on_while_the_provider_cannot_be_asked(
        self, cola: AnnouncedDesk
    ) -> None:
        position_id = cola.run(anchor=ticks("58.23"))
        cola.tick(position_id, ticks("58.23"))
        cola.history.failure = NOT_NOW
        cola.clock.set(at("2023-11-30"))
        with pytest.raises(ProviderError, match="Not now"):
            cola.tick(position_id, ticks("50"))
        assert len(cola.desk.decisions(position_id)) == 1
        assert cola.kinds(position_id) == []
        cola.history.failure = None
        cola.tick(position_id, ticks("57.96"))
        assert cola.kinds(position_id) == ["dividend"]


def courses(store: PostgresStore, zim: Bars, *, told: bool) -> list[str]:
    """Return what a position decides at the close before the ex-date and at the open after it."""
    desk = AnnouncedDesk(store=store, bars=zim, opened=at("2022-11-25", "15:00"))
    desk.history.hidden = set() if told else {HALF_DAY_EX}
    close = close_before(zim, HALF_DAY_EX)
    position_id = desk.run(cash=usd("2567"), anchor=close)
    desk.clock.set(at("2022-11-25", "17:59"))
    reasons = [desk.tick(position_id, close)]
    desk.clock.set(at("2022-11-28", "14:31"))
    reasons.append(desk.tick(position_id, open_of(zim, HALF_DAY_EX)))
    assert desk.desk.findings(position_id) == ()
    return reasons


class TestADividend:
    def test_is_owed_from_the_ex_date_and_moves_the_anchor(
        self, cola: AnnouncedDesk, ko: Bars
    ) -> None:
        close = close_before(ko, EX)
        position_id = cola.run(anchor=ticks("60"))
        cola.on(at("2023-11-30", "09:00"), position_id)  # at four in the morning there
        state = cola.state(position_id)
        assert state.receivable == usd("34.5")
        assert state.anchor == ex_dividend_anchor(ticks("60"), close, usd("0.46"))
        (booked,) = cola.booked(position_id)
        assert (booked.gross, booked.tax, booked.net) == (usd("46"), usd("11.5"), usd("34.5"))
        assert (booked.previous_close, booked.entitled) == (close, shares("100"))
        assert cola.desk.findings(position_id) == ()

    def test_conserves_value_up_to_its_tax(self, cola: AnnouncedDesk, ko: Bars) -> None:
        close = close_before(ko, EX)
        position_id = cola.run(anchor=close)
        before = cola.state(position_id).value_at(close)
        cola.on(at("2023-11-30"), position_id)
        after = cola.state(position_id).value_at(close - ticks("0.46"))
        assert before - after == usd("11.5") * VALUE_PER_MICRO

    def test_is_paid_on_the_first_session_after_its_lag_and_once_over_restarts(
        self, cola: AnnouncedDesk
    ) -> None:
        position_id = cola.run()
        for moment in ("2023-11-30", "2023-11-30", "2023-12-29"):
            cola.on(at(moment), position_id)
        assert cola.kinds(position_id) == ["dividend"]
        cola.on(at("2023-12-30"), position_id)  # due, on a Saturday
        cola.on(at("2024-01-01"), position_id)  # New Year's Day
        assert cola.kinds(position_id) == ["dividend"]
        cola.on(at("2024-01-02"), position_id)
        cola.on(at("2024-01-03"), position_id)
        assert cola.kinds(position_id) == ["dividend", "dividend_paid"]
        state = cola.state(position_id)
        assert (state.receivable, state.cash) == (0, usd("6034.5"))
        assert cola.desk.findings(position_id) == ()

    def test_is_booked_once_by_many_at_once(self, cola: AnnouncedDesk) -> None:
        position_id = cola.run()
        cola.clock.set(at("2023-11-30"))
        actions = [cola.desk.actions for _ in range(8)]
        with ThreadPoolExecutor(8) as threads:
            asked = threads.map(
                lambda each: each.bring_up_to_date(position_id=position_id, again=True), actions
            )
            assert list(asked) == [True] * 8
        assert cola.kinds(position_id) == ["dividend"]
        assert cola.events(position_id).count("dividend_booked") == 1

    def test_goes_to_the_shares_of_the_session_before_extended_trades_included(
        self, cola: AnnouncedDesk
    ) -> None:
        position_id = cola.run()
        with page_of(cola.desk.store, position_id) as (_, journal):
            journal.at = at("2023-11-30", "00:59")  # 19:59 in New York, on the 29th
            journal.enter(LedgerKind.BUY, cash=-usd("580"), shares=shares("10"))
            journal.at = at("2023-11-30", "09:00")  # 04:00 on the ex-date itself
            journal.enter(LedgerKind.BUY, cash=-usd("580"), shares=shares("10"))
        cola.on(at("2023-11-30"), position_id)
        assert cola.booked(position_id)[0].entitled == shares("110")

    def test_of_the_opening_day_was_before_the_opening(
        self, store: PostgresStore, ko: Bars
    ) -> None:
        desk = AnnouncedDesk(store=store, bars=ko, opened=at("2023-11-30"))
        position_id = desk.run()
        desk.on(at("2023-12-01"), position_id)
        assert desk.booked(position_id) == ()

    def test_over_a_half_day_is_booked_the_session_after(
        self, store: PostgresStore, ko: Bars
    ) -> None:
        """KO went ex on 2014-11-26; the exchange closed early two days later."""
        desk = AnnouncedDesk(store=store, bars=ko, opened=at("2014-11-25"))
        position_id = desk.run()
        desk.on(at("2014-11-28", "18:30"), position_id)  # half an hour after the early close
        (booked,) = desk.booked(position_id)
        assert booked.ex_date == date(2014, 11, 26)
        assert "action_learned_late" in desk.events(position_id)

    def test_learned_late_counts_the_shares_of_its_ex_date_and_leaves_a_newer_anchor(
        self, cola: AnnouncedDesk
    ) -> None:
        position_id = cola.run()
        cola.history.hidden = {EX}
        cola.on(at("2023-11-30"), position_id)
        cola.clock.set(at("2023-12-01"))
        cola.desk.manage.set_anchor(position_id=position_id, price=ticks("58"), reason="test")
        with page_of(cola.desk.store, position_id) as (_, journal):
            journal.at = at("2023-12-01", "15:00")
            journal.enter(LedgerKind.SELL, cash=usd("2900"), shares=-shares("50"))
        cola.history.hidden = set()
        cola.on(at("2023-12-04"), position_id)
        assert cola.booked(position_id)[0].entitled == shares("100")
        assert cola.state(position_id).anchor == ticks("58")
        assert "action_learned_late" in cola.events(position_id)


class TestAStrangeDividend:
    def test_of_half_the_price_is_kept_apart(self, cola: AnnouncedDesk) -> None:
        position_id = cola.run()
        cola.history.changed = {EX: dividend(EX, "46")}
        cola.on(at("2023-11-30", "09:00"), position_id)
        cola.on(at("2024-02-01"), position_id)
        (kept,) = cola.booked(position_id)
        assert kept.state is ActionState.QUARANTINED
        assert "at least half of the close before" in str(kept.note)
        assert cola.kinds(position_id) == []
        assert cola.events(position_id).count("action_quarantined") == 1
        assert cola.desk.findings(position_id) == ()

    def test_is_booked_once_the_provider_has_mended_it(self, cola: AnnouncedDesk) -> None:
        position_id = cola.run()
        cola.history.changed = {EX: dividend(EX, "46")}
        cola.on(at("2023-11-30", "09:00"), position_id)
        cola.history.changed = {}
        cola.on(at("2023-11-30", "14:31"), position_id)
        (booked,) = cola.booked(position_id)
        assert (booked.state, booked.net) == (ActionState.BOOKED, usd("34.5"))
        assert cola.desk.findings(position_id) == ()

    def test_announced_twice_within_a_week_is_booked_once(self, cola: AnnouncedDesk) -> None:
        """A provider that moves an ex-date by a day tells the same dividend under two dates."""
        position_id = cola.run()
        cola.on(at("2023-11-30"), position_id)
        cola.history.changed = {EX: dividend(date(2023, 12, 1), "0.46")}
        cola.on(at("2023-12-01"), position_id)
        moved, booked = cola.booked(position_id)
        assert (moved.state, moved.ex_date) == (ActionState.QUARANTINED, date(2023, 12, 1))
        assert "2023-11-30" in str(moved.note)
        assert booked.differs == "not announced any more"
        assert cola.kinds(position_id) == ["dividend"]

    def test_amended_later_is_shown_and_not_booked_again(self, cola: AnnouncedDesk) -> None:
        position_id = cola.run()
        cola.on(at("2023-11-30"), position_id)
        cola.history.changed = {EX: dividend(EX, "0.48")}
        cola.on(at("2023-12-01"), position_id)
        cola.on(at("2023-12-04"), position_id)
        (booked,) = cola.booked(position_id)
        assert (booked.net, booked.differs) == (usd("34.5"), "480000 micros a share")
        assert cola.events(position_id).count("action_differs") == 1


def dividend(ex_date: date, per_share: str) -> Dividend:
    return Dividend(ex_date=ex_date, per_share=usd(per_share), pay_date=None)


class TestLookingUp:
    def test_asks_once_a_date_then_at_the_opening_and_half_an_hour_later(
        self, cola: AnnouncedDesk
    ) -> None:
        position_id = cola.run()
        asked = []
        for time in ("05:01", "14:29", "14:30", "14:59", "15:00", "20:59"):
            cola.clock.set(at("2023-11-30", time))
            cola.desk.actions.bring_up_to_date(position_id=position_id)
            asked.append(cola.history.asked)
        assert asked == [1, 1, 2, 2, 3, 3]

    def test_comes_again_after_the_provider_could_not_be_asked(self, cola: AnnouncedDesk) -> None:
        position_id = cola.run()
        cola.clock.set(at("2023-11-30"))
        cola.history.failure = NOT_NOW
        cola.desk.actions.bring_all_up_to_date()
        assert cola.desk.actions.are_due(cola.desk.record(position_id))
        cola.history.failure = None
        cola.desk.actions.bring_all_up_to_date()
        assert cola.kinds(position_id) == ["dividend"]

    def test_books_to_a_paused_position_and_not_to_an_archived_one(
        self, cola: AnnouncedDesk
    ) -> None:
        paused, archived = cola.run(), cola.run()
        for each in (paused, archived):
            cola.desk.manage.pause(position_id=each, reason="test")
        cola.desk.manage.archive(position_id=archived, reason="test")
        cola.clock.set(at("2023-11-30"))
        cola.desk.actions.bring_all_up_to_date()
        assert cola.kinds(paused) == ["dividend"]
        assert cola.desk.actions.bring_up_to_date(position_id=archived) is False
        assert cola.kinds(archived) == []


class TestTheDatabase:
    def test_refuses_a_booked_dividend_that_changes_or_comes_twice(
        self, cola: AnnouncedDesk, database_url: str
    ) -> None:
        position_id = cola.run()
        cola.on(at("2023-11-30"), position_id)
        (booked,) = cola.booked(position_id)
        with pytest.raises(Exception, match="corporate_action_pkey"), cola.desk.store.book() as b:
            b.add_action(position_id=position_id, action=booked)
        for statement in (
            "UPDATE corporate_action SET net = net + 1, tax = tax - 1",
            "UPDATE corporate_action SET state = 'settled'",
            "DELETE FROM corporate_action",
        ):
            with pytest.raises(psycopg.Error):
                changed(database_url, statement)
        with (
            pytest.raises(Exception, match="ledger_entry_once_an_action_idx"),
            page_of(cola.desk.store, position_id) as (_, journal),
        ):
            journal.enter(LedgerKind.DIVIDEND, receivable=usd("1"), reference=booked.reference)


def changed(database_url: str, statement: LiteralString) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(statement)
