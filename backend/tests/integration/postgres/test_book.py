"""The book on PostgreSQL: what is stored comes back the same, page by page."""

import contextlib
from dataclasses import replace
from datetime import date, timedelta

import pytest

from app.adapters.postgres.store import PostgresStore
from app.domain.book import Page, StrategyVersion
from app.domain.errors import NotFoundError
from app.domain.events import EventKind
from app.domain.order import OrderEnd, OrderState
from app.domain.position import Broker, Status
from tests.builders import NOW, a_position, a_strategy, later, ticks, usd
from tests.integration.postgres.records import (
    a_record,
    an_order,
    decide,
    new_id,
    open_position,
    page_of,
    sell,
)

BERLIN_NEW_YEAR = NOW.replace(year=2027, month=1, day=1, hour=0, microsecond=123_456)


class TestAPosition:
    def test_comes_back_as_it_was_saved(self, store: PostgresStore) -> None:
        opened = open_position(store)
        with store.book() as book:
            changed = replace(
                book.lock_position(position_id=opened.id),
                name="Zürich “Ω” 株",
                state=replace(
                    opened.state,
                    status=Status.HALTED,
                    orders_today=3,
                    orders_on=date(2027, 1, 1),
                    anchor=2 * 10**9,
                    last_price=1,
                    last_used_on=date(2026, 12, 31),
                    last_observed_at=BERLIN_NEW_YEAR,
                    last_order_done_at=later(-1.5),
                ),
                opening_price=ticks("60.0001"),
                halt_reason="a split without confirmation",
                price_source="yahoo",
                started_at=NOW - timedelta(days=400),
            )
            book.save_position(record=changed)
        with store.book() as book:
            assert book.get_position(position_id=opened.id) == changed
            assert book.lock_position(position_id=opened.id) == changed

    @pytest.mark.parametrize("broker", Broker)
    def test_keeps_its_broker_and_an_unset_anchor(
        self, store: PostgresStore, broker: Broker
    ) -> None:
        state = a_position(status=Status.PAUSED, cash=0, shares=0, anchor=None, broker=broker)
        opened = open_position(
            store,
            state=state,
            opening_fraction=500_000,
            opening_shares=0,
            account_id=None if broker is Broker.PAPER else new_id(),
        )
        with store.book() as book:
            assert book.get_position(position_id=opened.id) == opened

    def test_is_locked_against_a_second_writer(self, store: PostgresStore) -> None:
        opened = open_position(store)
        with page_of(store, opened.id) as (_, journal), store.book() as other:
            journal.change(name="not yet committed")
            assert other.get_position(position_id=opened.id).name == opened.name

    def test_is_rolled_back_when_the_block_raises(self, store: PostgresStore) -> None:
        record = a_record()
        with contextlib.suppress(ZeroDivisionError), store.book() as book:
            book.add_position(record=record, reason="opened")
            raise ZeroDivisionError
        with pytest.raises(NotFoundError), store.book() as book:
            book.get_position(position_id=record.id)

    @pytest.mark.parametrize(
        "identity", ["", "nonsense", "00000000-0000-0000-0000-00000000000", "{}", "\x00", "é" * 36]
    )
    def test_is_not_found_by_what_is_no_identity(self, store: PostgresStore, identity: str) -> None:
        with store.book() as book:
            for read in (
                lambda: book.get_position(position_id=identity),
                lambda: book.lock_position(position_id=identity),
                lambda: book.last_decision(position_id=identity),
                lambda: book.list_orders(position_id=identity, limit=1, cursor=None),
            ):
                with pytest.raises(NotFoundError, match="There is no position"):
                    read()

    def test_is_found_by_one_form_of_its_identity_only(self, store: PostgresStore) -> None:
        opened = open_position(store)
        with store.book() as book, pytest.raises(NotFoundError):
            book.get_position(position_id=opened.id.upper())

    def test_is_not_listed_once_archived(self, store: PostgresStore) -> None:
        opened = open_position(store)
        with page_of(store, opened.id) as (_, journal):
            journal.change(archived_at=NOW)
        with store.book() as book:
            listed = book.list_positions(limit=1000, cursor=None).items
            assert opened.id not in {record.id for record in listed}
            assert book.get_position(position_id=opened.id).archived_at == NOW


class TestAStrategy:
    def test_has_versions_newest_first(self, store: PostgresStore) -> None:
        opened = open_position(store)
        second = StrategyVersion(
            version=2,
            strategy=a_strategy(
                trigger={"up": "0.000001", "down": "0.9"},
                sizing={"policy": "target", "target": "0.333333"},
                guardrails={"min_stock": "0", "max_stock": "1", "max_trade": "0.5"},
                orders={"lot": "1", "collar_bps": "0"},
                costs={"commission_per_share": "0.005"},
                sessions="extended",
            ),
            created_at=later(60),
            reason="narrower",
        )
        with page_of(store, opened.id) as (book, journal):
            book.add_strategy(position_id=opened.id, version=second)
            journal.change(strategy=second.strategy)
            journal.move_to(replace(journal.record.state, strategy_version=2))
        first = StrategyVersion(
            version=1, strategy=opened.strategy, created_at=NOW, reason="opened"
        )
        with store.book() as book:
            page = book.list_strategies(position_id=opened.id, limit=10, cursor=None)
            assert page.items == (second, first)
            assert book.get_position(position_id=opened.id).strategy == second.strategy
            assert book.lock_position(position_id=opened.id).strategy == second.strategy


class TestADecision:
    def test_comes_back_as_it_was_stored(self, store: PostgresStore) -> None:
        opened = open_position(store)
        with page_of(store, opened.id) as (book, journal):
            held = decide(book, journal)
            proposed = decide(book, journal, price="63")
        with store.book() as book:
            assert book.get_decision(position_id=opened.id, number=1) == held
            assert book.last_decision(position_id=opened.id) == proposed
            page = book.list_decisions(
                position_id=opened.id, limit=10, cursor=None, kind=None, reason=None
            )
            assert page == Page(items=(proposed, held), next_cursor=None)

    def test_is_listed_by_kind_and_reason(self, store: PostgresStore) -> None:
        opened = open_position(store)
        with page_of(store, opened.id) as (book, journal):
            held = decide(book, journal)
            proposed = decide(book, journal, price="63")
        with store.book() as book:

            def listed(kind: str | None, reason: str | None) -> tuple[object, ...]:
                return book.list_decisions(
                    position_id=opened.id, limit=10, cursor=None, kind=kind, reason=reason
                ).items

            assert listed("hold", None) == (held,)
            assert listed(None, "trigger") == (proposed,)
            assert listed("hold", "trigger") == ()

    def test_counts_its_repetitions_with_their_price_range(self, store: PostgresStore) -> None:
        opened = open_position(store)
        with page_of(store, opened.id) as (book, journal):
            first = decide(book, journal, price_low=None, price_high=None)
        prices = (None, 600_000, 599_999, None, 600_001)
        with store.book() as book:
            repeated = [
                book.repeat_decision(position_id=opened.id, number=1, at=later(second), price=price)
                for second, price in enumerate(prices, start=1)
            ]
        expected = replace(first, checks=6, last_at=later(5), price_low=599_999, price_high=600_001)
        assert repeated[-1] == expected
        with store.book() as book:
            assert book.last_decision(position_id=opened.id) == expected

    @pytest.mark.parametrize("number", [0, 2, -1, 2**63, 10**30])
    def test_is_not_found_by_a_number_that_was_not_given(
        self, store: PostgresStore, number: int
    ) -> None:
        opened = open_position(store)
        with page_of(store, opened.id) as (book, journal):
            decide(book, journal)
        with store.book() as book, pytest.raises(NotFoundError, match="There is no decision"):
            book.get_decision(position_id=opened.id, number=number)

    def test_is_none_before_the_first(self, store: PostgresStore) -> None:
        opened = open_position(store)
        with store.book() as book:
            assert book.last_decision(position_id=opened.id) is None


class TestAnOrder:
    def test_and_its_trade_come_back_as_they_were_stored(self, store: PostgresStore) -> None:
        opened = open_position(store)
        order, trade = sell(store, opened.id)
        with store.book() as book:
            orders = book.list_orders(position_id=opened.id, limit=10, cursor=None)
            trades = book.list_trades(position_id=opened.id, limit=10, cursor=None)
        assert orders.items == (order,)
        assert trades.items == (trade,)
        assert trade.cash_after == usd("6629.93")

    @pytest.mark.parametrize("state", [OrderState.VOID, OrderState.REJECTED, OrderState.DONE])
    def test_may_follow_one_that_is_over(self, store: PostgresStore, state: OrderState) -> None:
        opened = open_position(store)
        with page_of(store, opened.id) as (book, journal):
            first = an_order(decide(book, journal, price="63"))
            book.add_order(position_id=opened.id, order=first)
            ended = replace(first, state=state, done_at=later(1), ended=OrderEnd.EXPIRED)
            book.save_order(order=ended)
            second = an_order(decide(book, journal, price="63"), state=OrderState.UNKNOWN)
            book.add_order(position_id=opened.id, order=second)
            journal.move_to(replace(journal.record.state, order_in_flight=True))
        with store.book() as book:
            page = book.list_orders(position_id=opened.id, limit=10, cursor=None)
        assert [order.state for order in page.items] == [OrderState.UNKNOWN, state]


class TestTheLedgerAndTheAuditTrail:
    def test_come_back_as_they_were_written(self, store: PostgresStore) -> None:
        opened = open_position(store)
        sell(store, opened.id)
        with store.book() as book:
            ledger = book.list_ledger(position_id=opened.id, limit=10, cursor=None).items
            events = book.list_events(position_id=opened.id, limit=10, cursor=None).items
            present = book.get_position(position_id=opened.id)
        assert [(e.number, e.kind.value, e.cash, e.shares, e.cash_after) for e in ledger] == [
            (3, "commission", -70_000, 0, 6_629_930_000),
            (2, "sell", 630_000_000, -10_000_000, 6_630_000_000),
            (1, "opening", 6_000_000_000, 100_000_000, 6_000_000_000),
        ]
        assert [event.kind for event in events] == [
            EventKind.FILLED,
            EventKind.DECIDED,
            EventKind.OPENED,
        ]
        assert events[0].hash == present.chain_head
        assert events[2].body == '{"at":"2024-06-11T14:30:00.000000Z","symbol":"KO"}'

    def test_keep_the_text_of_a_body_to_the_byte(self, store: PostgresStore) -> None:
        opened = open_position(store)
        told = {"reason": "“Zürich”\n\t\\u0041 \U0001f600", "z": 1, "a": [None, True]}
        with page_of(store, opened.id) as (_, journal):
            journal.log(EventKind.RENAMED, told)
        with store.book() as book:
            event = book.list_events(position_id=opened.id, limit=1, cursor=None).items[0]
        assert event.body == (
            '{"a":[null,true],"at":"2024-06-11T14:30:00.000000Z",'
            '"reason":"“Zürich”\\n\\t\\\\u0041 \U0001f600","z":1}'
        )


class TestTheKillSwitch:
    def test_is_off_at_first(self, store: PostgresStore) -> None:
        with store.book() as book:
            assert book.trading_halted() is False
