"""One faulted life of a position at the broker, and what must be true at its end."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Protocol

import psycopg

from app.adapters.postgres.store import PostgresStore
from app.domain.book import PositionRecord
from app.domain.errors import BrokerError
from app.domain.position import Status
from app.services.open_position import NewPosition
from app.services.read_position import PositionView
from tests.builders import NOW, ticks, usd
from tests.fault.broker import Broker
from tests.fault.failpoints import FAILPOINTS
from tests.fault.findings import findings
from tests.fault.robot import Death, Robot
from tests.fault.weather import PEACEFUL, is_stubborn
from tests.integration.services.desk import a_wish
from tests.yahoo_replay import ko_closes

SYMBOL = "KO"
STEPS, STEPS_STUBBORN = 30, 45
CALM_STEPS_MAX = 60
ATTEMPTS = 10
STEP = timedelta(seconds=5)
CASH = usd("3000")
EAGER = {
    "trigger": {"up": "0.003", "down": "0.003"},
    "orders": {"min_notional": "1", "max_per_day": 1000},
}
# The chance of an end at a failpoint in a round; the way leads to some less often than to others.
ENDS, ENDS_WHERE_RARE = 0.15, 0.5
RARE = ("looked", "cancelling")
_PUT_AWAY = """
UPDATE position
SET status = CASE status WHEN 'running' THEN 'paused' ELSE status END,
    order_in_flight = false, archived_at = now()
WHERE archived_at IS NULL
"""


class SettableClock(Protocol):
    """A clock that stands still until told."""

    def now(self) -> datetime: ...
    def set(self, at: datetime) -> None: ...
    def advance(self, by: timedelta) -> None: ...


@dataclass(kw_only=True)
class Life:
    """A position that trades while everything goes wrong; `deaths` are the failpoints of its ends.

    `halts` are the reasons for which a person had to let it go on.
    """

    store: PostgresStore
    clock: SettableClock
    robot: Robot
    broker: Broker
    seed: int
    position_id: str = ""
    deaths: list[str] = field(default_factory=list)
    halts: list[str] = field(default_factory=list)
    trades_in_peace: int = 0

    def live(self) -> None:
        """Open, trade through the faults, calm down, and trade once more."""
        self.open()
        self.broker.faults.on()
        random = Random(self.seed)
        prices = iter(ko_closes()[random.randrange(150) :])
        for number in range(STEPS_STUBBORN if is_stubborn(self.seed) else STEPS):
            if random.random() < 0.5:
                self.show(next(prices))
            self.decide_fate(draw_failpoints(random))
            self.step(reconciles=number % 7 == 6)
        self.calm()
        self._trade_in_peace(next(prices))

    def open(self) -> None:
        """Open a position that is to trade, in a world without faults."""
        self.clock.set(NOW)
        self.broker.faults.off()
        self.show("60")
        self.broker.trade_by_hand(SYMBOL, side="buy", quantity="100", price="60")
        self._their_cash = self.broker.cash
        self.clock.advance(STEP)
        self.robot.lease.take()
        wish = a_wish(broker="alpaca-paper", strategy=EAGER, cash=CASH, anchor=ticks("60"))
        self.position_id = self._opened(wish).record.id
        self.robot.manage.start(position_id=self.position_id, reason="test")

    def _opened(self, wish: NewPosition) -> PositionView:
        """Return the new position; on a slow machine the broker is asked more than once."""
        for _ in range(ATTEMPTS):
            with suppress(BrokerError):
                view = self.robot.opening.open(wish=wish)
                assert isinstance(view, PositionView)
                return view
        raise AssertionError(f"no position could be opened in {ATTEMPTS} attempts")

    def decide_fate(self, failpoints: tuple[str, ...]) -> None:
        """Let the process end at the first of these that it comes by in the next round."""
        self.robot.dies_at = failpoints

    def step(self, *, reconciles: bool) -> None:
        """Let time pass, and do a round; a death is followed by another life at once."""
        self.pass_time()
        try:
            self.robot.work(position_id=self.position_id, reconciles=reconciles)
        except Death as death:
            self.deaths.append(str(death))
            self.robot = self.robot.born_again()

    def pass_time(self) -> None:
        """Let the seconds between two rounds pass."""
        self.clock.advance(STEP)

    def calm(self) -> None:
        """End all faults."""
        self.robot.dies_at = ()
        self.broker.faults.off()
        self.broker.habits = PEACEFUL

    def _trade_in_peace(self, price: str) -> None:
        self._settle()
        record = self.record()
        if record.state.status is Status.HALTED:
            assert record.halt_reason is not None, "a halt has its reason"
            self.halts.append(record.halt_reason)
            manage = self.robot.manage
            manage.resolve_halt(position_id=self.position_id, reason="looked at")
            manage.start(position_id=self.position_id, reason="goes on")
        for factor in ("1.02", "0.98", "1.03"):
            self.show(str((Decimal(price) * Decimal(factor)).quantize(Decimal("0.01"))))
            for _ in range(14):
                self.step(reconciles=False)
                now = self.record()
                if now.trades > record.trades and not now.state.order_in_flight:
                    break
        self._settle()
        self.trades_in_peace = self.record().trades - record.trades

    def _settle(self) -> None:
        for number in range(CALM_STEPS_MAX):
            self.step(reconciles=number % 4 == 0)
            if not self.record().state.order_in_flight:
                return

    def show(self, price: str) -> None:
        """Let the symbol trade at `price` from now on."""
        self.broker.set_price(SYMBOL, last=price, bid=price, ask=price)

    def findings(self) -> list[str]:
        """Return what is wrong at the end, in sentences."""
        return [*self._of_trading(), *findings(
            self.store,
            self.broker,
            position_id=self.position_id,
            cash=CASH,
            their_cash=self._their_cash,
        )]  # fmt: skip

    def _of_trading(self) -> Iterator[str]:
        record = self.record()
        if record.state.status is Status.HALTED:
            yield f"It halted in peace: {record.halt_reason}"
        elif not self.trades_in_peace:
            yield "It does not trade any more."

    def record(self) -> PositionRecord:
        """Return the position."""
        with self.store.book() as book:
            return book.get_position(position_id=self.position_id)


def put_away(url: str) -> None:
    """Archive the position whatever its state, so that one failed life does not fail the next."""
    with psycopg.connect(url) as connection:
        connection.execute(_PUT_AWAY)


def draw_failpoints(random: Random) -> tuple[str, ...]:
    """Return where a round ends, if the way leads there."""
    chances = {name: ENDS_WHERE_RARE if name in RARE else ENDS for name in FAILPOINTS}
    return tuple(name for name, chance in chances.items() if random.random() < chance)
