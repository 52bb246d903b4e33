"""A whole simulation, from a request and the bars of a dataset to its result and course."""

from collections.abc import Sequence
from pathlib import Path

from app.simulation import kernel
from app.simulation.bars import Bars
from app.simulation.benchmarks import benchmarks_of
from app.simulation.digest import result_digest
from app.simulation.envelope import Envelope, envelope_of
from app.simulation.kernel_records import replay_of, tally
from app.simulation.prepared import prepare
from app.simulation.progress import OnProgress, partial_curve
from app.simulation.proof import prove
from app.simulation.replay import Replay
from app.simulation.result import Tally, result_body
from app.simulation.run import SimulationRequest
from app.simulation.sessions import window_of
from app.simulation.stored_course import StoredCourse, stored

_DATASET_ID_DIGITS = 16


def simulate(
    *,
    bars: Bars,
    request: SimulationRequest,
    dataset_digest: str,
    code_folder: Path,
    on_progress: OnProgress,
) -> tuple[dict[str, object], StoredCourse]:
    """Return the result body and the course of the run that `request` describes over `bars`.

    The run is computed by the compiled rules, and a part of it asked of `step`. `on_progress`
    hears how many bars of how many are done; what it raises ends the run. Machine code is kept
    inside `code_folder`.

    Raises
    ------
    InvalidInputError
        When the request does not fit the dataset: dates, opening value, anchor; or leaves the
        range of exact arithmetic.
    """
    prepared = prepare(bars)
    on_progress(0, len(window_of(bars=bars, request=request)))
    course = kernel.run(prepared=prepared, request=request, code_folder=code_folder)
    source, window = source_of(dataset_digest), course.window
    run = replay_of(course, source=source)
    prove(course=course, run=run, source=source)
    curve = partial_curve(bars=bars, window=window, equity=course.equity)
    on_progress(len(window), len(window), curve)
    envelope = None
    if request.path is not None:
        envelope = envelope_of(
            run=run,
            prepared=prepared,
            request=request,
            code_folder=code_folder,
            on_progress=lambda done, total: on_progress(done, total, curve),
        )
    result = result_of(
        run=run,
        equity=course.equity.tolist(),
        tally=tally(course),
        envelope=envelope,
        bars=bars,
        request=request,
        dataset_digest=dataset_digest,
    )
    return result, stored(course)


def result_of(
    *,
    run: Replay,
    equity: Sequence[int],
    tally: Tally,
    envelope: Envelope | None,
    bars: Bars,
    request: SimulationRequest,
    dataset_digest: str,
) -> dict[str, object]:
    """Return the result body of a run, however it was computed.

    `equity` is the value at the close of each bar, in 1e-10 USD.
    """
    return result_body(
        run=run,
        bars=bars,
        request=request,
        tally=tally,
        benchmarks=benchmarks_of(run=run, bars=bars, request=request),
        envelope=envelope,
        digest=result_digest(
            dataset_digest=dataset_digest,
            request=request,
            trades=run.trades,
            ends=bars.ends[run.window.start : run.window.stop],
            equity=equity,
        ),
    )


def source_of(dataset_digest: str) -> str:
    """Return the name of a dataset in every observation of a run."""
    return f"dataset:{dataset_digest[:_DATASET_ID_DIGITS]}"
