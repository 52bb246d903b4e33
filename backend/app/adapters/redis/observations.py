"""The latest observations in Redis or Valkey, shared between processes.

A lost, flushed or slow server is an empty cache: nothing but speed depends on it.
"""

import json
import logging
from datetime import datetime
from decimal import Decimal

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from app.adapters.redis.outage import Outage
from app.domain.errors import UnavailableError
from app.domain.observation import Observation
from app.domain.units import TICKS_PER_USD, exact, price_text

_KEY_PREFIX = "vb:1:observation:"
_TIMEOUT_SECONDS = 0.25

_log = logging.getLogger(__name__)


class RedisObservationCache:
    """Keeps observations at `url` (`redis://…`), as JSON with decimal strings and ISO times."""

    def __init__(self, *, url: str) -> None:
        self._redis = Redis.from_url(
            url,
            socket_timeout=_TIMEOUT_SECONDS,
            socket_connect_timeout=_TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        self._outage = Outage(
            log=_log,
            what="observation cache",
            meaning="Prices are read from the provider each time until it is back.",
        )

    def close(self) -> None:
        """Give the connections back."""
        self._redis.close()

    def ready(self) -> None:
        """Return when the cache answers.

        Raises
        ------
        UnavailableError
            Otherwise; decisions do not need the cache, only the provider is asked more often.
        """
        try:
            self._redis.ping()
        except RedisError as error:
            raise UnavailableError(
                what="cache",
                message="The cache does not answer. Decisions stay the same; "
                "the market data provider is asked more often meanwhile.",
                retry_after_seconds=5,
            ) from error

    def get(self, *, symbol: str) -> Observation | None:
        """Return the cached observation, or None; None too while the server is away."""
        try:
            kept = self._redis.get(_KEY_PREFIX + symbol)
        except (RedisError, OSError) as error:
            self._outage.begins(error)
            return None
        self._outage.ends()
        if not isinstance(kept, bytes):
            return None
        return _observation(kept, symbol=symbol)

    def put(self, *, observation: Observation, ttl_seconds: int) -> None:
        """Keep `observation` for `ttl_seconds`, at least 1; a lost server is logged, no error."""
        assert ttl_seconds >= 1, "an observation is kept for a second at least"
        try:
            self._redis.set(_KEY_PREFIX + observation.symbol, _json(observation), ex=ttl_seconds)
        except (RedisError, OSError) as error:
            self._outage.begins(error)
            return
        self._outage.ends()


def _json(observation: Observation) -> str:
    return json.dumps(
        {
            "symbol": observation.symbol,
            "price": _price_text(observation.price),
            "bid": _price_text(observation.bid),
            "ask": _price_text(observation.ask),
            "previous_close": _price_text(observation.previous_close),
            "currency": observation.currency,
            "observed_at": observation.observed_at.isoformat(),
            "received_at": observation.received_at.isoformat(),
            "source": observation.source,
        }
    )


def _observation(kept: bytes, *, symbol: str) -> Observation | None:
    try:
        match json.loads(kept):
            case {
                "symbol": str(named),
                "price": price,
                "bid": bid,
                "ask": ask,
                "previous_close": previous_close,
                "currency": str(currency),
                "observed_at": str(observed_at),
                "received_at": str(received_at),
                "source": str(source),
            } if named == symbol:
                return Observation(
                    symbol=symbol,
                    price=_ticks(price),
                    bid=_ticks(bid),
                    ask=_ticks(ask),
                    previous_close=_ticks(previous_close),
                    currency=currency,
                    observed_at=datetime.fromisoformat(observed_at),
                    received_at=datetime.fromisoformat(received_at),
                    source=source,
                )
    except (ValueError, ArithmeticError, AssertionError, RecursionError):
        pass  # the same as a shape that does not match
    _log.warning("What is cached for %s is not an observation of ours; it counts as none.", symbol)
    return None


def _price_text(ticks: int | None) -> str | None:
    return None if ticks is None else price_text(ticks)


def _ticks(text: object) -> int | None:
    match text:
        case None:
            return None
        case str():
            ticks = exact(Decimal(text), TICKS_PER_USD)
        case _:
            raise ValueError("a cached price is a decimal string")
    if ticks <= 0:
        raise ValueError("a cached price is positive")
    return ticks
