"""What one evaluation answers: hold, refused, or proposed, always with its reason and numbers."""

from dataclasses import dataclass
from enum import StrEnum

from app.domain.units import PPM


class Side(StrEnum):
    """The direction of an order."""

    BUY = "buy"
    SELL = "sell"

    @property
    def opposite(self) -> "Side":
        """Return the other direction."""
        return Side.SELL if self is Side.BUY else Side.BUY


class HoldReason(StrEnum):
    """Why nothing is to be done."""

    ANCHOR_SET = "anchor_set"
    NOTHING_TO_TRADE = "nothing_to_trade"
    INSIDE_BAND = "inside_band"


class Gate(StrEnum):
    """The conditions that must all hold before anything is evaluated, in this order.

    `PRICE_NOT_NEWER` is asked of recorded bars, in place of `PRICE_OLDER` and `PRICE_DUPLICATE`.
    """

    NOT_RUNNING = "not_running"
    TRADING_HALTED = "trading_halted"
    SESSION_CLOSED = "session_closed"
    PRICE_INVALID = "price_invalid"
    PRICE_FROZEN = "price_frozen"
    PRICE_STALE = "price_stale"
    PRICE_NOT_NEWER = "price_not_newer"
    PRICE_OLDER = "price_older"
    PRICE_DUPLICATE = "price_duplicate"
    SPLIT_SUSPECTED = "split_suspected"
    PRICE_IMPLAUSIBLE = "price_implausible"
    SPREAD_TOO_WIDE = "spread_too_wide"
    ORDER_IN_FLIGHT = "order_in_flight"
    MAX_DRAWDOWN = "max_drawdown"
    DAILY_LOSS = "daily_loss"


class RefusalReason(StrEnum):
    """Why an order that was called for is not proposed."""

    MAX_PER_DAY = "max_per_day"
    COOLDOWN = "cooldown"
    TRIMMED_TO_ZERO = "trimmed_to_zero"
    BELOW_MIN_NOTIONAL = "below_min_notional"
    COST_EXCEEDS_PROCEEDS = "cost_exceeds_proceeds"


class ProposalReason(StrEnum):
    """What called for the order."""

    TRIGGER = "trigger"
    DRIFT = "drift"


class Rule(StrEnum):
    """The rules that may reduce a quantity, in the order in which they do."""

    MAX_TRADE = "max_trade"
    CASH = "cash"
    HOLDINGS = "holdings"
    GUARDRAIL = "guardrail"
    LOT = "lot"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """The largest quantity (share units) that a rule allows."""

    rule: Rule
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Trim:
    """A rule that reduced the quantity: share units before and after."""

    rule: Rule
    before: int
    after: int

    def __post_init__(self) -> None:
        assert 0 <= self.after < self.before, "a trim reduces"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizing:
    """How a quantity came about: asked for, bounded, trimmed; prices in ticks, shares in units."""

    side: Side
    cause: ProposalReason
    worst_price: int
    raw_quantity: int
    bounds: tuple[Bound, ...]
    trims: tuple[Trim, ...]
    quantity: int
    commission: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fall:
    """How far a value is from the mark that a limit (ppm) is taken from; values in 1e-10 USD."""

    gate: Gate
    limit: int
    mark: int
    value: int

    @property
    def lowest(self) -> int:
        """Return the lowest value that the limit lets through, rounded up."""
        return -(-self.mark * (PPM - self.limit) // PPM)

    @property
    def is_too_far(self) -> bool:
        """Return whether the value is more than the limit below the mark."""
        return self.value < self.lowest

    @property
    def part(self) -> int:
        """Return the fall as a part of the mark in ppm, half up; negative above it. Only shown."""
        lost = self.mark - self.value
        return (2 * PPM * lost + self.mark) // (2 * self.mark) if self.mark else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """The numbers that were compared: prices in ticks, values in 1e-10 USD, the share in ppm.

    Each is None where it is not defined: no usable price, no anchor, or no value. The share is
    rounded half up and only shown; decisions compare exact values. `falls` are those that the
    protections of the position limit; there are none without.
    """

    price: int | None
    anchor: int | None
    sell_at: int | None
    buy_at: int | None
    value: int | None
    stock_share: int | None
    falls: tuple[Fall, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Nothing is to be done."""

    reason: HoldReason
    numbers: Numbers
    blocked_by: tuple[Gate, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Something stood in the way; `sizing` is there when a quantity was worked out.

    `binding` names the smallest bound of an order that was trimmed to zero.
    """

    reason: Gate | RefusalReason
    numbers: Numbers
    side: Side | None
    sizing: Sizing | None
    binding: Rule | None
    blocked_by: tuple[Gate, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """An order to be placed; only `step` builds one."""

    reason: ProposalReason
    numbers: Numbers
    sizing: Sizing
    blocked_by: tuple[Gate, ...]

    def __post_init__(self) -> None:
        assert self.sizing.quantity > 0, "an order has a quantity"
        assert self.numbers.price is not None, "an order has a reference price"


type Decision = Hold | Refused | Proposed


def kind_of(decision: Decision) -> str:
    """Return the wire's word for the kind of `decision`."""
    match decision:
        case Hold():
            return "hold"
        case Refused():
            return "refused"
        case Proposed():
            return "proposed"
