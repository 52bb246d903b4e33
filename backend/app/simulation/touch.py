"""The execution model `touch`: the price walks through the bar, and orders fill where they arise.

The high and the low of a bar are known, their order is not. A bar is walked as O-L-H-C or as
O-H-L-C; each order fills at the first price on the way at which `step` proposes it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from app.domain.decision import Gate, Proposed
from app.domain.first_price import first_price
from app.domain.order import fill_whole
from app.domain.position import Position
from app.domain.step import Step
from app.simulation.bars import Bars
from app.simulation.execution import Evaluation, evaluate_and_fill
from app.simulation.market import Market
from app.simulation.quiet import Quiet, quiet_prices
from app.simulation.run import TouchPath


@dataclass(frozen=True, slots=True, kw_only=True)
class Candle:
    """The four prices of a bar, in ticks."""

    open: int
    high: int
    low: int
    close: int


def candle_of(bars: Bars, index: int) -> Candle:
    """Return the four prices of bar `index`."""
    return Candle(
        open=bars.opens[index],
        high=bars.highs[index],
        low=bars.lows[index],
        close=bars.closes[index],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """What happened at the open of a bar, and on either way from there to its close."""

    opened: Evaluation
    olhc: tuple[Evaluation, ...]
    ohlc: tuple[Evaluation, ...]

    def after(self, way: tuple[Evaluation, ...]) -> Position:
        """Return the position at the close of the bar."""
        return (way or (self.opened,))[-1].position


def walk(position: Position, *, candle: Candle, at_open: Market, inside: Market) -> Ways:
    """Return what happens to `position` in one bar, on both ways.

    At the open there is one evaluation: a gap fills there. The close is the end of the last leg
    and not evaluated again.

    Source
    ------
    Simulation, "Execution models", `touch`.
    """
    opened = evaluate_and_fill(position, market=at_open, price=candle.open)
    if opened.decision.reason is Gate.SESSION_CLOSED:
        return Ways(opened=opened, olhc=(), ohlc=())
    assert opened.position.anchor is not None, "an evaluation sets the anchor"
    quiet = quiet_prices(opened.position, inside.strategy)
    if quiet.holds(candle.low, candle.high):
        return Ways(opened=opened, olhc=(), ohlc=())
    legs = (candle.low, candle.high, candle.close), (candle.high, candle.low, candle.close)
    olhc, ohlc = (tuple(_along(opened, ends, inside)) for ends in legs)
    return Ways(opened=opened, olhc=olhc, ohlc=ohlc)


def chosen(ways: Ways, *, path: TouchPath, close: int) -> tuple[Evaluation, ...]:
    """Return the way that `path` takes; by equity at `close`, O-L-H-C where both are worth it."""
    gain = ways.after(ways.ohlc).value_at(close) - ways.after(ways.olhc).value_at(close)
    match path:
        case TouchPath.OLHC:
            return ways.olhc
        case TouchPath.OHLC:
            return ways.ohlc
        case TouchPath.PESSIMISTIC:
            return ways.ohlc if gain < 0 else ways.olhc
        case TouchPath.OPTIMISTIC:
            return ways.ohlc if gain > 0 else ways.olhc


def _along(opened: Evaluation, ends: tuple[int, ...], market: Market) -> Iterator[Evaluation]:
    """Yield the fills on the way from the open over `ends`, each leg until nothing is proposed."""
    position, last = opened.position, opened.price
    quiet = quiet_prices(position, market.strategy)
    for end in ends:
        while touched := _next_order(position, quiet, market, last=last, end=end):
            price, taken = touched
            filled = _filled(taken, price, market)
            position, last = filled.position, price
            quiet = quiet_prices(position, market.strategy)
            yield filled
        last = end


def _next_order(
    position: Position, quiet: Quiet, market: Market, *, last: int, end: int
) -> tuple[int, Step] | None:
    def proposed(price: int) -> Step | None:
        if quiet.holds(price, price):
            return None
        taken = market.ask(position, price)
        return taken if isinstance(taken.decision, Proposed) else None

    return first_price(last=last, end=end, answer=proposed)


def _filled(taken: Step, price: int, market: Market) -> Evaluation:
    assert isinstance(taken.decision, Proposed)
    at = market.day.now
    position, fill = fill_whole(taken.position, sizing=taken.decision.sizing, at=at)
    return Evaluation(at=at, price=price, decision=taken.decision, fill=fill, position=position)
