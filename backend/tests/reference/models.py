"""The three execution models: how one bar is passed, after the actions of its session."""

from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from typing import assert_never

from tests.reference.bars import Bar
from tests.reference.evaluation import evaluate, trimmed_again
from tests.reference.passage import Passage
from tests.reference.rounding import TICK, down
from tests.reference.terms import Account, Decision, Kind, Order, Path, Strategy


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One bar of a run, counted from 0, and the strategy that trades it."""

    bar: Bar
    index: int
    strategy: Strategy

    def asked(self, account: Account, price: Fraction, at: datetime) -> Decision:
        """Return the evaluation at one price and moment of the bar."""
        return evaluate(
            account=account, strategy=self.strategy, price=price, at=at, session=self.bar.session
        )

    def traded(self, passage: Passage, decision: Decision) -> Passage:
        """Return the passage after a decision whose order, if any, fills where it is taken."""
        return passage.decided_and_filled(
            decision, session=self.bar.session, strategy=self.strategy, bar=self.index
        )


def passed_close(place: Place, account: Account) -> Passage:
    """Return the bar decided on its close and filled at it."""
    bar = place.bar
    return place.traded(Passage(account=account), place.asked(account, bar.close, bar.end))


def passed_next_open(place: Place, account: Account, order: Order | None) -> Passage:
    """Return the bar with the waiting order filled at its open and the next decided on its close.

    `order` is already scaled by the splits of the bar's session.
    """
    bar = place.bar
    passage = Passage(account=account)
    if order is not None:
        passage = _at_open(place, passage, order)
    decision = place.asked(passage.account, bar.close, bar.end)
    passage = passage.decided(decision, bar.session)
    if decision.kind is not Kind.PROPOSED:
        return passage
    assert decision.side is not None
    waiting = Order(
        decided_bar=place.index,
        side=decision.side,
        reason=decision.reason,
        quantity=decision.quantity,
    )
    return replace(passage, waiting=waiting)


def _at_open(place: Place, passage: Passage, order: Order) -> Passage:
    bar, strategy = place.bar, place.strategy
    decision = trimmed_again(
        account=passage.account, strategy=strategy, order=order, price=bar.open, at=bar.start
    )
    if decision.kind is not Kind.PROPOSED:
        return passage.lapsed(order, decision=decision, bar=place.index)
    return passage.filled(
        decision, strategy=strategy, decided_bar=order.decided_bar, filled_bar=place.index
    )


def after_split(order: Order, bar: Bar, lot: Fraction) -> Order:
    """Return a waiting order in the shares of the bar's session, toward zero to the lot."""
    if bar.split == 1:
        return order
    return replace(order, quantity=down(order.quantity * bar.split, lot))


def passed_touch(place: Place, account: Account, path: Path) -> Passage:
    """Return the bar with every order filled at the first price on the way that proposes it."""
    bar = place.bar
    passage = Passage(account=account)
    passage = place.traded(passage, place.asked(account, bar.open, bar.start))
    match path:
        case "olhc":
            return _walked(place, passage, bar.low, bar.high, bar.close)
        case "ohlc":
            return _walked(place, passage, bar.high, bar.low, bar.close)
        case "pessimistic" | "optimistic":
            low_first = _walked(place, passage, bar.low, bar.high, bar.close)
            high_first = _walked(place, passage, bar.high, bar.low, bar.close)
            gain = high_first.account.value(bar.close) - low_first.account.value(bar.close)
            wanted = gain < 0 if path == "pessimistic" else gain > 0
            return high_first if wanted else low_first
        case _:
            assert_never(path)


# A segment whose end is where the walk stands already has no price on its way.
def _walked(place: Place, passage: Passage, *ends: Fraction) -> Passage:
    price = place.bar.open
    for end in ends:
        while price != end:
            decision = _first_proposal(place, passage.account, price, end)
            if decision is None:
                break
            passage = place.traded(passage, decision)
            price = decision.price
        price = end
    return passage


def _first_proposal(
    place: Place, account: Account, last: Fraction, end: Fraction
) -> Decision | None:
    proposal = place.asked(account, end, place.bar.end)
    if proposal.kind is not Kind.PROPOSED:
        return None
    without, having = int(last / TICK), int(end / TICK)
    while abs(having - without) > 1:
        middle = (without + having) // 2
        decision = place.asked(account, middle * TICK, place.bar.end)
        if decision.kind is Kind.PROPOSED:
            having, proposal = middle, decision
        else:
            without = middle
    return proposal
