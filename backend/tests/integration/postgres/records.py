"""Records to store: a position with its book, as the services write it."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import psycopg

from app.adapters.postgres.store import PostgresStore
from app.domain import rules
from app.domain.book import DecisionRecord, LedgerKind, OrderRecord, PositionRecord, TradeRecord
from app.domain.decision import ProposalReason, Side
from app.domain.events import GENESIS, EventKind
from app.domain.order import Fill, OrderEnd, OrderState
from app.domain.position import Status
from app.domain.record import day_body, decision_body, observation_body, position_body
from app.domain.step import step
from app.services.journal import Journal
from app.services.ports import Book
from tests.builders import NOW, a_day, a_position, a_strategy, an_observation, shares, ticks, usd

OPENING_CASH = usd("6000")
OPENING_SHARES = shares("100")


def new_id() -> str:
    return str(uuid.uuid4())


def a_record(**changes: Any) -> PositionRecord:
    """Return a position that was only just created: its ledger and its chain are empty."""
    record = PositionRecord(
        id=new_id(),
        name="Coca-Cola",
        state=a_position(status=Status.PAUSED, cash=0, shares=0),
        strategy=a_strategy(),
        opening_cash=OPENING_CASH,
        opening_shares=OPENING_SHARES,
        opening_price=None,
        opening_fraction=None,
        account_id=None,
        shares_beside=0,
        halt_reason=None,
        price_source=None,
        price_received_at=None,
        price_delay_minutes=None,
        decisions=0,
        trades=0,
        ledger_entries=0,
        events=0,
        chain_head=GENESIS,
        created_at=NOW,
        started_at=None,
        archived_at=None,
        actions_known_at=None,
    )
    return replace(record, **changes)


def open_position(store: PostgresStore, **changes: Any) -> PositionRecord:
    """Return a stored position of 100 shares and 6,000 USD."""
    record = a_record(**changes)
    with store.book() as book:
        book.add_position(record=record, reason="opened")
        journal = Journal(book=book, record=record, at=NOW)
        journal.enter(LedgerKind.OPENING, cash=OPENING_CASH, shares=OPENING_SHARES)
        journal.log(EventKind.OPENED, {"symbol": record.state.symbol})
        return journal.save()


@contextmanager
def page_of(store: PostgresStore, position_id: str) -> Iterator[tuple[Book, Journal]]:
    """Open a transaction on the locked position; what the block journals is saved at its end."""
    with store.book() as book:
        record = book.lock_position(position_id=position_id)
        journal = Journal(book=book, record=record, at=NOW)
        yield book, journal
        journal.save()


def a_decision(record: PositionRecord, *, price: str = "60", **changes: Any) -> DecisionRecord:
    """Return the next decision of `record`: inside the band at 60 USD, proposed at 63."""
    observation = an_observation(price)
    state = replace(record.state, status=Status.RUNNING, order_in_flight=False)
    stepped = step(state, observation, record.strategy, a_day())
    decision = DecisionRecord(
        number=record.decisions + 1,
        at=NOW,
        strategy_version=record.state.strategy_version,
        rules_version=rules.RULES_VERSION,
        outcome=decision_body(stepped.decision),
        before=position_body(state),
        after=position_body(stepped.position),
        observation=observation_body(observation),
        day=day_body(a_day()),
        checks=1,
        last_at=NOW,
        price_low=ticks(price),
        price_high=ticks(price),
    )
    return replace(decision, **changes)


def decide(book: Book, journal: Journal, *, price: str = "60", **changes: Any) -> DecisionRecord:
    """Store the next decision with its event."""
    decision = a_decision(journal.record, price=price, **changes)
    book.add_decision(position_id=journal.record.id, decision=decision)
    journal.change(decisions=decision.number)
    body = {
        name: getattr(decision, name)
        for name in (
            "number",
            "strategy_version",
            "rules_version",
            "outcome",
            "before",
            "after",
            "observation",
            "day",
        )
    }
    journal.log(EventKind.DECIDED, body)
    return decision


def an_order(decision: DecisionRecord, **changes: Any) -> OrderRecord:
    """Return the order of 10 shares at 63 USD that a decision led to."""
    order = OrderRecord(
        id=new_id(),
        decision_number=decision.number,
        side=Side.SELL,
        quantity=shares("10"),
        limit_price=ticks("63"),
        reason=ProposalReason.TRIGGER,
        state=OrderState.NEW,
        created_at=NOW,
        done_at=None,
    )
    return replace(order, **changes)


def sell(store: PostgresStore, position_id: str) -> tuple[OrderRecord, TradeRecord]:
    """Store a whole cycle: a decision at 63 USD, its order, and the fill of 10 shares."""
    with page_of(store, position_id) as (book, journal):
        order = an_order(decide(book, journal, price="63"))
        book.add_order(position_id=position_id, order=order)
        fill = Fill(
            side=Side.SELL, quantity=order.quantity, price=order.limit_price, commission=usd("0.07")
        )
        trade = journal.book(fill, order=order, fill_id=f"{order.id}:1")
        order = replace(
            order,
            state=OrderState.DONE,
            done_at=NOW,
            filled=order.quantity,
            ended=OrderEnd.FILLED,
        )
        book.save_order(order=order)
    return order, trade


def constraint_names(connection: psycopg.Connection, kind: str) -> set[str]:
    """Return the names of the checks (`c`) or foreign keys (`f`) of the database."""
    rows = connection.execute(
        "SELECT conname FROM pg_constraint"
        " WHERE connamespace = 'public'::regnamespace AND contype = %s",
        (kind,),
    )
    return {name for (name,) in rows}
