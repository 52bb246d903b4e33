"""What the market showed, with where it came from and how old it is."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class MarketPhase(StrEnum):
    """Which part of the exchange's day a moment belongs to."""

    REGULAR = "regular"
    EXTENDED = "extended"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One look at one symbol: the last trade, the quote around it, and its provenance.

    Prices are in ticks. `price` is None when the source gave no usable number; bid and ask are
    None when the source shows none (a zero bid counts as none). Times are UTC; `observed_at` is
    the exchange's time of the trade, `received_at` the moment it reached us.
    """

    symbol: str
    price: int | None
    bid: int | None
    ask: int | None
    previous_close: int | None
    currency: str
    observed_at: datetime
    received_at: datetime
    source: str

    def __post_init__(self) -> None:
        assert self.observed_at.utcoffset() == timedelta(0), "observed_at is in UTC"
        assert self.received_at.utcoffset() == timedelta(0), "received_at is in UTC"
        assert self.symbol, "an observation names its symbol"
