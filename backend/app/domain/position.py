"""A position: one stock and its own cash."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from app.domain.protection import UNPROTECTED, Marks, Protections
from app.domain.units import PPM, VALUE_PER_MICRO
from app.domain.watch import UNWATCHED, Watch

SYMBOL_PATTERN = r"[A-Z][A-Z0-9]{0,9}([.-][A-Z0-9]{1,4})?"
SYMBOL_ALLOWED = "1 to 10 capital letters or digits, such as KO or BRK-B"


class Status(StrEnum):
    """Whether the robot may trade; only a person starts a position."""

    PAUSED = "paused"
    RUNNING = "running"
    HALTED = "halted"


class Broker(StrEnum):
    """Where the orders of a position go."""

    PAPER = "paper"
    ALPACA_PAPER = "alpaca-paper"
    ALPACA_LIVE = "alpaca-live"


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """The state that a decision depends on and that a fill changes.

    Shares in units, cash and receivable in micros, prices in ticks. `anchor` is None until the
    first evaluation sets it. `orders_today` counts the proposals of the exchange date
    `orders_on`. `last_price`, `last_used_on` (exchange date) and `last_observed_at` are those of
    the last price that was used, `watch` is what the looks at the market so far left behind.
    `protections` limit how far the value may fall below `marks`, which are None until the first
    price that was used under them.
    """

    symbol: str
    broker: Broker
    status: Status
    shares: int
    cash: int
    receivable: int
    anchor: int | None
    orders_today: int
    orders_on: date | None
    last_price: int | None
    last_used_on: date | None
    last_observed_at: datetime | None
    last_order_done_at: datetime | None
    order_in_flight: bool
    strategy_version: int
    watch: Watch = UNWATCHED
    protections: Protections = UNPROTECTED
    marks: Marks | None = None

    def __post_init__(self) -> None:
        assert self.shares >= 0, "shares never go below zero"
        assert self.cash >= 0, "cash never goes below zero"
        assert self.receivable >= 0, "a receivable is owed to us"
        assert self.anchor is None or self.anchor > 0, "an anchor is a positive price"
        assert self.orders_today >= 0, "orders are counted up"
        assert self.marks is None or self.protections != UNPROTECTED, "marks are for limits"

    def value_at(self, price: int) -> int:
        """Return shares, cash and receivable at `price`, in 1e-10 USD."""
        return self.shares * price + (self.cash + self.receivable) * VALUE_PER_MICRO

    def stock_share_at(self, price: int) -> int | None:
        """Return the stock's part of the value at `price` in ppm, half up; None without value.

        Only shown: decisions compare exact values.
        """
        value = self.value_at(price)
        return (2 * PPM * self.shares * price + value) // (2 * value) if value else None

    def lowest_price_for(self, value: int) -> int | None:
        """Return the lowest price (ticks) with at least `value`; None where no price decides."""
        missing = value - (self.cash + self.receivable) * VALUE_PER_MICRO
        return -(-missing // self.shares) if self.shares and missing > 0 else None

    def orders_on_date(self, day: date) -> int:
        """Return how many orders were proposed on the exchange date `day`."""
        return self.orders_today if self.orders_on == day else 0
