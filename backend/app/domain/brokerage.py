"""What a broker says: about its account, an order that was sent to it, and what happened there.

Prices in ticks, shares in units, money in micros, times in UTC. Order ids that we made are
`order_id`, those that the broker made `broker_order_id`.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from app.domain.decision import Side


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerAccount:
    """An account: its cash, and why it may not trade, or None when it may."""

    id: str
    cash: int
    blocked: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerClock:
    """The exchange's clock as the broker sees it."""

    at: datetime
    is_open: bool
    next_open: datetime
    next_close: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The order is the broker's now."""

    broker_order_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """The broker will not have this order, for certain.

    `account_trouble` is set when it refuses the account or its keys rather than the order.
    """

    message: str
    account_trouble: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Throttled:
    """The broker did not look at the order: too many requests."""

    message: str
    retry_after_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AlreadyThere:
    """The broker has had an order with this id before; what became of it is to be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsent:
    """The order never began to leave: what allowed it did not hold any more."""

    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncertain:
    """No answer, or none that says whether the order was accepted: it may have been."""

    message: str


type Submission = Accepted | Rejected | Throttled | AlreadyThere | Unsent | Uncertain


class BrokerOrderState(StrEnum):
    """Where the broker's order stands; only a `live` one can still fill."""

    LIVE = "live"
    FILLED = "filled"
    CANCELED = "canceled"
    EXPIRED = "expired"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerOrder:
    """An order as the broker has it; one that ended may have filled in part before.

    `order_id` is the client's id, which is not ours when somebody else made the order.
    """

    broker_order_id: str
    order_id: str
    symbol: str
    side: Side
    quantity: int
    filled: int
    state: BrokerOrderState


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerFill:
    """A trade that happened, or the taking back of one (`busts` names its fill).

    A price finer than a tick is rounded against us.
    """

    fill_id: str
    broker_order_id: str
    symbol: str
    side: Side
    quantity: int
    price: int
    at: datetime
    busts: str | None = None


class BrokerCashKind(StrEnum):
    """Why the broker moved cash without a trade."""

    DIVIDEND = "dividend"
    TAX = "tax"
    FEE = "fee"


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerCash:
    """A movement of cash without a trade; what the account paid is negative."""

    id: str
    kind: BrokerCashKind
    symbol: str | None
    amount: int
    on: date
