"""The simulated broker's books: cash in whole cents, shares, and every reason that moved them."""

from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal

from tests.fault.orders import Fill, Movement

CENT = Decimal("0.01")


def cents(amount: Decimal) -> Decimal:
    """Return `amount` to the nearest cent, as fills were recorded to move cash."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def plain(number: Decimal) -> str:
    """Return a number as the broker prints it: without exponent and trailing zeros."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


class Ledger:
    """Cash and shares of one account."""

    def __init__(self, *, cash: Decimal) -> None:
        self.opened_with = cash
        self.cash = cash
        self.shares: defaultdict[str, Decimal] = defaultdict(Decimal)
        self.cost: defaultdict[str, Decimal] = defaultdict(Decimal)
        self.fills: list[Fill] = []
        self.movements: list[Movement] = []

    def book(self, fill: Fill) -> None:
        """Book a trade or the taking back of one."""
        held = self.shares[fill.symbol]
        if fill.shares > 0:
            self.cost[fill.symbol] += fill.shares * fill.price
        elif held:
            self.cost[fill.symbol] *= (held + fill.shares) / held
        self.shares[fill.symbol] += fill.shares
        self.cash += fill.cash
        self.fills.append(fill)

    def move(self, movement: Movement) -> None:
        """Book cash or shares that come or go without a trade."""
        if movement.symbol is not None:
            self.shares[movement.symbol] += movement.shares
        self.cash += movement.cash
        self.movements.append(movement)

    def prove(self) -> None:
        """Raise AssertionError unless cash and shares are the sum of what was booked."""
        entries: list[Fill | Movement] = [*self.fills, *self.movements]
        assert self.cash == self.opened_with + sum(entry.cash for entry in entries)
        assert self.cash == cents(self.cash)
        shares: defaultdict[str, Decimal] = defaultdict(Decimal)
        for entry in entries:
            if entry.symbol is not None:
                shares[entry.symbol] += entry.shares
        assert {symbol: n for symbol, n in self.shares.items() if n} == {
            symbol: n for symbol, n in shares.items() if n
        }
