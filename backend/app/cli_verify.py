"""`vb verify`: a stored run, which compiled rules computed, computed again by `step`."""

import sys
from collections.abc import Mapping

from app.bootstrap import open_store
from app.domain import rules
from app.domain.errors import DomainError
from app.settings import Settings
from app.simulation.by_step import by_step
from app.simulation.request import parse_request
from app.simulation.simulate import source_of


def verify(*, settings: Settings, run_id: str) -> int:
    """Compute run `run_id` again, say whether all agree, and return the exit code."""
    try:
        with open_store(settings) as store, store.shelf() as shelf:
            run = shelf.get_run(run_id=run_id)
            bars = shelf.load_bars(dataset_id=run.dataset_id)
        if run.result is None:
            print(f"vb: run {run_id} is {run.status}; only a completed one has a digest.")
            return 1
        computed = by_step(
            bars=bars,
            request=parse_request(run.request),
            dataset_digest=run.dataset_digest,
            source=source_of(run.dataset_digest),
            on_progress=lambda _done, _total: None,
        )
    except DomainError as error:
        print(f"vb: {error}", file=sys.stderr)
        return 1
    stored = _told(run.result)
    by_rules = (computed.digest, computed.equity, computed.counts)
    print(f"stored   {_line(*stored)} (rules {run.result['rules_version']})")
    print(f"by step  {_line(*by_rules)} (rules {rules.RULES_VERSION})")
    if stored == by_rules:
        print("The same result, down to the last unit, and as many decisions of each reason.")
        return 0
    print("The results differ: the dataset, the rules or the stored run changed.", file=sys.stderr)
    return 1


def _told(result: Mapping[str, object]) -> tuple[object, object, Mapping[str, object]]:
    final, counts = result["final"], result["counts"]
    assert isinstance(final, Mapping)
    assert isinstance(counts, Mapping)
    return result["digest"], final["equity"], counts


def _line(digest: object, equity: object, counts: Mapping[str, object]) -> str:
    return (
        f"{digest}: {equity} USD after {counts['trades']} trades, {counts['decisions']} decisions"
    )
