"""The loop before a broker: nothing is traded there before, or while, the books do not agree."""

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest

from app.domain.order import OrderEnd, OrderState
from app.domain.position import Status
from app.services.trading_loop import Pace
from tests.fault.alpaca_server import AlpacaServer
from tests.fault.hours import Hours, always_open
from tests.fault.trader import AT_ONCE, PATIENCE_SECONDS, Trader

PACE = Pace(interval=60, order=1, reconcile=300, look=0.01)
QUIET_SECONDS = 0.3  # many rounds of the loop
SNAPSHOT, SHARES = "/v2/stocks/KO/snapshot", "/v2/positions/KO"


@pytest.fixture
def trader(alpaca: AlpacaServer, new_database: Callable[[], str]) -> Iterator[Trader]:
    with Trader(url=new_database(), alpaca=alpaca, habits=AT_ONCE) as trader:
        alpaca.requests.clear()
        yield trader


class Seconds:
    """A monotonic clock that stands still until a test lets it go on."""

    def __init__(self) -> None:
        self.value = 1000.0

    def __call__(self) -> float:
        return self.value


def asked(trader: Trader, path: str) -> int:
    """Return how often the broker was asked for something."""
    return sum(asked.partition("?")[0] == path for _, asked, _ in tuple(trader.alpaca.requests))


def wait(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "it does not come"
        time.sleep(0.01)


def status(trader: Trader) -> Status:
    with trader.direct.book() as book:
        return book.get_position(position_id=trader.id).state.status


class TestTheStart:
    def test_trades_nothing_before_the_books_were_compared(self, trader: Trader) -> None:
        seconds, keys = Seconds(), trader.broker.keys
        trader.broker.keys = None
        trader.show("63")
        with trader.trading(PACE, seconds):
            wait(lambda: asked(trader, "/v2/account") == 1)
            time.sleep(QUIET_SECONDS)
            assert (asked(trader, SNAPSHOT), asked(trader, "/v2/account")) == (0, 1)
            trader.broker.keys = keys
            seconds.value += PACE.order  # it is tried again
            wait(lambda: bool(trader.broker.posted_at))
        paths = [path.partition("?")[0] for _, path, _ in trader.alpaca.requests]
        assert paths.index(SHARES) < paths.index(SNAPSHOT)

    def test_halts_what_does_not_agree_before_it_trades(self, trader: Trader) -> None:
        trader.broker.drift(symbol="KO", shares="-3")
        trader.show("63")
        with trader.trading(PACE, Seconds()):
            wait(lambda: status(trader) is Status.HALTED)
            time.sleep(QUIET_SECONDS)
        assert trader.broker.posted_at == []


class TestTheComparison:
    def test_comes_every_five_minutes(self, trader: Trader) -> None:
        seconds = Seconds()
        with trader.trading(PACE, seconds):
            wait(lambda: asked(trader, SHARES) == 1 and asked(trader, SNAPSHOT) == 1)
            seconds.value += 299
            time.sleep(QUIET_SECONDS)
            assert asked(trader, SHARES) == 1
            seconds.value += 1
            wait(lambda: asked(trader, SHARES) == 2)
            time.sleep(QUIET_SECONDS)
            assert asked(trader, SHARES) == 2

    def test_comes_after_each_fill(self, trader: Trader) -> None:
        seconds = Seconds()
        with trader.trading(PACE, seconds):
            wait(lambda: asked(trader, SHARES) == 1 and asked(trader, SNAPSHOT) == 1)
            time.sleep(QUIET_SECONDS)
            trader.broker.drift(symbol="KO", shares="-3")
            trader.clock.advance(timedelta(seconds=20))
            trader.show("63")
            seconds.value += PACE.interval
            wait(lambda: status(trader) is Status.HALTED)
        assert trader.orders()[0].state is OrderState.DONE


class TestTheClockOfTheBroker:
    @pytest.mark.parametrize("closed", [True, False])
    def test_that_disagrees_lets_no_order_leave(self, trader: Trader, closed: bool) -> None:
        def hours(at: datetime) -> Hours:
            shown = always_open(at)
            return Hours(is_open=not closed, next_open=shown.next_open, next_close=shown.next_close)

        trader.broker.hours = hours
        if not closed:
            trader.broker.now = lambda: trader.clock.now() - timedelta(seconds=6)
        order = trader.order("63")
        assert trader.broker.posted_at == []
        assert (order.state, order.ended) == (OrderState.REJECTED, OrderEnd.RISK)
        assert "disagree" in str(order.note)
