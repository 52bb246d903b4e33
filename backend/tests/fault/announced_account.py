"""A position at the simulated broker whose symbol really paid dividends and split."""

from datetime import datetime

from app.adapters.postgres.store import PostgresStore
from app.domain.book import LedgerEntry, PositionRecord
from app.domain.booked_action import ActionRecord
from app.domain.position import Broker as BrokerName
from app.domain.trading import BrokerAccountRecord
from app.services.read_position import PositionView, ReadPosition
from app.services.tick import TickResult
from app.simulation.bars import Bars
from tests.builders import shares, ticks, usd
from tests.fakes.clock import FakeClock
from tests.fault.alpaca_server import AlpacaServer
from tests.fault.broker import Broker
from tests.fault.hours import HoursAt, always_open
from tests.fault.orders import Habits
from tests.fault.robot import Robot
from tests.integration.services.announced_desk import CALENDAR
from tests.integration.services.desk import a_wish
from tests.integration.services.told_history import ToldHistory

NEVER = Habits(fill_seconds=(10**7, 10**7))


class AnnouncedAccount:
    """100 shares that run, in an account of `held` shares and exactly the position's cash."""

    def __init__(
        self,
        *,
        url: str,
        alpaca: AlpacaServer,
        bars: Bars,
        opened: datetime,
        price: str,
        name: BrokerName = BrokerName.ALPACA_PAPER,
        held: str = "100",
        cash: str = "3000",
        habits: Habits = NEVER,
        hours: HoursAt = always_open,
    ) -> None:
        self.symbol, self.name = bars.symbol, name
        self.clock = FakeClock(at=opened)
        self.store = PostgresStore(url=url)
        before = usd(cash) + shares(held) * ticks(price) // 10**4
        self.broker = Broker(
            seed=7,
            cash=f"{before / 10**6:.2f}",
            habits=habits,
            now=self.clock.now,
            hours=hours,
            multiplier=1,
        )
        alpaca.serve(self.broker)
        self.show(price)
        self.broker.trade_by_hand(self.symbol, side="buy", quantity=held, price=price)
        self.history = ToldHistory(bars=bars, now=self.clock.now)
        self.robot = Robot(
            store=self.store,
            url=url,
            clock=self.clock,
            calendar=CALENDAR,
            alpaca=alpaca,
            history=self.history,
            name=name,
        )
        self.robot.lease.take()
        self.clock.set(opened.replace(second=1))
        self._keep_account()
        self.id = self.open(cash=usd(cash), anchor=ticks(price))

    def _keep_account(self) -> None:
        account = BrokerAccountRecord(
            broker=self.name,
            account_id=self.robot.brokerage.account().id,
            armed=self.name is BrokerName.ALPACA_LIVE,
            fills_since=self.clock.now(),
        )
        with self.store.book() as book:
            book.add_broker_account(account=account)

    def open(self, **changes: object) -> str:
        wish = a_wish(**({"symbol": self.symbol, "broker": self.name.value} | changes))
        view = self.robot.opening.open(wish=wish)
        assert isinstance(view, PositionView)
        self.robot.manage.start(position_id=view.record.id, reason="test")
        return view.record.id

    def show(self, price: str) -> None:
        self.broker.set_price(self.symbol, last=price, bid=price, ask=price)

    def restart(self) -> None:
        self.robot = self.robot.born_again()
        self.robot.lease.take()

    def look_up(self) -> None:
        self.robot.actions.bring_up_to_date(position_id=self.id)

    def tick(self, moment: datetime, price: str) -> str:
        """Return the reason of the decision at a price of that moment."""
        self.clock.set(moment)
        self.show(price)
        result = self.robot.tick.tick(position_id=self.id)
        assert isinstance(result, TickResult)
        return str(result.decision.outcome["reason"])

    def reconcile(self, moment: datetime) -> PositionRecord:
        self.clock.set(moment)
        self.robot.reconciling.reconcile(broker=self.name)
        return self.record()

    def record(self) -> PositionRecord:
        with self.store.book() as book:
            return book.get_position(position_id=self.id)

    def actions(self) -> tuple[ActionRecord, ...]:
        reading = ReadPosition(store=self.store)
        return reading.actions(position_id=self.id, limit=100, cursor=None).items

    def ledger(self) -> tuple[LedgerEntry, ...]:
        """Return the ledger after the opening, oldest first."""
        with self.store.book() as book:
            entries = book.list_ledger(position_id=self.id, limit=1000, cursor=None).items
        return tuple(reversed(entries))[1:]

    def kinds(self) -> list[str]:
        return [entry.kind.value for entry in self.ledger()]

    def events(self) -> list[str]:
        with self.store.book() as book:
            events = book.list_events(position_id=self.id, limit=1000, cursor=None).items
        return [event.kind.value for event in reversed(events)]

    def close(self) -> None:
        assert self.store.verify_book(position_id=self.id) == ()
        self.robot.end()
        self.store.close()
