"""The market as Yahoo Finance shows it, read through yfinance.

Yahoo's data are for personal and research use. Its bid and ask are not the national best bid and
offer. It may drive paper trading and simulation, never a live order alone.
"""

import re
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from app.adapters.market.single_flight import SingleFlight
from app.adapters.market.yahoo_failures import (
    no_data,
    out_of_range,
    rate_limited,
    unavailable,
    unknown_symbol,
)
from app.adapters.market.yahoo_quote import read_quote
from app.domain.errors import ProviderError
from app.domain.observation import Observation

if TYPE_CHECKING:
    from app.adapters.market.yahoo_client import Answer, YahooClient

_SYMBOL = re.compile(r"[A-Z0-9^][A-Z0-9.^=-]{0,19}", re.ASCII)
_RETRY_AFTER_SECONDS_MAX = 86_400


class YahooMarket:
    """Observes symbols at Yahoo Finance.

    `base_url` None means Yahoo's own hosts; otherwise every request goes to that URL. `cache_dir`
    keeps the provider's cookie. `timeout_seconds` limits one observation as a whole.
    """

    def __init__(
        self,
        *,
        base_url: str | None,
        cache_dir: Path,
        now: Callable[[], datetime],
        timeout_seconds: float,
    ) -> None:
        assert timeout_seconds > 0, "an observation has a time limit"
        self._base_url = base_url
        self._cache_dir = cache_dir
        self._now = now
        self._timeout_seconds = timeout_seconds
        self._flights = SingleFlight[Observation]()
        self._opening = threading.Lock()
        self._opened: YahooClient | None = None

    def observe(self, *, symbol: str) -> Observation:
        """Return the latest observation of `symbol`; threads that ask together share one answer.

        Raises
        ------
        ProviderError
            UNKNOWN_SYMBOL, NO_DATA, RATE_LIMITED, RANGE or UNAVAILABLE, with the reason for
            people and when to ask again.
        """
        if _SYMBOL.fullmatch(symbol) is None:
            raise unknown_symbol(symbol=symbol)
        return self._flights.run(key=symbol, call=lambda: self._ask(symbol))

    def _ask(self, symbol: str) -> Observation:
        answer = self._client().quote(symbol=symbol)
        received_at = self._now()
        if answer.status != 200 or b"Too Many Requests" in answer.body:
            raise _refusal(answer=answer, symbol=symbol)
        return read_quote(body=answer.body, symbol=symbol, received_at=received_at)

    def _client(self) -> "YahooClient":
        # Imported with the first question, because yfinance alone costs a second.
        from app.adapters.market.yahoo_client import YahooClient

        with self._opening:
            if self._opened is None:
                self._opened = YahooClient(
                    base_url=self._base_url,
                    cache_dir=self._cache_dir,
                    timeout_seconds=self._timeout_seconds,
                )
            return self._opened


def _refusal(*, answer: "Answer", symbol: str) -> ProviderError:
    match answer.status:
        case 200 | 429:
            wait = answer.retry_after_seconds
            return rate_limited(
                symbol=symbol,
                retry_after_seconds=None if wait is None else min(wait, _RETRY_AFTER_SECONDS_MAX),
            )
        case 404:
            return unknown_symbol(symbol=symbol)
        case 400:
            return no_data(symbol=symbol, reason="it has no data for what was asked (400)")
        case 422:
            return out_of_range(symbol=symbol, reason="the span of time is too long (422)")
        case 401 | 403 as status:
            return unavailable(
                symbol=symbol, reason=f"it does not accept our cookie or crumb ({status})"
            )
        case status:
            return unavailable(symbol=symbol, reason=f"it answered with status {status}")
