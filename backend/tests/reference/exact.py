"""The exact replay of the trading rules under the execution model `close`.

It is a second reading of the rules in rational numbers that shares nothing with the product: it
exists so that an error of the product shows up as a difference.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction

from tests.reference.bars import Bar
from tests.reference.evaluation import evaluate
from tests.reference.rounding import MICRO, TICK, down, half_up, up
from tests.reference.session import open_session
from tests.reference.sizing import commission, notional
from tests.reference.terms import Account, Decision, Kind, Reason, Side, Strategy, Trade


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
    """A whole run: one decision and one equity point a bar, oldest first."""

    decisions: tuple[Decision, ...]
    trades: tuple[Trade, ...]
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
) -> Result:
    """Return the run of one position over `bars`, which are at least one, oldest first.

    The opening is stated after the corporate actions of the first bar's own date.
    """
    account = opened(opening, first_price=bars[0].close, lot=strategy.lot)
    decisions: list[Decision] = []
    trades: list[Trade] = []
    curve: list[Point] = []
    last: Bar | None = None
    for bar in bars:
        if last is not None and last.session != bar.session:
            account = open_session(
                account=account, strategy=strategy, last=last, first=bar, cash_rate=cash_rate
            )
        decision = evaluate(
            account=account, strategy=strategy, price=bar.close, at=bar.end, session=bar.session
        )
        decisions.append(decision)
        if decision.kind is Kind.PROPOSED:
            account, trade = filled(
                account=account, strategy=strategy, decision=decision, number=len(trades) + 1
            )
            account = _counted(account, bar)
            trades.append(trade)
        elif decision.reason is Reason.ANCHOR_SET:
            account = replace(account, anchor=bar.close)
        curve.append(Point(at=bar.end, equity=account.value(bar.close)))
        last = bar
    return Result(
        decisions=tuple(decisions), trades=tuple(trades), curve=tuple(curve), account=account
    )


def opened(opening: Holdings | Mix, *, first_price: Fraction, lot: Fraction) -> Account:
    """Return the account at the first evaluation; a mix pays for its shares rounded up."""
    match opening:
        case Holdings():
            return Account(shares=opening.shares, cash=opening.cash, anchor=opening.anchor)
        case Mix():
            shares = down(opening.stock_fraction * opening.value / first_price, lot)
            return Account(shares=shares, cash=opening.value - up(shares * first_price, MICRO))


def filled(
    *, account: Account, strategy: Strategy, decision: Decision, number: int
) -> tuple[Account, Trade]:
    """Return the account and the trade after the proposal filled whole at its worst price."""
    side, price, quantity = decision.side, decision.worst_price, decision.quantity
    assert side is not None
    assert price is not None
    booked = notional(side=side, quantity=quantity, price=price)
    fee = commission(quantity=quantity, price=price, strategy=strategy)
    sign = 1 if side is Side.BUY else -1
    after = replace(
        account,
        shares=account.shares + sign * quantity,
        cash=account.cash - sign * booked - fee,
        anchor=half_up(price, TICK),
        last_done=decision.at,
    )
    trade = Trade(
        number=number,
        at=decision.at,
        side=side,
        reason=decision.reason,
        quantity=quantity,
        price=price,
        notional=booked,
        commission=fee,
        cash_after=after.cash,
        shares_after=after.shares,
        stock_share_after=after.shares * decision.price / after.value(decision.price),
    )
    return after, trade


def _counted(account: Account, bar: Bar) -> Account:
    before = account.proposals if account.proposals_on == bar.session else 0
    return replace(account, proposals=before + 1, proposals_on=bar.session)
