"""What a replay owns, and what happens to it before the first bar of a session."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from app.domain import entitlement
from app.domain.corporate_action import Split, book_dividend, book_split, settle_receivable
from app.domain.position import Position
from app.domain.strategy import Strategy
from app.simulation.sessions import ExDividend, Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A position, and the net dividends in micros that are owed to it, by their number."""

    position: Position
    owed: Mapping[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class BookedSplit:
    """A split that was applied; `sold` is what was left below the lot, in new share units."""

    split: Split
    sold: Fraction


def open_session(
    account: Account, *, session: Session, strategy: Strategy, cash_rate: int, price: int
) -> tuple[Account, tuple[BookedSplit, ...]]:
    """Return the account after interest, corporate actions and payments, and the splits among them.

    `price` is the session's first open in ticks, at which the remainder of a split is sold.

    Source
    ------
    The trading rules, "Corporate actions"; simulation, "Replay".
    """
    position, owed = account.position, dict(account.owed)
    splits: list[BookedSplit] = []
    if cash_rate:
        earned = entitlement.interest(position.cash, cash_rate, session.idle_days)
        position = replace(position, cash=position.cash + earned)
    for action in session.actions:
        match action:
            case Split():
                exact = Fraction(position.shares * action.numerator, action.denominator)
                position, _ = book_split(position, action, strategy, opening_price=price)
                splits.append(BookedSplit(split=action, sold=exact - position.shares))
            case ExDividend(number=number, dividend=dividend, previous_close=close):
                position, booking = book_dividend(
                    position, dividend, strategy, previous_close=close
                )
                owed[number] = booking.net
    for number in session.payments:
        position = settle_receivable(position, owed.pop(number))
    return Account(position=position, owed=owed), tuple(splits)
