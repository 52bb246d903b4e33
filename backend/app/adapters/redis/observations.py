"""The latest observations in Redis or Valkey, shared between processes.

A lost, flushed or slow server is an empty cache: nothing but speed depends on it.
"""

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from redis.exceptions import RedisError

from app.adapters.redis.connection import AWAY, KEY_PREFIX, Outage, connect
from app.domain.errors import UnavailableError
from app.domain.observation import MarketPhase, Observation
from app.domain.units import TICKS_PER_USD, exact, price_text

# The number rises when what is kept is written in another way; an older one is then not read.
_LATEST = f"{KEY_PREFIX}observation:2:"
_RING = f"{KEY_PREFIX}ticks:1:"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

_log = logging.getLogger(__name__)


class RedisObservationCache:
    """Keeps observations at `url` (`redis://…`), as JSON with decimal strings and ISO times.

    `ring` is how many of the latest prices of a symbol are kept beside its last observation.
    """

    def __init__(self, *, url: str, ring: int) -> None:
        assert ring >= 1, "a ring keeps a price at least"
        self._redis = connect(url)
        self._ring = ring
        self._outage = Outage(
            what="The observation cache",
            meanwhile="Prices are read from the provider each time until it is back.",
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
        """Return the last observation of `symbol`, or None; None too while the server is away."""
        kept = self._asked(lambda: self._redis.get(_LATEST + symbol))
        return _observation(kept, symbol=symbol) if isinstance(kept, bytes) else None

    def ticks(self, *, symbol: str) -> tuple[Observation, ...]:
        """Return the latest observations with a price, one a trade, oldest first."""
        kept = self._asked(lambda: self._redis.zrange(_RING + symbol, 0, -1))
        if not isinstance(kept, list):
            return ()
        read = (_observation(each, symbol=symbol) for each in kept)
        return tuple(observation for observation in read if observation is not None)

    def put(self, *, observation: Observation, ttl_seconds: int) -> None:
        """Keep `observation` for `ttl_seconds`, at least 1; a lost server is logged, no error."""
        assert ttl_seconds >= 1, "an observation is kept for a second at least"
        text, symbol = _json(observation), observation.symbol
        pipeline = self._redis.pipeline(transaction=True)
        pipeline.set(_LATEST + symbol, text, ex=ttl_seconds)
        if observation.price is not None:
            # A trade that is seen again replaces itself.
            place = (observation.observed_at - _EPOCH) // _MICROSECOND
            pipeline.zremrangebyscore(_RING + symbol, place, place)
            pipeline.zadd(_RING + symbol, {text: place})
            pipeline.zremrangebyrank(_RING + symbol, 0, -self._ring - 1)
            pipeline.expire(_RING + symbol, ttl_seconds)
        self._asked(pipeline.execute)

    def _asked(self, question: Callable[[], object]) -> object:
        """Return the server's answer, or None while it is away."""
        try:
            answer = question()
        except AWAY as error:
            self._outage.begins(error)
            return None
        self._outage.ends()
        return answer


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
            "volume": observation.volume,
            "delay_minutes": observation.delay_minutes,
            "market_phase": observation.market_phase,
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
                "volume": int() | None as volume,
                "delay_minutes": int() | None as delay_minutes,
                "market_phase": str() | None as market_phase,
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
                    volume=volume,
                    delay_minutes=delay_minutes,
                    market_phase=None if market_phase is None else MarketPhase(market_phase),
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
