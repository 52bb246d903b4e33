"""A life with Redis and one that never reaches it: the same decisions, to the last digit."""

from collections.abc import Callable
from pathlib import Path
from typing import override

from app.domain.book import DecisionRecord
from tests.fault.crew import CrewLife
from tests.fault.nursery import Nursery
from tests.fault.scene import opened_scene

# One process, no faults, and orders that fill soon.
CALM_SEED = 420
EVERYTHING = 1000
# A slow machine is no reason to decide otherwise.
PATIENT_SECONDS = 20


class QuietLife(CrewLife):
    """Nothing happens to the process, its broker or its database."""

    @override
    def open(self) -> None:
        super().open()
        self._stormy = False

    @override
    def decide_fate(self, failpoints: tuple[str, ...]) -> None:
        """None is met."""

    def decisions(self) -> list[DecisionRecord]:
        with self.store.book() as book:
            return list(
                book.list_decisions(
                    position_id=self.position_id,
                    limit=EVERYTHING,
                    cursor=None,
                    kind=None,
                    reason=None,
                ).items
            )


class LifeWithoutRedis(QuietLife):
    """Redis refuses, or is silent, from the first round on."""

    @override
    def disturb(self) -> None:
        self.redis.refuses = self._random.random() < 0.9
        self.redis.is_black_hole = not self.redis.refuses
        self.redis.cut()


class TestALifeWithoutRedis:
    def test_decides_as_one_with_it(
        self, new_database: Callable[[], str], redis_url: str, tmp_path: Path
    ) -> None:
        decided, cuts = [], []
        with Nursery() as nursery:
            for kind in (QuietLife, LifeWithoutRedis):
                folder = tmp_path / kind.__name__
                folder.mkdir()
                with opened_scene(
                    database_url=new_database(),
                    redis_url=redis_url,
                    nursery=nursery,
                    folder=folder,
                    timeout_seconds=PATIENT_SECONDS,
                ) as scene:
                    life = scene.live(CALM_SEED, kind)
                    assert isinstance(life, QuietLife)
                    decided.append(life.decisions())
                    cuts.append(life.cuts)
        assert len(decided[0]) > 20
        assert decided[0] == decided[1]
        assert cuts[0]["Redis connected"] > 0
        assert cuts[0]["Redis refused"] == 0
        assert cuts[1]["Redis refused"] > 0
