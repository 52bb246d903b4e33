"""The columns of a compiled run, and the decisions of `step` that they stand for."""

from pathlib import Path

from app.domain import rules
from app.domain.decision import (
    Bound,
    Decision,
    Hold,
    Numbers,
    ProposalReason,
    Proposed,
    Refused,
    Rule,
    Side,
    Sizing,
    Trim,
)
from app.domain.strategy import Strategy
from app.simulation import kernel_layout as at
from app.simulation.kernel import Course
from app.simulation.kernel_columns import record_columns
from app.simulation.replay import Replay


def compare_columns(course: Course, run: Replay, code_folder: Path) -> None:
    """Compare the columns of every record with what `step` decided, field by field."""
    columns = record_columns(course, code_folder=code_folder)
    decisions = [record.decision for record in run.records]
    numbers = [decision.numbers for decision in decisions]
    assert columns.codes.tolist() == [_code_of(decision) for decision in decisions]
    assert columns.prices.tolist() == [n.price for n in numbers]
    assert columns.numbers.tolist() == [_numbers_in(n) for n in numbers]
    sized = [
        (number, decision)
        for number, decision in enumerate(decisions)
        if not isinstance(decision, Hold) and decision.sizing is not None
    ]
    assert columns.sizings[:, at.RECORD].tolist() == [number for number, _ in sized]
    sizings = zip(columns.sizings.tolist(), (decision for _, decision in sized), strict=True)
    for column, decision in sizings:
        assert _sizing_in(column, decision, course.request.strategy) == decision.sizing
        price = columns.prices[column[at.RECORD]]
        assert column[at.NOTIONAL] == decision.sizing.quantity * price


def _code_of(decision: Decision) -> int:
    """Return the code that the kernel has for a decision."""
    code = at.REASONS.index(decision.reason)
    match decision:
        case Hold():
            return code
        case Refused(side=side):
            return code + at.SELLS * (side is Side.SELL)
        case Proposed(sizing=sizing):
            return code + at.SELLS * (sizing.side is Side.SELL)


def _numbers_in(numbers: Numbers) -> list[int | None]:
    """Return the columns that the kernel has for what was compared, beside the price."""
    share = -1 if numbers.stock_share is None else numbers.stock_share
    return [numbers.anchor, numbers.sell_at, numbers.buy_at, numbers.value, share]


def _sizing_in(column: list[int], decision: Proposed | Refused, strategy: Strategy) -> Sizing:
    """Return the sizing that a row of columns stands for; its side is that of the decision."""
    cause = at.REASONS[column[at.CAUSE]]
    assert isinstance(cause, ProposalReason)
    sells = _code_of(decision) >= at.SELLS
    funds = Rule.HOLDINGS if sells else Rule.CASH
    bounds = (
        Bound(rule=Rule.MAX_TRADE, quantity=column[at.BY_MAX_TRADE]),
        Bound(rule=funds, quantity=column[at.BY_FUNDS]),
        Bound(rule=Rule.GUARDRAIL, quantity=column[at.BY_GUARDRAIL]),
    )
    guarded = cause is ProposalReason.TRIGGER
    left = (
        (Rule.MAX_TRADE, column[at.LEFT_BY_MAX_TRADE]),
        (funds, column[at.LEFT_BY_FUNDS]),
        (Rule.GUARDRAIL, column[at.LEFT_BY_GUARDRAIL]),
        (Rule.LOT, column[at.LEFT_BY_LOT]),
        (Rule.GUARDRAIL if guarded else Rule.LOT, column[at.ALLOWED]),
    )
    befores = (column[at.RAW], *(after for _, after in left))
    return Sizing(
        side=Side.SELL if sells else Side.BUY,
        cause=cause,
        worst_price=column[at.WORST],
        raw_quantity=column[at.RAW],
        bounds=tuple(bound for bound in bounds if bound.quantity < rules.UNBOUNDED),
        trims=tuple(
            Trim(rule=rule, before=before, after=after)
            for before, (rule, after) in zip(befores, left, strict=False)
            if after < before
        ),
        quantity=column[at.ALLOWED],
        commission=column[at.PAID],
    )
