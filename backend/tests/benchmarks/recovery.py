# ruff: noqa: T201 - a benchmark speaks to a person
"""From kill −9 to the first decisions of the next process: `python -m tests.benchmarks.recovery`.

Positions run on paper, by quotes in the shape of Yahoo's recorded ones, and one at the simulated
broker, which fills slowly. Each kill hits the backend while it waits for a quote, so that it holds
the lease of trading, the right to ask Yahoo, and often a live order. The next process is started at
once; the clock stops when another connection to PostgreSQL sees a decision that its loop made.
PostgreSQL and Valkey run on, as they do for `./vb up`.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import cycle
from math import ceil
from pathlib import Path
from random import Random

import psutil
import psycopg

from app.adapters.embedded.services import embedded_services
from app.adapters.postgres.store import PostgresStore
from app.cli_services import migrate
from tests.e2e.backend import Backend
from tests.e2e.session_clock import OFFSET_VARIABLE, SessionClock, offset_to_a_session
from tests.fault.alpaca_server import AlpacaServer
from tests.fault.broker import Broker
from tests.yahoo_replay import Answer, YahooReplay, ko_closes, quote_answer

SEED = 20261125
SYMBOL = "KO"
COLUMNS = ("paper", "broker", "all", "CPU")
# Longer than a quote is shared, so that every look asks Yahoo anew.
INTERVAL_SECONDS = 6
TOO_LATE_SECONDS = 30.0
PATIENCE_SECONDS = 60
LOOKS_EVERY_SECONDS = 0.005
EAGER = {
    "trigger": {"up": "0.003", "down": "0.003"},
    "orders": {"min_notional": "1", "max_per_day": 1000},
}
CHECKS = "SELECT position_id::text, sum(checks)::int FROM decision GROUP BY 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Killing:
    """The backend and what surrounds it; the last of `positions` is the one at the broker."""

    backend: Backend
    yahoo: YahooReplay
    broker: Broker
    clock: SessionClock
    database: psycopg.Connection
    positions: tuple[str, ...]

    def recovery(self, *, price: str, pause: float) -> tuple[float, ...]:
        """Return COLUMNS: seconds until the first decision on paper, at the broker, on all of them.

        The last is how much of a processor the process had used when all were decided.
        """
        asked = self.yahoo.quotes(SYMBOL)
        self.yahoo.script(SYMBOL, self._quote(price, TOO_LATE_SECONDS), self._quote(price))
        self.broker.set_price(SYMBOL, last=price)
        _wait(lambda: self.yahoo.quotes(SYMBOL) > asked, what="nobody asks for a quote")
        time.sleep(pause)
        self.backend.kill()
        before = self.checks()
        launched_at = time.monotonic()
        self.backend.launch()
        decided: dict[str, float] = {}
        while len(decided) < len(self.positions):
            seconds = time.monotonic() - launched_at
            assert self.backend.is_alive(), self.backend.log()[-3000:]
            assert seconds < PATIENCE_SECONDS, self.backend.log()[-3000:]
            for position, checks in self.checks().items():
                if checks > before[position]:
                    decided.setdefault(position, seconds)
            time.sleep(LOOKS_EVERY_SECONDS)
        used = psutil.Process(self.backend.pid).cpu_times()
        *paper, broker = (decided[position] for position in self.positions)
        return min(paper), broker, max(decided.values()), used.user + used.system

    def checks(self) -> Mapping[str, int]:
        return dict(self.database.execute(CHECKS).fetchall())

    def _quote(self, price: str, delay_seconds: float = 0) -> Answer:
        def body(path: str) -> bytes:
            shown = quote_answer(SYMBOL, price=price, at=self.clock.now()).body
            return shown(path) if callable(shown) else shown

        return Answer(body=body, delay_seconds=delay_seconds)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--positions", type=int, default=5, help="on paper; one more at the broker")
    given = parser.parse_args()
    random, prices = Random(SEED), cycle(ko_closes())
    with tempfile.TemporaryDirectory(prefix="vb-recovery-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # as root, PostgreSQL runs as another account, which has to pass
        with killing_in(folder, positions=given.positions) as killing:
            recoveries = []
            for kill in range(given.kills):
                recoveries.append(killing.recovery(price=next(prices), pause=random.random()))
                print(_row(f"kill {kill + 1}", recoveries[-1]), flush=True)
            store = PostgresStore(url=killing.backend.environment["DATABASE_URL"])
            for position in killing.positions:
                assert store.verify_book(position_id=position) == ()
            store.close()
            killing.broker.prove()
    _report(recoveries)


@contextmanager
def killing_in(folder: Path, *, positions: int) -> Iterator[Killing]:
    """Run the backend and what surrounds it, with so many positions on paper and one more."""
    offset = offset_to_a_session()
    clock = SessionClock(offset_seconds=offset)
    keys = folder / "keys"
    keys.touch(mode=0o600)
    keys.write_text("a-key-id\na-secret-key\n", encoding="utf-8")
    with ExitStack() as stack:
        services = stack.enter_context(embedded_services(state=folder))
        yahoo = stack.enter_context(YahooReplay())
        broker = Broker(seed=SEED, now=clock.now, multiplier=1)
        alpaca = stack.enter_context(AlpacaServer(broker))
        migrate(database_url=services.database_url)
        database = stack.enter_context(psycopg.connect(services.database_url, autocommit=True))
        variables = {
            "DATABASE_URL": services.database_url,
            "REDIS_URL": str(services.redis_url),
            "VB_STATE": str(folder),
            "VB_YAHOO_BASE_URL": yahoo.base_url,
            "VB_HARVEST": "off",
            "VB_INTERVAL_SECONDS": str(INTERVAL_SECONDS),
            "VB_ALPACA_PAPER_KEYS_FILE": str(keys),
            "VB_ALPACA_PAPER_URL": alpaca.url,
            "VB_ALPACA_DATA_URL": alpaca.url,
            OFFSET_VARIABLE: str(offset),
            "PYTHONDONTWRITEBYTECODE": "",  # as `./vb up` sees to it
        }
        backend = Backend(
            entry="tests.benchmarks.serve_in_session",
            variables=variables,
            log=folder / "backend.log",
        )
        stack.callback(backend.client.close)
        stack.callback(backend.stop)
        backend.start()
        yahoo.quote(SYMBOL, price=ko_closes()[0], at=clock.now())
        broker.set_price(SYMBOL, last=ko_closes()[0])
        broker.trade_by_hand(SYMBOL, side="buy", quantity="100", price=ko_closes()[0])
        killing = Killing(
            backend=backend,
            yahoo=yahoo,
            broker=broker,
            clock=clock,
            database=database,
            positions=tuple(
                _running_position(backend, broker=name)
                for name in (*["paper"] * positions, "alpaca-paper")
            ),
        )
        _wait(lambda: len(killing.checks()) > positions, what="the loop does not decide")
        yield killing


def _running_position(backend: Backend, *, broker: str) -> str:
    wish = {
        "symbol": SYMBOL,
        "broker": broker,
        "opening": {"cash": "6000", "shares": "100"},
        "strategy": EAGER,
    }
    opened = backend.client.post("/v1/positions", json=wish).raise_for_status()
    position = str(opened.json()["id"])
    backend.client.post(f"/v1/positions/{position}/start").raise_for_status()
    return position


def _wait(done: Callable[[], bool], *, what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not done():
        assert time.monotonic() < deadline, what
        time.sleep(LOOKS_EVERY_SECONDS)


def _report(recoveries: Sequence[tuple[float, ...]]) -> None:
    columns = [sorted(column) for column in zip(*recoveries, strict=True)]
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    print(f"\nSeconds over {len(recoveries)} kills; load average {load}")
    print(_row("", COLUMNS))
    for percent in (50, 99, 100):
        place = ceil(len(recoveries) * percent / 100) - 1
        print(_row(f"p{percent}", [column[place] for column in columns]))


def _row(name: str, cells: Sequence[float | str]) -> str:
    texts = (each if isinstance(each, str) else f"{each:.3f}" for each in cells)
    return "".join([f"{name:10}", *(f"{text:>10}" for text in texts)])


if __name__ == "__main__":
    main()
