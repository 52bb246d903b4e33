"""What a run is told and what it holds: strategy, account, decision and trade, all exact."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import Literal

type Model = Literal["close", "next_open", "touch"]
type Path = Literal["pessimistic", "optimistic", "olhc", "ohlc"]


class Side(StrEnum):
    BUY = "buy"
    SELL = "sell"


class Policy(StrEnum):
    PROPORTIONAL = "proportional"
    TARGET = "target"
    FIXED_FRACTION = "fixed_fraction"
    TO_BOUND = "to_bound"


class Kind(StrEnum):
    HOLD = "hold"
    REFUSED = "refused"
    PROPOSED = "proposed"


class Reason(StrEnum):
    ANCHOR_SET = "anchor_set"
    NOTHING_TO_TRADE = "nothing_to_trade"
    INSIDE_BAND = "inside_band"
    MAX_PER_DAY = "max_per_day"
    COOLDOWN = "cooldown"
    TRIMMED_TO_ZERO = "trimmed_to_zero"
    BELOW_MIN_NOTIONAL = "below_min_notional"
    COST_EXCEEDS_PROCEEDS = "cost_exceeds_proceeds"
    TRIGGER = "trigger"
    DRIFT = "drift"
    EXPIRED = "expired"


class Rule(StrEnum):
    MAX_TRADE = "max_trade"
    CASH = "cash"
    HOLDINGS = "holdings"
    GUARDRAIL = "guardrail"
    LOT = "lot"


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy:
    """The strategy table of the rules with its defaults; money in USD, rates as fractions."""

    up: Fraction = Fraction("0.03")
    down: Fraction = Fraction("0.03")
    policy: Policy = Policy.PROPORTIONAL
    ratio: Fraction = Fraction("1.6667")
    target: Fraction = Fraction("0.5")
    fraction: Fraction = Fraction("0.1")
    min_stock: Fraction = Fraction("0.25")
    max_stock: Fraction = Fraction("0.75")
    rebalance_on_drift: bool = True
    drift_tolerance: Fraction = Fraction("0.01")
    max_trade: Fraction | None = None
    min_notional: Fraction = Fraction(100)
    max_per_day: int = 5
    cooldown: timedelta = timedelta(0)
    lot: Fraction = Fraction("0.0001")
    commission_rate: Fraction = Fraction("0.0001")
    commission_per_share: Fraction = Fraction(0)
    commission_min: Fraction = Fraction(0)
    slippage_bps: Fraction = Fraction(0)
    withholding_rate: Fraction = Fraction("0.25")
    adjust_anchor: bool = True
    pay_lag_days: int = 30

    def __post_init__(self) -> None:
        assert 0 <= self.min_stock < self.max_stock <= 1
        assert self.lot > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Receivable:
    """A net dividend on its way: it becomes cash in the first session on or after `due`."""

    due: date
    amount: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The state of one position: shares, USD, anchor price, and what the limits count."""

    shares: Fraction
    cash: Fraction
    anchor: Fraction | None = None
    receivables: tuple[Receivable, ...] = ()
    proposals: int = 0
    proposals_on: date | None = None
    last_done: datetime | None = None

    def __post_init__(self) -> None:
        assert self.shares >= 0
        assert self.cash >= 0

    @property
    def receivable(self) -> Fraction:
        return sum((item.amount for item in self.receivables), Fraction(0))

    @property
    def effective_cash(self) -> Fraction:
        return self.cash + self.receivable

    def value(self, price: Fraction) -> Fraction:
        return self.shares * price + self.effective_cash


@dataclass(frozen=True, slots=True, kw_only=True)
class Trim:
    rule: Rule
    before: Fraction
    after: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One evaluation: what came out and the state it was taken in.

    `anchor` and `stock_share` are those before the evaluation. `quantity` is 0 unless proposed.
    `trims` hold in their order every rule that made the quantity smaller, rounding included.
    `binding` is the rule of the smallest bound, None where nothing was trimmed.
    """

    at: datetime
    kind: Kind
    reason: Reason
    price: Fraction
    value: Fraction
    anchor: Fraction | None = None
    stock_share: Fraction | None = None
    sell_at: Fraction | None = None
    buy_at: Fraction | None = None
    side: Side | None = None
    worst_price: Fraction | None = None
    raw_quantity: Fraction = Fraction(0)
    quantity: Fraction = Fraction(0)
    trims: tuple[Trim, ...] = ()
    binding: Rule | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order that waits for the next open, as trimmed when it was decided."""

    decided_bar: int
    side: Side
    reason: Reason
    quantity: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Lapse:
    """A waiting order that ended without a fill; `bar` is None where the data ended first."""

    decided_bar: int
    bar: int | None
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """A booked fill; `notional` is the booked cost of a buy or the booked proceeds of a sell.

    `market` is the price before slippage, `at` the moment of the fill; bars count from 0.
    """

    decided_bar: int
    filled_bar: int
    at: datetime
    side: Side
    reason: Reason
    quantity: Fraction
    market: Fraction
    price: Fraction
    notional: Fraction
    commission: Fraction
    cash_after: Fraction
    shares_after: Fraction
    stock_share_after: Fraction
