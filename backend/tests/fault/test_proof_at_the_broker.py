"""Gate ledger and shadow twin of a position at a broker where not everything goes by itself."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from app.adapters.postgres.store import PostgresStore
from app.domain.blocked_order import BlockedOrder
from app.domain.book import OrderRecord
from app.domain.order import OrderEnd
from app.domain.shadow_twin import Part
from app.domain.units import VALUE_PER_MICRO
from app.services.gate_ledger import GateLedger, ReadGateLedger
from app.services.shadow_twin import ReadShadowTwin, TwinComparison
from tests.builders import shares, ticks
from tests.fault.account import Account
from tests.fault.alpaca_server import AlpacaServer
from tests.fault.orders import Habits
from tests.fault.test_lives import CALENDAR, lived

AT_ONCE = Habits(fill_seconds=(0, 0), in_parts=0, better_price=0)
NEVER = Habits(fill_seconds=(3600, 3600))
IN_PARTS = Habits(fill_seconds=(0, 0), part_seconds=(50, 55), in_parts=1, better_price=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """An account, and what can be proved of its position."""

    account: Account

    def twin(self, mark: str | None = None) -> TwinComparison:
        reading = ReadShadowTwin(store=self.account.store, calendar=CALENDAR)
        price = None if mark is None else ticks(mark)
        found = reading.read(position_id=self.account.id, mark=price)
        assert found.rest == 0
        return found

    def gates(self, mark: str) -> GateLedger:
        reading = ReadGateLedger(store=self.account.store)
        return reading.read(position_id=self.account.id, mark=ticks(mark), lines=9)

    def wait(self, seconds: int) -> None:
        self.account.clock.advance(timedelta(seconds=seconds))
        self.account.robot.carrying.carry(position_id=self.account.id)

    def resolve(self) -> None:
        manage = self.account.robot.manage
        manage.resolve_halt(position_id=self.account.id, reason="test")
        manage.start(position_id=self.account.id, reason="test")


@pytest.fixture
def opened(alpaca: AlpacaServer, new_database: Callable[[], str]) -> Iterator[Callable[..., Proof]]:
    accounts: list[Account] = []

    def opened(habits: Habits) -> Proof:
        accounts.append(Account(url=new_database(), alpaca=alpaca, habits=habits))
        return Proof(account=accounts[-1])

    yield opened
    for account in accounts:
        account.close()


def orders_of(proof: Proof) -> tuple[OrderRecord, ...]:
    with proof.account.store.book() as book:
        return book.list_orders(position_id=proof.account.id, limit=9, cursor=None).items


def nonzero(found: TwinComparison) -> set[Part]:
    return {part for part, value in found.parts.items() if value}


class TestTheTwin:
    def test_pays_the_commission_that_the_broker_does_not_ask_for(
        self, opened: Callable[..., Proof]
    ) -> None:
        proof = opened(AT_ONCE)
        proof.account.tick("63")
        found = proof.twin()
        assert nonzero(found) == {Part.COMMISSION}
        assert found.parts[Part.COMMISSION] > 0

    def test_trades_the_order_that_did_not_fill_and_is_level_at_the_next_price(
        self, opened: Callable[..., Proof]
    ) -> None:
        proof = opened(NEVER)
        proof.account.tick("63")
        proof.wait(61)
        proof.wait(1)
        (order,) = orders_of(proof)
        assert nonzero(proof.twin("63")) == {Part.PARTIAL_FILL}
        proof.account.tick("61")
        # The sale at 63 instead of the shares at 61, less its commission of 0.01 %.
        gained = order.quantity * (ticks("63") - ticks("61"))
        paid = -(-order.quantity * ticks("63") // (10_000 * VALUE_PER_MICRO)) * VALUE_PER_MICRO
        assert proof.twin("10").parts[Part.PARTIAL_FILL] == paid - gained

    def test_has_the_parts_of_an_order_and_those_that_came_late(
        self, opened: Callable[..., Proof]
    ) -> None:
        proof = opened(IN_PARTS)
        proof.account.tick("63")
        for _ in range(12):
            proof.wait(11)
        proof.account.reconcile()
        (order,) = orders_of(proof)
        assert nonzero(proof.twin("63")) == (
            {Part.COMMISSION}
            if order.filled == order.quantity
            else {Part.COMMISSION, Part.PARTIAL_FILL}
        )

    def test_makes_no_trade_of_another_hand_and_adopts_no_shares(
        self, opened: Callable[..., Proof]
    ) -> None:
        proof = opened(AT_ONCE)
        account = proof.account
        account.tick("60.5")
        account.clock.advance(timedelta(seconds=1))
        account.broker.trade_by_hand("KO", side="sell", quantity="10", price="61")
        account.reconcile()
        sold = shares("10") * (ticks("61") - ticks("50"))
        assert proof.twin("50").parts[Part.EXTERNAL] == sold
        proof.resolve()
        account.tick("60")
        settled = shares("10") * (ticks("61") - ticks("60"))
        assert proof.twin("50").parts[Part.EXTERNAL] == settled
        account.broker.drift(symbol="KO", shares="-3")
        account.reconcile()
        account.robot.reconciling.adopt(position_id=account.id, reason="test")
        found = proof.twin("50")
        assert found.parts[Part.EXTERNAL] == settled - shares("3") * ticks("50")
        assert nonzero(found) == {Part.EXTERNAL}

    def test_keeps_the_sale_that_the_broker_took_back(self, opened: Callable[..., Proof]) -> None:
        proof = opened(AT_ONCE)
        account = proof.account
        account.tick("63")
        account.clock.advance(timedelta(seconds=1))
        account.broker.bust(account.broker.fills[-1].id)
        account.reconcile()
        found = proof.twin("63")
        assert nonzero(found) == {Part.PARTIAL_FILL}
        assert account.record().state.value_at(ticks("63")) == found.position_value

    @pytest.mark.parametrize("seed", range(2))
    def test_is_explained_to_the_last_digit_after_a_faulted_life(
        self, alpaca: AlpacaServer, new_database: Callable[[], str], seed: int
    ) -> None:
        url = new_database()
        store = PostgresStore(url=url)
        try:
            life = lived(alpaca, store, url, seed)
            found = ReadShadowTwin(store=store, calendar=CALENDAR).read(
                position_id=life.position_id, mark=ticks("61")
            )
            assert found.orders > 0
            assert found.rest == 0
            ReadGateLedger(store=store).read(
                position_id=life.position_id, mark=ticks("61"), lines=9
            )
        finally:
            store.close()


class TestTheLastLook:
    def test_is_a_gate_of_the_ledger_too(self, opened: Callable[..., Proof]) -> None:
        proof = opened(AT_ONCE)
        for price in ("62", "60", "62", "60", "62"):
            proof.account.tick(price)
        stopped = orders_of(proof)[0]
        assert stopped.ended is OrderEnd.RISK
        ledger = proof.gates("62")
        (line,) = [line for line in ledger.newest if line.order.blocker is OrderEnd.RISK]
        assert isinstance(line.order, BlockedOrder)
        assert (line.order.side, line.order.quantity) == (stopped.side, stopped.quantity)
        assert nonzero(proof.twin("62")) == {Part.COMMISSION, Part.DOWNTIME}
