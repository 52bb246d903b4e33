"""`vb simulate`: one run with a progress bar and a summary, by the same code as the API."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from app.bootstrap import CODE_FOLDER, open_store
from app.cli_files import read_strategy, write_run
from app.domain.errors import DomainError, InvalidInputError
from app.settings import Settings
from app.simulation.bars import Bars, DatasetRecord, Resolution, content_digest
from app.simulation.kernel_records import replay_of
from app.simulation.prepared import prepare
from app.simulation.progress import PartialCurve
from app.simulation.request import parse_request
from app.simulation.resample import resample
from app.simulation.run import SimulationRequest
from app.simulation.series import Items, decision_items, equity_items, trade_items
from app.simulation.simulate import simulate as run
from app.simulation.simulate import source_of
from app.simulation.stored_course import StoredCourse, restored


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulateCommand:
    """What `vb simulate` was asked for.

    `dataset` is a symbol, an id or a digest; its bars are merged to `resolution` where it is given.
    """

    dataset: str
    resolution: str | None
    start: date
    end: date
    model: str
    path: str | None
    cash: str
    shares: str
    strategy: Path | None
    write: Path | None
    as_json: bool

    def body(self) -> dict[str, object]:
        """Return the request as on the wire, the dataset aside."""
        path = {} if self.path is None else {"path": self.path}
        return {
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "opening": {"cash": self.cash, "shares": self.shares},
            "strategy": {} if self.strategy is None else read_strategy(self.strategy),
            "execution": {"model": self.model, **path},
        }


def simulate(*, settings: Settings, command: SimulateCommand) -> int:
    """Run a simulation, print it, write it where asked, and return the exit code."""
    body = command.body()
    try:
        request = parse_request(body)
        record, bars = _read(settings, command, request)
        result, course = _run(settings, record, bars, request)
    except InvalidInputError as error:
        for wrong in error.errors:
            print(f"vb: {wrong.field} {wrong.message}; allowed: {wrong.allowed}", file=sys.stderr)
        return 2
    except DomainError as error:
        print(f"vb: {error}", file=sys.stderr)
        return 1
    if command.write is not None:
        write_run(command.write, result=result, series=_series(record, bars, request, course))
    if command.as_json:
        print(json.dumps(result, indent=2, sort_keys=True))
    else:
        _print_summary(record, body, result)
    return 0


def _read(
    settings: Settings, command: SimulateCommand, request: SimulationRequest
) -> tuple[DatasetRecord, Bars]:
    dataset = command.dataset
    with open_store(settings) as store, store.shelf() as shelf:
        record = shelf.find_dataset(
            symbol=dataset.upper(), start=request.start, end=request.end
        ) or shelf.get_dataset(dataset_id=dataset)
        bars = shelf.load_bars(dataset_id=record.id)
    if command.resolution is None:
        return record, bars
    return _merged(record, bars, Resolution(command.resolution))


def _run(
    settings: Settings, record: DatasetRecord, bars: Bars, request: SimulationRequest
) -> tuple[Mapping[str, object], StoredCourse]:
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("bars"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    ) as progress:
        task = progress.add_task(f"{record.symbol} {request.model.value}", total=record.bars)

        def show(done: int, total: int, _curve: PartialCurve = ()) -> None:
            progress.update(task, completed=done, total=total)

        return run(
            bars=bars,
            request=request,
            dataset_digest=record.digest,
            code_folder=settings.state / CODE_FOLDER,
            on_progress=show,
        )


def _series(
    record: DatasetRecord, bars: Bars, request: SimulationRequest, course: StoredCourse
) -> Mapping[str, Items]:
    whole = restored(course, prepared=prepare(bars), request=request)
    replay = replay_of(whole, source=source_of(record.digest))
    return {
        "equity": equity_items(course=whole),
        "trades": trade_items(run=replay),
        "decisions": decision_items(run=replay),
    }


def _merged(
    record: DatasetRecord, bars: Bars, resolution: Resolution
) -> tuple[DatasetRecord, Bars]:
    """Return longer bars, under the digest that their dataset has or would have."""
    longer = resample(bars, resolution=resolution)
    digest = content_digest(longer)
    named = replace(record, id=digest[: len(record.id)], digest=digest, bars=len(longer))
    return named, longer


def _print_summary(
    record: DatasetRecord, body: Mapping[str, object], result: Mapping[str, object]
) -> None:
    final, counts = _part(result, "final"), _part(result, "counts")
    metrics, benchmarks = _part(result, "metrics"), _part(result, "benchmarks")
    holding = _part(benchmarks, "hold_opening_mix")
    table = Table()
    table.add_column("")
    table.add_column("Robot", justify="right")
    table.add_column("Holding", justify="right")
    for label, name in (
        ("Final value, USD", "equity"),
        ("Return", "total_return"),
        ("Volatility a year", "volatility"),
        ("Sharpe", "sharpe"),
        ("Largest drawdown", "max_drawdown"),
    ):
        own = final["equity"] if name == "equity" else metrics[name]
        table.add_row(label, _short(own), _short(holding[name]))
    for label, value in (
        ("Trades", counts["trades"]),
        ("Commissions, USD", metrics["commissions"]),
        ("Turnover a year", metrics["turnover"]),
        ("Mean stock share", metrics["mean_stock_share"]),
        ("Sessions inside the guardrails", metrics["time_inside_guardrails"]),
        ("Cash, USD", final["cash"]),
        ("Shares", final["shares"]),
        ("Anchor, USD", final["anchor_price"]),
    ):
        table.add_row(label, _short(value), "")
    envelope = result["envelope"]
    if isinstance(envelope, Mapping):
        table.add_row("Worst way inside the bars, USD", _short(envelope["worst"]), "")
        table.add_row("Best way inside the bars, USD", _short(envelope["best"]), "")
    console = Console()
    console.print(
        f"{record.symbol}, {body['start']} to {body['end']}: {result['execution_note']}",
        soft_wrap=True,
    )
    console.print(table)
    console.print(f"Dataset {record.id}, {result['bars']} bars, rules {result['rules_version']}")
    console.print(f"Digest {result['digest']}", soft_wrap=True)


def _part(body: Mapping[str, object], name: str) -> Mapping[str, object]:
    part = body[name]
    assert isinstance(part, Mapping)
    return part


def _short(value: object) -> str:
    """Return a decimal cut to what a terminal shows; the JSON output has all of it."""
    if value is None:
        return "undefined"
    whole, point, digits = str(value).partition(".")
    return f"{whole}{point}{digits[:6]}"
