"""Who may send an order, and when: the kill switch, a halt, the lease, and what an account has."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from app.adapters.postgres.lease import PostgresLease
from app.domain.errors import InvalidInputError
from app.domain.order import OrderEnd, OrderState
from app.domain.position import Status
from app.services.halt_trading import HaltTrading
from tests.builders import ticks, usd
from tests.fault.account import AT_ONCE, NEVER, Account
from tests.fault.alpaca_server import AlpacaServer
from tests.fault.faults import Fault
from tests.fault.one_order import carry, proposed, restart
from tests.integration.services.desk import a_wish


@pytest.fixture
def url(new_database: Callable[[], str]) -> str:
    return new_database()


@pytest.fixture
def account(alpaca: AlpacaServer, url: str) -> Iterator[Account]:
    account = Account(url=url, alpaca=alpaca, habits=AT_ONCE)
    yield account
    account.close()


@pytest.fixture
def stuck(alpaca: AlpacaServer, url: str) -> Iterator[Account]:
    account = Account(url=url, alpaca=alpaca, habits=NEVER)
    yield account
    account.close()


def stop(account: Account) -> None:
    HaltTrading(store=account.store, clock=account.clock).halt(reason="test")


class TestTheKillSwitch:
    def test_holds_back_an_order_that_waits_to_be_sent(self, account: Account) -> None:
        account.broker.faults.force("POST", Fault.THROTTLED)
        order = proposed(account, "63")
        stop(account)
        after = carry(account, after=10)
        assert (after.state, after.ended) == (OrderState.REJECTED, OrderEnd.RISK)
        assert account.broker.posts == {order.id: 1}

    def test_cancels_what_is_live_at_the_next_look(self, stuck: Account) -> None:
        assert proposed(stuck, "63").state is OrderState.OPEN
        assert carry(stuck, after=1).cancel_asked_at is None
        stop(stuck)
        assert carry(stuck, after=1).cancel_asked_at is not None
        assert carry(stuck, after=1).ended is OrderEnd.CANCELED

    def test_refuses_the_decision_itself_and_stays_set_over_a_restart(
        self, account: Account
    ) -> None:
        stop(account)
        for _ in range(2):
            assert account.tick("63").decision.outcome["reason"] == "trading_halted"
            restart(account)
        assert account.broker.posts == {}


class TestAStatus:
    def test_of_a_pause_survives_a_restart_and_trades_nothing(self, account: Account) -> None:
        account.robot.manage.pause(position_id=account.id, reason="test")
        for _ in range(2):
            assert account.record().state.status is Status.PAUSED
            assert account.tick("63").decision.outcome["reason"] == "not_running"
            assert account.reconcile().state.status is Status.PAUSED
            restart(account)
        assert account.broker.posts == {}

    def test_of_a_halt_survives_a_restart_and_trades_nothing(self, account: Account) -> None:
        account.broker.drift(symbol="KO", shares="-3")
        reason = account.reconcile().halt_reason
        account.broker.drift(symbol="KO", shares="3")
        for _ in range(2):
            record = account.reconcile()
            assert (record.state.status, record.halt_reason) == (Status.HALTED, reason)
            assert account.tick("63").decision.outcome["reason"] == "not_running"
            restart(account)
        assert account.broker.posts == {}

    def test_of_a_halt_cancels_what_is_live(self, stuck: Account) -> None:
        assert proposed(stuck, "63").state is OrderState.OPEN
        stuck.clock.advance(timedelta(seconds=1))
        stuck.broker.trade_by_hand("KO", side="sell", quantity="1", price="61")
        assert stuck.reconcile().state.status is Status.HALTED
        carry(stuck, after=1)
        assert carry(stuck, after=1).ended is OrderEnd.CANCELED


class TestTheLease:
    def test_is_of_one_process_at_a_time(self, account: Account, url: str) -> None:
        held = account.robot.lease.epoch
        other = PostgresLease(url=url, holder="another")
        try:
            for _ in range(3):
                assert account.robot.lease.beat()
                assert other.take() is None
            account.robot.lease.give_up()
            assert other.take() == (held or 0) + 1
        finally:
            other.give_up()


class TestAnAccount:
    def test_gives_a_position_only_what_no_other_one_has(self, account: Account) -> None:
        # 20,000 USD less 100 shares at 60 are 14,000, of which the first position has 3,000.
        with pytest.raises(InvalidInputError) as refused:
            account.robot.opening.open(
                wish=a_wish(broker="alpaca-paper", cash=usd("11000.01"), shares=0)
            )
        assert refused.value.errors[0].allowed.startswith("at most 11000")
        with pytest.raises(InvalidInputError) as refused:
            account.robot.opening.open(wish=a_wish(broker="alpaca-paper", cash=0, shares=1))
        assert refused.value.errors[0].field == "opening.shares"
        assert account.record().state.anchor == ticks("60")
