"""What becomes of one order, fault by fault: the lives draw these by chance, here each is sure."""

from datetime import timedelta

import pytest

from app.domain.order import OrderEnd, OrderState
from app.domain.position import Status
from app.services.tick import TickResult
from tests.builders import ticks, usd
from tests.fault.account import AT_ONCE, NEVER, Account
from tests.fault.faults import Fault, Lag
from tests.fault.one_order import (
    FOR_EVER,
    Opens,
    agree,
    at_peace,
    carry,
    dies,
    order_of,
    proposed,
)

LOST = [
    Fault.DROP_AFTER,
    Fault.ERROR_AFTER,
    Fault.GATEWAY_TIMEOUT,
    Fault.GARBAGE,
    Fault.TRUNCATED,
]


@pytest.fixture
def account(opens: Opens) -> Account:
    return opens(AT_ONCE)


class TestALostAnswer:
    @pytest.mark.parametrize("kind", LOST)
    def test_loses_no_fill_and_is_read_later(self, account: Account, kind: Fault) -> None:
        account.broker.faults.force("POST", kind)
        order = proposed(account, "63")
        assert (order.state, order.ended) == (OrderState.UNKNOWN, None)
        order = carry(account, after=1)
        assert (order.state, order.ended) == (OrderState.DONE, OrderEnd.FILLED)
        assert account.broker.posts == {order.id: 1}
        assert account.record().state.anchor == ticks("63")
        at_peace(account, "66.15")

    def test_is_followed_by_the_same_id_where_the_order_never_arrived(
        self, account: Account
    ) -> None:
        account.broker.faults.force("POST", Fault.DROP_BEFORE)
        order = proposed(account, "63")
        assert carry(account, after=1).state is OrderState.UNKNOWN
        assert account.broker.posts == {order.id: 1}
        assert carry(account, after=5).state is OrderState.DONE
        assert account.broker.posts == {order.id: 2}
        at_peace(account, "66.15")

    def test_is_no_end_while_the_broker_does_not_show_the_order_yet(self, account: Account) -> None:
        account.broker.faults.lags = {Lag.CLIENT_ID: 1, Lag.ORDER: 1}
        account.broker.faults.lag_seconds = FOR_EVER
        account.broker.faults.force("POST", Fault.DROP_AFTER)
        proposed(account, "63")
        assert carry(account, after=62).state is OrderState.UNKNOWN
        account.broker.faults.off()
        assert carry(account, after=1).state is OrderState.DONE
        at_peace(account, "66.15")

    def test_is_no_end_while_the_list_of_the_day_shows_the_order(self, account: Account) -> None:
        account.broker.faults.lags = {Lag.CLIENT_ID: 1}
        account.broker.faults.lag_seconds = FOR_EVER
        account.broker.faults.force("POST", Fault.DROP_AFTER)
        proposed(account, "63")
        states = {carry(account, after=10).state for _ in range(20)}
        assert states == {OrderState.UNKNOWN}
        account.broker.faults.off()
        assert carry(account, after=1).state is OrderState.DONE
        at_peace(account, "66.15")

    def test_is_the_end_after_three_looks_over_a_minute(self, account: Account) -> None:
        account.broker.faults.writes = {Fault.DROP_BEFORE: 1}
        proposed(account, "63")
        # A minute in which it may be sent again, then one in which it is looked for.
        states = [carry(account, after=5).state for _ in range(24)]
        assert set(states) == {OrderState.UNKNOWN}
        order = carry(account, after=5)
        assert (order.state, order.ended) == (OrderState.VOID, OrderEnd.MISSING)
        assert account.record().state.anchor == ticks("60")
        account.broker.faults.writes = {}
        at_peace(account, "63")


class TestADeath:
    @pytest.mark.parametrize(
        ("failpoint", "away"),
        [
            ("noted", 90),
            ("submitted", 1),
            ("submitted", 90),
            ("answered", 90),
            ("booked", 90),
            ("ended", 1),
        ],
    )
    def test_is_survived_by_books_that_agree(
        self, account: Account, failpoint: str, away: int
    ) -> None:
        dies(account, failpoint, "63")
        account.clock.advance(timedelta(seconds=away))
        for _ in range(10):
            account.reconcile()
            account.clock.advance(timedelta(seconds=20))
            if not account.record().state.order_in_flight:
                break
        expected = OrderState.VOID if failpoint == "noted" else OrderState.DONE
        assert order_of(account).state is expected
        at_peace(account, "66.15")

    def test_after_an_order_left_finds_it_at_the_broker_as_ours(self, opens: Opens) -> None:
        account = opens(NEVER)
        dies(account, "submitted", "63")
        account.clock.advance(timedelta(seconds=90))
        account.reconcile()
        assert order_of(account).state is OrderState.OPEN
        assert carry(account, after=1).ended is OrderEnd.CANCELED
        assert account.record().state.status is Status.RUNNING
        agree(account)


class TestARefusal:
    def test_ends_the_order_and_nothing_else(self, account: Account) -> None:
        account.broker.refuses = "insufficient buying power"
        order = proposed(account, "63")
        assert (order.state, order.ended) == (OrderState.REJECTED, OrderEnd.REFUSED)
        assert account.record().state.anchor == ticks("60")
        account.broker.refuses = None
        at_peace(account, "63")

    def test_three_times_in_a_row_halts(self, account: Account) -> None:
        account.broker.refuses = "insufficient buying power"
        for _ in range(2):
            proposed(account, "63")
            assert account.record().state.status is Status.RUNNING
        proposed(account, "63")
        assert account.record().state.status is Status.HALTED

    def test_of_the_account_halts_at_once(self, account: Account) -> None:
        account.broker.refuses = "account is blocked"
        assert proposed(account, "63").state is OrderState.REJECTED
        record = account.record()
        assert record.state.status is Status.HALTED
        assert "account is blocked" in str(record.halt_reason)

    def test_of_a_second_sending_tells_nothing_of_the_first(self, account: Account) -> None:
        account.broker.faults.held_back_seconds = 20
        account.broker.faults.force("POST", Fault.HELD_BACK)
        proposed(account, "63")
        account.broker.refuses = "insufficient buying power"
        order = carry(account, after=6)
        assert account.broker.posts == {order.id: 2}
        assert order.state is OrderState.UNKNOWN
        account.broker.refuses = None
        assert carry(account, after=20).state is OrderState.DONE
        at_peace(account, "66.15")

    @pytest.mark.parametrize("kind", [Fault.THROTTLED, Fault.THROTTLED_BARE])
    def test_for_too_many_requests_waits_and_is_none(self, account: Account, kind: Fault) -> None:
        account.broker.faults.retry_after_seconds = 30
        account.broker.faults.force("POST", kind)
        order = proposed(account, "63")
        assert (order.state, order.sent_at) == (OrderState.NEW, None)
        carry(account, after=1)
        assert account.broker.posts == {order.id: 1}
        assert carry(account, after=29).state is OrderState.DONE
        at_peace(account, "66.15")


class TestAnObservation:
    def _twice(self, account: Account, price: str) -> tuple[TickResult, TickResult]:
        """Return two ticks on one and the same trade."""
        account.clock.advance(timedelta(seconds=1))
        account.broker.set_price("KO", last=price, bid=price, ask=price, at=account.clock.now())
        first = account.robot.tick.tick(position_id=account.id)
        account.clock.advance(timedelta(seconds=1))
        second = account.robot.tick.tick(position_id=account.id)
        assert isinstance(first, TickResult)
        assert isinstance(second, TickResult)
        return first, second

    def test_is_acted_on_once(self, account: Account) -> None:
        account.broker.refuses = "insufficient buying power"  # so that the anchor stays
        first, second = self._twice(account, "63")
        assert first.order is not None
        assert second.decision.outcome["reason"] == "price_duplicate"
        assert len(account.broker.posts) == 1

    def test_is_not_older_than_the_last_one(self, account: Account) -> None:
        account.tick("60")
        at = account.clock.now() - timedelta(seconds=1)
        account.broker.set_price("KO", last="63", bid="63", ask="63", at=at)
        result = account.robot.tick.tick(position_id=account.id)
        assert isinstance(result, TickResult)
        assert result.decision.outcome["reason"] == "price_older"
        assert account.broker.posts == {}

    def test_of_a_minute_ago_is_too_old(self, account: Account) -> None:
        account.clock.advance(timedelta(seconds=62))
        at = account.clock.now() - timedelta(seconds=61)
        account.broker.set_price("KO", last="63", bid="63", ask="63", at=at)
        result = account.robot.tick.tick(position_id=account.id)
        assert isinstance(result, TickResult)
        assert result.decision.outcome["reason"] == "price_stale"
        assert account.broker.posts == {}

    def test_makes_no_second_order_while_one_is_live(self, opens: Opens) -> None:
        account = opens(NEVER)
        assert proposed(account, "63").state is OrderState.OPEN
        result = account.tick("66.15")
        assert result.decision.outcome["reason"] == "order_in_flight"
        assert account.broker.live_history["KO"].count == 1

    def test_buys_at_a_fall_what_the_broker_then_holds(self, account: Account) -> None:
        order = proposed(account, "57")
        assert (order.side.value, order.state) == ("buy", OrderState.DONE)
        assert account.record().state.cash < usd("3000")
        at_peace(account, "54")


class TestAnAccount:
    def test_that_is_another_one_gets_no_order(self, account: Account) -> None:
        account.broker.account_id = "00000000-0000-4000-8000-000000000000"
        order = proposed(account, "63")
        assert (order.state, order.ended) == (OrderState.REJECTED, OrderEnd.RISK)
        assert account.broker.posts == {}

    def test_that_held_orders_back_does_not_count_them(self, account: Account) -> None:
        account.broker.blocked = True
        for _ in range(4):
            assert proposed(account, "63").ended is OrderEnd.RISK
        account.broker.blocked = False
        assert proposed(account, "63").state is OrderState.DONE

    def test_that_trades_too_often_waits(self, account: Account) -> None:
        for n, price in enumerate(("63", "60", "63", "60", "63")):
            expected = OrderState.DONE if n < 4 else OrderState.REJECTED
            assert proposed(account, price).state is expected
        assert order_of(account).ended is OrderEnd.RISK

    def test_whose_order_rests_beside_gets_no_other(self, account: Account) -> None:
        account.broker.submit(
            {
                "symbol": "KO",
                "side": "buy",
                "qty": "1",
                "type": "limit",
                "limit_price": "50",
                "time_in_force": "day",
            }
        )
        assert proposed(account, "63").ended is OrderEnd.RISK
        assert account.broker.posts == {}
