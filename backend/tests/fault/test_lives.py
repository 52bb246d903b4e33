"""Faulted lives: whatever the wire and the process do, no fill is lost or doubled."""

from collections.abc import Iterator
from datetime import date

import pytest

from app.adapters.market.calendar import ExchangeCalendar
from app.adapters.postgres.store import PostgresStore
from tests.builders import NOW
from tests.fakes.clock import FakeClock
from tests.fault.alpaca_server import AlpacaServer
from tests.fault.broker import Broker
from tests.fault.life import Life, put_away
from tests.fault.robot import Robot
from tests.fault.tally import Tally
from tests.fault.weather import habits, storm

ACCOUNT_ID = "2f1c7a52-5b8e-4c05-9a3e-6d0b7f3f9c11"
# Built once, by the first life that asks.
CALENDAR = ExchangeCalendar(start=date(2024, 1, 2), end=date(2024, 12, 31))


@pytest.fixture(scope="module")
def store(database_url: str) -> Iterator[PostgresStore]:
    store = PostgresStore(url=database_url)
    yield store
    store.close()


def lived(alpaca: AlpacaServer, store: PostgresStore, url: str, seed: int) -> Life:
    clock = FakeClock(at=NOW)
    broker = Broker(seed=seed, habits=habits(seed), faults=storm(seed), now=clock.now, multiplier=1)
    broker.account_id = ACCOUNT_ID  # one account for all lives in the database
    alpaca.serve(broker)
    robot = Robot(
        store=store,
        url=url,
        clock=clock,
        calendar=CALENDAR,
        alpaca=alpaca,
        monotonic=lambda: (clock.now() - NOW).total_seconds(),
    )
    life = Life(store=store, clock=clock, robot=robot, broker=broker, seed=seed)
    try:
        life.live()
        found = life.findings()
    finally:
        life.robot.end()
        put_away(url)
    assert found == [], f"seed {seed}, deaths {life.deaths}: {found}"
    return life


class TestAFaultedLife:
    @pytest.mark.parametrize(
        "seed", [*range(54), *(pytest.param(n, marks=pytest.mark.long) for n in range(54, 1700))]
    )
    def test_ends_with_equal_books_and_trades_on(
        self,
        alpaca: AlpacaServer,
        store: PostgresStore,
        database_url: str,
        tallies: dict[str, Tally],
        seed: int,
    ) -> None:
        tallies["in one process"].add(lived(alpaca, store, database_url, seed))
