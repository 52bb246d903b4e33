"""The recorded market, as the one `step` is shown it."""

from dataclasses import dataclass
from datetime import UTC, datetime

from app.domain.decision import Gate
from app.domain.gates import CURRENCY, failing_gates
from app.domain.observation import Observation
from app.domain.position import Position
from app.domain.session import RECORDED_GATES, Day
from app.domain.step import Step, step
from app.domain.strategy import Strategy
from app.simulation.bars import Bars
from app.simulation.sessions import Session, phase_of

# Inside a bar a price is newer by its place on the way, which has no time of its own.
_GATES_ON_THE_WAY = tuple(gate for gate in RECORDED_GATES if gate is not Gate.PRICE_NOT_NEWER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """One moment of the recorded market, at which `step` can be asked about any price."""

    symbol: str
    source: str
    strategy: Strategy
    day: Day

    def observation(self, price: int) -> Observation:
        """Return a trade at `price` ticks at this moment, without bid and ask."""
        return Observation(
            symbol=self.symbol,
            price=price,
            bid=None,
            ask=None,
            previous_close=None,
            currency=CURRENCY,
            observed_at=self.day.now,
            received_at=self.day.now,
            source=self.source,
        )

    def is_open(self, position: Position, price: int) -> bool:
        """Return whether `position` may trade in this session."""
        gates = failing_gates(position, self.observation(price), self.strategy, self.day)
        return Gate.SESSION_CLOSED not in gates

    def ask(self, position: Position, price: int) -> Step:
        """Return what `step` decides about `position` at `price` ticks."""
        return step(position, self.observation(price), self.strategy, self.day)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tape:
    """The bars of a dataset as moments of the market; `source` names the dataset."""

    bars: Bars
    strategy: Strategy
    source: str

    def at_open(self, index: int, session: Session) -> Market:
        """Return the market at the start of bar `index`, inside of which more prices follow."""
        return self._market(index, session, self.bars.starts[index], _GATES_ON_THE_WAY)

    def inside(self, index: int, session: Session) -> Market:
        """Return the market on the way to the close of bar `index`: it has the bar's end time."""
        return self._market(index, session, self.bars.ends[index], _GATES_ON_THE_WAY)

    def at_close(self, index: int, session: Session) -> Market:
        """Return the market at the end of bar `index`."""
        return self._market(index, session, self.bars.ends[index], RECORDED_GATES)

    def _market(
        self, index: int, session: Session, seconds: int, gates: tuple[Gate, ...]
    ) -> Market:
        day = Day(
            date=session.date,
            phase=phase_of(self.bars, index),
            now=moment(seconds),
            trading_halted=False,
            gates=gates,
            what_if=False,
        )
        return Market(symbol=self.bars.symbol, source=self.source, strategy=self.strategy, day=day)


def moment(seconds: int) -> datetime:
    """Return the moment in UTC of epoch `seconds`."""
    return datetime.fromtimestamp(seconds, UTC)
