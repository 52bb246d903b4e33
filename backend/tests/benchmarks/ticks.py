# ruff: noqa: T201 - a benchmark speaks to a person
"""Ticks beside pgbench running the same SQL: `python -m tests.benchmarks.ticks`.

Both work on equal copies of one database, one after the other in every round, and must leave equal
rows; the figures are medians of the rounds.
"""

import argparse
import os
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

import psycopg

from app.adapters.embedded.binaries import find_postgres_folder
from app.adapters.embedded.postgres import SUPERUSER, PostgresCluster, find_cluster
from app.adapters.postgres.store import PostgresStore
from app.cli_services import migrate
from tests.benchmarks.pgbench import Played, Ticks, pgbench, save_tape
from tests.benchmarks.statement_log import logged_statements
from tests.benchmarks.tick_desk import Rush, open_positions, rush, ticking

OPENED, TICKED, PLAYED = "opened", "ticked", "played"
FACTS = ("position", "decision", "position_order", "trade", "ledger_entry", "audit_event")
SETTINGS = ("server_version", "fsync", "synchronous_commit", "full_page_writes", "shared_buffers")


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """The ticks of one round, what pgbench did of the same, and of its look-ups alone."""

    ticks: Rush
    played: Played
    lookups: Played
    load: float

    @property
    def same_sql(self) -> float:
        """Return the rate of pgbench without the time of its look-ups."""
        return 1 / (1 / self.played.rate - 1 / self.lookups.rate)

    @property
    def ratio(self) -> float:
        """Return the rate of ticks over that of pgbench, whose look-ups are taken out."""
        return self.ticks.rate / self.same_sql


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--looks", type=int, default=250, help="ticks of each position")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # as root, PostgreSQL runs as another account
        cluster = find_cluster(state=Path(folder))
        cluster.start()
        try:
            bench = Bench(
                folder=Path(folder),
                cluster=cluster,
                connections=given.connections,
                looks=given.looks,
            )
            positions = bench.prepare()
            print(bench.settings())
            rounds = []
            for _ in range(given.rounds):
                rounds.append(bench.round(positions))
                _print_round(rounds[-1])
            _report(rounds)
        finally:
            cluster.stop()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """One durable cluster with the databases that the rounds work on."""

    folder: Path
    cluster: PostgresCluster
    connections: int
    looks: int

    def prepare(self) -> tuple[str, ...]:
        """Open a position for each connection, record their ticks on a copy, and return them."""
        self._create(OPENED, "template0")
        migrate(database_url=self._url(OPENED))
        store = PostgresStore(url=self._url(OPENED))
        positions = open_positions(store, count=self.connections)
        store.close()
        self._create(TICKED, OPENED)
        clients = self._record(positions)
        save_tape(self._url(OPENED), clients, self._script("ticks"), self._script("lookups"))
        return positions

    def settings(self) -> str:
        """Return the server's settings that a commit depends on, the same for both."""
        with psycopg.connect(self._url(OPENED)) as connection:
            rows = [connection.execute(f"SHOW {name}").fetchone() for name in SETTINGS]
        return ", ".join(
            f"{name} {row[0]}" for name, row in zip(SETTINGS, rows, strict=True) if row
        )

    def round(self, positions: Sequence[str]) -> Round:
        """Tick, and play the same, each on a fresh copy."""
        self._create(TICKED, OPENED)
        load = os.getloadavg()[0]
        store = self._open_store(connections=self.connections)
        ticks = ticking(store, positions, looks=self.looks)
        ticked = rush(ticks, threads=self.connections, looks=self.looks)
        store.close()
        self._create(PLAYED, OPENED)
        lookups = self._pgbench("lookups")
        played = self._pgbench("ticks")
        assert self._facts(TICKED) == self._facts(PLAYED), "pgbench ran the same SQL"
        return Round(ticks=ticked, played=played, lookups=lookups, load=load)

    def _record(self, positions: Sequence[str]) -> list[Ticks]:
        with logged_statements(self.cluster) as log:
            store = self._open_store(connections=1)
            for tick in ticking(store, positions, looks=self.looks).values():
                for _ in range(self.looks):
                    log.split()
                    tick()
            log.split()
            store.close()
            ticks = log.ticks(database=TICKED)
        assert len(ticks) == len(positions) * self.looks, "every tick is in the log"
        return [ticks[at : at + self.looks] for at in range(0, len(ticks), self.looks)]

    def _open_store(self, *, connections: int) -> PostgresStore:
        """Return the store with its connections open, which no tick and no rate includes."""
        store = PostgresStore(url=self._url(TICKED))
        with ExitStack() as books:
            for _ in range(connections):
                books.enter_context(store.book()).trading_halted()
        return store

    def _pgbench(self, name: str) -> Played:
        programs = find_postgres_folder(account=None, copies=self.folder)
        return pgbench(
            programs / "pgbench",
            url=self._url(PLAYED),
            script=self._script(name),
            clients=self.connections,
            transactions=self.looks,
        )

    def _script(self, name: str) -> Path:
        return self.folder / f"{name}.sql"

    def _url(self, database: str) -> str:
        return self.cluster.url(database=database)

    def _create(self, name: str, template: str) -> None:
        url = self.cluster.url(user=SUPERUSER, database="postgres")
        with psycopg.connect(url, autocommit=True) as superuser:
            superuser.execute(f'DROP DATABASE IF EXISTS "{name}"')
            superuser.execute(f'CREATE DATABASE "{name}" OWNER vb TEMPLATE "{template}"')
            superuser.execute("CHECKPOINT")

    def _facts(self, name: str) -> list[object]:
        with psycopg.connect(self._url(name)) as connection:
            return [
                connection.execute(
                    "SELECT count(*), md5(string_agg(t::text, '|' ORDER BY t::text))"
                    f" FROM {table} t"
                ).fetchone()
                for table in FACTS
            ]


def _print_round(each: Round) -> None:
    print(
        f"  ticks {each.ticks.rate:6.0f}/s  pgbench {each.same_sql:6.0f}/s"
        f"  ratio {each.ratio:.3f}  load {each.load:.1f}",
        flush=True,
    )


def _report(rounds: Sequence[Round]) -> None:
    first = rounds[0].ticks
    mix = ", ".join(f"{n} {kind}" for kind, n in first.kinds.most_common())
    print(f"medians of {len(rounds)} rounds of {len(first.latencies)} ticks ({mix})")
    print(f"  ticks                  {median(each.ticks.rate for each in rounds):8.0f} /s")
    print(f"  pgbench                {median(each.same_sql for each in rounds):8.0f} /s")
    print(f"  pgbench with look-ups  {median(each.played.rate for each in rounds):8.0f} /s")
    print(f"  ratio                  {median(each.ratio for each in rounds):8.3f}")
    for name, latencies in (
        ("ticks", [each.ticks.latencies for each in rounds]),
        ("pgbench", [each.played.latencies for each in rounds]),
    ):
        cuts = [quantiles(each, n=100) for each in latencies]
        for part in (50, 99):
            at = 1000 * median(cut[part - 1] for cut in cuts)
            print(f"  {name:8} p{part}           {at:8.1f} ms")


if __name__ == "__main__":
    main()
