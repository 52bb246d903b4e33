"""A position beside its twin on real closes: each fault that is put in, and nothing else, shows."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest

from app.domain.book import OrderRecord, TradeRecord
from app.domain.decision import Side
from app.domain.errors import ConflictError, InvalidInputError, NotFoundError
from app.domain.events import EventKind
from app.domain.flow import flow_of
from app.domain.order import Fill
from app.domain.position import Status
from app.domain.shadow_twin import Part
from app.domain.sizing import commission
from app.domain.strategy import Strategy
from app.domain.units import PPM, VALUE_PER_MICRO
from app.services.journal import Journal
from app.services.ports import Broker
from app.services.recorded_looks import LOOKS_MAX
from app.services.shadow_twin import ReadShadowTwin, TwinComparison
from app.simulation.archive import ArchivedSession
from app.simulation.bars import Adjustment, Bars, Resolution, content_digest
from tests.builders import NOW, SESSION, SYMBOL, ticks, usd
from tests.integration.services.desk import EAGER, Desk
from tests.integration.services.shown_closes import CLOSES, MINUTE, deposit, shown

LOOKS = CLOSES[:60]
STRATEGY: dict[str, Any] = {
    **EAGER,
    "trigger": {"up": "0.006", "down": "0.006"},
    "orders": {"min_notional": "1", "max_per_day": 1000, "collar_bps": "50"},
    "sizing": {"policy": "proportional", "ratio": "0.5"},
    "costs": {"commission_rate": "0.0001", "slippage_bps": "2"},
}
AWAY = range(30, 45)


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultyBroker:
    """Satisfies `Broker`: fills worse by `bps`, at another commission, or not whole."""

    bps: int = 0
    commission: int = 1
    part: int = PPM

    def execute(self, *, order: OrderRecord, strategy: Strategy) -> Fill:
        worse = order.limit_price * self.bps // 10_000
        price = order.limit_price + (worse if order.side is Side.BUY else -worse)
        quantity = order.quantity * self.part // PPM
        paid = commission(quantity, order.limit_price, strategy) * self.commission
        return Fill(side=order.side, quantity=quantity, price=price, commission=paid)


def led(desk: Desk, broker: Broker | None = None, **shows: Any) -> str:
    """Return a position that looked at the closes and traded at most of them."""
    desk.clock.set(NOW)
    position_id = desk.run(strategy=STRATEGY, anchor=None, cash=usd("5000"))
    return shown(desk, position_id, LOOKS, broker=broker or FaultyBroker(), **shows)


def compare(
    desk: Desk, position_id: str, mark: int | None = None, looks_max: int = LOOKS_MAX
) -> TwinComparison:
    reading = ReadShadowTwin(store=desk.store, calendar=desk.calendar, looks_max=looks_max)
    found = reading.read(position_id=position_id, mark=mark)
    assert found.rest == 0
    return found


def apart_from(found: TwinComparison, *parts: Part) -> set[int]:
    return {value for part, value in found.parts.items() if part not in parts}


def trades_of(desk: Desk, position_id: str) -> list[TradeRecord]:
    page = desk.read.trades(position_id=position_id, limit=1000, cursor=None)
    return list(reversed(page.items))


def traded_value(trades: Sequence[TradeRecord]) -> int:
    return sum(trade.quantity * trade.price for trade in trades)


def price_after(trade: TradeRecord) -> int | None:
    """Return the price of the look after the one of the trade, None after the last one."""
    minute = (trade.at - NOW) // MINUTE
    return LOOKS[minute + 1] if minute + 1 < len(LOOKS) else None


def archive(desk: Desk, closes: Sequence[int]) -> None:
    """Keep minute bars of the session with these closes, one a minute from `NOW`."""
    ends = array("q", (int((NOW + n * MINUTE).timestamp()) for n in range(len(closes))))
    prices = array("q", closes)
    bars = Bars(
        symbol=SYMBOL,
        resolution=Resolution.MINUTE,
        adjustment=Adjustment.RAW,
        starts=array("q", (end - 60 for end in ends)),
        ends=ends,
        sessions=array("q", [SESSION.toordinal()] * len(ends)),
        opens=prices,
        highs=prices,
        lows=prices,
        closes=prices,
        volumes=array("q", [100] * len(ends)),
        dividends=(),
        splits=(),
    )
    with desk.store.shelf() as shelf:
        shelf.archive_session(
            session=ArchivedSession(
                bars=bars, digest=content_digest(bars), source="yahoo", received_at=NOW, reads=1
            )
        )


class TestATwin:
    def test_is_worth_what_a_position_is_that_fills_as_a_simulation_does(self, desk: Desk) -> None:
        found = compare(desk, led(desk))
        assert found.orders > 15
        assert found.position_value == found.twin_value
        assert apart_from(found) == {0}

    def test_shows_five_basis_points_of_slippage_and_nothing_else(self, desk: Desk) -> None:
        position_id = led(desk, FaultyBroker(bps=5))
        found = compare(desk, position_id)
        trades = trades_of(desk, position_id)
        cost = traded_value(trades) * 5 // 10_000
        assert len(trades) > 15
        assert abs(found.parts[Part.SLIPPAGE] + cost) * 200 < cost
        assert apart_from(found, Part.SLIPPAGE) == {0}

    def test_shows_fills_at_a_wide_quote_around_the_last_trade_as_spread(self, desk: Desk) -> None:
        position_id = led(desk, spread=3_000)
        found = compare(desk, position_id)
        # Half of 30 basis points, less the 2 that the strategy assumes.
        cost = traded_value(trades_of(desk, position_id)) * 13 // 10_000
        assert abs(found.parts[Part.SPREAD] + cost) * 100 < cost
        # The commission is on another price.
        assert abs(found.parts[Part.COMMISSION]) * 10_000 < cost * 2
        assert apart_from(found, Part.SPREAD, Part.COMMISSION) == {0}

    def test_shows_a_commission_that_was_twice_as_high(self, desk: Desk) -> None:
        position_id = led(desk, FaultyBroker(commission=2))
        found = compare(desk, position_id)
        paid = sum(trade.commission for trade in trades_of(desk, position_id)) * VALUE_PER_MICRO
        assert found.parts[Part.COMMISSION] == -paid // 2 < 0
        assert apart_from(found, Part.COMMISSION) == {0}

    @pytest.mark.parametrize("mark", ["30", "90"])
    def test_shows_what_did_not_fill_until_the_next_price_that_is_used(
        self, desk: Desk, mark: str
    ) -> None:
        position_id = led(desk, FaultyBroker(part=400_000))
        found = compare(desk, position_id, ticks(mark))
        orders = desk.read.orders(position_id=position_id, limit=1000, cursor=None).items
        quantities = {order.id: order.quantity for order in orders}
        strategy = desk.record(position_id).strategy
        missed = 0
        for trade in trades_of(desk, position_id):
            assert trade.order_id is not None
            whole = replace(trade.fill, quantity=quantities[trade.order_id])
            paid = commission(whole.quantity, whole.price, strategy)
            lacking = flow_of(replace(whole, commission=paid)) - flow_of(trade.fill)
            missed += lacking.value_at(price_after(trade) or ticks(mark))
        assert found.parts[Part.PARTIAL_FILL] == -missed != 0
        assert apart_from(found, Part.PARTIAL_FILL) == {0}

    def test_takes_deposits_and_anchors_as_the_position_does(self, desk: Desk) -> None:
        def between(number: int, journal: Journal) -> None:
            if number == 20:
                deposit(journal, usd("5000"))
            if number == 40:
                journal.move_to(replace(journal.record.state, anchor=LOOKS[39]))

        found = compare(desk, led(desk, between=between))
        assert found.position_value == found.twin_value
        assert apart_from(found) == {0}

    def test_is_made_of_the_newest_looks_where_there_are_too_many(self, desk: Desk) -> None:
        position_id = led(desk, FaultyBroker(bps=5))
        whole = compare(desk, position_id)
        newest = compare(desk, position_id, looks_max=8)
        trades = trades_of(desk, position_id)[-8:]
        assert newest.orders == 8
        assert (whole.first, whole.orders) == (1, len(trades_of(desk, position_id)))
        assert newest.first <= (trades[0].decision_number or 0)
        cost = traded_value(trades) * 5 // 10_000
        assert abs(newest.parts[Part.SLIPPAGE] + cost) * 200 < cost


class TestDowntime:
    """What the twin would have traded at the first trigger, until the position looks again."""

    def expected(self, desk: Desk) -> int:
        """Return what the first order after the going away makes, by a run that never went."""
        trade = next(t for t in trades_of(desk, led(desk)) if (t.at - NOW) // MINUTE in AWAY)
        return flow_of(trade.fill).value_at(LOOKS[AWAY.stop])

    def test_shows_the_minutes_at_which_nobody_looked(self, desk: Desk) -> None:
        expected = self.expected(desk)
        archive(desk, LOOKS)
        found = compare(desk, led(desk, away=AWAY))
        assert found.missed == len(AWAY)
        assert found.parts[Part.DOWNTIME] == -expected != 0
        assert apart_from(found, Part.DOWNTIME) == {0}

    def test_shows_the_minutes_at_which_the_position_was_halted(self, desk: Desk) -> None:
        expected = self.expected(desk)
        archive(desk, LOOKS)

        def between(number: int, journal: Journal) -> None:
            if number == AWAY.start:
                journal.halt("test")
            if number == AWAY.stop:
                _set(journal, EventKind.HALT_RESOLVED, Status.PAUSED)
                _set(journal, EventKind.STARTED, Status.RUNNING)

        found = compare(desk, led(desk, away=AWAY, between=between))
        assert found.parts[Part.DOWNTIME] == -expected
        assert apart_from(found, Part.DOWNTIME) == {0}

    def test_shows_the_order_that_a_halt_refused(self, desk: Desk) -> None:
        expected = self.expected(desk)

        def between(number: int, journal: Journal) -> None:
            if number == AWAY.start:
                journal.halt("test")
            if number == AWAY.stop:
                _set(journal, EventKind.STARTED, Status.RUNNING)

        found = compare(desk, led(desk, between=between))
        assert found.missed == 0
        assert found.parts[Part.DOWNTIME] == -expected
        assert apart_from(found, Part.DOWNTIME) == {0}

    def test_is_not_the_pause_of_a_person_nor_a_gap_before_a_change(self, desk: Desk) -> None:
        archive(desk, LOOKS)

        def paused(number: int, journal: Journal) -> None:
            if number == AWAY.start:
                _set(journal, EventKind.PAUSED, Status.PAUSED)
            if number == AWAY.stop:
                _set(journal, EventKind.STARTED, Status.RUNNING)

        def anchored(number: int, journal: Journal) -> None:
            if number == AWAY.stop - 1:
                journal.log(EventKind.ANCHOR_SET, {"price": "1", "reason": "test"})

        for between in (paused, anchored):
            found = compare(desk, led(desk, away=AWAY, between=between))
            assert found.missed == 0
            assert apart_from(found) == {0}


def _set(journal: Journal, kind: EventKind, status: Status) -> None:
    halt_reason = journal.record.halt_reason if status is Status.HALTED else None
    journal.move_to(replace(journal.record.state, status=status))
    journal.change(halt_reason=halt_reason)
    journal.log(kind, {"reason": "test"})


class TestTheComparison:
    def test_cannot_be_made_before_the_first_price_nor_at_one_out_of_range(
        self, desk: Desk
    ) -> None:
        position_id = desk.open()
        with pytest.raises(ConflictError, match="has not used a price yet"):
            compare(desk, position_id)
        with pytest.raises(InvalidInputError, match="allowed: from 0.0001 to 200000"):
            compare(desk, position_id, -1)

    def test_does_not_find_an_unknown_position(self, desk: Desk) -> None:
        with pytest.raises(NotFoundError):
            compare(desk, "unknown")
