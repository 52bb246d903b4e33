"""Files of the command line: a strategy to read, a run to write."""

import csv
import json
from collections.abc import Mapping
from pathlib import Path

import yaml

from app.cli_services import CommandError
from app.simulation.series import Items


class _ExactLoader(yaml.SafeLoader):
    """Reads numbers with a point as text, so that no binary float comes near a strategy."""


_ExactLoader.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in resolvers if tag != "tag:yaml.org,2002:float"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_strategy(path: Path) -> Mapping[str, object]:
    """Return the strategy in a JSON or YAML file, grouped as on the wire.

    Raises
    ------
    CommandError
        When the file cannot be read or holds no groups.
    """
    try:
        body = yaml.load(path.read_text(encoding="utf-8"), Loader=_ExactLoader)  # noqa: S506 - safe
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise CommandError(f"The strategy file {path} cannot be read: {error}") from error
    if not isinstance(body, dict) or not all(isinstance(name, str) for name in body):
        raise CommandError(
            f"The strategy file {path} holds no groups. It looks like: trigger: {{up: 0.05}}"
        )
    return body


def write_run(folder: Path, *, result: Mapping[str, object], series: Mapping[str, Items]) -> None:
    """Write result.json and a table for each of `series`, such as trades.csv, into `folder`.

    Raises
    ------
    CommandError
        When the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(result, indent=2, sort_keys=True, ensure_ascii=False)
        (folder / "result.json").write_text(f"{text}\n", encoding="utf-8")
        for name, items in series.items():
            _write_table(folder / f"{name}.csv", items)
    except OSError as error:
        raise CommandError(f"The run cannot be written into {folder}: {error}") from error


def _write_table(path: Path, items: Items) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(items[0]) if items else [])
        writer.writeheader()
        writer.writerows({name: _cell(value) for name, value in item.items()} for item in items)


def _cell(value: object) -> object:
    """Return what stands in a cell: text and numbers as they are, lists as JSON."""
    return json.dumps(value) if isinstance(value, list | tuple | dict) else value
