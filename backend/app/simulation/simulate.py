"""A whole simulation, from a request and the bars of a dataset to its result and series."""

from pathlib import Path

from app.simulation.bars import Bars
from app.simulation.benchmarks import benchmarks_of
from app.simulation.digest import result_digest
from app.simulation.envelope import envelope_of
from app.simulation.prepared import prepare
from app.simulation.replay import OnProgress, replay
from app.simulation.result import result_body
from app.simulation.run import RunSeries, SimulationRequest
from app.simulation.series import series_of

_DATASET_ID_DIGITS = 16


def simulate(
    *,
    bars: Bars,
    request: SimulationRequest,
    dataset_digest: str,
    code_folder: Path,
    on_progress: OnProgress,
) -> tuple[dict[str, object], RunSeries]:
    """Return the result body and the series of the run that `request` describes over `bars`.

    `on_progress` hears how many bars of how many are done; what it raises ends the run. Machine
    code for the envelope of a `touch` run is kept inside `code_folder`.

    Raises
    ------
    InvalidInputError
        When the request does not fit the dataset: dates, opening value, anchor.
    """
    source = f"dataset:{dataset_digest[:_DATASET_ID_DIGITS]}"
    run = replay(bars=bars, request=request, source=source, on_progress=on_progress)
    benchmarks = benchmarks_of(run=run, bars=bars, request=request)
    digest = result_digest(dataset_digest=dataset_digest, request=request, run=run, bars=bars)
    envelope = None
    if request.path is not None:
        envelope = envelope_of(
            run=run,
            prepared=prepare(bars),
            request=request,
            code_folder=code_folder,
            on_progress=on_progress,
        )
    result = result_body(
        run=run,
        bars=bars,
        request=request,
        benchmarks=benchmarks,
        envelope=envelope,
        digest=digest,
    )
    return result, series_of(run=run, bars=bars, holding=benchmarks.hold_opening_mix)
