"""What a broker books without a trade: dividends of KO, their tax, and fees, over the wire."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from app.domain.booked_action import ActionState
from app.domain.position import Broker as BrokerName
from app.domain.position import Status
from app.simulation.bars import Adjustment, Bars
from tests.builders import shares, ticks, usd
from tests.fault.alpaca_server import AlpacaServer
from tests.fault.announced_account import AnnouncedAccount
from tests.integration.services.announced_desk import at
from tests.integration.simulation.recorded import BUNDLED, read_daily

EX_DAY, PAY_DAY = at("2023-11-30"), at("2023-12-15")

type Opened = Callable[..., AnnouncedAccount]


@pytest.fixture(scope="module")
def ko() -> Bars:
    return read_daily(BUNDLED / "KO.csv", Adjustment.RAW)


@pytest.fixture
def opened(ko: Bars, alpaca: AlpacaServer, new_database: Callable[[], str]) -> Iterator[Opened]:
    accounts: list[AnnouncedAccount] = []

    def open_account(**changes: Any) -> AnnouncedAccount:
        wish: dict[str, Any] = {
            "url": new_database(),
            "alpaca": alpaca,
            "bars": ko,
            "opened": at("2023-11-29"),
            "price": "58.23",
        }
        accounts.append(AnnouncedAccount(**(wish | changes)))
        return accounts[-1]

    yield open_account
    for account in accounts:
        account.close()


def live(opened: Opened, **changes: Any) -> AnnouncedAccount:
    """Return an account with real money, on the ex-date: 34.50 USD are owed to its position."""
    account = opened(name=BrokerName.ALPACA_LIVE, **changes)
    account.clock.set(EX_DAY)
    account.look_up()
    assert account.record().state.receivable == usd("34.5")
    return account


def paid(account: AnnouncedAccount, **amounts: str) -> None:
    """Let the broker book these amounts of KO's dividend on its pay date, and look."""
    account.clock.set(PAY_DAY)
    for kind, amount in amounts.items():
        account.broker.pay(kind, amount=amount, symbol="KO")
    account.reconcile(PAY_DAY + timedelta(minutes=1))


class TestADividendWithRealMoney:
    def test_is_never_paid_by_the_ledger(self, opened: Opened) -> None:
        account = live(opened)
        account.clock.set(at("2024-01-05"))
        account.look_up()
        assert account.kinds() == ["dividend"]

    def test_is_settled_by_what_the_broker_booked_once_over_restarts(self, opened: Opened) -> None:
        account = live(opened)
        paid(account, DIV="46", DIVNRA="-11.5")
        account.restart()
        account.reconcile(PAY_DAY + timedelta(days=1))
        state = account.record().state
        assert (state.receivable, state.cash) == (0, usd("3034.5"))
        assert account.kinds() == ["dividend", "dividend_paid"]
        (action,) = account.actions()
        assert (action.state, action.paid_on) == (ActionState.SETTLED, PAY_DAY.date())
        assert account.record().state.status is Status.RUNNING

    def test_of_another_amount_books_the_difference(self, opened: Opened) -> None:
        account = live(opened)
        paid(account, DIV="46")
        state = account.record().state
        assert (state.receivable, state.cash) == (0, usd("3046"))
        assert account.kinds() == ["dividend", "dividend_paid", "dividend_difference"]

    def test_is_corrected_by_tax_that_comes_days_later(self, opened: Opened) -> None:
        account = live(opened)
        paid(account, DIV="46")
        account.clock.set(PAY_DAY + timedelta(days=3))
        account.broker.pay("DIVNRA", amount="-11.5", symbol="KO")
        account.reconcile(PAY_DAY + timedelta(days=3, minutes=1))
        assert account.record().state.cash == usd("3034.5")
        assert account.events().count("dividend_corrected") == 2

    def test_that_is_missing_is_told_and_still_settled_when_it_comes(self, opened: Opened) -> None:
        account = live(opened)
        account.clock.set(at("2024-02-01"))
        account.look_up()
        account.clock.set(at("2024-02-02"))
        account.look_up()
        assert account.actions()[0].state is ActionState.OVERDUE
        assert account.events().count("dividend_overdue") == 1
        assert account.record().state.receivable == usd("34.5")
        account.broker.pay("DIV", amount="34.5", symbol="KO")
        account.reconcile(at("2024-02-05"))
        assert account.record().state.cash == usd("3034.5")
        assert account.actions()[0].state is ActionState.SETTLED

    def test_that_nobody_expects_is_told_once_and_booked_to_nobody(self, opened: Opened) -> None:
        account = opened(name=BrokerName.ALPACA_LIVE)
        paid(account, DIV="46")
        account.reconcile(PAY_DAY + timedelta(days=1))
        assert account.record().state.cash == usd("3000")
        assert account.events().count("dividend_unexpected") == 1
        assert account.kinds() == []

    def test_is_ours_only_for_our_shares(self, opened: Opened) -> None:
        account = live(opened, held="150")
        paid(account, DIV="69", DIVNRA="-17.25")
        assert account.record().state.cash == usd("3034.5")
        assert account.record().shares_beside == shares("50")


class TestAFee:
    def test_is_taken_from_the_only_position(self, opened: Opened) -> None:
        account = live(opened)
        account.clock.set(PAY_DAY)
        account.broker.pay("FEE", amount="-0.13")
        account.reconcile(PAY_DAY + timedelta(minutes=1))
        account.reconcile(PAY_DAY + timedelta(minutes=6))
        assert account.kinds() == ["dividend", "fee"]
        assert account.record().state.cash == usd("2999.87")

    def test_that_is_nobodys_explains_the_missing_cash(self, opened: Opened) -> None:
        account = live(opened, cash="3000")
        account.broker.drift(cash="500")
        account.broker.set_price("MSFT", last="380")
        account.open(symbol="MSFT", cash=usd("500"), shares=0, anchor=ticks("380"))
        account.clock.set(PAY_DAY)
        account.broker.pay("FEE", amount="-5")
        record = account.reconcile(PAY_DAY + timedelta(minutes=1))
        assert (record.state.cash, record.state.status) == (usd("3000"), Status.RUNNING)
        account.broker.drift(cash="-1")
        assert account.reconcile(PAY_DAY + timedelta(minutes=6)).state.status is Status.HALTED


class TestADividendInAPaperAccount:
    def test_is_paid_by_the_ledger_and_not_missed_in_the_account(self, opened: Opened) -> None:
        account = opened()
        account.clock.set(EX_DAY)
        account.look_up()
        account.clock.set(at("2024-01-02"))
        account.look_up()
        assert account.kinds() == ["dividend", "dividend_paid"]
        record = account.reconcile(at("2024-01-02", "15:05"))
        assert (record.state.cash, record.state.status) == (usd("3034.5"), Status.RUNNING)
        account.broker.drift(cash="-1")
        assert account.reconcile(at("2024-01-02", "15:10")).state.status is Status.HALTED
