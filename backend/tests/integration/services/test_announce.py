"""What is announced of a transaction: what it wrote, once it is certain, and nothing before."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from app.adapters.ids import RandomIds
from app.adapters.memory.events import MemoryEventStream
from app.adapters.postgres.store import PostgresStore
from app.domain.book import OrderRecord
from app.domain.errors import UnavailableError
from app.domain.order import Fill
from app.domain.strategy import Strategy
from app.services.announce import AnnouncingMarket, AnnouncingStore
from app.services.open_position import OpenPosition
from app.services.ports import Book, Broker
from app.services.tick import Tick
from tests.builders import NOW
from tests.fakes.clock import FakeClock
from tests.integration.events.reading import Reader
from tests.integration.services.desk import Desk, a_ticket, a_wish
from tests.no_venues import no_pinning

LAST = {"reason": "the end of this test"}


class UncertainStore:
    """Satisfies `Store`; the answer to each commit gets lost, and the writing with it."""

    def __init__(self, store: PostgresStore) -> None:
        self._store = store
        self.shelf = store.shelf

    @contextmanager
    def book(self) -> Iterator[Book]:
        with self._store.book() as book:
            yield book
            raise UnavailableError(what="database", message="Gone.", retry_after_seconds=1)


class AbsentBroker:
    """Satisfies `Broker`; it does not answer."""

    def execute(self, *, order: OrderRecord, strategy: Strategy) -> Fill:
        raise UnavailableError(what="broker", message="Gone.", retry_after_seconds=1)


@pytest.fixture
def events() -> MemoryEventStream:
    return MemoryEventStream(life="this")


def told(events: MemoryEventStream) -> list[tuple[str, dict[str, object]]]:
    """Return everything that was announced."""

    async def read() -> list[tuple[str, dict[str, object]]]:
        events.publish(kind="reset", body=LAST)
        reader = Reader(events, after="this-0")
        found = []
        while (body := json.loads((announcement := await reader.next()).body)) != LAST:
            found.append((announcement.kind.value, body))
        await reader.leave()
        return found

    return asyncio.run(read())


def ticking(desk: Desk, events: MemoryEventStream, broker: Broker | None = None) -> Tick:
    return desk.ticking(
        store=AnnouncingStore(store=desk.store, events=events),
        market=AnnouncingMarket(market=desk.market, events=events),
        broker=broker,
    )


class TestAnnouncing:
    def test_tells_a_tick_that_traded_in_the_order_in_which_it_happened(
        self, desk: Desk, events: MemoryEventStream
    ) -> None:
        position_id = desk.run()
        desk.show("61.80")
        ticking(desk, events).tick(position_id=position_id)
        assert [kind for kind, _ in told(events)] == ["price", "decision", "order", "fill"]
        (_, order), (_, fill) = told(events)[2:4]
        assert (order["state"], order["position_id"]) == ("done", position_id)
        assert (fill["order_id"], fill["price"]) == (order["id"], "61.8")

    def test_tells_a_halt(self, desk: Desk, events: MemoryEventStream) -> None:
        position_id = desk.run()
        desk.tick(position_id, "60")
        desk.next_session()
        desk.show("30")
        ticking(desk, events).tick(position_id=position_id)
        assert [body["change"] for kind, body in told(events) if kind == "position"] == ["halted"]

    def test_tells_a_repeated_request_once(self, desk: Desk, events: MemoryEventStream) -> None:
        position_id = desk.run()
        desk.show("60")
        ticket = a_ticket()
        for _ in range(2):
            ticking(desk, events).tick(position_id=position_id, ticket=ticket)
        assert [kind for kind, _ in told(events)] == ["price", "decision"]

    def test_tells_nothing_of_what_was_rolled_back(
        self, desk: Desk, events: MemoryEventStream
    ) -> None:
        position_id = desk.run()
        desk.show("61.80")
        with pytest.raises(UnavailableError):
            ticking(desk, events, broker=AbsentBroker()).tick(position_id=position_id)
        assert [kind for kind, _ in told(events)] == ["price"]

    def test_tells_to_read_again_when_the_commit_is_uncertain(
        self, desk: Desk, events: MemoryEventStream
    ) -> None:
        store = AnnouncingStore(store=UncertainStore(desk.store), events=events)
        opening = OpenPosition(
            store=store,
            clock=FakeClock(at=NOW),
            ids=RandomIds(),
            pinning=no_pinning(FakeClock(at=NOW)),
        )
        with pytest.raises(UnavailableError):
            opening.open(wish=a_wish())
        assert told(events) == [("reset", {"reason": "missed"})]
