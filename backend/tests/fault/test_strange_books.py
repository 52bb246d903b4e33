"""What somebody else does at the broker: booked or not, it halts, and a person decides."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from app.domain.book import PositionRecord
from app.domain.decision import Fall
from app.domain.errors import ConflictError
from app.domain.order import OrderEnd, OrderState
from app.domain.position import Status
from app.domain.protection import falls
from app.domain.units import VALUE_PER_USD
from tests.builders import shares, ticks, usd
from tests.fault.account import AT_ONCE, NEVER, Account
from tests.fault.alpaca_server import AlpacaServer
from tests.fault.faults import Fault, Lag
from tests.fault.robot import Robot


@pytest.fixture
def account(alpaca: AlpacaServer, new_database: Callable[[], str]) -> Iterator[Account]:
    account = Account(url=new_database(), alpaca=alpaca, habits=AT_ONCE)
    yield account
    account.close()


@pytest.fixture
def stuck(alpaca: AlpacaServer, new_database: Callable[[], str]) -> Iterator[Account]:
    account = Account(url=new_database(), alpaca=alpaca, habits=NEVER)
    yield account
    account.close()


class TestAnOrder:
    def test_that_fills_at_once_moves_the_anchor_and_equals_the_broker(
        self, account: Account
    ) -> None:
        result = account.tick("63")
        assert result.order is not None
        assert (result.order.state, result.order.ended) == (OrderState.DONE, OrderEnd.FILLED)
        record = account.reconcile()
        assert record.state.status is Status.RUNNING
        assert record.state.anchor == ticks("63")
        assert record.state.shares == shares(str(account.broker.holdings("KO")))

    def test_that_does_not_fill_is_cancelled_after_a_minute(self, stuck: Account) -> None:
        stuck.tick("63")
        assert stuck.record().state.order_in_flight
        stuck.clock.advance(timedelta(seconds=61))
        stuck.robot.carrying.carry(position_id=stuck.id)
        stuck.clock.advance(timedelta(seconds=1))
        stuck.robot.carrying.carry(position_id=stuck.id)
        with stuck.store.book() as book:
            (order,) = book.list_orders(position_id=stuck.id, limit=9, cursor=None).items
        assert (order.state, order.ended, order.filled) == (
            OrderState.DONE,
            OrderEnd.CANCELED,
            0,
        )
        assert stuck.record().state.anchor == ticks("60")


class TestAFill:
    def test_of_an_order_that_the_broker_does_not_show_yet_waits_for_it(
        self, account: Account
    ) -> None:
        faults = account.broker.faults
        faults.lags, faults.lag_seconds = {Lag.ORDER: 1, Lag.CLIENT_ID: 1}, 300
        faults.force("POST", Fault.DROP_AFTER)
        account.tick("63")
        record = account.reconcile()
        assert len(account.broker.fills) == 2
        assert (record.state.status, record.trades) == (Status.RUNNING, 0)
        faults.off()
        record = account.reconcile()
        assert (record.state.status, record.trades) == (Status.RUNNING, 1)
        assert record.state.shares == shares(str(account.broker.holdings("KO")))
        assert not record.state.order_in_flight


class TestAnotherHandAtTheBroker:
    def test_that_traded_is_booked_and_halts(self, account: Account) -> None:
        account.clock.advance(timedelta(seconds=1))
        account.broker.trade_by_hand("KO", side="sell", quantity="10", price="61")
        record = account.reconcile()
        assert record.state.status is Status.HALTED
        assert "not this robot" in str(record.halt_reason)
        assert (record.state.shares, record.state.cash) == (shares("90"), usd("3610"))

    def test_that_moved_shares_halts_until_they_are_adopted(self, account: Account) -> None:
        account.broker.drift(symbol="KO", shares="-3")
        record = account.reconcile()
        assert record.state.status is Status.HALTED
        assert "97" in str(record.halt_reason)
        assert record.state.shares == shares("100")
        account.robot.reconciling.adopt(position_id=account.id, reason="sold elsewhere")
        assert account.record().state.shares == shares("97")
        with pytest.raises(ConflictError):
            account.robot.reconciling.adopt(position_id=account.id, reason="again")

    def test_that_took_out_cash_halts(self, account: Account) -> None:
        account.broker.drift(cash="-19000")
        record = account.reconcile()
        assert record.state.status is Status.HALTED
        assert "less than" in str(record.halt_reason)


class TestABust:
    def test_is_reversed_to_the_last_micro_and_halts(self, account: Account) -> None:
        before = account.record().state
        account.tick("63")
        account.clock.advance(timedelta(seconds=1))
        account.broker.bust(account.broker.fills[-1].id)
        record = account.reconcile()
        assert record.state.status is Status.HALTED
        assert (record.state.cash, record.state.shares) == (before.cash, before.shares)


class TestAProtection:
    def test_measures_a_trade_by_another_hand_as_a_gain_or_loss(self, account: Account) -> None:
        marks = account.protect("60")
        account.clock.advance(timedelta(seconds=1))
        account.broker.trade_by_hand("KO", side="buy", quantity="10", price="80")
        record = account.reconcile()
        assert record.state.marks == marks
        assert record.state.value_at(ticks("60")) == marks.last - 200 * VALUE_PER_USD

    def test_measures_what_a_bust_takes_back_from_a_peak_that_stays(self, account: Account) -> None:
        account.protect("60")
        account.tick("57")  # buys
        account.tick("58")
        before = account.record().state
        account.clock.advance(timedelta(seconds=1))
        account.broker.bust(account.broker.fills[-1].id)
        state = account.reconcile().state
        assert state.marks == before.marks
        assert state.value_at(ticks("58")) < before.value_at(ticks("58"))

    @pytest.mark.parametrize("moved", ["-40", "250"])
    def test_is_neither_tripped_nor_loosened_by_shares_that_are_adopted(
        self, account: Account, moved: str
    ) -> None:
        account.protect("60")
        account.tick("59")
        (before,) = falls_of(account.record())
        account.broker.drift(symbol="KO", shares=moved)
        account.reconcile()
        account.robot.reconciling.adopt(position_id=account.id, reason="moved by hand")
        (after,) = falls_of(account.record())
        assert after.value == before.value + int(moved) * 59 * VALUE_PER_USD
        assert after.part == before.part == 11_111  # 100 of 9,000 USD
        account.robot.manage.resolve_halt(position_id=account.id, reason="adopted")
        account.robot.manage.start(position_id=account.id, reason="adopted")
        assert account.tick("59").decision.outcome["reason"] != "max_drawdown"
        assert account.tick("57.9").decision.outcome["reason"] != "max_drawdown"


def falls_of(record: PositionRecord) -> tuple[Fall, ...]:
    return falls(record.state.protections, record.state.marks)


class TestAnotherAccount:
    def test_halts_what_belongs_to_the_first(self, account: Account) -> None:
        account.broker.account_id = "00000000-0000-4000-8000-000000000000"
        record = account.reconcile()
        assert record.state.status is Status.HALTED
        assert "another account" in str(record.halt_reason)


class TestAZombie:
    def test_changes_nothing_once_another_process_trades(
        self, stuck: Account, new_database: Callable[[], str]
    ) -> None:
        stuck.tick("63")
        asleep = stuck.robot
        epoch = asleep.lease.epoch
        with stuck.store.book() as book:
            book.require_epoch(epoch=epoch or 0)
        awake = stuck.robot.born_again()
        asleep.lease._epoch = epoch  # it does not know yet that its connection is gone
        assert awake.lease.take() == (epoch or 0) + 1
        stuck.clock.advance(timedelta(seconds=61))
        try:
            with pytest.raises(ConflictError) as refused:
                carry_on(asleep, stuck.id)
            assert refused.value.reason == "trading_elsewhere"
        finally:
            asleep.lease._epoch = None
            stuck.robot = awake


def carry_on(robot: Robot, position_id: str) -> None:
    """Let a process go on whose connection to the broker is as it was."""
    again = Robot(**robot._built)
    again.lease._epoch = robot.lease.epoch
    try:
        again.carrying.carry(position_id=position_id)
    finally:
        again.lease._epoch = None
        again.end()
