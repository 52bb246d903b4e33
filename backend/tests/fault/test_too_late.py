"""An order that reaches the broker when it is void here: held back on its way, for minutes."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from app.domain.book import OrderRecord
from app.domain.order import OrderState
from app.domain.position import Status
from tests.builders import shares
from tests.fault.account import AT_ONCE, NEVER, Account
from tests.fault.alpaca_server import AlpacaServer
from tests.fault.faults import Fault

HELD_BACK_SECONDS = 300
STEP = timedelta(seconds=10)


@pytest.fixture
def opened(alpaca: AlpacaServer, new_database: Callable[[], str]) -> Iterator[Account]:
    account = Account(url=new_database(), alpaca=alpaca, habits=AT_ONCE)
    yield account
    account.close()


def the_order(account: Account) -> OrderRecord:
    with account.store.book() as book:
        (order,) = book.list_orders(position_id=account.id, limit=9, cursor=None).items
    return order


def send_into_the_void(account: Account) -> None:
    """Let an order get stuck on its way until it is void here, and let it arrive then."""
    account.broker.faults.held_back_seconds = HELD_BACK_SECONDS
    account.broker.faults.force("POST", Fault.HELD_BACK, *[Fault.DROP_BEFORE] * 20)
    account.tick("63")
    assert the_order(account).state is OrderState.UNKNOWN
    for _ in range(20):
        account.clock.advance(STEP)
        account.robot.carrying.carry(position_id=account.id)
    assert the_order(account).state is OrderState.VOID
    assert not account.broker.accepted
    account.clock.advance(timedelta(seconds=HELD_BACK_SECONDS))
    account.broker.advance()
    assert account.broker.accepted == {the_order(account).id: 1}


class TestAnOrderThatArrivesWhenItIsVoid:
    def test_is_cancelled_and_halts(self, opened: Account) -> None:
        opened.broker.habits = NEVER
        send_into_the_void(opened)
        record = opened.reconcile()
        assert record.state.status is Status.HALTED
        assert "live at the broker although it was void here" in str(record.halt_reason)
        opened.clock.advance(STEP)
        assert opened.broker.live_orders == ()
        assert the_order(opened).filled == 0

    def test_is_booked_as_it_fills_and_halts(self, opened: Account) -> None:
        send_into_the_void(opened)
        record = opened.reconcile()
        assert record.state.status is Status.HALTED
        assert "was void when the broker still filled" in str(record.halt_reason)
        assert record.state.shares == shares(str(opened.broker.holdings("KO")))
        assert the_order(opened).filled == the_order(opened).quantity
        assert record.trades == 1
