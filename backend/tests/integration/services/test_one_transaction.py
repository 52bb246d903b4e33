"""A tick is all or nothing: whatever fails after whichever write, nothing of it is left."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import cast

import pytest

from app.adapters.postgres.book import PostgresBook
from app.adapters.postgres.store import PostgresStore
from app.domain.book import OrderRecord
from app.domain.order import Fill
from app.domain.strategy import Strategy
from app.services.ports import Book
from app.services.tick import TickResult
from tests.builders import ppm
from tests.integration.services.conftest import Snapshot
from tests.integration.services.desk import Desk, a_ticket, valued

WRITES = ("add_", "append_", "finish_", "repeat_", "save_")


class PowerCutError(Exception):
    """The end of everything, at a moment that a test chose."""


class FailingBook:
    """A real book that fails right after its write number `fails_after`."""

    def __init__(self, *, book: PostgresBook, writes: list[str], fails_after: int) -> None:
        self._book = book
        self._writes = writes
        self._fails_after = fails_after

    def __getattr__(self, name: str) -> Callable[..., object]:
        method = cast("Callable[..., object]", getattr(self._book, name))

        def call(**arguments: object) -> object:
            result = method(**arguments)
            if name.startswith(WRITES):
                self._writes.append(name)
                if len(self._writes) == self._fails_after:
                    raise PowerCutError(name)
            return result

        return call


class FailingStore:
    """Satisfies `Store`: its books fail after so many writes; 0 lets all succeed."""

    def __init__(self, *, store: PostgresStore, fails_after: int) -> None:
        self.writes: list[str] = []
        self._store = store
        self._fails_after = fails_after
        self.shelf = store.shelf

    @contextmanager
    def book(self) -> Iterator[Book]:
        with self._store.book() as book:
            failing = FailingBook(book=book, writes=self.writes, fails_after=self._fails_after)
            yield cast("Book", failing)


PROPOSED = [
    "add_decision",
    "append_event",
    "add_order",
    "add_ledger_entry",
    "add_ledger_entry",
    "add_trade",
    "append_event",
    "save_order",
    "save_position",
    "finish_request",
]


class TestATickThatProposes:
    def test_writes_in_this_order(self, desk: Desk) -> None:
        store = FailingStore(store=desk.store, fails_after=0)
        position_id = desk.run()
        desk.show("63")
        desk.ticking(store=store).tick(position_id=position_id, ticket=a_ticket())
        assert store.writes == PROPOSED

    @pytest.mark.parametrize("fails_after", range(1, len(PROPOSED) + 1))
    def test_leaves_nothing_when_it_fails_after_any_write_and_then_succeeds_as_ever(
        self, desk: Desk, stored: Callable[[], Snapshot], fails_after: int
    ) -> None:
        position_id = desk.run()
        desk.show("63")
        before, ticket = stored(), a_ticket()
        store = FailingStore(store=desk.store, fails_after=fails_after)
        with pytest.raises(PowerCutError, match=PROPOSED[fails_after - 1]):
            desk.ticking(store=store).tick(position_id=position_id, ticket=ticket)
        assert stored() == before
        again = desk.ticking().tick(position_id=position_id, ticket=ticket)
        assert isinstance(again, TickResult)
        assert again.decision.number == 1
        assert again.trade is not None
        assert desk.findings(position_id) == ()

    def test_leaves_nothing_when_the_broker_fails(
        self, desk: Desk, stored: Callable[[], Snapshot]
    ) -> None:
        position_id = desk.run()
        desk.show("63")
        before = stored()
        with pytest.raises(PowerCutError):
            desk.ticking(broker=FailingBroker()).tick(position_id=position_id)
        assert stored() == before


class FailingBroker:
    """Satisfies `Broker` and is away."""

    def execute(self, *, order: OrderRecord, strategy: Strategy) -> Fill:
        raise PowerCutError(order.id)


class TestATickThatFoldsARefusal:
    @pytest.mark.parametrize("fails_after", [1, 2])
    def test_leaves_nothing_when_it_fails(
        self, desk: Desk, stored: Callable[[], Snapshot], fails_after: int
    ) -> None:
        position_id = desk.open()
        desk.tick(position_id, "60.1")
        desk.show("60.2")
        before = stored()
        store = FailingStore(store=desk.store, fails_after=fails_after)
        with pytest.raises(PowerCutError):
            desk.ticking(store=store).tick(position_id=position_id)
        assert store.writes == ["repeat_decision", "save_position"][:fails_after]
        assert stored() == before


class TestATickThatOpens:
    @pytest.mark.parametrize("fails_after", range(1, 6))
    def test_leaves_nothing_when_it_fails(
        self, desk: Desk, stored: Callable[[], Snapshot], fails_after: int
    ) -> None:
        position_id = desk.run(**valued("10000", ppm("0.5")))
        desk.show("60")
        before = stored()
        store = FailingStore(store=desk.store, fails_after=fails_after)
        with pytest.raises(PowerCutError):
            desk.ticking(store=store).tick(position_id=position_id)
        assert stored() == before
