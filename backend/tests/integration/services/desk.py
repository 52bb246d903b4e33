"""The use cases of positions on a real database, by a clock and a market that a test sets."""

import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from app.adapters.broker.paper import PaperBroker
from app.adapters.ids import RandomIds
from app.adapters.market.calendar import ExchangeCalendar
from app.adapters.postgres.store import PostgresStore
from app.domain.book import (
    AuditEvent,
    DecisionRecord,
    LedgerEntry,
    PositionRecord,
    StoredAnswer,
)
from app.services.corporate_actions import CorporateActions
from app.services.evaluate import Evaluate
from app.services.manage_position import ManagePosition
from app.services.once import Ticket
from app.services.open_position import NewPosition, OpenPosition
from app.services.ports import Broker, HistoryProvider, Market, Store
from app.services.read_market import ReadMarket
from app.services.read_position import PositionView, ReadPosition
from app.services.tick import Tick, TickResult
from tests.builders import SYMBOL, shares, ticks, usd
from tests.fakes.clock import FakeClock
from tests.fakes.market import FakeMarket
from tests.fakes.no_cache import NoCache
from tests.fakes.quiet_history import QuietHistory
from tests.no_venues import carries_nothing, no_pinning

EVERYTHING = 1000
# Trades on the daily moves of a real stock.
EAGER = {
    "trigger": {"up": "0.003", "down": "0.003"},
    "orders": {"min_notional": "1", "max_per_day": 1000},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Everything that a person can do to positions; it is 10:30 in New York, in a session."""

    store: PostgresStore
    clock: FakeClock
    market: FakeMarket
    calendar: ExchangeCalendar
    history: HistoryProvider = field(default_factory=QuietHistory)

    @property
    def actions(self) -> CorporateActions:
        return self.announcing(self.store)

    def announcing(self, store: Store) -> CorporateActions:
        return CorporateActions(
            store=store,
            history=self.history,
            calendar=self.calendar,
            clock=self.clock,
            carrying=carries_nothing(store, self.clock),
        )

    @property
    def opening(self) -> OpenPosition:
        return OpenPosition(
            store=self.store, clock=self.clock, ids=RandomIds(), pinning=no_pinning(self.clock)
        )

    @property
    def manage(self) -> ManagePosition:
        return ManagePosition(store=self.store, clock=self.clock, market=self.read_market())

    @property
    def read(self) -> ReadPosition:
        return ReadPosition(store=self.store)

    @property
    def evaluate(self) -> Evaluate:
        return Evaluate(store=self.store, market=self.read_market())

    def read_market(self, market: Market | None = None) -> ReadMarket:
        return ReadMarket(
            market=market or self.market,
            cache=NoCache(),
            calendar=self.calendar,
            clock=self.clock,
        )

    def ticking(
        self,
        *,
        store: Store | None = None,
        market: Market | None = None,
        broker: Broker | None = None,
    ) -> Tick:
        return Tick(
            store=store or self.store,
            market=self.read_market(market),
            broker=broker or PaperBroker(),
            carrying=carries_nothing(store or self.store, self.clock),
            actions=self.announcing(store or self.store),
        )

    def open(self, **changes: Any) -> str:
        """Open a position of 100 shares and 6,000 USD with its anchor at 60 USD."""
        view = self.opening.open(wish=a_wish(**changes))
        assert isinstance(view, PositionView)
        return view.record.id

    def run(self, **changes: Any) -> str:
        """Open and start a position."""
        position_id = self.open(**changes)
        self.manage.start(position_id=position_id, reason="test")
        return position_id

    def show(self, price: str, **changes: Any) -> None:
        """Let a second pass, in which KO trades at `price`."""
        self.clock.advance(timedelta(seconds=1))
        shown: dict[str, Any] = {"at": self.clock.now()}
        self.market.show(symbol=SYMBOL, price=price, **(shown | changes))

    def next_session(self) -> None:
        """Let a day pass."""
        self.clock.advance(timedelta(days=1))

    def tick(self, position_id: str, price: str | None = None, **changes: Any) -> TickResult:
        """Tick once, after KO traded at `price` if one is given."""
        if price is not None:
            self.show(price, **changes)
        result = self.ticking().tick(position_id=position_id)
        assert isinstance(result, TickResult)
        return result

    def record(self, position_id: str) -> PositionRecord:
        return self.read.get(position_id=position_id).record

    def decisions(self, position_id: str) -> tuple[DecisionRecord, ...]:
        page = self.read.decisions(
            position_id=position_id, limit=EVERYTHING, cursor=None, kind=None, reason=None
        )
        return page.items

    def ledger(self, position_id: str) -> tuple[LedgerEntry, ...]:
        return self.read.ledger(position_id=position_id, limit=EVERYTHING, cursor=None).items

    def events(self, position_id: str) -> tuple[AuditEvent, ...]:
        return self.read.events(position_id=position_id, limit=EVERYTHING, cursor=None).items

    def findings(self, position_id: str) -> tuple[str, ...]:
        return self.store.verify_book(position_id=position_id)


def a_wish(**changes: Any) -> NewPosition:
    """Return the wish for 100 shares and 6,000 USD with the anchor at 60 USD."""
    fields: dict[str, Any] = {
        "symbol": SYMBOL,
        "name": None,
        "broker": "paper",
        "cash": usd("6000"),
        "shares": shares("100"),
        "anchor": ticks("60"),
        "value": None,
        "stock_fraction": None,
        "strategy": {},
    }
    return NewPosition(**(fields | changes))


def valued(value: str, fraction: int) -> dict[str, object]:
    """Return an opening of so many USD, `fraction` ppm of them in stock."""
    return {
        "cash": None,
        "shares": None,
        "anchor": None,
        "value": usd(value),
        "stock_fraction": fraction,
    }


def a_ticket(*, key: str | None = None, digest: str = "1" * 64) -> Ticket[TickResult]:
    """Return the ticket of a tick whose answer is the number of its decision."""
    return Ticket(
        key=key or str(uuid.uuid4()),
        digest=digest,
        render=lambda result: StoredAnswer(status=200, body=str(result.decision.number)),
    )
