"""A position at the simulated broker, which does what a test tells it to do."""

from datetime import date, timedelta

from app.adapters.market.calendar import ExchangeCalendar
from app.adapters.postgres.store import PostgresStore
from app.domain.book import PositionRecord
from app.domain.position import Broker as BrokerName
from app.domain.protection import Marks
from app.services.read_position import PositionView
from app.services.tick import TickResult
from tests.builders import NOW, ticks, usd
from tests.fakes.clock import FakeClock
from tests.fault.alpaca_server import AlpacaServer
from tests.fault.broker import Broker
from tests.fault.orders import Habits
from tests.fault.robot import Robot
from tests.integration.services.desk import a_wish

AT_ONCE = Habits(fill_seconds=(0, 0), in_parts=0, better_price=0)
NEVER = Habits(fill_seconds=(3600, 3600))
# Long enough on a busy machine: what gets lost here is lost on purpose.
TIMEOUT_SECONDS = 5


class Account:
    """A running position of 100 shares and 3,000 USD at a broker that does what it is told."""

    def __init__(self, *, url: str, alpaca: AlpacaServer, habits: Habits) -> None:
        self.clock = FakeClock(at=NOW)
        self.store = PostgresStore(url=url)
        self.broker = Broker(seed=7, cash="20000", habits=habits, now=self.clock.now, multiplier=1)
        alpaca.serve(self.broker)
        self.show("60")
        self.broker.trade_by_hand("KO", side="buy", quantity="100", price="60")
        self.robot = Robot(
            store=self.store,
            url=url,
            clock=self.clock,
            calendar=ExchangeCalendar(start=date(2024, 1, 2), end=date(2024, 12, 31)),
            alpaca=alpaca,
            monotonic=lambda: (self.clock.now() - NOW).total_seconds(),
            timeout_seconds=TIMEOUT_SECONDS,
        )
        self.robot.lease.take()
        self.clock.advance(timedelta(seconds=1))
        wish = a_wish(broker="alpaca-paper", cash=usd("3000"), anchor=ticks("60"))
        view = self.robot.opening.open(wish=wish)
        assert isinstance(view, PositionView)
        self.id = view.record.id
        self.robot.manage.start(position_id=self.id, reason="test")

    def show(self, price: str) -> None:
        self.broker.set_price("KO", last=price, bid=price, ask=price)

    def tick(self, price: str) -> TickResult:
        self.clock.advance(timedelta(seconds=1))
        self.show(price)
        result = self.robot.tick.tick(position_id=self.id)
        assert isinstance(result, TickResult)
        return result

    def protect(self, price: str) -> Marks:
        """Allow a fall of 5 % from the value at `price`, and return where it is measured from."""
        self.robot.manage.change(
            position_id=self.id,
            name=None,
            strategy=None,
            protections={"max_drawdown": "0.05"},
            reason="test",
        )
        self.tick(price)
        marks = self.record().state.marks
        assert marks is not None
        return marks

    def reconcile(self) -> PositionRecord:
        self.clock.advance(timedelta(seconds=1))
        self.robot.reconciling.reconcile(broker=BrokerName.ALPACA_PAPER)
        return self.record()

    def record(self) -> PositionRecord:
        with self.store.book() as book:
            return book.get_position(position_id=self.id)

    def close(self) -> None:
        assert self.store.verify_book(position_id=self.id) == ()
        self.robot.end()
        self.store.close()
