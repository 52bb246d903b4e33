"""The replay: one position led over the bars of a dataset by the one `step`."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from fractions import Fraction

from app.domain import rules
from app.domain.corporate_action import Split, book_dividend, book_split, settle_receivable
from app.domain.decision import Decision, ProposalReason, Proposed
from app.domain.errors import FieldError, InvalidInputError
from app.domain.gates import CURRENCY
from app.domain.observation import Observation
from app.domain.opening import split_value
from app.domain.order import Fill
from app.domain.position import Broker, Position, Status
from app.domain.session import RECORDED_GATES, Day
from app.domain.step import step
from app.domain.units import PPM, price_text, value_text
from app.simulation.bars import Bars
from app.simulation.execution import fill_at_close
from app.simulation.run import SimulationRequest
from app.simulation.sessions import ExDividend, Session, phase_of, sessions_of, window_of

_BARS_PER_REPORT = 2_000  # a fraction of a second

type OnProgress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """A booked fill, what it was decided at, and the position after it.

    `price` is the reference price in ticks, `bar` the index of its bar in the dataset.
    """

    bar: int
    reason: ProposalReason
    price: int
    fill: Fill
    position: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class BookedSplit:
    """A split that was applied; `sold` is what was left below the lot, in new share units."""

    split: Split
    sold: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """A whole run: its opening, and a decision and the position after it for every bar.

    `moves` are the trades and splits in the order in which they were booked.
    """

    window: range
    sessions: tuple[Session, ...]
    opening: Position
    decisions: tuple[Decision, ...]
    positions: tuple[Position, ...]
    moves: tuple[Trade | BookedSplit, ...]

    @property
    def trades(self) -> tuple[Trade, ...]:
        """Return the trades, oldest first."""
        return tuple(move for move in self.moves if isinstance(move, Trade))


def replay(
    *, bars: Bars, request: SimulationRequest, source: str, on_progress: OnProgress
) -> Replay:
    """Return the run that `request` describes over `bars`.

    `source` names the dataset in every observation. `on_progress` hears how many bars of how
    many are done; what it raises ends the run.

    Raises
    ------
    InvalidInputError
        When the request does not fit the dataset: dates, opening value, anchor.
    """
    window = window_of(bars=bars, request=request)
    lag = request.strategy.pay_lag_days
    sessions = sessions_of(bars=bars, window=window, pay_lag_days=lag)
    opening = opened(bars=bars, index=window.start, request=request)
    run = _Run(bars=bars, request=request, source=source, position=opening)
    for session in sessions:
        run.open(session)
        for index in session.bars:
            if not len(run.decisions) % _BARS_PER_REPORT:
                on_progress(len(run.decisions), len(window))
            run.evaluate(index, session)
    on_progress(len(window), len(window))
    return Replay(
        window=window,
        sessions=sessions,
        opening=opening,
        decisions=tuple(run.decisions),
        positions=tuple(run.positions),
        moves=tuple(run.moves),
    )


def moment(seconds: int) -> datetime:
    """Return the moment in UTC of epoch `seconds`."""
    return datetime.fromtimestamp(seconds, UTC)


def opened(*, bars: Bars, index: int, request: SimulationRequest) -> Position:
    """Return the position as it stands at the close of bar `index`, before its evaluation.

    A stock fraction is bought at that close without cost, its shares rounded toward zero to the
    lot and their price up to a micro.
    """
    opening, price = request.opening, bars.closes[index]
    if opening.value is not None and opening.stock_fraction is not None:
        cash, shares = split_value(
            value=opening.value,
            fraction=opening.stock_fraction,
            price=price,
            lot=request.strategy.lot,
        )
    else:
        assert opening.shares is not None
        assert opening.cash is not None
        shares, cash = opening.shares, opening.cash
    position = Position(
        symbol=bars.symbol,
        broker=Broker.PAPER,
        status=Status.RUNNING,
        shares=shares,
        cash=cash,
        receivable=0,
        anchor=opening.anchor,
        orders_today=0,
        orders_on=None,
        last_price=None,
        last_used_on=None,
        last_observed_at=None,
        last_order_done_at=None,
        order_in_flight=False,
        strategy_version=1,
    )
    _check_opening(position, price)
    return position


def _check_opening(position: Position, price: int) -> None:
    value = position.value_at(price)
    if not 0 < value <= rules.VALUE_MAX:
        most = value_text(rules.VALUE_MAX)
        raise InvalidInputError(
            FieldError(
                field="opening",
                message=f"is worth {value_text(value)} USD at the first price",
                allowed=f"more than 0, up to {most} USD at {price_text(price)}",
            )
        )
    anchor = position.anchor
    if anchor is not None and not price <= 2 * anchor <= 4 * price:
        raise InvalidInputError(
            FieldError(
                field="opening.anchor_price",
                message=f"is {price_text(anchor)}",
                allowed=f"within a factor 2 of the first price, {price_text(price)}",
            )
        )


class _Run:
    """The state of a replay between two bars; `owed` are the net dividends by their number."""

    def __init__(
        self, *, bars: Bars, request: SimulationRequest, source: str, position: Position
    ) -> None:
        self.position = position
        self.decisions: list[Decision] = []
        self.positions: list[Position] = []
        self.moves: list[Trade | BookedSplit] = []
        self._bars = bars
        self._strategy = request.strategy
        self._cash_rate = request.cash_rate
        self._source = source
        self._owed: dict[int, int] = {}

    def open(self, session: Session) -> None:
        """Book interest, corporate actions and payments before the first bar of `session`."""
        position = self.position
        if self._cash_rate:
            earned = position.cash * self._cash_rate * session.idle_days // (PPM * 365)
            position = replace(position, cash=position.cash + earned)
        for action in session.actions:
            match action:
                case Split():
                    position = self._split(position, action, self._bars.opens[session.bars[0]])
                case ExDividend(number=number, dividend=dividend, previous_close=close):
                    position, booking = book_dividend(
                        position, dividend, self._strategy, previous_close=close
                    )
                    self._owed[number] = booking.net
        for number in session.payments:
            position = settle_receivable(position, self._owed.pop(number))
        self.position = position

    def evaluate(self, index: int, session: Session) -> None:
        """Decide on the close of bar `index`, fill what is proposed, and keep both."""
        at = moment(self._bars.ends[index])
        observation = Observation(
            symbol=self._bars.symbol,
            price=self._bars.closes[index],
            bid=None,
            ask=None,
            previous_close=None,
            currency=CURRENCY,
            observed_at=at,
            received_at=at,
            source=self._source,
        )
        day = Day(
            date=session.date,
            phase=phase_of(self._bars, index),
            now=at,
            trading_halted=False,
            gates=RECORDED_GATES,
            what_if=False,
        )
        taken = step(self.position, observation, self._strategy, day)
        self.position = taken.position
        if isinstance(taken.decision, Proposed):
            self._fill(taken.decision, index, at)
        self.decisions.append(taken.decision)
        self.positions.append(self.position)

    def _split(self, position: Position, split: Split, opening_price: int) -> Position:
        exact = Fraction(position.shares * split.numerator, split.denominator)
        position, _ = book_split(position, split, self._strategy, opening_price=opening_price)
        self.moves.append(BookedSplit(split=split, sold=exact - position.shares))
        return position

    def _fill(self, proposal: Proposed, index: int, at: datetime) -> None:
        self.position, fill = fill_at_close(position=self.position, proposal=proposal, at=at)
        self.moves.append(
            Trade(
                bar=index,
                reason=proposal.reason,
                price=self._bars.closes[index],
                fill=fill,
                position=self.position,
            )
        )
