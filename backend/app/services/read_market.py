"""Reading the market: the latest observation with its age, and the exchange's clock."""

from dataclasses import dataclass
from datetime import datetime

from app.domain.decision import Gate
from app.domain.observation import MarketPhase, Observation
from app.domain.session import Day
from app.services.ports import Calendar, Clock, Market, ObservationCache

# Long enough to spare the provider when many look at once, far below the age limit of a price.
CACHE_SECONDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketClock:
    """Which part of its day the exchange is in, and what comes next; times in UTC."""

    at: datetime
    phase: MarketPhase
    next_phase: MarketPhase
    next_change_at: datetime


class ReadMarket:
    """Answers what the market shows now."""

    def __init__(
        self, *, market: Market, cache: ObservationCache, calendar: Calendar, clock: Clock
    ) -> None:
        self._market = market
        self._cache = cache
        self._calendar = calendar
        self._clock = clock

    def observe(self, *, symbol: str) -> Observation:
        """Return the latest observation of `symbol`, at most `CACHE_SECONDS` in the cache.

        Raises
        ------
        ProviderError
            When the provider cannot answer.
        """
        cached = self._cache.get(symbol=symbol)
        if cached is not None:
            return cached
        observation = self._market.observe(symbol=symbol)
        self._cache.put(observation=observation, ttl_seconds=CACHE_SECONDS)
        return observation

    def clock(self) -> MarketClock:
        """Return the exchange's clock."""
        now = self._clock.now()
        next_phase, change = self._calendar.next_change(at=now)
        return MarketClock(
            at=now,
            phase=self._calendar.phase(at=now),
            next_phase=next_phase,
            next_change_at=change,
        )

    def day(self, *, trading_halted: bool, gates: tuple[Gate, ...], what_if: bool) -> Day:
        """Return the circumstances of a decision that is made now."""
        now = self._clock.now()
        return Day(
            date=self._calendar.session_date(at=now),
            phase=self._calendar.phase(at=now),
            now=now,
            trading_halted=trading_halted,
            gates=gates,
            what_if=what_if,
        )
