"""Many decisions of real ticks, quickly: all looks of a position in one transaction."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from app.domain.observation import Observation
from app.services.ports import Book, Shelf
from app.services.tick import TickResult
from tests.builders import NOW
from tests.integration.services.desk import EAGER, Desk
from tests.integration.services.market_tape import troubled_day

LOOKS = 90


class OneMarket:
    """Satisfies `Market`: shows what it was given last."""

    def __init__(self) -> None:
        self.shown: Observation | None = None

    def observe(self, *, symbol: str) -> Observation:
        assert self.shown is not None
        assert symbol == self.shown.symbol
        return self.shown


class OneTransaction:
    """Satisfies `Store`: each transaction is a part of one that somebody else ends."""

    def __init__(self, book: Book) -> None:
        self._book = book

    @contextmanager
    def book(self) -> Iterator[Book]:
        yield self._book

    def shelf(self) -> AbstractContextManager[Shelf]:
        raise AssertionError("a tick needs no dataset")


def recorded_day(desk: Desk, *, seed: int, looks: int = LOOKS) -> str:
    """Return a position that looked at a troubled day from its first trade to its last."""
    desk.clock.set(NOW)
    position_id = desk.run(strategy=EAGER, anchor=None)
    market = OneMarket()
    with desk.store.book() as book:
        tick = desk.ticking(store=OneTransaction(book), market=market)
        for observation in troubled_day(seed=seed, start=NOW, looks=looks):
            desk.clock.set(observation.received_at)
            market.shown = observation
            assert isinstance(tick.tick(position_id=position_id), TickResult)
    return position_id
