"""A desk whose symbol pays dividends and splits as it really did, on which days pass."""

from datetime import UTC, date, datetime
from decimal import Decimal

from app.adapters.market.calendar import ExchangeCalendar
from app.adapters.postgres.store import PostgresStore
from app.domain.booked_action import ActionRecord
from app.domain.position import Position
from app.domain.units import TICKS_PER_USD
from app.services.tick import TickResult
from app.simulation.bars import Bars
from tests.fakes.clock import FakeClock
from tests.fakes.market import FakeMarket
from tests.integration.services.desk import EVERYTHING, Desk
from tests.integration.services.told_history import ToldHistory

CALENDAR = ExchangeCalendar(start=date(2013, 1, 2), end=date(2025, 12, 31))


def at(day: str, time: str = "15:01") -> datetime:
    """Return a moment in UTC; the regular session opens at 14:30 in winter, 13:30 in summer."""
    return datetime.fromisoformat(f"{day}T{time}:00").replace(tzinfo=UTC)


def close_before(bars: Bars, on: date) -> int:
    """Return the last close before a date, in ticks."""
    return bars.closes[max(i for i in range(len(bars)) if bars.session(i) < on)]


def open_of(bars: Bars, on: date) -> int:
    """Return the open of a date, in ticks."""
    return bars.opens[next(i for i in range(len(bars)) if bars.session(i) == on)]


class AnnouncedDesk:
    """Positions of one symbol; every use case is built anew, as after a restart."""

    def __init__(self, *, store: PostgresStore, bars: Bars, opened: datetime) -> None:
        self.symbol = bars.symbol
        self.clock = FakeClock(at=opened)
        self.market = FakeMarket()
        self.history = ToldHistory(bars=bars, now=self.clock.now)
        self.desk = Desk(
            store=store,
            clock=self.clock,
            market=self.market,
            calendar=CALENDAR,
            history=self.history,
        )

    def run(self, **changes: object) -> str:
        return self.desk.run(symbol=self.symbol, **changes)

    def on(self, moment: datetime, position_id: str) -> None:
        """Let time pass until a moment at which the job runs."""
        self.clock.set(moment)
        self.desk.actions.bring_up_to_date(position_id=position_id)

    def tick(self, position_id: str, ticks: int) -> str:
        """Return the reason of the decision at a price of the market."""
        price = str(Decimal(ticks) / TICKS_PER_USD)
        self.market.show(symbol=self.symbol, price=price, at=self.clock.now())
        result = self.desk.ticking().tick(position_id=position_id)
        assert isinstance(result, TickResult)
        return str(result.decision.outcome["reason"])

    def state(self, position_id: str) -> Position:
        return self.desk.record(position_id).state

    def booked(self, position_id: str) -> tuple[ActionRecord, ...]:
        """Return the actions, the one learned last first."""
        page = self.desk.read.actions(position_id=position_id, limit=EVERYTHING, cursor=None)
        return page.items

    def kinds(self, position_id: str) -> list[str]:
        """Return the kinds of the ledger after the opening, oldest first."""
        return [entry.kind.value for entry in reversed(self.desk.ledger(position_id))][1:]

    def events(self, position_id: str) -> list[str]:
        return [event.kind.value for event in reversed(self.desk.events(position_id))]
