"""Whatever the records hold, at the ends of their ranges too, comes back the same."""

from dataclasses import replace
from datetime import date, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.adapters.postgres.store import PostgresStore
from app.domain.book import LedgerKind, StoredAnswer
from app.domain.events import EventKind, canonical_json
from app.domain.position import Status
from app.domain.record import moment_text
from tests.builders import NOW
from tests.integration.postgres.records import (
    OPENING_CASH,
    OPENING_SHARES,
    decide,
    new_id,
    open_position,
    page_of,
)
from tests.unit.domain.drawn import protected, watches

# The store is opened once and every example works on a position of its own.
bounded = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
BIGINT = 2**63 - 1
words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=40)
names = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=200)
LONG = timedelta(days=700_000)
moments = st.timedeltas(-LONG, LONG).map(lambda apart: NOW + apart)
amounts = st.integers(0, BIGINT) | st.sampled_from([0, 1, BIGINT])
prices = st.integers(1, BIGINT) | st.sampled_from([1, BIGINT])
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=10,
)
bodies = st.dictionaries(words, values, max_size=4)


class TestEveryRecord:
    @bounded
    @given(data=st.data())
    def test_of_a_position_comes_back(self, store: PostgresStore, data: st.DataObject) -> None:
        opened = open_position(store)
        priced = data.draw(st.booleans())
        counted = data.draw(amounts)
        protections, marks = data.draw(protected)
        with store.book() as book:
            record = book.lock_position(position_id=opened.id)
            state = replace(
                record.state,
                status=Status.RUNNING,
                anchor=data.draw(st.none() | prices),
                orders_today=counted,
                orders_on=date.max if counted else data.draw(st.none() | st.just(date.min)),
                last_price=data.draw(prices) if priced else None,
                last_used_on=data.draw(st.dates()) if priced else None,
                last_observed_at=data.draw(moments),
                last_order_done_at=data.draw(st.none() | moments),
                watch=data.draw(watches),
                protections=protections,
                marks=marks,
            )
            changed = replace(
                record,
                name=data.draw(names),
                state=state,
                opening_cash=data.draw(amounts),
                opening_shares=data.draw(amounts),
                opening_price=data.draw(st.none() | prices),
                price_source=data.draw(st.none() | words),
                price_received_at=data.draw(st.none() | moments),
                price_delay_minutes=data.draw(st.none() | amounts),
                started_at=data.draw(moments),
                archived_at=None,
                actions_known_at=data.draw(st.none() | moments),
            )
            book.save_position(record=changed)
        with store.book() as book:
            assert book.get_position(position_id=opened.id) == changed

    @bounded
    @given(parts=st.tuples(*[bodies] * 5), reason=words, at=moments)
    def test_of_a_decision_comes_back(
        self,
        store: PostgresStore,
        parts: tuple[dict[str, object], ...],
        reason: str,
        at: datetime,
    ) -> None:
        opened = open_position(store)
        outcome = parts[0] | {"kind": "hold", "reason": reason}
        with page_of(store, opened.id) as (book, journal):
            decision = decide(
                book,
                journal,
                outcome=outcome,
                before=parts[1],
                after=parts[2],
                observation=parts[3],
                day=parts[4],
                at=at,
                last_at=at,
            )
        with store.book() as book:
            kept = book.get_decision(position_id=opened.id, number=1)
        assert kept == decision
        # Replay compares texts, and True == 1 would pass the line above.
        assert canonical_json(kept.outcome) == canonical_json(outcome)
        assert store.verify_book(position_id=opened.id) == ()

    @bounded
    @given(
        cash=st.integers(1, BIGINT - OPENING_CASH),
        reference=st.none() | words,
        reason=st.none() | words,
        body=bodies,
    )
    def test_of_the_ledger_and_the_chain_comes_back(
        self,
        store: PostgresStore,
        cash: int,
        reference: str | None,
        reason: str | None,
        body: dict[str, object],
    ) -> None:
        opened = open_position(store)
        with page_of(store, opened.id) as (_, journal):
            journal.enter(LedgerKind.DEPOSIT, cash=cash, reference=reference, reason=reason)
            journal.log(EventKind.CASH_MOVED, body)
        with store.book() as book:
            entry = book.list_ledger(position_id=opened.id, limit=1, cursor=None).items[0]
            event = book.list_events(position_id=opened.id, limit=1, cursor=None).items[0]
        assert (entry.cash, entry.reference, entry.reason) == (cash, reference, reason)
        assert (entry.cash_after, entry.shares_after) == (OPENING_CASH + cash, OPENING_SHARES)
        assert event.body == canonical_json({**body, "at": moment_text(NOW)})
        assert store.verify_book(position_id=opened.id) == ()

    @bounded
    @given(status=st.integers(100, 599), body=words)
    def test_of_an_answer_comes_back(self, store: PostgresStore, status: int, body: str) -> None:
        key, answer = new_id(), StoredAnswer(status=status, body=body)
        with store.book() as book:
            book.begin_request(key=key, digest="1" * 64)
            book.finish_request(key=key, answer=answer)
        with store.book() as book:
            assert book.begin_request(key=key, digest="1" * 64) == answer
