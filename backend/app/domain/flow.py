"""What trades change: shares, and the money for them, exactly."""

from dataclasses import dataclass

from app.domain.order import Fill
from app.domain.units import VALUE_PER_MICRO


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """A change of shares in units, and of money in 1e-10 USD."""

    shares: int
    money: int

    def __add__(self, other: "Flow") -> "Flow":
        return Flow(shares=self.shares + other.shares, money=self.money + other.money)

    def __sub__(self, other: "Flow") -> "Flow":
        return Flow(shares=self.shares - other.shares, money=self.money - other.money)

    def value_at(self, price: int) -> int:
        """Return what the change is worth at `price` ticks, in 1e-10 USD."""
        return self.shares * price + self.money


NOTHING = Flow(shares=0, money=0)


def money_of(micros: int) -> Flow:
    """Return a change of money alone."""
    return Flow(shares=0, money=micros * VALUE_PER_MICRO)


def flow_of(fill: Fill) -> Flow:
    """Return what a fill changes, its commission included."""
    return gross_flow_of(fill) - money_of(fill.commission)


def gross_flow_of(fill: Fill) -> Flow:
    """Return what a fill changes before its commission."""
    return Flow(shares=fill.shares_flow, money=fill.cash_flow * VALUE_PER_MICRO)
