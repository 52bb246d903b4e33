"""Real closes of KO, shown a minute apart to a position that ticks, all in one transaction."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from app.domain.book import LedgerKind
from app.domain.observation import Observation
from app.services.journal import Journal
from app.services.ports import Book, Broker
from app.services.tick import TickResult
from app.simulation.bars import Adjustment
from tests.builders import NOW, an_observation
from tests.integration.services.desk import Desk
from tests.integration.services.recorded_day import OneMarket, OneTransaction
from tests.integration.simulation.recorded import BUNDLED, read_daily

CLOSES: tuple[int, ...] = tuple(read_daily(BUNDLED / "KO.csv", Adjustment.RAW).closes[-2500:])
MINUTE = timedelta(minutes=1)

type Between = Callable[[int, Journal], None]


def nothing(_number: int, _journal: Journal) -> None:
    """Do nothing between two looks."""


def shown(desk: Desk, position_id: str, closes: Sequence[int], *, start: datetime = NOW,
          spread: int = 0, away: range = range(0), broker: Broker | None = None,
          between: Between = nothing) -> str:  # fmt: skip
    """Let a position look at each of `closes`; `between` does something to it before each look.

    Bid and ask are `spread` ppm around the price. During the looks of `away` nobody ticks.
    """
    market = OneMarket()
    with desk.store.book() as book:
        inside: Any = OneTransaction(book)
        tick = desk.ticking(store=inside, market=market, broker=broker)
        for number, price in enumerate(closes):
            desk.clock.set(start + number * MINUTE)
            _write(book, desk, position_id, number, between)
            if number not in away:
                market.shown = seen(price, spread, at=desk.clock.now())
                assert isinstance(tick.tick(position_id=position_id), TickResult)
    return position_id


def _write(book: Book, desk: Desk, position_id: str, number: int, between: Between) -> None:
    record = book.lock_position(position_id=position_id)
    journal = Journal(book=book, record=record, at=desk.clock.now())
    between(number, journal)
    if journal.record != record:
        journal.save()


def seen(price: int, spread: int, *, at: datetime) -> Observation:
    """Return a trade at `price` of that moment, with a quote around it where there is a spread."""
    half = price * spread // 2_000_000
    quote = {"bid": price - half, "ask": price + half} if spread else {}
    return an_observation(price, observed_at=at, received_at=at, **quote)


def deposit(journal: Journal, cash: int) -> None:
    """Pay `cash` micros in."""
    journal.enter(LedgerKind.DEPOSIT, cash=cash, reason="test")
