"""What the robot was booked between two sessions: interest, dividends and split remainders."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from app.domain import entitlement
from app.domain.corporate_action import DividendBooking, Split, book_dividend, book_split
from app.domain.position import Position
from app.domain.strategy import Strategy
from app.simulation.bars import Bars
from app.simulation.replay import Replay
from app.simulation.run import SimulationRequest
from app.simulation.sessions import ExDividend, Session


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitBooking:
    """A split of the robot's shares: `sold` new share units at `price` ticks for `paid` micros."""

    ratio: Fraction
    sold: Fraction
    price: int
    paid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionBookings:
    """What was booked before the first bar of a session; `interest` in micros.

    `dividends` are by their number in the run.
    """

    session: Session
    interest: int
    splits: tuple[SplitBooking, ...]
    dividends: Mapping[int, DividendBooking]


def bookings_of(
    *, run: Replay, bars: Bars, request: SimulationRequest
) -> Iterator[SessionBookings]:
    """Yield the bookings of each session that may have any, oldest first.

    They are worked out from the position at the close before. The opening is stated after the
    actions of its own date, so the first session has none.
    """
    for session in run.sessions[1:]:
        if not (session.actions or session.payments or request.cash_rate):
            continue
        position = run.positions[session.bars.start - 1 - run.window.start]
        earned = entitlement.interest(position.cash, request.cash_rate, session.idle_days)
        splits: list[SplitBooking] = []
        dividends: dict[int, DividendBooking] = {}
        for action in session.actions:
            match action:
                case ExDividend(number=number, dividend=dividend, previous_close=close):
                    position, dividends[number] = book_dividend(
                        position, dividend, request.strategy, previous_close=close
                    )
                case Split():
                    price = bars.opens[session.bars.start]
                    position, booked = _book_split(position, action, request.strategy, price)
                    splits.append(booked)
        yield SessionBookings(
            session=session, interest=earned, splits=tuple(splits), dividends=dividends
        )


def _book_split(
    position: Position, split: Split, strategy: Strategy, price: int
) -> tuple[Position, SplitBooking]:
    ratio = Fraction(split.numerator, split.denominator)
    whole = position.shares * ratio
    position, paid = book_split(position, split, strategy, opening_price=price)
    sold = whole - position.shares
    return position, SplitBooking(ratio=ratio, sold=sold, price=price, paid=paid)
