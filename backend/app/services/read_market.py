"""Reading the market: the latest observation with its age, and the exchange's clock."""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.decision import Gate
from app.domain.errors import ProviderError, ProviderFailure
from app.domain.observation import MarketPhase, Observation
from app.domain.session import Day, TradingSession
from app.services.ports import Calendar, Clock, Market, ObservationCache

# Long enough to spare the provider when many look at once, far below the age limit of a price.
SHARED_FOR = timedelta(seconds=5)
# Over the longest weekend, so that the last price can still be shown with its date.
KEPT_SECONDS = 5 * 86_400
TICKS_KEPT = 1_000  # a price a minute over regular and extended hours of a day
SESSIONS_AHEAD = 5
# With these the provider was not reached, or did not want to answer; with others it answered.
_AWAY = frozenset((ProviderFailure.UNAVAILABLE, ProviderFailure.RATE_LIMITED))


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketClock:
    """Which part of its day the exchange is in, and what comes next; times in UTC.

    `holiday` says why there is no session on this date, and is None where there is one.
    """

    at: datetime
    phase: MarketPhase
    next_phase: MarketPhase
    next_change_at: datetime
    holiday: str | None
    sessions: tuple[TradingSession, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """Since when the provider gives no price, and how it was when it was asked last."""

    since: datetime
    asked_at: datetime
    code: ProviderFailure
    message: str
    retry_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheUse:
    """How many questions the cache answered, and how many the provider was asked."""

    hits: int
    misses: int


class ReadMarket:
    """Answers what the market shows now, and remembers how the provider is."""

    def __init__(
        self, *, market: Market, cache: ObservationCache, calendar: Calendar, clock: Clock
    ) -> None:
        self._market = market
        self._cache = cache
        self._calendar = calendar
        self._clock = clock
        self._lock = threading.Lock()
        self._outage: Outage | None = None
        self._use = CacheUse(hits=0, misses=0)

    @property
    def outage(self) -> Outage | None:
        """Return the outage of the provider that this process met last, None when it is over."""
        return self._outage

    @property
    def cache_use(self) -> CacheUse:
        """Return how often this process found a fresh observation in the cache."""
        return self._use

    def observe(self, *, symbol: str) -> Observation:
        """Return the latest observation of `symbol`, asked for at most `SHARED_FOR` ago.

        Raises
        ------
        ProviderError
            When the provider cannot answer.
        """
        cached = self._cache.get(symbol=symbol)
        if cached is not None and self._is_recent(cached):
            self._count(hit=True)
            return cached
        self._count(hit=False)
        try:
            observation = self._market.observe(symbol=symbol)
        except ProviderError as error:
            self._failed(error)
            raise
        with self._lock:
            self._outage = None
        self._cache.put(observation=observation, ttl_seconds=KEPT_SECONDS)
        return observation

    def last_seen(self, *, symbol: str) -> Observation | None:
        """Return the last observation of `symbol` that the cache still has; asks nobody."""
        return self._cache.get(symbol=symbol)

    def ticks(self, *, symbol: str) -> tuple[Observation, ...]:
        """Return the latest prices of `symbol` that were seen, oldest first; asks nobody."""
        return self._cache.ticks(symbol=symbol)

    def now(self) -> datetime:
        """Return the moment by which prices have an age."""
        return self._clock.now()

    def clock(self) -> MarketClock:
        """Return the exchange's clock."""
        now = self._clock.now()
        next_phase, change = self._calendar.next_change(at=now)
        return MarketClock(
            at=now,
            phase=self._calendar.phase(at=now),
            next_phase=next_phase,
            next_change_at=change,
            holiday=self._calendar.holiday(at=now),
            sessions=self._calendar.upcoming(at=now, count=SESSIONS_AHEAD),
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

    def _is_recent(self, observation: Observation) -> bool:
        return timedelta(0) <= self._clock.now() - observation.received_at < SHARED_FOR

    def _count(self, *, hit: bool) -> None:
        with self._lock:
            use = self._use
            self._use = CacheUse(hits=use.hits + hit, misses=use.misses + (not hit))

    def _failed(self, error: ProviderError) -> None:
        now = self._clock.now()
        with self._lock:
            if error.code not in _AWAY:
                self._outage = None
                return
            before = self._outage
            self._outage = Outage(
                since=now if before is None else before.since,
                asked_at=now,
                code=error.code,
                message=str(error),
                retry_at=now + timedelta(seconds=error.retry_after_seconds),
            )
