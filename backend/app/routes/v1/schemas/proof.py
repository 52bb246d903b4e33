"""The gate ledger and the shadow twin on the wire."""

from datetime import datetime
from typing import Literal

from app.domain.blocked_order import BlockedOrder
from app.domain.shadow_twin import Part
from app.domain.units import price_text, shares_text, value_text
from app.routes.v1.schemas.wire import DecimalText, WireModel
from app.services.gate_ledger import BlockerSum, GateLedger, LedgerLine
from app.services.shadow_twin import TwinComparison


class BlockerSumOut(WireModel):
    """All orders that one gate or rule blocked; `unknown` more could not be worked out."""

    blocker: str
    orders: int
    unknown: int
    quantity: DecimalText
    notional: DecimalText
    shadow: DecimalText
    first_at: datetime
    last_at: datetime


class BlockedOrderOut(WireModel):
    """One order, or the part of one, that was blocked; blocked again and again, it is still one.

    `unknown` says why it could not be worked out; the fields after it are null then. `price` is
    that of its fill as on paper.
    """

    decision_number: int
    at: datetime
    last_at: datetime
    checks: int
    blocker: str
    unknown: str | None
    side: Literal["buy", "sell"] | None
    quantity: DecimalText | None
    price: DecimalText | None
    shadow: DecimalText | None


class GateLedgerOut(WireModel):
    """Shadow profits in USD at `price`: positive is what a gate cost, negative what it saved.

    `newest` are the newest orders. What was decided before `from_decision` is left out.
    """

    price: DecimalText
    from_decision: int
    blockers: list[BlockerSumOut]
    newest: list[BlockedOrderOut]


class TwinPartsOut(WireModel):
    """Why the position is worth more (positive) or less than its twin, in USD."""

    quote: DecimalText
    spread: DecimalText
    slippage: DecimalText
    partial_fill: DecimalText
    commission: DecimalText
    downtime: DecimalText
    dividend: DecimalText
    external: DecimalText
    rules: DecimalText
    rest: DecimalText


class ShadowTwinOut(WireModel):
    """Both values in USD at `price`; `difference` is the sum of the parts.

    The twin follows the position from `from_decision` on; what was traded before it traded too.
    `missed_minutes` are those at which it would have looked alone. A `rest` that is not zero says
    that the book disagrees with itself.
    """

    price: DecimalText
    from_decision: int
    value: DecimalText
    twin_value: DecimalText
    difference: DecimalText
    twin_orders: int
    missed_minutes: int
    parts: TwinPartsOut


def gate_ledger_out(ledger: GateLedger) -> GateLedgerOut:
    """Return the gate ledger as the wire writes it."""
    return GateLedgerOut(
        price=price_text(ledger.mark),
        from_decision=ledger.first,
        blockers=[_sum_out(total) for total in ledger.sums],
        newest=[_line_out(line, ledger.mark) for line in ledger.newest],
    )


def shadow_twin_out(found: TwinComparison) -> ShadowTwinOut:
    """Return the comparison as the wire writes it."""
    parts = {part.value: value_text(found.parts[part]) for part in Part}
    return ShadowTwinOut(
        price=price_text(found.mark),
        from_decision=found.first,
        value=value_text(found.position_value),
        twin_value=value_text(found.twin_value),
        difference=value_text(found.position_value - found.twin_value),
        twin_orders=found.orders,
        missed_minutes=found.missed,
        parts=TwinPartsOut(**parts, rest=value_text(found.rest)),
    )


def _sum_out(total: BlockerSum) -> BlockerSumOut:
    return BlockerSumOut(
        blocker=total.blocker.value,
        orders=total.orders,
        unknown=total.unknown,
        quantity=shares_text(total.quantity),
        notional=value_text(total.notional),
        shadow=value_text(total.shadow),
        first_at=total.first_at,
        last_at=total.last_at,
    )


def _line_out(line: LedgerLine, mark: int) -> BlockedOrderOut:
    order = line.order
    known = order if isinstance(order, BlockedOrder) else None
    return BlockedOrderOut(
        decision_number=line.number,
        at=line.at,
        last_at=line.last_at,
        checks=line.checks,
        blocker=order.blocker.value,
        unknown=None if isinstance(order, BlockedOrder) else order.why.value,
        side=None if known is None else known.side.value,
        quantity=None if known is None else shares_text(known.quantity),
        price=None if known is None else price_text(known.price),
        shadow=None if known is None else value_text(known.shadow_at(mark)),
    )
