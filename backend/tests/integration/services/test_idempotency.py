"""Requests that carry a key: one effect and one answer, however often and however close."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.adapters.broker.paper import PaperBroker
from app.domain.book import LedgerKind, OrderRecord, StoredAnswer
from app.domain.errors import ConflictError, InvalidInputError
from app.domain.order import Fill
from app.domain.strategy import Strategy
from app.services.manage_position import CashMoved
from app.services.once import Ticket
from app.services.tick import TickResult
from tests.builders import usd
from tests.integration.services.conftest import Snapshot
from tests.integration.services.desk import Desk, a_ticket

PATIENCE_SECONDS = 10


class SlowBroker:
    """Satisfies `Broker`; each execution waits until it is let go."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.go = threading.Event()

    def execute(self, *, order: OrderRecord, strategy: Strategy) -> Fill:
        self.asked.set()
        assert self.go.wait(PATIENCE_SECONDS)
        return PaperBroker().execute(order=order, strategy=strategy)


class TestAKey:
    def test_used_again_gets_the_first_answer_and_no_second_effect(
        self, desk: Desk, stored: Callable[[], Snapshot]
    ) -> None:
        position_id, ticket = desk.run(), a_ticket()
        desk.show("63")
        first = desk.ticking().tick(position_id=position_id, ticket=ticket)
        assert isinstance(first, TickResult)
        after = stored()
        desk.show("60")
        again = desk.ticking().tick(position_id=position_id, ticket=ticket)
        assert again == StoredAnswer(status=200, body=str(first.decision.number))
        assert stored() == after

    def test_used_again_gets_the_first_answer_while_the_provider_is_away(self, desk: Desk) -> None:
        position_id, ticket = desk.run(), a_ticket()
        desk.show("63")
        desk.ticking().tick(position_id=position_id, ticket=ticket)
        desk.market.fail(symbol="KO", code="UNAVAILABLE")
        again = desk.ticking().tick(position_id=position_id, ticket=ticket)
        assert again == StoredAnswer(status=200, body="1")

    def test_used_for_another_request_is_refused(
        self, desk: Desk, stored: Callable[[], Snapshot]
    ) -> None:
        position_id, ticket = desk.run(), a_ticket()
        desk.show("63")
        desk.ticking().tick(position_id=position_id, ticket=ticket)
        after = stored()
        with pytest.raises(InvalidInputError) as refused:
            desk.ticking().tick(
                position_id=position_id, ticket=a_ticket(key=ticket.key, digest="2" * 64)
            )
        assert refused.value.errors[0].field == "Idempotency-Key"
        assert stored() == after

    def test_of_a_request_that_failed_is_free_again(self, desk: Desk) -> None:
        position_id = desk.open()
        ticket: Ticket[CashMoved] = Ticket(
            key="withdraw", digest="1" * 64, render=lambda _: StoredAnswer(status=200, body="done")
        )

        def withdraw() -> CashMoved | StoredAnswer:
            return desk.manage.move_cash(
                position_id=position_id,
                kind=LedgerKind.WITHDRAWAL,
                amount=usd("7000"),
                reason="x",
                ticket=ticket,
            )

        with pytest.raises(InvalidInputError):
            withdraw()
        desk.manage.move_cash(
            position_id=position_id, kind=LedgerKind.DEPOSIT, amount=usd("1000"), reason="x"
        )
        assert isinstance(withdraw(), CashMoved)
        assert withdraw() == StoredAnswer(status=200, body="done")
        assert desk.record(position_id).state.cash == 0

    def test_whose_first_request_still_runs_is_a_conflict(self, desk: Desk) -> None:
        position_id, ticket, broker = desk.run(), a_ticket(), SlowBroker()
        desk.show("63")
        with ThreadPoolExecutor(max_workers=1) as pool:
            slow = desk.ticking(broker=broker)
            first = pool.submit(slow.tick, position_id=position_id, ticket=ticket)
            try:
                assert broker.asked.wait(PATIENCE_SECONDS)
                with pytest.raises(ConflictError) as conflict:
                    desk.ticking().tick(position_id=position_id, ticket=ticket)
            finally:
                broker.go.set()
            assert conflict.value.reason == "request_in_progress"
            assert isinstance(first.result(PATIENCE_SECONDS), TickResult)
        again = desk.ticking().tick(position_id=position_id, ticket=ticket)
        assert again == StoredAnswer(status=200, body="1")
        assert desk.record(position_id).trades == 1
