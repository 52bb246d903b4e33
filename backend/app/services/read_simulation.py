"""The series of completed simulations: worked out from what is stored, for what is asked."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.errors import ConflictError
from app.services.ports import Store
from app.simulation.benchmarks import benchmarks_of
from app.simulation.kernel import Course
from app.simulation.kernel_records import replay_of
from app.simulation.lazy import Lazy
from app.simulation.prepared import PreparedBars, prepare
from app.simulation.replay import Replay
from app.simulation.request import parse_request
from app.simulation.run import RunRecord, RunStatus
from app.simulation.series import (
    Items,
    decision_items,
    equity_items,
    holding_items,
    rolling_items,
    trade_items,
)
from app.simulation.simulate import source_of
from app.simulation.stored_course import restored
from app.simulation.thinning import IntegerCurve, thinned

_RUNS_KEPT = 2  # each of some 70 bytes a bar and 1000 a trade


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves:
    """The robot's curve and that of holding, oldest first."""

    equity: Items
    holding: Items


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A completed run, over the bars of its dataset."""

    dataset_id: str
    course: Course
    replay: Replay


class ReadSimulation:
    """Answers questions about completed runs."""

    def __init__(self, *, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._recent: OrderedDict[str, Opened] = OrderedDict()

    def curves(self, *, run_id: str, points: int) -> Curves:
        """Return the curves of a run, thinned to `points`, keeping every extreme.

        An item is made when it is asked for.

        Raises
        ------
        ConflictError
            When the run is not completed, or an earlier version made it. So do all others.
        """
        opened = self._open(run_id)
        course, run, bars = opened.course, opened.replay, opened.course.prepared.bars
        holding = benchmarks_of(run=run, bars=bars, request=course.request).hold_opening_mix
        held = holding_items(run=run, bars=bars, holding=holding)
        return Curves(
            equity=_at(thinned(IntegerCurve(course.equity), points), equity_items(course=course)),
            holding=_at(thinned(holding, points), held),
        )

    def rolling(self, *, run_id: str) -> Items:
        """Return the rolling statistics of a run, oldest first."""
        opened = self._open(run_id)
        return rolling_items(run=opened.replay, bars=opened.course.prepared.bars)

    def trades(self, *, run_id: str) -> Items:
        """Return the trades of a run, oldest first; an item is made when it is asked for."""
        return trade_items(run=self._open(run_id).replay)

    def decisions(self, *, run_id: str) -> Items:
        """Return the decisions of a run, oldest first; `step` is asked when one is asked for."""
        return decision_items(run=self._open(run_id).replay)

    def _open(self, run_id: str) -> Opened:
        """Return a run, read once for the requests that follow one another."""
        with self._store.shelf() as shelf:
            record = shelf.get_run(run_id=run_id)
        _check_completed(record)
        with self._lock:
            opened = self._recent.pop(run_id, None) or self._read(record)
            self._recent[run_id] = opened
            while len(self._recent) > _RUNS_KEPT:
                self._recent.popitem(last=False)
            return opened

    def _read(self, record: RunRecord) -> Opened:
        with self._store.shelf() as shelf:
            stored = shelf.load_course(run_id=record.id)
        if stored is None:
            raise ConflictError(
                reason="simulation_of_an_earlier_version",
                message="An earlier version made this simulation and kept its result alone. "
                "Run it again to see curves, trades and decisions.",
            )
        course = restored(
            stored,
            prepared=self._prepared(record.dataset_id),
            request=parse_request(record.request),
        )
        replay = replay_of(course, source=source_of(record.dataset_digest))
        return Opened(dataset_id=record.dataset_id, course=course, replay=replay)

    def _prepared(self, dataset_id: str) -> PreparedBars:
        for opened in self._recent.values():
            if opened.dataset_id == dataset_id:
                return opened.course.prepared
        with self._store.shelf() as shelf:
            return prepare(shelf.load_bars(dataset_id=dataset_id))


def _at(places: Sequence[int], items: Items) -> Items:
    return Lazy(count=len(places), make=lambda number: items[places[number]])


def _check_completed(run: RunRecord) -> None:
    if run.status is not RunStatus.COMPLETED:
        raise ConflictError(
            reason=f"simulation_{run.status.value}",
            message=f"This simulation is {run.status.value}; "
            "only a completed one has curves, trades and decisions.",
        )
