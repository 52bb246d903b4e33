"""The circumstances of one decision: the exchange's day, the moment, and the robot's switches."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from app.domain.decision import Gate
from app.domain.observation import MarketPhase

AGE_LIMIT = timedelta(seconds=60)
LIVE_GATES = tuple(gate for gate in Gate if gate is not Gate.PRICE_NOT_NEWER)
# In a replay the dataset answers the other gates: its prices are real, fresh and plausible.
RECORDED_GATES = (
    Gate.SESSION_CLOSED,
    Gate.PRICE_INVALID,
    Gate.PRICE_NOT_NEWER,
    Gate.ORDER_IN_FLIGHT,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TradingSession:
    """One session of the exchange, in UTC; `early_close` says why it is a half day, or is None."""

    date: date
    extended_opens_at: datetime
    opens_at: datetime
    closes_at: datetime
    extended_closes_at: datetime
    early_close: str | None

    def __post_init__(self) -> None:
        assert self.extended_opens_at < self.opens_at < self.closes_at < self.extended_closes_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """When and under which switches a decision is made.

    `date` is the exchange date, `now` the moment in UTC, `trading_halted` the kill switch.
    `gates` are the conditions to check; with `what_if` those that fail are listed but do not
    stop the evaluation. `lot` is the smallest quantity in share units that the broker takes now,
    None where the strategy's own lot alone counts.
    """

    date: date
    phase: MarketPhase
    now: datetime
    trading_halted: bool
    gates: tuple[Gate, ...]
    what_if: bool
    lot: int | None = None

    def __post_init__(self) -> None:
        assert self.now.utcoffset() == timedelta(0), "now is in UTC"
