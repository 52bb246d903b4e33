"""What the simulated broker keeps: orders, fills, and the habits of its exchange.

Times are nanoseconds since 1970, as the broker prints nanoseconds; money and shares are Decimal.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

SECOND = 1_000_000_000

LIVE = frozenset(("pending_new", "new", "partially_filled", "pending_cancel"))


class End(StrEnum):
    """How an order ends that does not fill."""

    CANCELED = "canceled"
    EXPIRED = "expired"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How the exchange treats marketable orders; seconds are ranges that a seed draws from."""

    fill_seconds: tuple[float, float] = (0.05, 0.5)
    part_seconds: tuple[float, float] = (0.05, 0.5)
    in_parts: float = 0.15
    rejected_later: float = 0.0
    expired_early: float = 0.0
    canceled_by_broker: float = 0.0
    cancel_seconds: tuple[float, float] = (0.0, 0.1)
    better_price: float = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What a symbol trades at; `at` is None for a quote that is fresh whenever it is read."""

    last: Decimal
    bid: Decimal
    ask: Decimal
    at: int | None
    since: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """An order as a client asked for it, of the right form."""

    client_order_id: str
    symbol: str
    side: str
    quantity: Decimal
    limit: Decimal | None
    extended: bool = False

    def reaches(self, quote: Quote) -> bool:
        """Whether the order can trade at `quote`."""
        if self.limit is None:
            return True
        return quote.ask <= self.limit if self.side == "buy" else quote.bid >= self.limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A piece of an order that fills at `due`, or as soon after as the price allows.

    It fills by up to `better` inside of the spread, as brokers that improve prices do.
    """

    due: int
    quantity: Decimal
    better: Decimal


@dataclass(slots=True, kw_only=True)
class Order:
    """An order that the broker accepted."""

    id: str
    sequence: int
    ticket: Ticket
    created_at: int
    submitted_at: int
    updated_at: int
    expires_at: int
    opens: bool
    parts: list[Part]
    end: tuple[int, End]
    visible_at: int = 0
    visible_by_client_id_at: int = 0
    status: str = "pending_new"
    filled: Decimal = Decimal(0)
    value: Decimal = Decimal(0)
    filled_at: int | None = None
    ended: dict[End, int] = field(default_factory=dict)

    @property
    def is_live(self) -> bool:
        return self.status in LIVE

    @property
    def leaves(self) -> Decimal:
        return self.ticket.quantity - self.filled


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """A trade, or the taking back of one (`busts` names it); `cash` is what the account got."""

    id: str
    execution_id: str
    order_id: str
    symbol: str
    side: str
    quantity: Decimal
    price: Decimal
    cash: Decimal
    at: int
    cumulated: Decimal
    leaves: Decimal
    visible_at: int
    busts: str | None = None

    @property
    def shares(self) -> Decimal:
        """How many shares the account got; negative when it gave them."""
        return self.quantity if (self.side == "buy") == (self.busts is None) else -self.quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """Cash or shares that moved without a trade; `kind` is the broker's activity type.

    `kind` None is a movement that no activity tells of, as when an account is drained elsewhere.
    """

    id: str
    kind: str | None
    symbol: str | None
    cash: Decimal
    shares: Decimal
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Peak:
    """The most orders of a symbol that were live at once, and when that was first so."""

    count: int
    at: int
