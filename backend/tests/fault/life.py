"""One faulted life of a position at the broker, and what must be true at its end."""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from random import Random

from app.adapters.postgres.store import PostgresStore
from app.domain.book import PositionRecord
from app.domain.errors import BrokerError, ConflictError, ProviderError
from app.domain.order import OrderState
from app.domain.position import Broker as BrokerName
from app.domain.position import Status
from app.domain.units import UNITS_PER_SHARE
from app.services.read_position import PositionView
from tests.builders import NOW, ticks, usd
from tests.fakes.clock import FakeClock
from tests.fault.broker import Broker
from tests.fault.faults import Faults
from tests.fault.robot import Death, Robot
from tests.integration.services.desk import a_wish
from tests.yahoo_replay import ko_closes

SYMBOL = "KO"
FAILPOINTS = ("noted", "submitted", "answered", "looked", "booked", "cancelling", "ended")
STEPS = 30
CALM_STEPS_MAX = 60
STEP = timedelta(seconds=3)
EAGER = {
    "trigger": {"up": "0.003", "down": "0.003"},
    "orders": {"min_notional": "1", "max_per_day": 1000},
}


@dataclass(kw_only=True)
class Life:
    """A position that trades while everything goes wrong; `deaths` counts them by failpoint."""

    store: PostgresStore
    clock: FakeClock
    robot: Robot
    broker: Broker
    seed: int
    position_id: str = ""
    deaths: list[str] = field(default_factory=list)
    trades_in_peace: int = 0

    def live(self) -> None:
        """Open, trade through the faults, calm down, and trade once more."""
        self.clock.set(NOW)
        self.broker.faults.off()
        self.broker.set_price(SYMBOL, last="60", bid="60", ask="60")
        self.broker.trade_by_hand(SYMBOL, side="buy", quantity="100", price="60")
        self.clock.advance(STEP)
        self.robot.lease.take()
        wish = a_wish(broker="alpaca-paper", strategy=EAGER, cash=usd("3000"), anchor=ticks("60"))
        view = self.robot.opening.open(wish=wish)
        assert isinstance(view, PositionView)
        self.position_id = view.record.id
        self.robot.manage.start(position_id=self.position_id, reason="test")
        self.broker.faults.on()
        random = Random(self.seed)
        prices = iter(ko_closes()[random.randrange(150) :])
        for number in range(STEPS):
            if random.random() < 0.4:
                price = next(prices)
                self.broker.set_price(SYMBOL, last=price, bid=price, ask=price)
            if random.random() < 0.3:
                self.robot.dies_at = random.choice(FAILPOINTS)
            self._step(reconciles=number % 7 == 6)
        self._calm_down(next(prices))

    def _step(self, *, reconciles: bool) -> None:
        """Let time pass, and do what the loop does; a death is followed by another life at once."""
        self.clock.advance(STEP)
        with suppress(BrokerError, ProviderError, ConflictError):
            try:
                if self.robot.lease.epoch is None:
                    self.robot.lease.take()
                self.robot.carrying.carry(position_id=self.position_id)
                if reconciles:
                    self.robot.reconciling.reconcile(broker=BrokerName.ALPACA_PAPER)
                self.robot.tick.tick(position_id=self.position_id)
            except Death as death:
                self.deaths.append(str(death))
                self.robot = self.robot.born_again()

    def _calm_down(self, price: str) -> None:
        self.robot.dies_at = None
        self.broker.faults.off()
        for _ in range(CALM_STEPS_MAX):
            self._step(reconciles=True)
            if not self.record().state.order_in_flight:
                break
        before = self.record().trades
        for factor in ("1.02", "0.98", "1.03"):
            shown = str((Decimal(price) * Decimal(factor)).quantize(Decimal("0.01")))
            self.broker.set_price(SYMBOL, last=shown, bid=shown, ask=shown)
            for _ in range(14):
                self._step(reconciles=False)
        self._step(reconciles=True)
        for _ in range(CALM_STEPS_MAX):
            if not self.record().state.order_in_flight:
                break
            self._step(reconciles=True)
        self.trades_in_peace = self.record().trades - before

    def findings(self) -> list[str]:
        """Return what is wrong at the end, in sentences."""
        record = self.record()
        found = list(self.store.verify_book(position_id=self.position_id))
        if record.state.order_in_flight:
            found.append("An order is still live.")
        if record.state.status is Status.RUNNING and not self.trades_in_peace:
            found.append("It does not trade any more.")
        if self.broker.live_history[SYMBOL].count > 1:
            found.append("Two orders were live at the broker at once.")
        accepted = self.broker.accepted.items()
        found += [f"Order {name} was accepted {n} times." for name, n in accepted if n > 1]
        theirs = int(self.broker.holdings(SYMBOL) * UNITS_PER_SHARE)
        if theirs != record.state.shares:
            found.append(f"The broker holds {theirs} units, we {record.state.shares}.")
        found += self._fills()
        return found

    def _fills(self) -> list[str]:
        with self.store.book() as book:
            trades = book.list_trades(position_id=self.position_id, limit=1000, cursor=None).items
            orders = book.list_orders(position_id=self.position_id, limit=1000, cursor=None).items
        ours = sorted(trade.quantity for trade in trades)
        theirs = sorted(int(fill.quantity * UNITS_PER_SHARE) for fill in self.broker.fills[1:])
        found = [] if ours == theirs else [f"The broker's fills are {theirs}, ours {ours}."]
        if any(o.state is OrderState.VOID and o.id in self.broker.accepted for o in orders):
            found.append("An order that the broker accepted is void here.")
        return found

    def record(self) -> PositionRecord:
        """Return the position."""
        with self.store.book() as book:
            return book.get_position(position_id=self.position_id)


def storm(seed: int) -> Faults:
    """Return the faults of a life: some calm, some wild."""
    faults = Faults.storm(seed=seed, severity=(0.0, 0.1, 0.25, 0.4)[seed % 4])
    faults.slow_seconds = 0.4
    return faults
