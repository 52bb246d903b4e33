"""What the database keeps true by itself: no gaps, sums that add up, facts that stay."""

from collections.abc import Callable
from dataclasses import replace

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError

from app.adapters.postgres.store import PostgresStore
from app.domain.book import AuditEvent, LedgerEntry, LedgerKind, PositionRecord
from app.domain.events import GENESIS, EventKind, chain_hash
from app.domain.order import OrderState
from app.services.journal import Journal
from app.services.ports import Book
from tests.builders import NOW, a_strategy, usd
from tests.integration.postgres.records import (
    a_decision,
    an_order,
    decide,
    new_id,
    open_position,
    page_of,
    sell,
)

BODY = '{"reason":"lunch"}'
FORK = chain_hash(previous=GENESIS, kind=EventKind.PAUSED, body=BODY)

type Work = Callable[[Book, Journal], None]


def refusal(store: PostgresStore, record: PositionRecord, work: Work) -> str:
    """Return why the database refused `work` on the position, and check that nothing changed."""

    def attempt() -> None:
        with page_of(store, record.id) as (book, journal):
            work(book, journal)

    with pytest.raises((DBAPIError, psycopg.Error)) as refused:
        attempt()
    with store.book() as book:
        assert book.get_position(position_id=record.id) == record
    # SQLAlchemy wraps what the commit refuses.
    reason = refused.value.orig if isinstance(refused.value, DBAPIError) else refused.value
    assert isinstance(reason, psycopg.IntegrityError)
    return str(reason)


def an_entry(**changes: object) -> LedgerEntry:
    """Return the second entry of a position of 6,000 USD: a deposit of 1 USD."""
    entry = LedgerEntry(
        number=2,
        at=NOW,
        kind=LedgerKind.DEPOSIT,
        cash=usd("1"),
        shares=0,
        receivable=0,
        cash_after=usd("6001"),
        shares_after=100_000_000,
        receivable_after=0,
        reference=None,
        reason="top up",
    )
    return replace(entry, **changes)  # type: ignore[arg-type]  # names of its fields


def an_event(head: str, **changes: object) -> AuditEvent:
    """Return the second event of a chain that ends with the hash `head`."""
    event = AuditEvent(
        number=2,
        at=NOW,
        kind=EventKind.PAUSED,
        body=BODY,
        previous=head,
        hash=chain_hash(previous=head, kind=EventKind.PAUSED, body=BODY),
    )
    return replace(event, **changes)  # type: ignore[arg-type]  # names of its fields


class TestNumbers:
    @pytest.mark.parametrize("number", [1, 3, 10**12])
    def test_of_decisions_have_no_gap(self, store: PostgresStore, number: int) -> None:
        opened = open_position(store)
        with page_of(store, opened.id) as (book, journal):
            decide(book, journal)
        present = present_record(store, opened)

        def work(book: Book, journal: Journal) -> None:
            decision = a_decision(journal.record, number=number)
            book.add_decision(position_id=opened.id, decision=decision)

        assert f"decision {number} does not follow number 1" in refusal(store, present, work)

    @pytest.mark.parametrize("number", [1, 3])
    def test_of_trades_have_no_gap(self, store: PostgresStore, number: int) -> None:
        opened = open_position(store)
        _, trade = sell(store, opened.id)

        def work(book: Book, _: Journal) -> None:
            again = replace(trade, n=number, fill_id=f"{trade.fill_id}x")
            book.add_trade(position_id=opened.id, trade=again)

        present = present_record(store, opened)
        assert f"trade {number} does not follow number 1" in refusal(store, present, work)

    @pytest.mark.parametrize("number", [1, 3])
    def test_of_the_ledger_have_no_gap(self, store: PostgresStore, number: int) -> None:
        opened = open_position(store)

        def work(book: Book, _: Journal) -> None:
            book.add_ledger_entry(position_id=opened.id, entry=an_entry(number=number))

        assert f"ledger entry {number} does not follow" in refusal(store, opened, work)

    @pytest.mark.parametrize("number", [1, 3])
    def test_of_strategies_have_no_gap(self, store: PostgresStore, number: int) -> None:
        opened = open_position(store)
        with store.book() as book:
            versions = book.list_strategies(position_id=opened.id, limit=1, cursor=None).items

        def work(book: Book, _: Journal) -> None:
            version = replace(versions[0], version=number, strategy=a_strategy())
            book.add_strategy(position_id=opened.id, version=version)

        assert f"strategy version {number} does not follow" in refusal(store, opened, work)


class TestTheLedger:
    @pytest.mark.parametrize(
        "wrong",
        [
            {"cash_after": usd("6001") + 1},
            {"shares_after": 100_000_001},
            {"receivable_after": 1},
            {"cash": usd("2")},
        ],
    )
    def test_adds_up_entry_by_entry(self, store: PostgresStore, wrong: dict[str, int]) -> None:
        opened = open_position(store)

        def work(book: Book, _: Journal) -> None:
            book.add_ledger_entry(position_id=opened.id, entry=an_entry(**wrong))

        assert "entry 2 does not add up" in refusal(store, opened, work)

    @pytest.mark.parametrize("field", ["cash", "shares", "receivable"])
    def test_is_what_the_position_holds(self, store: PostgresStore, field: str) -> None:
        opened = open_position(store)

        def work(_: Book, journal: Journal) -> None:
            state = journal.record.state
            journal.move_to(replace(state, **{field: getattr(state, field) + 1}))

        assert "are not the ledger's" in refusal(store, opened, work)


class TestWhatIsStored:
    """A row that its position does not count cannot be committed, even when that is untouched."""

    @pytest.mark.parametrize("row", ["decision", "ledger_entry", "audit_event", "order"])
    def test_is_counted_by_its_position(self, store: PostgresStore, row: str) -> None:
        opened = open_position(store)
        with page_of(store, opened.id) as (book, journal):
            decision = decide(book, journal, price="63")
        present = present_record(store, opened)

        def store_alone() -> None:
            with store.book() as book:
                add = {
                    "decision": lambda: book.add_decision(
                        position_id=present.id, decision=a_decision(present)
                    ),
                    "ledger_entry": lambda: book.add_ledger_entry(
                        position_id=present.id, entry=an_entry()
                    ),
                    "audit_event": lambda: book.append_event(
                        position_id=present.id, event=an_event(present.chain_head, number=3)
                    ),
                    "order": lambda: book.add_order(
                        position_id=present.id, order=an_order(decision)
                    ),
                }
                add[row]()

        with pytest.raises(DBAPIError, match="the position does not say so"):
            store_alone()

    @pytest.mark.parametrize("counter", ["decisions", "trades", "ledger_entries", "events"])
    def test_is_all_that_its_position_counts(self, store: PostgresStore, counter: str) -> None:
        opened = open_position(store)

        def work(_: Book, journal: Journal) -> None:
            journal.change(**{counter: getattr(journal.record, counter) + 1})

        assert "its counters are not the ends of its lists" in refusal(store, opened, work)

    def test_has_one_order_a_decision(self, store: PostgresStore) -> None:
        opened = open_position(store)
        order, _ = sell(store, opened.id)

        def work(book: Book, _: Journal) -> None:
            again = replace(order, id=opened.id)
            book.add_order(position_id=opened.id, order=again)

        reason = refusal(store, present_record(store, opened), work)
        assert "position_order_position_id_decision_number_key" in reason

    @pytest.mark.parametrize("first", [OrderState.NEW, OrderState.OPEN, OrderState.UNKNOWN])
    @pytest.mark.parametrize("second", [OrderState.NEW, OrderState.OPEN, OrderState.UNKNOWN])
    def test_has_one_live_order_a_position(
        self, store: PostgresStore, first: OrderState, second: OrderState
    ) -> None:
        opened = open_position(store)

        def work(book: Book, journal: Journal) -> None:
            for state in (first, second):
                decision = decide(book, journal, price="63")
                order = an_order(decision, state=state, broker_order_id=new_id())
                book.add_order(position_id=opened.id, order=order)

        assert "position_order_one_live_idx" in refusal(store, opened, work)

    def test_has_each_fill_once(self, store: PostgresStore) -> None:
        opened = open_position(store)
        _, trade = sell(store, opened.id)

        def work(book: Book, _: Journal) -> None:
            book.add_trade(position_id=opened.id, trade=replace(trade, n=2))

        assert "trade_fill_id_key" in refusal(store, present_record(store, opened), work)


class TestTheChain:
    @pytest.mark.parametrize(
        ("wrong", "words"),
        [
            ({"number": 3}, "audit event 3 does not follow number 1"),
            ({"number": 1}, "audit event 1 does not follow number 1"),
            ({"previous": GENESIS, "hash": FORK}, "does not name the hash of the one before"),
            ({"hash": "a" * 64}, "is not that of its content"),
            ({"body": '{"reason":"dinner"}'}, "is not that of its content"),
            ({"kind": EventKind.STARTED}, "is not that of its content"),
        ],
    )
    def test_takes_only_the_event_that_follows(
        self, store: PostgresStore, wrong: dict[str, object], words: str
    ) -> None:
        opened = open_position(store)

        def work(book: Book, _: Journal) -> None:
            event = an_event(opened.chain_head, **wrong)
            book.append_event(position_id=opened.id, event=event)

        assert words in refusal(store, opened, work)

    def test_starts_with_64_zeros(self, store: PostgresStore, role: psycopg.Connection) -> None:
        opened = open_position(store)
        row = role.execute(
            "SELECT previous FROM audit_event WHERE position_id = %s", (opened.id,)
        ).fetchone()
        assert row == (GENESIS,)


def present_record(store: PostgresStore, record: PositionRecord) -> PositionRecord:
    with store.book() as book:
        return book.get_position(position_id=record.id)
