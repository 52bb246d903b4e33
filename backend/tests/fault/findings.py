"""What must be true of a position and its broker after a life, whatever happened in it."""

from collections.abc import Iterator
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from app.adapters.postgres.store import PostgresStore
from app.domain.book import OrderRecord, PositionRecord, TradeRecord
from app.domain.order import OrderState
from app.domain.units import MICROS_PER_USD, TICKS_PER_USD, UNITS_PER_SHARE
from app.services.replay_decisions import ReplayDecisions
from tests.fault.broker import Broker
from tests.fault.orders import Fill

EVERYTHING = 10_000
CENT = 10_000  # micros; the broker books whole cents a fill


def findings(
    store: PostgresStore, broker: Broker, *, position_id: str, cash: int, their_cash: Decimal
) -> Iterator[str]:
    """Yield what is wrong, in sentences; `cash` and `their_cash` are what was there at the start.

    The broker's first fill, made by hand before the position opened, is not the position's.
    """
    broker.prove()
    yield from store.verify_book(position_id=position_id)
    with store.book() as book:
        record = book.get_position(position_id=position_id)
        orders = book.list_orders(position_id=position_id, limit=EVERYTHING, cursor=None).items
        trades = book.list_trades(position_id=position_id, limit=EVERYTHING, cursor=None).items
    replay = ReplayDecisions(store=store).replay(position_id=position_id)
    if replay.present.differences or replay.earlier:
        yield f"Decisions come out otherwise when they are made again: {replay}."
    yield from _fills(broker, trades)
    yield from _orders(broker, orders)
    yield from _market(broker)
    yield from _sums(broker, record, cash=cash, their_cash=their_cash)


def _fills(broker: Broker, trades: tuple[TradeRecord, ...]) -> Iterator[str]:
    ours = {
        trade.fill_id: (trade.order_id, trade.side.value, trade.quantity, trade.price)
        for trade in trades
    }
    names = {order.id: name for name, order in broker.orders.items()}
    theirs = {
        fill.id: (
            names[fill.order_id],
            fill.side,
            int(fill.quantity * UNITS_PER_SHARE),
            _ticks(fill),
        )
        for fill in broker.fills[1:]
    }
    if len(ours) != len(trades):
        yield "A fill is booked twice."
    for fill_id in sorted(ours.keys() | theirs.keys()):
        if ours.get(fill_id) != theirs.get(fill_id):
            yield f"Fill {fill_id} is {theirs.get(fill_id)}, and {ours.get(fill_id)} here."


def _ticks(fill: Fill) -> int:
    """Return the price as we book it: rounded against us where the broker's is finer."""
    against_us = ROUND_CEILING if fill.side == "buy" else ROUND_FLOOR
    return int((fill.price * TICKS_PER_USD).to_integral_value(against_us))


def _orders(broker: Broker, orders: tuple[OrderRecord, ...]) -> Iterator[str]:
    ours = {order.id: order for order in orders}
    for name, count in broker.accepted.items():
        if count > 1:
            yield f"Order {name} was accepted {count} times."
        if name not in ours:
            yield f"Order {name} is the broker's, and not ours."
        elif ours[name].state is not OrderState.DONE:
            yield f"Order {name}, which the broker accepted, is {ours[name].state} here."
    for name in ours.keys() - broker.accepted.keys():
        if ours[name].state is OrderState.DONE:
            yield f"Order {name} is done, and the broker never had it."


def _market(broker: Broker) -> Iterator[str]:
    if any(peak.count > 1 for peak in broker.live_history.values()):
        yield "Two orders were live at the broker at once."
    if broker.live_orders:
        yield "An order is still live at the broker."


def _sums(
    broker: Broker, record: PositionRecord, *, cash: int, their_cash: Decimal
) -> Iterator[str]:
    state = record.state
    if state.order_in_flight:
        yield "An order is still live."
    theirs = int(broker.holdings(state.symbol) * UNITS_PER_SHARE)
    if theirs != state.shares:
        yield f"The broker holds {theirs} units, we {state.shares}."
    moved = int((broker.cash - their_cash) * MICROS_PER_USD)
    if abs(moved - (state.cash - cash)) > CENT * record.trades:
        yield f"The broker's cash moved by {moved} micros, ours by {state.cash - cash}."
