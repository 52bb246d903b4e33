"""A life whose robot is one or two processes: they are killed, stopped, and cut off."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import override

import psycopg

from tests.fault.failpoints import INSIDE
from tests.fault.life import SYMBOL, Life
from tests.fault.nursery import Being, Fate, Nursery, Process, Round
from tests.fault.proxy import Cut, Proxy

# As if the holder of the lease had not said anything for a minute.
_SILENCE = "UPDATE trading_lease SET beat_at = beat_at - interval '1 minute'"
_SLOWEST_KILL_SECONDS = 0.03
_COMMITS_AFTER_SECONDS = 0.05
_TAKE_OVER_ROUNDS_MAX = 100


@dataclass(kw_only=True)
class CrewLife(Life):
    """Processes that share a database, and the trouble between them and it.

    `deaths` also names those that were killed `anywhere`, and `stops` the failpoints at which a
    process stood still while another one took over. `cuts` counts what the proxies did.
    """

    nursery: Nursery
    being: Being
    database: Proxy
    redis: Proxy
    direct: psycopg.Connection
    stops: list[str] = field(default_factory=list)
    cuts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._random = Random(f"{self.seed}:crew")
        self._count = 1 + (self.seed % 3 > 0)
        self._crew: list[Process] = []
        self._fate = Fate()
        self._stormy = False

    @override
    def open(self) -> None:
        super().open()
        self.robot.lease.give_up()
        for proxy in (self.database, self.redis):
            proxy.counts.clear()
        self._crew = [self.nursery.bear(self.being) for _ in range(self._count)]
        self._stormy = True

    @override
    def decide_fate(self, failpoints: tuple[str, ...]) -> None:
        stops = self._count > 1 and self._random.random() < 0.3
        self._fate = Fate(at=failpoints, stops=stops)

    @override
    def step(self, *, reconciles: bool) -> None:
        """Let time pass, and let all processes do a round at once."""
        self.pass_time()
        self.disturb()
        self._work(tuple(self._crew), reconciles=reconciles, fate=self._fate)
        if self._stormy and self._random.random() < 0.03:
            self._kill_anywhere()

    @override
    def calm(self) -> None:
        super().calm()
        self._stormy, self._fate = False, Fate()
        self.disturb()

    def close(self) -> None:
        """End all processes."""
        for process in self._crew:
            process.bury()
        for name, proxy in (("PostgreSQL", self.database), ("Redis", self.redis)):
            self.cuts.update({f"{name} {what}": n for what, n in proxy.counts.items()})

    def disturb(self) -> None:
        """Cut, close or open the ways to PostgreSQL and Redis."""
        self._heal()
        if not self._stormy or self.seed % 2:
            return
        drawn = self._random.random()
        if drawn < 0.2:
            self.database.cut_commit(self._random.choice((Cut.BEFORE, Cut.AFTER)))
        elif drawn < 0.25:
            self.database.cut()
        elif drawn < 0.28:
            self.database.refuses = True
            self.database.cut()
        elif drawn < 0.36:
            self.redis.refuses = True
            self.redis.cut()
        elif drawn < 0.38:
            self.redis.is_black_hole = True

    def _work(self, processes: Sequence[Process], *, reconciles: bool, fate: Fate) -> None:
        """Let processes do a round at once, and do what follows from how it went."""
        work = Round(position_id=self.position_id, reconciles=reconciles, fate=fate)
        for process in processes:
            process.send(work)
        ends = {process: at for process in processes if (at := self._hear(process)) is not None}
        if not fate.stops:
            for process, at in ends.items():
                self.deaths.append(at)
                self._replace(process)
            return
        for zombie, at in tuple(ends.items())[1:]:
            self.stops.append(at)
            zombie.wake()
            self._hear(zombie)
        for zombie, at in tuple(ends.items())[:1]:
            self.stops.append(at)
            self._outlive(zombie, at)

    def _hear(self, process: Process) -> str | None:
        """Return the failpoint at which the process met its fate, or None after a whole round."""
        word = process.hear()
        assert word is not None, "nobody ends without a word"
        assert word.failed is None, word.failed
        return word.at

    def _replace(self, process: Process) -> None:
        process.bury()
        self._crew[self._crew.index(process)] = self.nursery.bear(self.being)

    def _kill_anywhere(self) -> None:
        """Kill a process at any moment of a round."""
        victim = self._random.choice(self._crew)
        victim.send(Round(position_id=self.position_id, reconciles=True, fate=Fate()))
        time.sleep(self._random.random() * _SLOWEST_KILL_SECONDS)
        self.deaths.append("anywhere")
        self._replace(victim)

    def _outlive(self, zombie: Process, at: str) -> None:
        """Let the others take over from one that stands still, and wake it up again."""
        others = [process for process in self._crew if process is not zombie]
        self._heal()
        self.direct.execute(_SILENCE)
        if at in INSIDE:
            self._wake_inside(zombie, others)
            return
        epoch = self._epoch()
        for _ in range(_TAKE_OVER_ROUNDS_MAX):
            self.pass_time()
            self._work(others, reconciles=False, fate=Fate())
            if self._epoch() > epoch:
                break
        else:
            raise AssertionError("nobody takes over")
        for _ in range(self._random.choice((0, 2, 25))):
            self.pass_time()
            self._work(others, reconciles=False, fate=Fate())
        self._tempt()
        posts, trades = self.broker.posts.copy(), self.record().trades
        zombie.wake()
        self._hear(zombie)
        assert self.broker.posts == posts, f"a zombie sent an order, stopped at {at}"
        assert self.record().trades == trades, f"a zombie booked a fill, stopped at {at}"

    def _tempt(self) -> None:
        """Leave work for whoever looks next: fills to book, and a price to trade at."""
        self.pass_time()
        quote = self.broker.quote(SYMBOL)
        assert quote is not None, "it has a price from the first moment on"
        factor = self._random.choice((Decimal("0.98"), Decimal("1.02")))
        self.show(str((quote.last * factor).quantize(Decimal("0.01"))))

    def _wake_inside(self, zombie: Process, others: Sequence[Process]) -> None:
        """Wake a process up that holds the position's lock, while a successor waits for it."""
        # The first time takes the lease away, the second time it is free.
        self._work(others, reconciles=False, fate=Fate())
        work = Round(position_id=self.position_id, reconciles=True, fate=Fate())
        for process in others:
            process.send(work)
        time.sleep(_COMMITS_AFTER_SECONDS)
        zombie.wake()
        for process in (zombie, *others):
            self._hear(process)

    def _epoch(self) -> int:
        row = self.direct.execute("SELECT epoch FROM trading_lease").fetchone()
        assert row is not None, "the lease has one row"
        return int(row[0])

    def _heal(self) -> None:
        self.database.refuses = self.redis.refuses = self.redis.is_black_hole = False
        self.database.cut_commit(None)
