"""The exact replay of the trading rules under every execution model.

It is a second reading of the rules in rational numbers that shares nothing with the product: it
exists so that an error of the product shows up as a difference.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import assert_never

from tests.reference.bars import Bar
from tests.reference.models import (
    Place,
    after_split,
    passed_close,
    passed_next_open,
    passed_touch,
)
from tests.reference.passage import Passage
from tests.reference.rounding import MICRO, down, up
from tests.reference.session import open_session
from tests.reference.terms import (
    Account,
    Decision,
    Lapse,
    Model,
    Order,
    Path,
    Reason,
    Strategy,
    Trade,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """An opening with known cash and shares; the anchor may be left to the first price."""

    cash: Fraction
    shares: Fraction
    anchor: Fraction | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """An opening whose shares are bought at the first evaluated price, without cost."""

    value: Fraction
    stock_fraction: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    at: datetime
    equity: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A whole run, oldest first: decisions, trades, lapsed orders, and one equity point a bar.

    There is one decision a bar; under `touch` one for the open and one for each fill after it.
    `first` is the value at the first evaluated price, before anything is decided there.
    """

    first: Point
    decisions: tuple[Decision, ...]
    trades: tuple[Trade, ...]
    lapses: tuple[Lapse, ...]
    curve: tuple[Point, ...]
    account: Account

    def counts(self) -> Counter[Reason]:
        """Return how many decisions gave each reason."""
        return Counter(decision.reason for decision in self.decisions)


def simulate(
    *,
    bars: Sequence[Bar],
    opening: Holdings | Mix,
    strategy: Strategy,
    cash_rate: Fraction = Fraction(0),
    model: Model = "close",
    path: Path = "pessimistic",
) -> Result:
    """Return the run of one position over `bars`, which are at least one, oldest first.

    The opening is stated after the corporate actions of the first bar's own date. `path` is
    heard by `touch` alone.
    """
    account = opened(opening, first_price=first_price(bars[0], model), lot=strategy.lot)
    first = Point(
        at=bars[0].start if model == "touch" else bars[0].end,
        equity=account.value(first_price(bars[0], model)),
    )
    order: Order | None = None
    passages: list[Passage] = []
    for index, bar in enumerate(bars):
        last = bars[index - 1] if index else None
        if last is not None and last.session != bar.session:
            account = open_session(
                account=account, strategy=strategy, last=last, first=bar, cash_rate=cash_rate
            )
            order = None if order is None else after_split(order, bar, strategy.lot)
        place = Place(bar=bar, index=index, strategy=strategy)
        match model:
            case "close":
                passage = passed_close(place, account)
            case "next_open":
                passage = passed_next_open(place, account, order)
            case "touch":
                passage = passed_touch(place, account, path)
            case _:
                assert_never(model)
        passages.append(passage)
        account, order = passage.account, passage.waiting
    return Result(
        first=first,
        decisions=tuple(decision for passage in passages for decision in passage.decisions),
        trades=tuple(trade for passage in passages for trade in passage.trades),
        lapses=(*(lapse for passage in passages for lapse in passage.lapses), *_expired(order)),
        curve=tuple(
            Point(at=bar.end, equity=passage.account.value(bar.close))
            for bar, passage in zip(bars, passages, strict=True)
        ),
        account=account,
    )


def first_price(bar: Bar, model: Model) -> Fraction:
    """Return the first price that a run starting with `bar` evaluates."""
    return bar.open if model == "touch" else bar.close


def opened(opening: Holdings | Mix, *, first_price: Fraction, lot: Fraction) -> Account:
    """Return the account at the first evaluation; a mix pays for its shares rounded up."""
    match opening:
        case Holdings():
            return Account(shares=opening.shares, cash=opening.cash, anchor=opening.anchor)
        case Mix():
            shares = down(opening.stock_fraction * opening.value / first_price, lot)
            return Account(shares=shares, cash=opening.value - up(shares * first_price, MICRO))


def _expired(order: Order | None) -> tuple[Lapse, ...]:
    if order is None:
        return ()
    return (Lapse(decided_bar=order.decided_bar, bar=None, reason=Reason.EXPIRED),)
