"""The health of the service on the wire."""

from datetime import datetime
from typing import Literal

from app.domain.budget import Breaker
from app.domain.units import PPM, ratio_text
from app.routes.v1.schemas.market import (
    STALE_AFTER_SECONDS,
    MarketStatusOut,
    PriceOut,
    price_out,
)
from app.routes.v1.schemas.wire import DecimalText, WireModel
from app.services.read_market import Outage
from app.services.read_status import DataState


class HealthOut(WireModel):
    """The process answers."""

    status: Literal["ok"]


class DependencyOut(WireModel):
    """One thing that the service needs, and what its state means."""

    name: str
    state: Literal["ok", "degraded", "down"]
    detail: str


class ReadyOut(WireModel):
    """Whether the service can do its work."""

    status: Literal["ready", "not_ready"]
    dependencies: list[DependencyOut]


class VersionOut(WireModel):
    """Which build this is, and which rules it decides by."""

    version: str
    rules_version: str


class LoopOut(WireModel):
    """What checks the running positions by itself."""

    state: Literal["off", "standby", "trading"]
    detail: str


class BrokerOut(WireModel):
    """Where orders go."""

    name: str
    state: Literal["ok"]
    detail: str


class BudgetOut(WireModel):
    """Requests left of the provider's budget, and the breaker that leaves it alone until a time."""

    left: int
    burst: int
    breaker: Literal["closed", "open", "half_open"]
    cause: str | None
    until: datetime | None


class OutageOut(WireModel):
    """Since when the provider gives no price, why, and when it may be asked again."""

    since: datetime
    asked_at: datetime
    code: str
    detail: str
    retry_at: datetime


class CacheOut(WireModel):
    """How often this process found a fresh price in the cache; the rate is null before it asked."""

    hits: int
    misses: int
    hit_rate: DecimalText | None


class SymbolOut(WireModel):
    """A symbol in use and its last good price, null where none was seen yet."""

    symbol: str
    last_price: PriceOut | None


class DataOut(WireModel):
    """The market data: the provider, the cache, and every symbol in use."""

    state: Literal["ok", "down"]
    stale_after_seconds: int
    outage: OutageOut | None
    budget: BudgetOut
    cache: CacheOut
    symbols: list[SymbolOut]


class StatusOut(WireModel):
    """Mode, market clock, loop, kill switch, market data, broker and dependencies at a glance."""

    mode: Literal["paper"]
    version: str
    rules_version: str
    trading_halted: bool
    market: MarketStatusOut
    loop: LoopOut
    data: DataOut
    broker: BrokerOut
    dependencies: list[DependencyOut]


def data_out(data: DataState) -> DataOut:
    """Return the state of the market data as the wire writes it."""
    budget, cache = data.budget, data.cache
    asked = cache.hits + cache.misses
    return DataOut(
        # Another process, or an earlier life of this one, may have opened the breaker.
        state="down" if data.outage or budget.breaker is Breaker.OPEN else "ok",
        stale_after_seconds=STALE_AFTER_SECONDS,
        outage=None if data.outage is None else _outage(data.outage),
        budget=BudgetOut(
            left=budget.left,
            burst=budget.burst,
            breaker=budget.breaker.value,
            cause=None if budget.cause is None else budget.cause.value,
            until=budget.until,
        ),
        cache=CacheOut(
            hits=cache.hits,
            misses=cache.misses,
            hit_rate=ratio_text(cache.hits * PPM // asked) if asked else None,
        ),
        symbols=[
            SymbolOut(
                symbol=symbol, last_price=None if last is None else price_out(last, at=data.at)
            )
            for symbol, last in data.prices.items()
        ],
    )


def _outage(outage: Outage) -> OutageOut:
    return OutageOut(
        since=outage.since,
        asked_at=outage.asked_at,
        code=outage.code.value,
        detail=outage.message,
        retry_at=outage.retry_at,
    )
