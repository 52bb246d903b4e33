"""The 7:1 split of AAPL in 2014 at a broker that books it before us, after us, or never."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from app.domain.booked_action import ActionState
from app.domain.errors import ConflictError
from app.domain.order import OrderEnd
from app.domain.position import Status
from app.simulation.bars import Adjustment, Bars
from tests.builders import shares, ticks, usd
from tests.fault.alpaca_server import AlpacaServer
from tests.fault.announced_account import AnnouncedAccount
from tests.fault.hours import Hours
from tests.fault.orders import Habits
from tests.integration.services.announced_desk import at
from tests.integration.simulation.recorded import read_daily, shared

NIGHT, MORNING, NEXT_DAY = at("2014-06-09", "08:00"), at("2014-06-09"), at("2014-06-10")
WITHIN_A_MINUTE = Habits(fill_seconds=(30, 30), in_parts=0, better_price=0)

type Opened = Callable[..., AnnouncedAccount]


@pytest.fixture(scope="module")
def aapl() -> Bars:
    return read_daily(shared("daily_raw/AAPL.csv"), Adjustment.RAW)


@pytest.fixture
def opened(aapl: Bars, alpaca: AlpacaServer, new_database: Callable[[], str]) -> Iterator[Opened]:
    accounts: list[AnnouncedAccount] = []

    def open_account(**changes: Any) -> AnnouncedAccount:
        wish: dict[str, Any] = {
            "url": new_database(),
            "alpaca": alpaca,
            "bars": aapl,
            "opened": at("2014-06-06", "14:30"),
            "price": "645.57",
            "cash": "64557",
        }
        accounts.append(AnnouncedAccount(**(wish | changes)))
        return accounts[-1]

    yield open_account
    for account in accounts:
        account.close()


class TestASplitAtABroker:
    def test_that_we_book_first_waits_for_the_broker_and_decides_nothing(
        self, opened: Opened
    ) -> None:
        account = opened()
        account.clock.set(NIGHT)
        with pytest.raises(ConflictError, match="does not show its shares yet"):
            account.look_up()
        record = account.reconcile(NIGHT)
        assert (record.state.shares, record.state.status) == (shares("700"), Status.RUNNING)
        for moment in (NIGHT + timedelta(hours=1), MORNING):
            with pytest.raises(ConflictError, match="Nothing is decided"):
                account.tick(moment, "93.70")
        account.broker.drift(symbol="AAPL", shares="600")
        assert account.reconcile(MORNING).state.status is Status.RUNNING
        assert account.actions()[0].state is ActionState.SETTLED
        assert account.tick(MORNING + timedelta(seconds=1), "93.70") == "inside_band"
        assert account.kinds() == ["split"]

    def test_that_the_broker_books_first_waits_for_the_provider(self, opened: Opened) -> None:
        account = opened()
        account.history.hidden = {NIGHT.date()}
        account.broker.drift(symbol="AAPL", shares="600")
        record = account.reconcile(at("2014-06-09", "05:00"))
        assert (record.state.shares, record.state.status) == (shares("100"), Status.RUNNING)
        account.history.hidden = set()
        record = account.reconcile(at("2014-06-09", "07:00"))
        assert (record.state.shares, record.state.status) == (shares("700"), Status.RUNNING)
        assert account.actions()[0].state is ActionState.BOOKED
        account.reconcile(at("2014-06-09", "07:05"))
        assert account.actions()[0].state is ActionState.SETTLED
        assert account.tick(MORNING, "93.70") == "inside_band"

    def test_that_no_data_has_confirmed_in_the_session_halts(self, opened: Opened) -> None:
        account = opened()
        account.history.hidden = {NIGHT.date()}
        account.broker.drift(symbol="AAPL", shares="600")
        assert account.reconcile(NIGHT).state.status is Status.HALTED, "extended hours"
        assert "The broker holds 700 AAPL" in str(account.record().halt_reason)

    def test_that_the_broker_never_shows_halts_after_a_day(self, opened: Opened) -> None:
        account = opened()
        account.clock.set(NIGHT)
        with pytest.raises(ConflictError):
            account.look_up()
        assert account.reconcile(MORNING).state.status is Status.RUNNING
        record = account.reconcile(NEXT_DAY)
        assert record.state.status is Status.HALTED
        assert "The broker holds 100 AAPL; by our books it should be 700" in str(record.halt_reason)

    def test_another_difference_still_halts_at_night(self, opened: Opened) -> None:
        account = opened()
        account.history.hidden = {NIGHT.date()}
        account.broker.drift(symbol="AAPL", shares="-3")
        assert account.reconcile(at("2014-06-09", "05:00")).state.status is Status.HALTED

    def test_splits_what_the_account_holds_besides(self, opened: Opened) -> None:
        account = opened(held="150")
        account.broker.drift(symbol="AAPL", shares="900")
        account.clock.set(NIGHT)
        with pytest.raises(ConflictError):
            account.look_up()
        record = account.reconcile(NIGHT)
        assert (record.shares_beside, record.state.status) == (shares("350"), Status.RUNNING)
        assert account.actions()[0].state is ActionState.SETTLED

    def test_survives_a_restart_between_booking_and_the_brokers_shares(
        self, opened: Opened
    ) -> None:
        account = opened()
        account.clock.set(NIGHT)
        with pytest.raises(ConflictError):
            account.look_up()
        account.restart()
        with pytest.raises(ConflictError, match="Nothing is decided"):
            account.tick(MORNING, "93.70")
        account.broker.drift(symbol="AAPL", shares="600")
        account.reconcile(MORNING)
        account.restart()
        assert account.tick(MORNING + timedelta(seconds=1), "93.70") == "inside_band"
        assert account.kinds() == ["split"]

    def test_after_the_shares_were_adopted_is_not_booked_on_top(self, opened: Opened) -> None:
        account = opened()
        account.history.hidden = {NIGHT.date()}
        account.broker.drift(symbol="AAPL", shares="600")
        account.reconcile(NIGHT)
        account.robot.reconciling.adopt(position_id=account.id, reason="it split")
        account.history.hidden = set()
        account.clock.set(MORNING)
        account.look_up()
        record = account.record()
        assert record.state.shares == shares("700")
        assert account.actions()[0].state is ActionState.QUARANTINED
        assert "was adopted since its ex-date" in str(account.actions()[0].note)

    def test_is_not_booked_by_a_process_that_does_not_trade(self, opened: Opened) -> None:
        account = opened()
        account.robot.lease.give_up()
        account.clock.set(NIGHT)
        with pytest.raises(ConflictError) as refused:
            account.look_up()
        assert refused.value.reason == "trading_elsewhere"
        assert account.actions() == ()
        account.robot.lease.take()


class TestAnOrderOverASplit:
    def test_is_cancelled_and_known_to_be_done_before_the_split_is_booked(
        self, opened: Opened
    ) -> None:
        account = opened(hours=never_closes)
        account.tick(at("2014-06-06", "19:59"), "670")
        assert account.record().state.order_in_flight
        account.clock.set(NIGHT)
        with pytest.raises(ConflictError) as waits:
            account.look_up()
        assert waits.value.reason == "order_in_flight"
        assert account.actions() == ()
        assert account.record().state.order_in_flight, "the cancellation was only asked for"
        account.clock.set(NIGHT + timedelta(minutes=1))
        with pytest.raises(ConflictError) as waits:
            account.look_up()
        assert waits.value.reason == "split_unsettled"
        with account.store.book() as book:
            (order,) = book.list_orders(position_id=account.id, limit=9, cursor=None).items
        assert order.ended is OrderEnd.CANCELED
        assert account.record().state.shares == shares("700")

    def test_whose_fills_are_reported_late_counts_for_the_day_of_its_order(
        self, opened: Opened
    ) -> None:
        """The robot dies with the order at the market, which fills; the night passes."""
        account = opened(habits=WITHIN_A_MINUTE)
        account.tick(at("2014-06-06", "19:59"), "670")
        account.clock.set(at("2014-06-06", "19:59") + timedelta(seconds=40))
        account.broker.advance()
        (fill,) = [fill for fill in account.broker.fills if fill.side == "sell"]
        account.broker.drift(symbol="AAPL", shares=str(6 * account.broker.holdings("AAPL")))
        account.restart()
        account.clock.set(NIGHT)
        with pytest.raises(ConflictError):
            account.look_up()
        left = shares("100") - shares(str(fill.quantity))
        record = account.record()
        assert record.state.shares == 7 * left
        assert record.state.anchor == ticks("95.7143"), "670 USD, a seventh of it"
        assert account.kinds() == ["sell", "split"]
        assert account.reconcile(NIGHT).state.status is Status.RUNNING
        assert abs(record.state.cash - usd("64557") - usd(str(fill.cash))) <= usd("0.01")


def never_closes(moment: datetime) -> Hours:
    """Return hours in which no order of the day ends by itself."""
    later = moment + timedelta(days=30)
    return Hours(is_open=True, next_open=later, next_close=later)
