"""A position beside its shadow twin, and each difference between the two by its cause."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from heapq import merge

from app.domain.book import LedgerEntry, LedgerKind, PositionRecord, UsedPrice
from app.domain.decision import Gate
from app.domain.flow import NOTHING, Flow, flow_of
from app.domain.order import Fill, OrderState
from app.domain.shadow_twin import Look, Part, PlacedOrder, ShadowTwin
from app.domain.strategy import Strategy
from app.domain.units import VALUE_PER_MICRO
from app.services.missed_looks import MissedLook, MissedLooks
from app.services.ports import Calendar, Store
from app.services.recorded_looks import (
    LOOKS_MAX,
    acting_decisions,
    first_look,
    inputs_of,
    ledger_of,
    mark_of,
    orders_of,
    strategies_of,
    trades_of,
    used_prices,
)

_FILLS = frozenset((LedgerKind.BUY, LedgerKind.SELL, LedgerKind.COMMISSION, LedgerKind.BUST))
_BY_PEOPLE = frozenset((LedgerKind.OPENING, LedgerKind.DEPOSIT, LedgerKind.WITHDRAWAL))
# What only the position has, and the part that it makes.
_NOT_OF_THE_TWIN = {
    LedgerKind.ADOPTED: Part.EXTERNAL,
    LedgerKind.DIVIDEND_DIFFERENCE: Part.DIVIDEND,
    LedgerKind.FEE: Part.COMMISSION,
}
_AT_MARKET = frozenset((OrderState.OPEN, OrderState.DONE))
# What stopped the position and does not stop its twin.
_HALTS = frozenset((Gate.NOT_RUNNING.value, Gate.TRADING_HALTED.value))


@dataclass(frozen=True, slots=True, kw_only=True)
class TwinComparison:
    """A position and its twin at `mark` ticks; values and parts in 1e-10 USD.

    `position_value` less `twin_value` is the sum of `parts` and `rest`; a `rest` that is not zero
    says that the book disagrees with itself. `orders` is how many orders the twin placed, from
    decision `first` on; what was traded before that, it traded too. `missed` is at how many minutes
    it would have looked alone.
    """

    mark: int
    position_value: int
    twin_value: int
    first: int
    orders: int
    missed: int
    parts: Mapping[Part, int]

    @property
    def rest(self) -> int:
        """Return what no part explains."""
        return self.position_value - self.twin_value - sum(self.parts.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """An evaluation that the twin makes too."""

    at: datetime
    number: int
    look: Look


@dataclass(frozen=True, slots=True, kw_only=True)
class _Booked:
    """What was booked beside the orders: of the twin too where there is an `entry`."""

    at: datetime
    entry: LedgerEntry | None
    part: Part
    flow: Flow


type _Event = _Seen | _Booked | MissedLook


class ReadShadowTwin:
    """Runs the twin over what is recorded; changes nothing.

    The work grows with the orders and refusals, not with the holds: a hold was made on the same
    values by the same rules. `looks_max` bounds how many of them are made again.
    """

    def __init__(self, *, store: Store, calendar: Calendar, looks_max: int = LOOKS_MAX) -> None:
        self._store = store
        self._looks_max = looks_max
        self._missed = MissedLooks(store=store, calendar=calendar)

    def read(self, *, position_id: str, mark: int | None) -> TwinComparison:
        """Return the comparison at `mark` ticks, by default the last price used.

        Raises
        ------
        NotFoundError
            When there is no such position.
        InvalidInputError
            When the mark is out of range.
        ConflictError
            When no mark is given and no price was used yet, or a record cannot be read.
        """
        with self._store.book() as book:
            record = book.get_position(position_id=position_id)
        mark = mark_of(record, mark)
        first = first_look(self._store, record, self._looks_max)
        fills = self._fills(record)
        held, booked = self._ledger(record)
        for number, of_order in fills.items():
            if number is not None and number < first:
                held += sum((flow_of(fill) for _, fill in of_order), NOTHING)
        booked += [
            _Booked(at=at, entry=None, part=Part.EXTERNAL, flow=flow_of(fill))
            for at, fill in fills.get(None, ())
        ]
        booked.sort(key=lambda each: each.at)
        strategies = strategies_of(self._store, position_id=position_id)
        seen = self._seen(record, first, fills, strategies)
        missed = self._missed.of(record, first, strategies)
        twin = ShadowTwin()
        course = _Course(twin=twin, used=used_prices(self._store, record, first))
        course.run(merge(booked, missed, seen, key=_when))
        return TwinComparison(
            mark=mark,
            position_value=record.state.value_at(mark),
            twin_value=(held + twin.flow).value_at(mark),
            first=first,
            orders=twin.orders,
            missed=course.missed,
            parts={part: flow.value_at(mark) for part, flow in twin.parts.items()},
        )

    def _fills(self, record: PositionRecord) -> dict[int | None, list[tuple[datetime, Fill]]]:
        """Return the fills that were not taken back, by decision; None for trades by others."""
        fills: defaultdict[int | None, list[tuple[datetime, Fill]]] = defaultdict(list)
        taken_back: set[str] = set()
        # Newest first, so that a fill is met after what takes it back.
        for trade in trades_of(self._store, record):
            if trade.busts is not None:
                taken_back.add(trade.busts)
            elif trade.fill_id not in taken_back:
                fills[trade.decision_number].append((trade.at, trade.fill))
        return dict(fills)

    def _ledger(self, record: PositionRecord) -> tuple[Flow, list[_Booked]]:
        """Return what was opened with, paid in and brought by the stock, and what the twin meets.

        Adopted shares, fees, and what the broker paid otherwise than announced are not the twin's;
        a dividend and a split are, as far as it has the shares.
        """
        held, booked = NOTHING, []
        for entry in ledger_of(self._store, record):
            if entry.kind in _FILLS:
                continue
            money = (entry.cash + entry.receivable) * VALUE_PER_MICRO
            flow = Flow(shares=entry.shares, money=money)
            part = _NOT_OF_THE_TWIN.get(entry.kind)
            if part is not None:
                booked.append(_Booked(at=entry.at, entry=None, part=part, flow=flow))
                continue
            held += flow
            if entry.kind not in _BY_PEOPLE:
                booked.append(_Booked(at=entry.at, entry=entry, part=Part.DIVIDEND, flow=flow))
        return held, booked

    def _seen(
        self,
        record: PositionRecord,
        first: int,
        fills: Mapping[int | None, list[tuple[datetime, Fill]]],
        strategies: Mapping[int, Strategy],
    ) -> Iterator[_Seen]:
        """Yield the proposals, and what a halt refused, oldest first."""
        orders = {order.decision_number: order for order in orders_of(self._store, record)}
        for decision in acting_decisions(self._store, record, first):
            proposed = decision.outcome["kind"] == "proposed"
            if not proposed and decision.outcome["reason"] not in _HALTS:
                continue
            inputs, placed = inputs_of(decision, strategies), None
            if proposed:
                order = orders[decision.number]
                placed = PlacedOrder(
                    side=order.side,
                    quantity=order.quantity,
                    reached=order.state in _AT_MARKET,
                    fills=[fill for _, fill in fills.get(decision.number, ())],
                )
            yield _Seen(
                at=decision.at,
                number=decision.number,
                look=Look(
                    before=inputs.before,
                    observation=inputs.observation,
                    strategy=inputs.strategy,
                    day=inputs.day,
                    placed=placed,
                ),
            )


class _Course:
    """Leads the twin through what happened, and makes it level with the position on the way.

    `used` are the prices that the position used, oldest first.
    """

    def __init__(self, *, twin: ShadowTwin, used: Iterator[UsedPrice]) -> None:
        self._twin = twin
        self._used = used
        self._level: UsedPrice | None = None
        self._number = 0
        self.missed = 0

    def run(self, events: Iterable[_Event]) -> None:
        """Take what happened, oldest first."""
        for event in events:
            if self._level is not None and _is_past(self._level, event):
                self._make_level()
            self._meet(event)
            if self._twin.is_apart and self._level is None:
                self._level = self._next_level(event)
        self._make_level()

    def _meet(self, event: _Event) -> None:
        match event:
            case _Booked():
                _take(self._twin, event)
                return
            case _Seen(number=number):
                self._number = number
            case MissedLook():
                self.missed += 1
        if not self._twin.is_apart:
            self._twin.look(event.look)

    def _make_level(self) -> None:
        if self._level is not None:
            self._twin.level(self._level.price)
            self._level = None

    def _next_level(self, event: _Event) -> UsedPrice | None:
        """Return the first price that was used after `event`."""
        for used in self._used:
            if used.number > self._number and (isinstance(event, _Seen) or used.at >= event.at):
                return used
        return None


def _take(twin: ShadowTwin, booked: _Booked) -> None:
    entry = booked.entry
    if entry is None:
        twin.differ(booked.part, booked.flow)
    elif entry.shares:
        twin.split(before=entry.shares_after - entry.shares, after=entry.shares_after)
    elif entry.receivable > 0:
        twin.dividend(shares=entry.shares_after, net=entry.receivable)


def _is_past(level: UsedPrice, each: _Event) -> bool:
    if isinstance(each, _Seen):
        return each.number >= level.number
    return each.at > level.at


def _when(each: _Event) -> tuple[datetime, bool]:
    """Return the order of what happened; what was booked at the moment of a look was there."""
    return each.at, isinstance(each, _Seen)
