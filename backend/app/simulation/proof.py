"""A part of a compiled run asked of `step` again: whoever computes must decide the same."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace

from app.domain.corporate_action import Split
from app.domain.decision import Proposed
from app.domain.errors import DomainError
from app.domain.order import Fill, fill_whole
from app.domain.position import Position
from app.simulation import kernel_layout as at
from app.simulation.kernel import Course
from app.simulation.market import Tape
from app.simulation.next_open import Unfilled, fill_at_open, split_waiting, waiting_order
from app.simulation.replay import Replay, Trade
from app.simulation.run import ExecutionModel

_AT_EITHER_END = 20


def prove(*, course: Course, run: Replay, source: str) -> None:
    """Ask `step` for the first and the last trades of `course`, which `run` reads back.

    Raises
    ------
    DomainError
        When it decides otherwise.
    """
    proof = _Proof(course, run, source)
    trades = tuple(zip(course.traded.tolist(), run.trades, strict=True))
    if len(trades) > 2 * _AT_EITHER_END:
        trades = (*trades[:_AT_EITHER_END], *trades[-_AT_EITHER_END:])
    for row, trade in trades:
        if not proof.holds(trade, course.rows[row - 1].tolist()):
            raise DomainError(
                f"The compiled rules traded at {trade.at}, and the rules themselves would not "
                "have, or not so. This is a fault of the program, and nothing was stored. Please "
                "report it with the request of this run."
            )


class _Proof:
    def __init__(self, course: Course, run: Replay, source: str) -> None:
        strategy, bars = course.request.strategy, course.prepared.bars
        self._run = run
        self._model = course.request.model
        self._tape = Tape(bars=bars, strategy=strategy, source=source)
        self._inside = (course.inside[:, at.MOMENT] // at.PLACES).tolist()

    def holds(self, trade: Trade, before: Sequence[int]) -> bool:
        """Return whether `step` proposes what led to `trade` from the row `before` it."""
        held = replace(trade.position, cash=before[at.CASH], shares=before[at.SHARES])
        wanted = (trade.position, trade.fill)
        return any(
            proposal.reason is trade.reason and self._filled(proposal, trade, held) == wanted
            for proposal in self._proposed_in(trade.decided)
        )

    def _proposed_in(self, bar: int) -> Iterator[Proposed]:
        before, until = bisect_left(self._inside, bar), bisect_right(self._inside, bar)
        place = bar - self._run.window.start
        for number in range(place + before, place + until + 1):
            decision = self._run.records[number].decision
            if isinstance(decision, Proposed):
                yield decision

    def _filled(
        self, proposal: Proposed, trade: Trade, held: Position
    ) -> tuple[Position, Fill | Unfilled]:
        """Return the position after the order that was proposed, and how that ended."""
        if self._model is not ExecutionModel.NEXT_OPEN:
            return fill_whole(held, sizing=proposal.sizing, at=trade.at)
        waiting = waiting_order(proposal, bar=trade.decided)
        for split in self._splits(trade.decided, trade.bar):
            waiting = split_waiting(waiting, split, self._tape.strategy)
        session = self._run.sessions[self._session(trade.bar)]
        market = self._tape.at_open(trade.bar, session)
        return fill_at_open(held, waiting, market=market, price=trade.price)

    def _splits(self, after: int, until: int) -> Iterator[Split]:
        """Yield the splits that are booked after the bar `after` and before the bar `until`."""
        for session in self._run.sessions[self._session(after) + 1 : self._session(until) + 1]:
            for action in session.actions:
                if isinstance(action, Split):
                    yield action

    def _session(self, bar: int) -> int:
        """Return the index of the session of `bar`."""
        return bisect_right(self._run.sessions, bar, key=lambda each: each.bars.start) - 1
