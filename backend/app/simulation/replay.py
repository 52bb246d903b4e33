"""The replay: one position led over the bars of a dataset by the one `step`."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from app.domain.decision import Decision, ProposalReason, Proposed
from app.domain.order import Fill
from app.domain.position import Position
from app.simulation.account import Account, BookedSplit, open_session
from app.simulation.bars import Bars
from app.simulation.execution import Evaluation, evaluate_and_fill
from app.simulation.market import Tape, moment
from app.simulation.next_open import (
    Unfilled,
    Waiting,
    expired,
    fill_at_open,
    split_waiting,
    waiting_order,
)
from app.simulation.opening import Opened, opened
from app.simulation.run import ExecutionModel, SimulationRequest
from app.simulation.sessions import Session, sessions_of, window_of
from app.simulation.touch import candle_of, chosen, walk

_BARS_PER_REPORT = 2_000  # a fraction of a second

type OnProgress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A decision, the index of the bar in the dataset in which it was made, and its moment."""

    bar: int
    at: datetime
    decision: Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """A booked fill, where it was decided and filled, and the position after it.

    `decided` and `bar` are the indexes in the dataset of the bars of the decision and of the
    fill, one and the same but for `next_open`. `price` is the reference price in ticks from
    which slippage is measured: the price of the decision, in `next_open` the open that fills.
    """

    decided: int
    bar: int
    at: datetime
    reason: ProposalReason
    price: int
    fill: Fill
    position: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """A whole run, oldest first.

    `records` hold one decision a bar; in `touch` one for the open of each bar and one for each
    fill on its way. `positions` are those at the close of every bar of `window`. Either may make
    its items when they are asked for. `moves` are the trades and splits in the order in which
    they were booked, `unfilled` the orders of `next_open` that came to nothing.
    """

    window: range
    sessions: tuple[Session, ...]
    opened: Opened
    records: Sequence[Record]
    positions: Sequence[Position]
    moves: tuple[Trade | BookedSplit, ...]
    unfilled: tuple[Unfilled, ...]

    @property
    def opening(self) -> Position:
        """Return the position at the first evaluated price, before its evaluation."""
        return self.opened.position

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
    played = tuple(
        play(bars=bars, request=request, sessions=sessions, source=source, on_progress=on_progress)
    )
    return Replay(
        window=window,
        sessions=sessions,
        opened=opened(bars=bars, index=window.start, request=request),
        records=tuple(record for bar in played for record in bar.records),
        positions=tuple(bar.position for bar in played),
        moves=tuple(move for bar in played for move in bar.moves),
        unfilled=tuple(order for bar in played for order in bar.unfilled),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedBar:
    """What happened before a bar and in it, and the position at its close."""

    records: Sequence[Record]
    moves: Sequence[Trade | BookedSplit]
    unfilled: Sequence[Unfilled]
    position: Position


def play(
    *,
    bars: Bars,
    request: SimulationRequest,
    sessions: Sequence[Session],
    source: str,
    on_progress: OnProgress,
) -> Iterator[PlayedBar]:
    """Yield what happens in each bar of `sessions`, in the words of `replay`."""
    first, stop = sessions[0].bars.start, sessions[-1].bars.stop
    start = opened(bars=bars, index=first, request=request)
    run = _Run(bars=bars, request=request, source=source, position=start.position)
    for session in sessions:
        run.open(session)
        for index in session.bars:
            if not (index - first) % _BARS_PER_REPORT:
                on_progress(index - first, stop - first)
            run.take(index, session)
            if index == stop - 1:
                run.end(index)
            yield run.told()
    on_progress(stop - first, stop - first)


class _Run:
    """The state of a replay between two bars."""

    def __init__(
        self, *, bars: Bars, request: SimulationRequest, source: str, position: Position
    ) -> None:
        self._records: list[Record] = []
        self._moves: list[Trade | BookedSplit] = []
        self._unfilled: list[Unfilled] = []
        self._account = Account(position=position, owed={})
        self._waiting: Waiting | None = None
        self._bars = bars
        self._request = request
        self._tape = Tape(bars=bars, strategy=request.strategy, source=source)

    def open(self, session: Session) -> None:
        """Book what precedes the first bar of `session`; a split scales a waiting order too."""
        strategy = self._request.strategy
        self._account, splits = open_session(
            self._account,
            session=session,
            strategy=strategy,
            cash_rate=self._request.cash_rate,
            price=self._bars.opens[session.bars[0]],
        )
        for booked in splits:
            if self._waiting is not None:
                self._waiting = split_waiting(self._waiting, booked.split, strategy)
        self._moves.extend(splits)

    def take(self, index: int, session: Session) -> None:
        """Evaluate bar `index` under the execution model, and keep what follows."""
        match self._request.model:
            case ExecutionModel.CLOSE:
                self._fill_at_close(index, session)
            case ExecutionModel.NEXT_OPEN:
                self._fill_waiting(index, session)
                self._decide_on_close(index, session)
            case ExecutionModel.TOUCH:
                self._walk(index, session)

    def end(self, index: int) -> None:
        """End the run after its last bar `index`; an order that still waits expires."""
        if self._waiting is not None:
            at = moment(self._bars.ends[index])
            self._unfilled.append(expired(self._waiting, at=at))

    def told(self) -> PlayedBar:
        """Return what happened since this was asked last."""
        told = PlayedBar(
            records=self._records,
            moves=self._moves,
            unfilled=self._unfilled,
            position=self._position,
        )
        self._records, self._moves, self._unfilled = [], [], []
        return told

    @property
    def _position(self) -> Position:
        return self._account.position

    @_position.setter
    def _position(self, position: Position) -> None:
        self._account = replace(self._account, position=position)

    def _fill_at_close(self, index: int, session: Session) -> None:
        market = self._tape.at_close(index, session)
        self._keep(
            index,
            evaluate_and_fill(self._position, market=market, price=self._bars.closes[index]),
        )

    def _walk(self, index: int, session: Session) -> None:
        candle = candle_of(self._bars, index)
        ways = walk(
            self._position,
            candle=candle,
            at_open=self._tape.at_open(index, session),
            inside=self._tape.inside(index, session),
        )
        assert self._request.path is not None
        way = chosen(ways, path=self._request.path, close=candle.close)
        for evaluation in (ways.opened, *way):
            self._keep(index, evaluation)

    def _fill_waiting(self, index: int, session: Session) -> None:
        """Fill what waits for the open of bar `index`, if that is a bar of an open session."""
        waiting, price = self._waiting, self._bars.opens[index]
        if waiting is None:
            return
        market = self._tape.at_open(index, session)
        if not market.is_open(self._position, price):
            return
        self._waiting = None
        self._position, ended = fill_at_open(self._position, waiting, market=market, price=price)
        match ended:
            case Unfilled():
                self._unfilled.append(ended)
            case Fill():
                self._moves.append(
                    Trade(
                        decided=waiting.decided,
                        bar=index,
                        at=market.day.now,
                        reason=waiting.sizing.cause,
                        price=price,
                        fill=ended,
                        position=self._position,
                    )
                )

    def _decide_on_close(self, index: int, session: Session) -> None:
        market = self._tape.at_close(index, session)
        taken = market.ask(self._position, self._bars.closes[index])
        self._position = taken.position
        if isinstance(taken.decision, Proposed):
            self._waiting = waiting_order(taken.decision, bar=index)
        self._records.append(Record(bar=index, at=market.day.now, decision=taken.decision))

    def _keep(self, index: int, evaluation: Evaluation) -> None:
        decision = evaluation.decision
        self._position = evaluation.position
        self._records.append(Record(bar=index, at=evaluation.at, decision=decision))
        if evaluation.fill is not None:
            assert isinstance(decision, Proposed), "only what was proposed is filled"
            self._moves.append(
                Trade(
                    decided=index,
                    bar=index,
                    at=evaluation.at,
                    reason=decision.reason,
                    price=evaluation.price,
                    fill=evaluation.fill,
                    position=evaluation.position,
                )
            )
