"""What each gate and rule kept from being traded, against a second run without it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from app.domain.blocked_order import BlockedOrder, Blocker, Unknowable, UnknownOrder
from app.domain.book import OrderRecord
from app.domain.decision import Gate, ProposalReason, RefusalReason, Rule, Side
from app.domain.errors import ConflictError, InvalidInputError, NotFoundError
from app.domain.order import OrderState
from app.services.gate_ledger import GateLedger, ReadGateLedger
from app.services.halt_trading import HaltTrading
from app.services.journal import Journal
from tests.builders import NOW, ticks
from tests.integration.services.desk import EAGER, Desk
from tests.integration.services.shown_closes import CLOSES, shown

# Trades at moves of 1.2 %, at a cost, without a band that would be in the way.
PLAIN: dict[str, Any] = {
    "trigger": {"up": "0.012", "down": "0.012"},
    "guardrails": {"min_stock": "0", "max_stock": "1", "rebalance_on_drift": False},
    "orders": {"min_notional": "1", "collar_bps": "100"},
    "costs": {"commission_rate": "0.001", "commission_min": "1", "slippage_bps": "7"},
}
EVENING = NOW.replace(hour=21)
FAR, NEAR = 13_000, 8_000  # ppm: beyond the trigger, and well inside of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A gate or rule, and what is different in the run that it blocks and in the one without it."""

    blocker: Blocker
    blocked: dict[str, Any]
    free: dict[str, Any]
    orders_before: int = 0
    evening: bool = False
    spread: int = 0


def strategy(**groups: Any) -> dict[str, Any]:
    return PLAIN | {
        name: PLAIN.get(name, {}) | fields if isinstance(fields, dict) else fields
        for name, fields in groups.items()
    }


LIVELY = strategy(sizing={"policy": "proportional", "ratio": "25"})
TINY = strategy(sizing={"policy": "proportional", "ratio": "0.1"})
CASES = (
    Case(blocker=Gate.NOT_RUNNING, blocked=PLAIN, free=PLAIN),
    Case(blocker=Gate.TRADING_HALTED, blocked=PLAIN, free=PLAIN),
    Case(
        blocker=Gate.SESSION_CLOSED,
        blocked=strategy(sessions="regular"),
        free=strategy(sessions="extended"),
        evening=True,
    ),
    Case(
        blocker=Gate.SPREAD_TOO_WIDE,
        blocked=strategy(orders={"collar_bps": "20"}),
        free=PLAIN,
        spread=5_000,
    ),
    Case(blocker=Gate.ORDER_IN_FLIGHT, blocked=PLAIN, free=PLAIN),
    Case(
        blocker=RefusalReason.MAX_PER_DAY,
        blocked=strategy(orders={"max_per_day": 1}),
        free=PLAIN,
        orders_before=1,
    ),
    Case(
        blocker=RefusalReason.COOLDOWN,
        blocked=strategy(orders={"cooldown_seconds": 7200}),
        free=PLAIN,
        orders_before=1,
    ),
    Case(
        blocker=RefusalReason.BELOW_MIN_NOTIONAL,
        blocked=strategy(orders={"min_notional": "9000"}),
        free=PLAIN,
    ),
    Case(
        blocker=Rule.MAX_TRADE,
        blocked=strategy(guardrails={"max_trade": "0.003"}),
        free=PLAIN,
    ),
    Case(
        blocker=Rule.GUARDRAIL,
        blocked=LIVELY | {"guardrails": {"min_stock": "0.4", "max_stock": "0.6",
                                         "rebalance_on_drift": False}},
        free=LIVELY,
    ),
    Case(
        blocker=Rule.LOT,
        blocked=TINY | {"orders": PLAIN["orders"] | {"lot": "1"}},
        free=TINY | {"orders": PLAIN["orders"] | {"lot": "0.000001"}},
    ),
)  # fmt: skip
# Half of a wide spread, and the commission of a tiny order, are more than the calm can earn.
DEAR = (Gate.SPREAD_TOO_WIDE, Rule.LOT)
WHOLE = frozenset(("not_running", "trading_halted", "session_closed", "spread_too_wide",
                   "order_in_flight", "max_per_day", "cooldown", "below_min_notional",
                   "lot"))  # fmt: skip


def tapes(orders: int) -> Iterator[tuple[int, ...]]:
    """Yield closes in a row: the first, so many that trigger in turn, and four that do not."""
    for at in range(len(CLOSES) - 5 - orders):
        tape = CLOSES[at : at + 5 + orders]
        moves = [abs(b - a) * 10**6 // a for a, b in pairwise(tape[: orders + 1])]
        last = tape[orders]
        calm = [abs(later - last) * 10**6 // last for later in tape[orders + 1 :]]
        if min(moves) > FAR and max(calm) < NEAR:
            yield tape


def tapes_both_ways(orders: int) -> list[tuple[int, ...]]:
    """Return two tapes whose last order is a sale, and two whose last one is a purchase."""
    found = list(tapes(orders))
    up = [tape for tape in found if tape[orders] > tape[orders - 1]]
    down = [tape for tape in found if tape[orders] < tape[orders - 1]]
    return [*up[:2], *down[:2]]


def run(
    desk: Desk, case: Case, tape: Sequence[int], settings: dict[str, Any], *, is_free: bool
) -> str:
    """Lead a position over a tape, with the gate of `case` in its way or without it."""
    desk.clock.set(NOW)
    position_id = desk.open(strategy=settings, anchor=tape[0])
    if is_free or case.blocker is not Gate.NOT_RUNNING:
        desk.manage.start(position_id=position_id, reason="test")

    def between(number: int, journal: Journal) -> None:
        if number == 1 and not is_free and case.blocker is Gate.ORDER_IN_FLIGHT:
            stick(journal)

    switch = HaltTrading(store=desk.store, clock=desk.clock)
    stops = case.blocker is Gate.TRADING_HALTED and not is_free
    if stops:
        switch.halt(reason="test")
    start = EVENING if case.evening else NOW
    shown(desk, position_id, tape, start=start, spread=case.spread, between=between)
    if stops:
        switch.resume(reason="test")
    return position_id


def stick(journal: Journal) -> None:
    """Leave an order of the first decision live for ever."""
    journal._book.add_order(
        position_id=journal.record.id,
        order=OrderRecord(
            id="00000000-0000-4000-8000-" + journal.record.id[-12:],
            decision_number=1,
            side=Side.BUY,
            quantity=1,
            limit_price=1,
            reason=ProposalReason.TRIGGER,
            state=OrderState.NEW,
            created_at=journal.at,
            done_at=None,
        ),
    )
    journal.move_to(replace(journal.record.state, order_in_flight=True))


def read(desk: Desk, position_id: str, *, mark: int | None = None, lines: int = 10) -> GateLedger:
    return ReadGateLedger(store=desk.store).read(position_id=position_id, mark=mark, lines=lines)


class TestABlockedOrder:
    @pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.blocker))
    def test_has_the_shadow_profit_of_a_second_run_without_its_gate(
        self, desk: Desk, case: Case
    ) -> None:
        signs = set()
        for tape in tapes_both_ways(1 + case.orders_before):
            mark = tape[-1]
            with_it = run(desk, case, tape, case.blocked, is_free=False)
            without_it = run(desk, case, tape, case.free, is_free=True)
            records = [desk.record(each) for each in (with_it, without_it)]
            values = [record.state.value_at(mark) for record in records]
            ledger = read(desk, with_it, mark=mark)
            total = {each.blocker: each for each in ledger.sums}[case.blocker]
            assert (total.orders, total.unknown) == (1, 0)
            assert total.shadow == values[1] - values[0] != 0
            missing = records[1].trades - records[0].trades
            assert missing == (1 if case.blocker.value in WHOLE else 0)
            signs.add(total.shadow > 0)
        assert signs == ({False} if case.blocker in DEAR else {True, False})

    def test_is_unknown_where_its_price_could_not_be_traded_at(self, desk: Desk) -> None:
        position_id = desk.run(strategy=EAGER)
        desk.show("62", at=desk.clock.now() - timedelta(seconds=90))
        desk.tick(position_id)
        ledger = read(desk, position_id, mark=ticks("62"))
        (line,) = ledger.newest
        assert line.order == UnknownOrder(blocker=Gate.PRICE_STALE, why=Unknowable.NO_USABLE_PRICE)
        assert (ledger.sums[0].orders, ledger.sums[0].unknown) == (0, 1)


class TestTheGateLedger:
    def test_counts_an_order_that_is_blocked_again_and_again_once_at_its_first_price(
        self, desk: Desk
    ) -> None:
        position_id = desk.open()
        for price in ("60", "66", "67", "60.5", "68"):
            desk.tick(position_id, price)
        assert desk.record(position_id).decisions == 4
        ledger = read(desk, position_id, mark=ticks("70"))
        (total,), (line,) = ledger.sums, ledger.newest
        assert (total.blocker, total.orders, total.unknown) == (Gate.NOT_RUNNING, 1, 0)
        assert (line.number, line.checks) == (2, 3)
        assert line.last_at - line.at == timedelta(seconds=3)
        assert isinstance(line.order, BlockedOrder)
        assert line.order.price == ticks("66")
        assert total.shadow == line.order.shadow_at(ticks("70")) < 0
        assert total.notional == line.order.quantity * ticks("66")

    def test_counts_an_order_anew_after_the_position_has_changed(self, desk: Desk) -> None:
        position_id = desk.open()
        desk.tick(position_id, "66")
        desk.manage.set_anchor(position_id=position_id, price=ticks("61"), reason="test")
        desk.tick(position_id, "68")
        (total,) = read(desk, position_id, mark=ticks("70")).sums
        # The refusal is counted on the first one, so that this order is not seen apart.
        assert total.orders == 1
        desk.tick(position_id, "61")
        desk.tick(position_id, "68")
        (total,) = read(desk, position_id, mark=ticks("70")).sums
        assert total.orders == 2

    def test_sums_what_its_lines_say(self, desk: Desk) -> None:
        orders = {"min_notional": "1", "max_per_day": 20}
        position_id = desk.run(strategy={**EAGER, "orders": orders})
        shown(desk, position_id, CLOSES[:150], spread=1_000)
        shown(desk, position_id, CLOSES[150:250], spread=9_000, start=desk.clock.now())
        ledger = read(desk, position_id, lines=1000)
        for total in ledger.sums:
            lines = [line for line in ledger.newest if line.order.blocker is total.blocker]
            stopped = [line.order for line in lines if isinstance(line.order, BlockedOrder)]
            assert total.orders == len(stopped)
            assert total.unknown == len(lines) - len(stopped)
            assert total.shadow == sum(order.shadow_at(ledger.mark) for order in stopped)
        assert {total.blocker for total in ledger.sums} >= {
            RefusalReason.MAX_PER_DAY, Gate.SPREAD_TOO_WIDE
        }  # fmt: skip
        assert read(desk, position_id, lines=3).newest == ledger.newest[:3]

    def test_cannot_value_before_the_first_price_nor_at_one_out_of_range(self, desk: Desk) -> None:
        position_id = desk.open()
        with pytest.raises(ConflictError, match="has not used a price yet"):
            read(desk, position_id)
        with pytest.raises(InvalidInputError, match="allowed: from 0.0001 to 200000"):
            read(desk, position_id, mark=0)

    def test_does_not_find_an_unknown_position(self, desk: Desk) -> None:
        with pytest.raises(NotFoundError):
            read(desk, "unknown")
