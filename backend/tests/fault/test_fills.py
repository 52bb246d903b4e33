"""How fills are booked: in parts, late, in any order, taken back, and some that nobody reports."""

from datetime import timedelta
from decimal import Decimal

import pytest

from app.domain.order import OrderEnd, OrderState
from app.domain.position import Status
from app.services.read_position import PositionView
from app.services.tick import TickResult
from tests.builders import shares, ticks, usd
from tests.fault.account import AT_ONCE, NEVER, Account
from tests.fault.faults import Fault, Lag
from tests.fault.one_order import FOR_EVER, Opens, agree, carry, order_of, proposed
from tests.fault.orders import Habits
from tests.integration.services.desk import a_wish

IN_PARTS = Habits(fill_seconds=(1, 1), part_seconds=(5, 5), in_parts=1, better_price=0)


@pytest.fixture
def account(opens: Opens) -> Account:
    return opens(AT_ONCE)


class TestAFillInParts:
    def test_is_booked_part_by_part_and_ends_at_its_mean_price(self, opens: Opens) -> None:
        account = opens(IN_PARTS)
        assert proposed(account, "63").state is OrderState.OPEN
        order = carry(account, after=2)
        assert order.state is OrderState.OPEN
        assert 0 < order.filled < order.quantity
        state = account.record().state
        assert (state.order_in_flight, state.anchor) == (True, ticks("60"))
        agree(account)
        account.clock.advance(timedelta(seconds=1))
        account.show("63.5")
        order = carry(account, after=30)
        assert (order.state, order.filled) == (OrderState.DONE, order.quantity)
        fills = account.broker.fills[1:]
        assert {fill.price for fill in fills} == {Decimal("63"), Decimal("63.5")}
        paid = sum((fill.quantity * fill.price for fill in fills), Decimal(0))
        mean = paid / sum((fill.quantity for fill in fills), Decimal(0))
        anchor = account.record().state.anchor
        assert anchor is not None
        assert abs(anchor - mean * 10_000) <= Decimal("0.5")
        assert account.record().state.status is Status.RUNNING
        agree(account)

    def test_of_which_the_first_shows_last_is_booked_whole(self, opens: Opens) -> None:
        account = opens(IN_PARTS)
        account.broker.faults.lags = {Lag.ACTIVITY: 1}
        account.broker.faults.lag_seconds = 1000
        proposed(account, "63")
        assert carry(account, after=2).filled == 0
        account.broker.faults.lags = {}
        order = carry(account, after=30)
        assert (order.state, order.filled > 0) == (OrderState.OPEN, True)
        assert account.record().state.order_in_flight
        order = carry(account, after=1000)
        assert (order.state, order.filled) == (OrderState.DONE, order.quantity)
        assert account.record().trades == len(account.broker.fills) - 1

    def test_that_is_reported_hours_later_is_booked_by_reconciliation(
        self, account: Account
    ) -> None:
        account.broker.faults.lags = {Lag.ACTIVITY: 1}
        account.broker.faults.lag_seconds = FOR_EVER
        proposed(account, "63")
        account.broker.faults.lags = {}
        account.clock.advance(timedelta(hours=2))
        account.broker.trade_by_hand("KO", side="buy", quantity="1", price="63")
        account.reconcile()  # after which the fills were read up to now
        assert (order_of(account).state, account.record().trades) == (OrderState.OPEN, 1)
        account.broker.faults.off()
        account.reconcile()
        assert order_of(account).state is OrderState.DONE
        assert account.record().trades == len(account.broker.fills) - 1

    def test_ends_with_what_was_filled_when_the_rest_is_cancelled(self, opens: Opens) -> None:
        account = opens(Habits(fill_seconds=(1, 1), part_seconds=(900, 900), in_parts=1))
        proposed(account, "63")
        assert carry(account, after=61).cancel_asked_at is not None
        order = carry(account, after=1)
        assert (order.state, order.ended) == (OrderState.DONE, OrderEnd.CANCELED)
        assert 0 < order.filled < order.quantity
        (fill,) = account.broker.fills[1:]
        assert account.record().state.anchor == ticks(str(fill.price))
        assert account.record().state.status is Status.RUNNING
        agree(account)

    def test_goes_on_until_the_broker_has_cancelled(self, opens: Opens) -> None:
        account = opens(
            Habits(fill_seconds=(70, 70), in_parts=0, cancel_seconds=(30, 30), better_price=0)
        )
        proposed(account, "63")
        assert carry(account, after=61).cancel_asked_at is not None
        assert carry(account, after=1).state is OrderState.OPEN
        order = carry(account, after=10)
        assert (order.state, order.ended) == (OrderState.DONE, OrderEnd.FILLED)
        assert account.record().state.status is Status.RUNNING
        agree(account)

    def test_that_is_never_reported_halts_and_keeps_the_order(self, account: Account) -> None:
        account.broker.faults.lags = {Lag.ACTIVITY: 1}
        account.broker.faults.lag_seconds = FOR_EVER
        assert proposed(account, "63").state is OrderState.OPEN
        assert carry(account, after=599).state is OrderState.OPEN
        assert account.record().state.status is Status.RUNNING
        assert carry(account, after=1).state is OrderState.OPEN
        assert account.record().state.status is Status.HALTED


class TestALateFill:
    def _void(self, account: Account) -> None:
        """Let an order be void here that reaches the exchange 300 seconds after it was sent."""
        account.broker.faults.held_back_seconds = 300
        account.broker.faults.force("POST", Fault.HELD_BACK)
        account.broker.faults.writes = {Fault.DROP_BEFORE: 1}
        proposed(account, "63")
        for _ in range(25):
            carry(account, after=5)
        assert order_of(account).state is OrderState.VOID
        account.broker.faults.writes = {}

    def test_of_a_void_order_is_booked_moves_the_anchor_and_halts(self, account: Account) -> None:
        self._void(account)
        account.clock.advance(timedelta(seconds=300))
        record = account.reconcile()
        assert record.state.status is Status.HALTED
        assert "was void" in str(record.halt_reason)
        assert record.state.anchor == ticks("63")
        agree(account)

    def test_is_prevented_by_cancelling_what_is_live_but_void_here(self, opens: Opens) -> None:
        account = opens(NEVER)
        self._void(account)
        account.clock.advance(timedelta(seconds=300))
        record = account.reconcile()
        assert record.state.status is Status.HALTED
        assert "live at the broker although it was void" in str(record.halt_reason)
        account.clock.advance(timedelta(seconds=1))
        assert account.broker.live_orders == ()


class TestABust:
    def test_of_one_part_leaves_the_other(self, opens: Opens) -> None:
        account = opens(IN_PARTS)
        proposed(account, "63")
        order = carry(account, after=30)
        assert order.state is OrderState.DONE
        _, first, *others = account.broker.fills
        account.clock.advance(timedelta(seconds=1))
        account.broker.bust(first.id)
        record = account.reconcile()
        assert record.state.status is Status.HALTED
        assert order_of(account).filled == sum(shares(str(fill.quantity)) for fill in others)
        assert record.state.shares == shares(str(account.broker.holdings("KO")))
        assert account.store.verify_book(position_id=account.id) == ()


class TestACommission:
    def test_is_paid_from_the_cash_of_a_position_on_paper(self, account: Account) -> None:
        wish = a_wish(strategy={"costs": {"commission_rate": "0.001"}})
        view = account.robot.opening.open(wish=wish)
        assert isinstance(view, PositionView)
        account.robot.manage.start(position_id=view.record.id, reason="test")
        account.clock.advance(timedelta(seconds=1))
        account.show("63")
        result = account.robot.tick.tick(position_id=view.record.id)
        assert isinstance(result, TickResult)
        assert result.trade is not None
        worth = result.trade.quantity * result.trade.price  # in 1/10,000 of a micro
        paid = -(-worth // (1000 * 10_000))
        assert result.position.record.state.cash == usd("6000") + worth // 10_000 - paid
