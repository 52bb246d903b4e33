"""The equity curve on which every statistic is taken, and the curves it is compared with."""

from dataclasses import dataclass
from datetime import date

from app.domain.position import Position
from app.simulation.bars import Bars
from app.simulation.market import moment
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
    start = run.window.start
    opening = CurvePoint(
        date=bars.session(start), price=run.opened.price, position=run.opened.position
    )
    closes = (
        CurvePoint(
            date=bars.session(index),
            price=bars.closes[index],
            position=run.positions[index - start],
        )
        for index in closing_bars(run=run, bars=bars)
    )
    return (opening, *closes)


def closing_bars(*, run: Replay, bars: Bars) -> tuple[int, ...]:
    """Return the last regular bar of each session that ends later than the opening."""
    closes = (session.close for session in run.sessions)
    return tuple(
        close for close in closes if close is not None and moment(bars.ends[close]) > run.opened.at
    )
