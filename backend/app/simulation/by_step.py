"""A run computed by `step` alone, to compare a compiled one with."""

from array import array
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from app.domain.units import value_text
from app.simulation.bars import Bars
from app.simulation.digest import result_digest
from app.simulation.next_open import Unfilled
from app.simulation.replay import OnProgress, Trade, play
from app.simulation.result import Reason, counts_body
from app.simulation.run import SimulationRequest
from app.simulation.sessions import sessions_of, window_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ByStep:
    """What a result says of a run that does not depend on statistics."""

    digest: str
    equity: str
    counts: Mapping[str, object]


def by_step(
    *,
    bars: Bars,
    request: SimulationRequest,
    dataset_digest: str,
    source: str,
    on_progress: OnProgress,
) -> ByStep:
    """Return what `step` makes of the run that `request` describes, bar after bar.

    Of a bar no more is kept than its equity and its orders.

    Raises
    ------
    InvalidInputError
        When the request does not fit the dataset: dates, opening value, anchor.
    """
    window = window_of(bars=bars, request=request)
    lag = request.strategy.pay_lag_days
    sessions = sessions_of(bars=bars, window=window, pay_lag_days=lag)
    equity, tally = array("q"), Counter[Reason]()
    trades: list[Trade] = []
    unfilled: list[Unfilled] = []
    played = play(
        bars=bars, request=request, sessions=sessions, source=source, on_progress=on_progress
    )
    for index, bar in zip(window, played, strict=True):
        equity.append(bar.position.value_at(bars.closes[index]))
        tally.update(record.decision.reason for record in bar.records)
        trades += (move for move in bar.moves if isinstance(move, Trade))
        unfilled += bar.unfilled
    digest = result_digest(
        dataset_digest=dataset_digest,
        request=request,
        trades=trades,
        ends=bars.ends[window.start : window.stop],
        equity=equity,
    )
    return ByStep(
        digest=digest,
        equity=value_text(equity[-1]),
        counts=counts_body(tally=tally, trades=len(trades), unfilled=unfilled),
    )
