"""The prices at which nothing calls for an order."""

from dataclasses import dataclass

from app.domain import rules
from app.domain.position import Position
from app.domain.strategy import Strategy
from app.domain.units import PPM, VALUE_PER_MICRO


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """The prices strictly between `low` and `high`, in ticks; there `step` holds."""

    low: int
    high: int

    def holds(self, low: int, high: int) -> bool:
        """Return whether every price from `low` to `high` is quiet."""
        return self.low < low and high < self.high


def quiet_prices(position: Position, strategy: Strategy) -> Quiet:
    """Return the prices at which neither trigger nor drift calls for an order of `position`.

    Saves asking `step` where its answer is known. The stock share rises with the price, so drift
    has two limits: qP > m(qP + F) is P > mF / q(1 - m), m the share and F the funds.
    """
    assert position.anchor is not None, "a position without an anchor is not quiet"
    low = rules.buy_at(position.anchor, strategy.down)
    high = rules.sell_at(position.anchor, strategy.up)
    if not strategy.rebalance_on_drift:
        return Quiet(low=low, high=high)
    funds = (position.cash + position.receivable) * VALUE_PER_MICRO
    most = strategy.max_stock + strategy.drift_tolerance
    least = strategy.min_stock - strategy.drift_tolerance
    if most < PPM and position.shares:
        high = min(high, most * funds // (position.shares * (PPM - most)) + 1)
    if least > 0 and funds:
        if not position.shares:
            return Quiet(low=high, high=high)
        low = max(low, -(-least * funds // (position.shares * (PPM - least))) - 1)
    return Quiet(low=low, high=high)
