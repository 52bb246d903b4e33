"""What a run of lives went through, in figures."""

from collections import Counter
from dataclasses import dataclass, field

from tests.fault.crew import CrewLife
from tests.fault.life import Life


@dataclass(kw_only=True)
class Tally:
    """Counts over the lives of one kind."""

    lives: int = 0
    deaths: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    halts: Counter[str] = field(default_factory=Counter)
    stops: Counter[str] = field(default_factory=Counter)
    cuts: Counter[str] = field(default_factory=Counter)
    orders: int = 0
    posts: int = 0
    fills: int = 0

    def add(self, life: Life) -> None:
        """Count a life that is over."""
        self.lives += 1
        self.deaths.update(life.deaths)
        self.faults.update(life.broker.faults.counts)
        self.halts.update(reason[:60] for reason in life.halts)
        self.orders += len(life.broker.accepted)
        self.posts += life.broker.posts.total()
        self.fills += len(life.broker.fills) - 1
        if isinstance(life, CrewLife):
            self.stops.update(life.stops)
            self.cuts.update(life.cuts)

    def lines(self, kind: str) -> list[str]:
        """Return the figures, in lines for a person."""
        return [
            f"{self.lives} lives {kind}: {self.deaths.total()} deaths, {self.faults.total()} "
            f"faults, {self.posts} orders sent, {self.orders} accepted, {self.fills} fills, "
            f"{self.halts.total()} halts",
            *_listed("deaths", self.deaths),
            *_listed("faults", self.faults),
            *_listed("stopped, while another one took over", self.stops),
            *_listed("cuts", self.cuts),
            *_listed("halts", self.halts),
        ]


def _listed(name: str, counts: Counter[str]) -> list[str]:
    listed = ", ".join(f"{key} {count}" for key, count in sorted(counts.items()))
    return [f"  {name}: {listed}"] if counts else []
