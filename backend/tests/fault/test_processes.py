"""Faulted lives of real processes: killed, stopped, doubled, and cut off from their database."""

from collections.abc import Iterator

import pytest

from tests.fault.failpoints import FAILPOINTS, INSIDE
from tests.fault.faults import Fault, Lag
from tests.fault.nursery import Nursery
from tests.fault.proxy import Cut
from tests.fault.scene import Scene, opened_scene
from tests.fault.tally import Tally

KIND = "of real processes"
OFTEN_ENOUGH = 20
# Of each fault that the sending of an order can meet, and of what is shown late or in disorder.
FAULTS_MIN = 10


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with Nursery() as nursery:
        yield nursery


@pytest.fixture(scope="module")
def scene(
    database_url: str, redis_url: str, nursery: Nursery, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("clock")
    with opened_scene(
        database_url=database_url, redis_url=redis_url, nursery=nursery, folder=folder
    ) as scene:
        yield scene


class TestALifeOfProcesses:
    @pytest.mark.parametrize(
        "seed", [*range(6), *(pytest.param(n, marks=pytest.mark.long) for n in range(6, 400))]
    )
    def test_ends_with_equal_books_and_trades_on(
        self, scene: Scene, tallies: dict[str, Tally], seed: int
    ) -> None:
        tallies[KIND].add(scene.live(seed))


class TestALongRun:
    """What the lives before went through; a run of some of them alone does not pass it."""

    @pytest.mark.long
    def test_kills_at_every_failpoint(self, tallies: dict[str, Tally]) -> None:
        deaths = tallies[KIND].deaths
        seldom = {at: n for at in (*FAILPOINTS, "anywhere") if (n := deaths[at]) < OFTEN_ENOUGH}
        assert seldom == {}

    @pytest.mark.long
    def test_meets_every_fault_of_an_order(self, tallies: dict[str, Tally]) -> None:
        faults = tallies[KIND].faults
        names = [*(f"POST {fault}" for fault in Fault), *Lag]
        assert {name: n for name in names if (n := faults[name]) < FAULTS_MIN} == {}
        assert sum(faults[f"DELETE {fault}"] for fault in Fault) >= OFTEN_ENOUGH

    @pytest.mark.long
    def test_stops_processes_and_cuts_connections(self, tallies: dict[str, Tally]) -> None:
        tally = tallies[KIND]
        assert sum(tally.stops[at] for at in INSIDE) >= OFTEN_ENOUGH
        assert tally.stops.total() >= 5 * OFTEN_ENOUGH
        cuts = (*(f"PostgreSQL {cut}" for cut in Cut), "PostgreSQL cut", "Redis cut")
        assert {name: n for name in cuts if (n := tally.cuts[name]) < OFTEN_ENOUGH} == {}
