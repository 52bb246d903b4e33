"""The records of a position's book: what is stored beside the state that decisions depend on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.domain.decision import ProposalReason, Side
from app.domain.events import EventKind
from app.domain.order import Fill, OrderEnd, OrderState
from app.domain.position import Position
from app.domain.strategy import Strategy


class LedgerKind(StrEnum):
    """What moved shares or cash."""

    OPENING = "opening"
    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    BUY = "buy"
    SELL = "sell"
    COMMISSION = "commission"
    BUST = "bust"
    ADOPTED = "adopted"
    DIVIDEND = "dividend"
    DIVIDEND_PAID = "dividend_paid"
    DIVIDEND_DIFFERENCE = "dividend_difference"
    SPLIT = "split"
    SPLIT_REMAINDER = "split_remainder"
    FEE = "fee"


# What came from outside or went there: neither a gain nor a loss of the position.
FLOWS = frozenset((LedgerKind.DEPOSIT, LedgerKind.WITHDRAWAL, LedgerKind.ADOPTED))


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionRecord:
    """One position with its identity, its present strategy and the ends of its numbered lists.

    `decisions`, `ledger_entries` and `events` are how many there are, so the next number is one
    more; `chain_head` is the hash of the last audit event. `opening_price` is None until known.
    With `opening_fraction` (ppm) the opening cash is still to be split into shares and cash, at
    the first evaluated price; it is None otherwise, and afterwards. `account_id` is the broker's
    account that its orders go to, None on paper; `shares_beside` are the share units of the symbol
    that the account held besides when the position was opened. `price_source`,
    `price_received_at` and `price_delay_minutes` tell where the last used price came from. The
    dividends and splits of the symbol are known as of `actions_known_at`; None asks for all of
    them again.
    """

    id: str
    name: str
    state: Position
    strategy: Strategy
    opening_cash: int
    opening_shares: int
    opening_price: int | None
    opening_fraction: int | None
    account_id: str | None
    shares_beside: int
    halt_reason: str | None
    price_source: str | None
    price_received_at: datetime | None
    price_delay_minutes: int | None
    decisions: int
    trades: int
    ledger_entries: int
    events: int
    chain_head: str
    created_at: datetime
    started_at: datetime | None
    archived_at: datetime | None
    actions_known_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StrategyVersion:
    """One version of a position's strategy, and why it was saved."""

    version: int
    strategy: Strategy
    created_at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRecord:
    """A recorded decision: canonical inputs and outcome, enough to replay it bit for bit.

    `outcome`, `before`, `after`, `observation` and `day` are the bodies of `app.domain.record`.
    Equal refusals in a row count on the first: `checks` of them until `last_at`, at prices
    (ticks) from `price_low` to `price_high`.
    """

    number: int
    at: datetime
    strategy_version: int
    rules_version: str
    outcome: Mapping[str, object]
    before: Mapping[str, object]
    after: Mapping[str, object]
    observation: Mapping[str, object]
    day: Mapping[str, object]
    checks: int
    last_at: datetime
    price_low: int | None
    price_high: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedPrice:
    """The price (ticks) that decision `number` used."""

    number: int
    at: datetime
    price: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A while without a look: from the last one before it until that of decision `number`."""

    start: datetime
    end: datetime
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRecord:
    """An order: share units at a limit in ticks; `id` follows from position and decision.

    `filled` is what was booked of it so far, `extended` whether it may fill outside of regular
    hours. `sent_at` is set before it is sent, so that an order without it was surely never sent.
    `misses` counts the answers that the broker does not know it, since `missed_at`. `ended` and
    `note` say why it is not live any more.
    """

    id: str
    decision_number: int
    side: Side
    quantity: int
    limit_price: int
    reason: ProposalReason
    state: OrderState
    created_at: datetime
    done_at: datetime | None
    filled: int = 0
    extended: bool = False
    sent_at: datetime | None = None
    broker_order_id: str | None = None
    misses: int = 0
    missed_at: datetime | None = None
    cancel_asked_at: datetime | None = None
    ended: OrderEnd | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeRecord:
    """A booked fill, with the position after it; `n` counts the position's trades from 1.

    `stock_share_after` (ppm) is taken at the fill's price. A trade that somebody made at the
    broker without us has no order. One that takes back another names its fill in `busts`; side
    and flows are then the reverse of what they were.
    """

    n: int
    fill_id: str
    order_id: str | None
    decision_number: int | None
    at: datetime
    side: Side
    quantity: int
    price: int
    commission: int
    reason: ProposalReason | None
    cash_after: int
    shares_after: int
    stock_share_after: int
    busts: str | None = None

    @property
    def fill(self) -> Fill:
        """Return what happened at the market; of a bust, the fill that it takes back.

        A bust gives back the commission that is said here.
        """
        side = self.side if self.busts is None else self.side.opposite
        return Fill(side=side, quantity=self.quantity, price=self.price, commission=self.commission)


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """One movement of cash (micros), shares (units) and receivable (micros), and what it left."""

    number: int
    at: datetime
    kind: LedgerKind
    cash: int
    shares: int
    receivable: int
    cash_after: int
    shares_after: int
    receivable_after: int
    reference: str | None
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEvent:
    """One link of a position's chain; `body` is canonical JSON."""

    number: int
    at: datetime
    kind: EventKind
    body: str
    previous: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAnswer:
    """What a request with an idempotency key was answered; `body` is JSON text."""

    status: int
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page[T]:
    """A slice of a list, and the cursor of the next one, or None at the end."""

    items: tuple[T, ...]
    next_cursor: str | None
