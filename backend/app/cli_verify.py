"""`vb verify`: a stored run computed again, by `step` and, where it can be, by compiled rules."""

import sys
from collections.abc import Mapping

from app.bootstrap import CODE_FOLDER, open_store
from app.domain.errors import DomainError
from app.domain.units import value_text
from app.settings import Settings
from app.simulation import kernel
from app.simulation.bars import Bars
from app.simulation.prepared import prepare
from app.simulation.request import parse_request
from app.simulation.run import ExecutionModel, SimulationRequest
from app.simulation.simulate import simulate


def verify(*, settings: Settings, run_id: str) -> int:
    """Compute run `run_id` again, say whether all agree, and return the exit code."""
    try:
        with open_store(settings) as store, store.shelf() as shelf:
            run = shelf.get_run(run_id=run_id)
            bars = shelf.load_bars(dataset_id=run.dataset_id)
        if run.result is None:
            print(f"vb: run {run_id} is {run.status}; only a completed one has a digest.")
            return 1
        request = parse_request(run.request)
        result, _ = simulate(
            bars=bars,
            request=request,
            dataset_digest=run.dataset_digest,
            code_folder=settings.state / CODE_FOLDER,
            on_progress=lambda _done, _total: None,
        )
        compiled = _compiled(settings, bars, request)
    except DomainError as error:
        print(f"vb: {error}", file=sys.stderr)
        return 1
    stored, computed = run.result["digest"], result["digest"]
    print(f"stored    {stored} (rules {run.result['rules_version']})")
    print(f"computed  {computed} (rules {result['rules_version']})")
    equal = stored == computed
    if compiled is not None:
        ended = _end_of(result)
        print(f"step      {ended[0]} USD after {ended[1]} trades")
        print(f"compiled  {compiled[0]} USD after {compiled[1]} trades")
        equal = equal and compiled == ended
    if equal:
        print("The same result, down to the last unit.")
        return 0
    print("The results differ: the dataset, the rules or the stored run changed.", file=sys.stderr)
    return 1


def _compiled(settings: Settings, bars: Bars, request: SimulationRequest) -> tuple[str, int] | None:
    """Return final equity and trades by the compiled rules, or None for a model without them."""
    if request.model is not ExecutionModel.CLOSE:
        return None
    course = kernel.run(
        prepared=prepare(bars), request=request, code_folder=settings.state / CODE_FOLDER
    )
    return value_text(int(course.equity[-1])), len(course.trades)


def _end_of(result: Mapping[str, object]) -> tuple[str, int]:
    final, counts = result["final"], result["counts"]
    assert isinstance(final, Mapping)
    assert isinstance(counts, Mapping)
    return final["equity"], counts["trades"]
