"""How the market data are: the provider, the cache, and the last price of each symbol in use."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.domain.budget import BudgetStatus
from app.domain.observation import LastPrice
from app.services.pages import all_positions
from app.services.ports import ProviderState, Store
from app.services.read_market import CacheUse, Outage, ReadMarket
from app.services.read_position import last_price_of


@dataclass(frozen=True, slots=True, kw_only=True)
class DataState:
    """The state of the market data at `at`.

    `prices` holds each symbol of a position that is not archived, with its last good price, or
    None where none was seen yet.
    """

    at: datetime
    budget: BudgetStatus
    outage: Outage | None
    cache: CacheUse
    prices: Mapping[str, LastPrice | None]


class ReadStatus:
    """Tells how the market data are, without asking the provider for any."""

    def __init__(self, *, store: Store, market: ReadMarket, provider: ProviderState) -> None:
        self._store = store
        self._market = market
        self._provider = provider

    def data(self) -> DataState:
        """Return the state of the market data."""
        return DataState(
            at=self._market.now(),
            budget=self._provider.budget(),
            outage=self._market.outage,
            cache=self._market.cache_use,
            prices={
                symbol: _newest(used, self._seen(symbol))
                for symbol, used in sorted(self._used().items())
            },
        )

    def _used(self) -> dict[str, LastPrice | None]:
        """Return the symbols in use, each with the newest price that one of its positions used."""
        used: dict[str, LastPrice | None] = {}
        for record in all_positions(self._store):
            symbol = record.state.symbol
            used[symbol] = _newest(used.get(symbol), last_price_of(record))
        return used

    def _seen(self, symbol: str) -> LastPrice | None:
        seen = self._market.last_seen(symbol=symbol)
        if seen is None or seen.price is None:
            return None
        return LastPrice(
            price=seen.price,
            observed_at=seen.observed_at,
            received_at=seen.received_at,
            source=seen.source,
            delay_minutes=seen.delay_minutes,
        )


def _newest(one: LastPrice | None, other: LastPrice | None) -> LastPrice | None:
    if one is None or other is None:
        return one or other
    return max(one, other, key=lambda price: price.observed_at)
