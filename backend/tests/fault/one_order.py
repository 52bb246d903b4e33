"""What tests of single orders do with an account, and what must hold of it whatever happened."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from app.domain.book import OrderRecord
from app.domain.order import OrderState
from app.domain.position import Status
from tests.builders import shares, usd
from tests.fault.account import Account
from tests.fault.orders import Habits
from tests.fault.robot import Death

CENT = 10_000
FOR_EVER = 100_000.0

type Opens = Callable[[Habits], Account]


def order_of(account: Account) -> OrderRecord:
    """Return the newest order."""
    with account.store.book() as book:
        return book.list_orders(position_id=account.id, limit=1, cursor=None).items[0]


def carry(account: Account, *, after: float) -> OrderRecord:
    """Let so many seconds pass, carry the live order on, and return the newest one."""
    account.clock.advance(timedelta(seconds=after))
    account.robot.carrying.carry(position_id=account.id)
    return order_of(account)


def proposed(account: Account, price: str) -> OrderRecord:
    """Return the order of a tick, as far as it went."""
    result = account.tick(price)
    assert result.decision.outcome["kind"] == "proposed"
    assert result.order is not None
    return result.order


def dies(account: Account, failpoint: str, price: str) -> None:
    """End the process of a tick at a failpoint, and start another one."""
    account.robot.dies_at = failpoint
    with pytest.raises(Death):
        account.tick(price)
    restart(account)


def restart(account: Account) -> None:
    account.robot = account.robot.born_again()
    assert account.robot.lease.take() is not None


def agree(account: Account) -> None:
    """Assert that our books are whole and are the broker's: fills, shares, cash to the cent."""
    state = account.record().state
    fills = account.broker.fills[1:]  # the first one was before the position
    with account.store.book() as book:
        trades = book.list_trades(position_id=account.id, limit=100, cursor=None).items
    assert account.store.verify_book(position_id=account.id) == ()
    assert [trade.fill_id for trade in reversed(trades)] == [fill.id for fill in fills]
    assert [trade.quantity for trade in reversed(trades)] == [
        shares(str(fill.quantity)) for fill in fills
    ]
    assert state.shares == shares(str(account.broker.holdings("KO")))
    moved = usd(str(sum(fill.cash for fill in fills)))
    assert abs(state.cash - usd("3000") - moved) <= CENT * len(fills)
    assert max(account.broker.accepted.values(), default=1) == 1


def at_peace(account: Account, price: str) -> None:
    """Assert that the position runs, rests, agrees with the broker, and trades again at `price`."""
    state = account.record().state
    assert (state.status, state.order_in_flight) == (Status.RUNNING, False)
    agree(account)
    assert proposed(account, price).state is OrderState.DONE
    agree(account)
