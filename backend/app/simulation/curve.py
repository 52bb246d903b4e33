"""The equity curve on which every statistic is taken, and the curves it is compared with."""

from dataclasses import dataclass
from datetime import date

from app.domain.position import Position
from app.simulation.bars import Bars
from app.simulation.replay import Replay


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoint:
    """One moment of the curve: the price in ticks and the position as it then stood."""

    date: date
    price: int
    position: Position

    @property
    def equity(self) -> int:
        """Return the whole value, in 1e-10 USD."""
        return self.position.value_at(self.price)

    @property
    def stock(self) -> int:
        """Return the value of the shares, in 1e-10 USD."""
        return self.position.shares * self.price


def curve_of(*, run: Replay, bars: Bars) -> tuple[CurvePoint, ...]:
    """Return the opening at the first evaluated price, then the close of each session.

    Source
    ------
    Simulation, "Metrics".
    """
    first, *closes = curve_bars(run)
    opening = _point(bars, first, run.opening)
    return (opening, *(_point(bars, close, run.positions[close - first]) for close in closes))


def curve_bars(run: Replay) -> tuple[int, ...]:
    """Return the first bar, then the last regular bar of each session where it is a later one."""
    first = run.window.start
    closes = (session.close for session in run.sessions)
    return (first, *(close for close in closes if close is not None and close > first))


def _point(bars: Bars, index: int, position: Position) -> CurvePoint:
    return CurvePoint(date=bars.session(index), price=bars.closes[index], position=position)
