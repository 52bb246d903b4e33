"""What the guardrails cost or saved: the shadow profit and loss of each order they stopped."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from app.domain.blocked_order import (
    Blocked,
    BlockedOrder,
    Blocker,
    Unknowable,
    UnknownOrder,
    blocked_order,
    unsent_order,
)
from app.domain.book import DecisionRecord, OrderRecord, PositionRecord
from app.domain.order import OrderEnd
from app.domain.step import step
from app.services.ports import Store
from app.services.recorded_looks import (
    LOOKS_MAX,
    Inputs,
    acting_decisions,
    first_look,
    inputs_of,
    mark_of,
    orders_of,
    strategies_of,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerLine:
    """One order that was blocked by decision `number`, and again, `checks` times in all."""

    number: int
    at: datetime
    last_at: datetime
    checks: int
    order: Blocked


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockerSum:
    """All orders that one gate or rule blocked.

    Units, and 1e-10 USD for notional and shadow; `unknown` more orders could not be worked out.
    """

    blocker: Blocker
    orders: int
    unknown: int
    quantity: int
    notional: int
    shadow: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class GateLedger:
    """The sums of each gate and rule at `mark` ticks, and the newest lines, newest first.

    What was decided before decision `first` is left out.
    """

    mark: int
    first: int
    sums: tuple[BlockerSum, ...]
    newest: tuple[LedgerLine, ...]


class ReadGateLedger:
    """Works out what was blocked from what is recorded; changes nothing.

    The work grows with the orders and refusals, not with the holds; `looks_max` bounds it.
    """

    def __init__(self, *, store: Store, looks_max: int = LOOKS_MAX) -> None:
        self._store = store
        self._looks_max = looks_max

    def read(self, *, position_id: str, mark: int | None, lines: int) -> GateLedger:
        """Return the gate ledger at `mark` ticks, by default the last price used.

        An order that is blocked again by the same gate or rule, while shares, cash and anchor are
        what they were, is the same order, at the first of its prices.

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
        lines_by_order: dict[tuple[object, ...], LedgerLine] = {}
        for decision, order in self._blocked(record, first):
            key = _identity(decision, order)
            lines_by_order[key] = _repeated(lines_by_order.get(key), decision, order)
        found = tuple(lines_by_order.values())
        sums: dict[Blocker, BlockerSum] = {}
        for line in found:
            blocker = line.order.blocker
            sums[blocker] = _added(sums.get(blocker), line, mark)
        newest = found[::-1][:lines]
        return GateLedger(mark=mark, first=first, sums=tuple(sums.values()), newest=newest)

    def _blocked(
        self, record: PositionRecord, first: int
    ) -> Iterator[tuple[DecisionRecord, Blocked]]:
        """Yield what each decision blocked, oldest first."""
        strategies = strategies_of(self._store, position_id=record.id)
        stopped = {
            order.decision_number: order
            for order in orders_of(self._store, record)
            if order.ended is OrderEnd.RISK
        }
        for decision in acting_decisions(self._store, record, first):
            order = stopped.get(decision.number)
            if order is None and not (
                decision.outcome["kind"] == "refused" or decision.outcome["trims"]
            ):
                continue
            blocked = order_blocked_by(decision, inputs_of(decision, strategies), order)
            if blocked is not None:
                yield decision, blocked


def order_blocked_by(
    decision: DecisionRecord, inputs: Inputs, stopped: OrderRecord | None
) -> Blocked | None:
    """Return the order that was not let through, or not whole; `stopped` is by the last look."""
    observation, strategy = inputs.observation, inputs.strategy
    if stopped is not None:
        return unsent_order(observation, strategy, side=stopped.side, quantity=stopped.quantity)
    made = step(inputs.before, observation, strategy, inputs.day).decision
    found = blocked_order(inputs.before, observation, strategy, inputs.day, made)
    if made.reason.value == decision.outcome["reason"] or found is None:
        return found
    return UnknownOrder(blocker=found.blocker, why=Unknowable.OTHER_RULES)


def _identity(decision: DecisionRecord, order: Blocked) -> tuple[object, ...]:
    """Return what the same order has in common each time that it is blocked."""
    before = decision.before
    state = (before["shares"], before["cash"], before["anchor_price"])
    side = order.side if isinstance(order, BlockedOrder) else None
    return order.blocker, side, decision.strategy_version, *state


def _repeated(so_far: LedgerLine | None, decision: DecisionRecord, order: Blocked) -> LedgerLine:
    if so_far is not None:
        checks = so_far.checks + decision.checks
        return replace(so_far, checks=checks, last_at=decision.last_at)
    return LedgerLine(
        number=decision.number,
        at=decision.at,
        last_at=decision.last_at,
        checks=decision.checks,
        order=order,
    )


def _added(so_far: BlockerSum | None, line: LedgerLine, mark: int) -> BlockerSum:
    order = line.order
    total = so_far or BlockerSum(
        blocker=order.blocker,
        orders=0,
        unknown=0,
        quantity=0,
        notional=0,
        shadow=0,
        first_at=line.at,
        last_at=line.last_at,
    )
    last_at = max(total.last_at, line.last_at)
    if isinstance(order, UnknownOrder):
        return replace(total, unknown=total.unknown + 1, last_at=last_at)
    return replace(
        total,
        orders=total.orders + 1,
        quantity=total.quantity + order.quantity,
        notional=total.notional + order.notional,
        shadow=total.shadow + order.shadow_at(mark),
        last_at=last_at,
    )
