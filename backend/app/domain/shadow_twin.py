"""A twin of a position that trades as a simulation does, and why the position differs from it.

The twin evaluates what the position evaluated, with the same strategies, deposits and anchors, by
the same `step`. Its orders fill at once and whole, at the price after the strategy's slippage and
with its commission. Nothing stops it but a person who pauses the position.

1. What became of an order otherwise leaves a difference, split into parts that add up to it.
2. While that difference holds shares, the twin waits.
3. At the first price that the position uses then, the twin trades the shares by which the two are
   apart, at that price and without cost. From there on the difference is an amount of money.

So each cause has its effect once, and what it leads to later is not counted a second time.
Everything is a whole number: position = twin + the sum of the parts, exactly.

Source: live trading, "Proof": the shadow twin.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from app.domain.decision import Proposed, Side, Sizing
from app.domain.flow import NOTHING, Flow, flow_of, gross_flow_of, money_of
from app.domain.observation import Observation
from app.domain.order import Fill, whole_fill
from app.domain.position import Broker, Position, Status
from app.domain.session import Day
from app.domain.sizing import worst_price
from app.domain.step import step
from app.domain.strategy import Strategy


class Part(StrEnum):
    """Why a position is worth more or less than its twin.

    The first three split the fill price F. The twin's is T = P * (1 + slippage) for a buy, P * (1 -
    slippage) for a sell. On the way from T to F lie the middle of the quote M and its far side Q
    (ask for a buy, bid for a sell), each moved to the nearer end where it lies outside.
    """

    QUOTE = "quote"
    """From T to M: the quote had moved away from the last trade, which was decided on."""
    SPREAD = "spread"
    """From M to Q."""
    SLIPPAGE = "slippage"
    """From Q to F."""
    PARTIAL_FILL = "partial_fill"
    """What an order that was at the market did not fill there."""
    COMMISSION = "commission"
    """The strategy's commission less the one that was paid, and what the broker charged beside."""
    DOWNTIME = "downtime"
    """Orders that did not reach the market: halted, stopped, away, refused or lost."""
    DIVIDEND = "dividend"
    """Dividends on the shares by which the two were apart, and what the broker paid otherwise."""
    EXTERNAL = "external"
    """Trades that others made at the broker, and shares that were adopted from there."""
    RULES = "rules"
    """Orders that the present rules would not make, or not of that size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedOrder:
    """An order of the position: `quantity` in units, and the fills that stand.

    `reached` is whether it was at the market.
    """

    side: Side
    quantity: int
    reached: bool
    fills: Sequence[Fill]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One recorded evaluation of a position, and the order that it led to, None without one."""

    before: Position
    observation: Observation
    strategy: Strategy
    day: Day
    placed: PlacedOrder | None


class ShadowTwin:
    """Follows a position; `flow` is what the twin traded, `parts` why the position differs."""

    def __init__(self) -> None:
        self.flow = NOTHING
        self.parts = dict.fromkeys(Part, NOTHING)
        self.orders = 0

    @property
    def is_apart(self) -> bool:
        """Return whether the difference holds shares; the twin then waits for `level`."""
        return any(flow.shares for flow in self.parts.values())

    def look(self, look: Look) -> None:
        """Take an evaluation, while the two are not apart."""
        assert not self.is_apart, "the twin waits until the two are level"
        wanted = _wanted(look)
        ideal = NOTHING
        if wanted is not None:
            ideal = flow_of(_ideal(look, wanted.side, wanted.quantity))
            self.orders += 1
            self.flow += ideal
        placed = look.placed
        if placed is None:
            self.differ(Part.DOWNTIME, NOTHING - ideal)
            return
        whole = flow_of(_ideal(look, placed.side, placed.quantity))
        self.differ(Part.RULES, whole - ideal)
        filled = sum(fill.quantity for fill in placed.fills)
        at_ideal = NOTHING
        if filled:
            at_ideal = self._filled(look, placed, _ideal(look, placed.side, filled))
        unfilled = Part.PARTIAL_FILL if placed.reached else Part.DOWNTIME
        self.differ(unfilled, at_ideal - whole)

    def differ(self, part: Part, flow: Flow) -> None:
        """Take what the position has and the twin has not."""
        self.parts[part] += flow

    def level(self, price: int) -> None:
        """Let the twin trade the shares that are apart at `price` ticks, without cost."""
        for part, flow in self.parts.items():
            self.parts[part] = Flow(shares=0, money=flow.value_at(price))
            self.flow += Flow(shares=flow.shares, money=-flow.shares * price)

    def dividend(self, *, shares: int, net: int) -> None:
        """Take a dividend of `net` micros on the position's `shares`, which the twin has in part.

        Rounding
        --------
        What the shares apart bring is rounded down to a micro, a loss away from zero.
        """
        apart = sum(flow.shares for flow in self.parts.values())
        ours = money_of(net * apart // shares) if shares else NOTHING
        self.flow -= ours
        self.differ(Part.DIVIDEND, ours)

    def split(self, *, before: int, after: int) -> None:
        """Take a split that made `after` of the position's `before` units, as of those apart.

        Rounding
        --------
        Down to a unit, each part by itself.
        """
        for part, flow in self.parts.items():
            grown = flow.shares * after // before - flow.shares if before else 0
            self.flow -= Flow(shares=grown, money=0)
            self.differ(part, Flow(shares=grown, money=0))

    def _filled(self, look: Look, placed: PlacedOrder, ideal: Fill) -> Flow:
        """Attribute price and commission of what filled; return its flow at the twin's price."""
        got = sum((gross_flow_of(fill) for fill in placed.fills), NOTHING)
        paid = sum(fill.commission for fill in placed.fills)
        start = gross_flow_of(ideal)
        middle, far = _at_quote(look.observation, ideal, got)
        self.differ(Part.QUOTE, middle - start)
        self.differ(Part.SPREAD, far - middle)
        self.differ(Part.SLIPPAGE, got - far)
        self.differ(Part.COMMISSION, money_of(ideal.commission - paid))
        return flow_of(ideal)


def _wanted(look: Look) -> Sizing | None:
    """Return the order that the twin proposes, which no halt stops."""
    state, day = look.before, replace(look.day, trading_halted=False)
    if state.status is Status.HALTED:
        state = replace(state, status=Status.RUNNING)
    decision = step(state, look.observation, look.strategy, day).decision
    return decision.sizing if isinstance(decision, Proposed) else None


def _ideal(look: Look, side: Side, quantity: int) -> Fill:
    """Return the fill of `quantity` units as a simulation has it: nothing is known of the quote."""
    price = look.observation.price
    assert price is not None, "an order has a reference price"
    unquoted = replace(look.observation, bid=None, ask=None)
    at = worst_price(side, price, unquoted, Broker.PAPER, look.strategy)
    return whole_fill(side=side, quantity=quantity, price=at, strategy=look.strategy)


def _at_quote(observation: Observation, ideal: Fill, got: Flow) -> tuple[Flow, Flow]:
    """Return the flows at the middle and at the far side of the quote, between `ideal` and `got`.

    Without a quote, or a side of it, the way has no such station. The middle is rounded down.
    """
    bid, ask, start = observation.bid, observation.ask, gross_flow_of(ideal)
    far = ask if ideal.side is Side.BUY else bid
    middle = None if bid is None or ask is None else (bid + ask) // 2

    def between(price: int | None) -> Flow:
        if not price:
            return start
        quoted = gross_flow_of(replace(ideal, price=price)).money
        return Flow(shares=got.shares, money=sorted((start.money, quoted, got.money))[1])

    return between(middle), between(far)
