"""The statements of real ticks, played again by pgbench."""

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psycopg

from tests.benchmarks.statement_log import Statement

_PLACE = re.compile(r"\$(\d+)")

type Ticks = Sequence[tuple[Statement, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """How often a second pgbench ran a script, and how long each run took, in seconds."""

    rate: float
    latencies: tuple[float, ...]


def save_tape(url: str, clients: Sequence[Ticks], script: Path, lookups: Path) -> None:
    """Write the ticks of each client into the database, and the scripts that play them.

    A run of `script` looks up the parameters of the next tick, and sends the statements that the
    tick sent. `lookups` only looks up.
    """
    shapes: dict[tuple[str, ...], int] = {}
    rows = []
    for client, ticks in enumerate(clients):
        for number, tick in enumerate(ticks):
            given = [value for sent in tick for value in sent.values if value is not None]
            shape = shapes.setdefault(_lines(tick), len(shapes))
            rows.append((client, number, shape, *given))
    most = max(len(row) for row in rows) - 3
    names = [f"v{n}" for n in range(most)]
    look = (
        "\\set next :next + 1\n"
        f"SELECT shape, {', '.join(names)} FROM tape"
        " WHERE client = :client_id AND number = :next \\gset\n"
    )
    lookups.write_text(look, encoding="utf-8")
    play = [look]
    for lines, shape in shapes.items():
        play.append("\\{} :shape = {}\n".format("elif" if shape else "if", shape))
        play.extend(f"{line};\n" for line in lines)
    script.write_text("".join([*play, "\\endif\n"]), encoding="utf-8")
    with psycopg.connect(url) as connection:
        connection.execute(
            "CREATE TABLE tape (client integer, number integer, shape integer,"
            f" {' text, '.join(names)} text, PRIMARY KEY (client, number))"
        )
        with connection.cursor().copy("COPY tape FROM STDIN") as copy:
            for row in rows:
                copy.write_row((*row, *[""] * (most + 3 - len(row))))


def pgbench(program: Path, *, url: str, script: Path, clients: int, transactions: int) -> Played:
    """Return what `clients` at once made of `script`, each so many times."""
    log = script.with_suffix(".log")
    done = subprocess.run(
        [
            *(str(program), "--no-vacuum", "--protocol", "prepared", "--file", str(script)),
            *("--client", str(clients), "--jobs", "2", "--transactions", str(transactions)),
            *("--define", "next=-1", "--log", "--log-prefix", str(log), url),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    wanted = f"actually processed: {clients * transactions}/{clients * transactions}"
    assert done.returncode == 0, done.stderr
    assert wanted in done.stdout, done.stdout + done.stderr
    found = re.search(r"tps = ([0-9.]+)", done.stdout)
    assert found is not None, done.stdout
    return Played(rate=float(found[1]), latencies=_latencies(log))


def _latencies(log: Path) -> tuple[float, ...]:
    """Return the third column of pgbench's logs, in seconds, and remove the logs."""
    lines: list[str] = []
    for file in log.parent.glob(f"{log.name}.*"):
        lines.extend(file.read_text(encoding="ascii").splitlines())
        file.unlink()
    return tuple(int(line.split()[2]) / 1e6 for line in lines)


def _lines(tick: Sequence[Statement]) -> tuple[str, ...]:
    """Return the statements of a tick as pgbench reads them: variables, and NULL for None."""
    lines, first = [], 0
    for sent in tick:
        lines.append(_line(sent, first))
        first += sum(value is not None for value in sent.values)
    return tuple(lines)


def _line(sent: Statement, first: int) -> str:
    """Return a statement in one line, its parameters being the variables from `first` on."""
    number = count(first)
    names = ["NULL" if value is None else f":v{next(number)}" for value in sent.values]
    text = _PLACE.sub(lambda found: names[int(found[1]) - 1], sent.text)
    return " ".join(text.split())
