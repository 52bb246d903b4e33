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

    None where the source does not say it: `volume` in shares since the exchange's day began,
    `delay_minutes` by which the source is behind the exchange (0 is real time), `market_phase`
    as the source sees it.
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
    volume: int | None = None
    delay_minutes: int | None = None
    market_phase: MarketPhase | None = None

    def __post_init__(self) -> None:
        assert self.observed_at.utcoffset() == timedelta(0), "observed_at is in UTC"
        assert self.received_at.utcoffset() == timedelta(0), "received_at is in UTC"
        assert self.symbol, "an observation names its symbol"
        assert self.volume is None or self.volume >= 0, "a volume is counted up"
        assert self.delay_minutes is None or self.delay_minutes >= 0, "a source is not ahead"


@dataclass(frozen=True, slots=True, kw_only=True)
class LastPrice:
    """The last price (ticks) that is known of a symbol, and where it came from.

    `received_at` is None for a price of an earlier version, which did not keep it.
    """

    price: int
    observed_at: datetime
    received_at: datetime | None
    source: str
    delay_minutes: int | None
