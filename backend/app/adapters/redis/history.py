"""What a provider told about the past, for a while, in Redis or Valkey, shared by processes.

A lost, flushed or slow server is an empty cache: nothing but speed depends on it.
"""

import json
import logging
from datetime import UTC, date, datetime, timedelta
from typing import Any

from app.adapters.redis.connection import AWAY, KEY_PREFIX, Outage, connect
from app.domain.corporate_action import Dividend, Split
from app.domain.history import History, HistoryBar

# The number rises when what is kept is written in another way; an older one is then not read.
_KEY = f"{KEY_PREFIX}history:1:"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)

_log = logging.getLogger(__name__)


class RedisHistoryCache:
    """Keeps answers at `url` (`redis://…`): JSON with whole numbers, a list a bar."""

    def __init__(self, *, url: str) -> None:
        self._redis = connect(url)
        self._outage = Outage(
            what="The history cache",
            meanwhile="Equal questions about the past go to the provider until it is back.",
        )

    def close(self) -> None:
        """Give the connections back."""
        self._redis.close()

    def get(self, *, question: str) -> History | None:
        """Return the answer to `question`, or None; None too while the server is away."""
        try:
            kept = self._redis.get(_KEY + question)
        except AWAY as error:
            self._outage.begins(error)
            return None
        self._outage.ends()
        return _history(kept, question) if isinstance(kept, bytes) else None

    def put(self, *, question: str, history: History, ttl_seconds: int) -> None:
        """Keep the answer for `ttl_seconds`, at least 1; a lost server is logged, no error."""
        assert ttl_seconds >= 1, "an answer is kept for a second at least"
        try:
            self._redis.set(_KEY + question, _json(history), ex=ttl_seconds)
        except AWAY as error:
            self._outage.begins(error)
            return
        self._outage.ends()


def _json(history: History) -> str:
    return json.dumps(
        {
            "symbol": history.symbol,
            "currency": history.currency,
            "exchange_timezone": history.exchange_timezone,
            "resolution": history.resolution,
            "source": history.source,
            "received_at": history.received_at.isoformat(),
            "bars": [
                [
                    (bar.start - _EPOCH) // _SECOND,
                    *(bar.open, bar.high, bar.low, bar.close, bar.volume),
                    bar.final,
                ]
                for bar in history.bars
            ],
            "dividends": [
                [str(each.ex_date), each.per_share, each.pay_date and str(each.pay_date)]
                for each in history.dividends
            ],
            "splits": [
                [str(each.ex_date), each.numerator, each.denominator] for each in history.splits
            ],
        },
        separators=(",", ":"),
    )


def _history(kept: bytes, question: str) -> History | None:
    try:
        return _read(json.loads(kept))
    except (ValueError, TypeError, LookupError, ArithmeticError, AssertionError, RecursionError):
        _log.warning("What is cached for %s is no history of ours; it counts as none.", question)
        return None


def _read(body: Any) -> History:
    return History(
        symbol=body["symbol"],
        currency=body["currency"],
        exchange_timezone=body["exchange_timezone"],
        resolution=body["resolution"],
        source=body["source"],
        received_at=datetime.fromisoformat(body["received_at"]),
        bars=tuple(_bar(*each) for each in body["bars"]),
        dividends=tuple(
            Dividend(
                ex_date=date.fromisoformat(on),
                per_share=per_share,
                pay_date=None if paid is None else date.fromisoformat(paid),
            )
            for on, per_share, paid in body["dividends"]
        ),
        splits=tuple(
            Split(ex_date=date.fromisoformat(on), numerator=new, denominator=old)
            for on, new, old in body["splits"]
        ),
    )


def _bar(start: int, *numbers: Any) -> HistoryBar:
    opened, high, low, close, volume, final = numbers
    return HistoryBar(
        start=_EPOCH + start * _SECOND,
        open=opened,
        high=high,
        low=low,
        close=close,
        volume=volume,
        final=final,
    )
