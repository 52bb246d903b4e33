"""A compiled run as the `Replay` that it equals: what it decided and held, read back one by one."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

import numpy as np

from app.domain import entitlement
from app.domain.corporate_action import Split
from app.domain.decision import (
    Gate,
    HoldReason,
    ProposalReason,
    Proposed,
    RefusalReason,
    Side,
)
from app.domain.order import Fill
from app.domain.position import Position
from app.simulation import kernel_layout as at
from app.simulation.account import BookedSplit
from app.simulation.kernel import Course
from app.simulation.kernel_past import Past
from app.simulation.lazy import Lazy
from app.simulation.market import Market, Tape, moment
from app.simulation.next_open import Unfilled, Waiting, expired, fill_at_open
from app.simulation.opening import opened
from app.simulation.replay import Record, Replay, Trade
from app.simulation.run import ExecutionModel
from app.simulation.sessions import Session, sessions_of

type Reason = HoldReason | Gate | RefusalReason | ProposalReason


def replay_of(course: Course, *, source: str) -> Replay:
    """Return the run as `replay` has it; records and positions are made when they are asked for.

    `source` names the dataset in every observation. A record is decided by `step`, on the
    position as it then was.
    """
    bars, window, request = course.prepared.bars, course.window, course.request
    sessions = sessions_of(bars=bars, window=window, pay_lag_days=request.strategy.pay_lag_days)
    past = Past(course)
    records = _Records(past, sessions, source=source)
    moves: list[tuple[int, Trade | BookedSplit]] = [*_trades(past), *_splits(past, sessions)]
    return Replay(
        window=window,
        sessions=sessions,
        opened=opened(bars=bars, index=window.start, request=request),
        records=Lazy(count=len(records), make=records.record),
        positions=Lazy(count=len(window), make=_Held(past).at_close),
        moves=tuple(move for _, move in sorted(moves, key=lambda booked: booked[0])),
        unfilled=tuple(_unfilled(past, records)),
    )


def tally(course: Course) -> Mapping[Reason, int]:
    """Return how many records there are of each reason, of those that occur."""
    counted = np.bincount(course.codes % at.SELLS, minlength=len(at.REASONS))
    counted += np.bincount(course.inside[:, at.CODE] % at.SELLS, minlength=len(at.REASONS))
    return {reason: int(count) for reason, count in zip(at.REASONS, counted, strict=True) if count}


class _Records:
    """The records of a run, each decided by `step`."""

    def __init__(self, past: Past, sessions: Sequence[Session], *, source: str) -> None:
        course = past.course
        self._past = past
        self._touch = course.request.model is ExecutionModel.TOUCH
        self._tape = Tape(bars=past.bars, strategy=course.request.strategy, source=source)
        self._sessions = sessions
        self._starts = [session.bars.start for session in sessions]
        places = course.rows[:, at.MOMENT] % at.PLACES
        self._inside = np.flatnonzero(places == at.INSIDE).tolist()
        bars = course.inside[:, at.MOMENT] // at.PLACES - course.window.start
        self._numbers = (bars + np.arange(1, len(bars) + 1)).tolist()

    def __len__(self) -> int:
        return len(self._past.course.window) + len(self._inside)

    def record(self, number: int) -> Record:
        """Return the record `number`, counted from 0."""
        before = bisect_left(self._numbers, number)
        if self._numbers[before : before + 1] == [number]:
            return self._on_the_way(self._inside[before])
        return self.of_bar(self._past.course.window[number - before])

    def of_bar(self, bar: int) -> Record:
        """Return the record of `bar`: at its close, in `touch` at its open."""
        row = self._past.row_before(bar, at.AT_OPEN if self._touch else at.AT_CLOSE)
        position = self._past.position(row, used=self._past.evaluated(bar - 1))
        if self._touch:
            return _asked(bar, position, self.at_open(bar), self._past.bars.opens[bar])
        market = self._tape.at_close(bar, self._session(bar))
        return _asked(bar, position, market, self._past.bars.closes[bar])

    def _on_the_way(self, index: int) -> Record:
        row = self._past.row(index)
        bar = row[at.MOMENT] // at.PLACES
        position = self._past.position(index - 1, used=bar)
        market = self._tape.inside(bar, self._session(bar))
        return _asked(bar, position, market, row[at.ASKED])

    def at_open(self, bar: int) -> Market:
        """Return the market at the start of `bar`."""
        return self._tape.at_open(bar, self._session(bar))

    def _session(self, bar: int) -> Session:
        return self._sessions[bisect_right(self._starts, bar) - 1]


class _Held:
    """The positions at the closes; asked for in order, equal ones in a row are the same one."""

    def __init__(self, past: Past) -> None:
        self._past = past
        self._last: tuple[tuple[int, int | None], Position] | None = None

    def at_close(self, place: int) -> Position:
        """Return the position at the close of the bar at `place` in the run."""
        bar = self._past.course.window[place]
        held = (self._past.row_before(bar + 1, at.BEFORE), self._past.evaluated(bar))
        last = self._last
        if last is None or last[0] != held:
            self._last = last = (held, self._past.position(held[0], used=held[1]))
        return last[1]


def _asked(bar: int, position: Position, market: Market, price: int) -> Record:
    return Record(bar=bar, at=market.day.now, decision=market.ask(position, price).decision)


def _trades(past: Past) -> Iterator[tuple[int, Trade]]:
    """Yield the trades with their rows, oldest first."""
    course, bars = past.course, past.bars
    waited = course.request.model is ExecutionModel.NEXT_OPEN
    for index in course.traded.tolist():
        row = past.row(index)
        bar, place = divmod(row[at.MOMENT], at.PLACES)
        reason = at.REASONS[row[at.CODE] % at.SELLS]
        assert isinstance(reason, ProposalReason), "a trade was proposed"
        trade = Trade(
            decided=row[at.DECIDED],
            bar=bar,
            at=moment(bars.starts[bar] if place == at.AT_OPEN else bars.ends[bar]),
            reason=reason,
            price=row[at.ASKED],
            fill=Fill(
                side=Side.SELL if row[at.CODE] >= at.SELLS else Side.BUY,
                quantity=row[at.QUANTITY],
                price=row[at.PRICE],
                commission=row[at.COMMISSION],
            ),
            position=past.position(index, used=past.evaluated(bar - 1) if waited else bar),
        )
        yield index, trade


def _splits(past: Past, sessions: Sequence[Session]) -> Iterator[tuple[int, BookedSplit]]:
    """Yield the splits with the rows in which they are booked, oldest first."""
    lot = past.course.request.strategy.lot
    for session in sessions:
        splits = [action for action in session.actions if isinstance(action, Split)]
        if not splits:
            continue
        index = past.row_before(session.bars.start, at.AT_OPEN)
        shares = past.row(index - 1)[at.SHARES]
        for split in splits:
            ratio = (split.numerator, split.denominator)
            kept = entitlement.split_shares(shares, *ratio, lot)
            yield index, BookedSplit(split=split, sold=Fraction(shares * ratio[0], ratio[1]) - kept)
            shares = kept


def _unfilled(past: Past, records: _Records) -> Iterator[Unfilled]:
    """Yield the orders that came to nothing, each trimmed again as it was at its open."""
    rows = past.course.rows
    waited = rows[:-1, at.WAITING] != 0
    met = rows[1:, at.MOMENT] % at.PLACES == at.AT_OPEN
    refused = rows[1:, at.CODE] % at.SELLS < at.BY_TRIGGER
    for index in np.flatnonzero(waited & met & refused).tolist():
        bar = past.row(index + 1)[at.MOMENT] // at.PLACES
        position = past.position(index, used=past.evaluated(bar - 1))
        market, price = records.at_open(bar), past.bars.opens[bar]
        _, ended = fill_at_open(
            position, _waiting(past, records, index), market=market, price=price
        )
        assert isinstance(ended, Unfilled), "what the rules refused comes to nothing"
        yield ended
    if rows[-1, at.WAITING]:
        last = _waiting(past, records, len(rows) - 1)
        yield expired(last, at=moment(past.bars.ends[past.course.window[-1]]))


def _waiting(past: Past, records: _Records, index: int) -> Waiting:
    row = past.row(index)
    decision = records.of_bar(row[at.DECIDED]).decision
    assert isinstance(decision, Proposed), "what waits was proposed"
    return Waiting(decided=row[at.DECIDED], sizing=decision.sizing, quantity=row[at.QUANTITY])
