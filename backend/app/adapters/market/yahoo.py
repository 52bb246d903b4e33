"""The market as Yahoo Finance shows it, read through yfinance.

Yahoo's data are for personal and research use. Its bid and ask are not the national best bid and
offer. It may drive paper trading and simulation, never a live order alone.
"""

import re
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

from app.adapters.market.yahoo_access import Flights, ProviderBudget, YahooAccess
from app.adapters.market.yahoo_answer import Question
from app.adapters.market.yahoo_failures import no_data, out_of_range, unavailable, unknown_symbol
from app.adapters.market.yahoo_history import Sessions, YahooHistory, limits
from app.adapters.market.yahoo_quote import read_quote
from app.domain.budget import BudgetStatus
from app.domain.history import History, HistoryLimits
from app.domain.observation import Observation
from app.simulation.bars import Resolution

_SYMBOL = re.compile(r"[A-Z0-9^][A-Z0-9.^=-]{0,19}", re.ASCII)


class YahooMarket:
    """Observes symbols at Yahoo Finance, and fetches their past bars.

    `base_url` None means Yahoo's own hosts; otherwise every request goes to that URL. `cache_dir`
    keeps the provider's cookie. `timeout_seconds` limits one question as a whole. `flights` None
    means that no other process asks Yahoo. `sessions` are the exchange's trading days.
    """

    def __init__(
        self,
        *,
        base_url: str | None,
        cache_dir: Path,
        timeout_seconds: float,
        now: Callable[[], datetime],
        sleep: Callable[[float], None],
        budget: ProviderBudget,
        flights: Flights | None,
        sessions: Sessions,
    ) -> None:
        self._access = YahooAccess(
            base_url=base_url,
            cache_dir=cache_dir,
            timeout_seconds=timeout_seconds,
            now=now,
            sleep=sleep,
            budget=budget,
            flights=flights,
        )
        self._history = YahooHistory(access=self._access, sessions=sessions, now=now, sleep=sleep)

    def observe(self, *, symbol: str) -> Observation:
        """Return the latest observation of `symbol`; all who ask together share one answer.

        Raises
        ------
        ProviderError
            UNKNOWN_SYMBOL, NO_DATA, RATE_LIMITED, RANGE or UNAVAILABLE, with the reason for
            people and when to ask again.
        """
        _refuse_what_is_no_symbol(symbol)
        answer = self._access.ask(
            Question(
                symbol=symbol,
                path="/v7/finance/quote",
                parameters={
                    "symbols": symbol,
                    "formatted": "false",
                    "lang": "en-US",
                    "region": "US",
                },
            )
        )
        match answer.status:
            case 200:
                return read_quote(body=answer.body, symbol=symbol, received_at=answer.received_at)
            case 404:
                raise unknown_symbol(symbol=symbol)
            case 400:
                raise no_data(symbol=symbol, reason="it has no data for what was asked (400)")
            case 422:
                raise out_of_range(symbol=symbol, reason="the span of time is too long (422)")
            case status:
                raise unavailable(symbol=symbol, reason=f"it answered with status {status}")

    def limits(self, *, resolution: Resolution) -> HistoryLimits:
        """Return how far back and how long a span Yahoo serves."""
        return limits(resolution=resolution)

    def fetch(
        self,
        *,
        symbol: str,
        resolution: Resolution,
        start: date,
        end: date,
        on_progress: Callable[[int, int], None],
    ) -> History:
        """Return the bars of the New York dates `start` to `end`, both included.

        `on_progress` is called with parts done and parts in all.

        Raises
        ------
        ProviderError
            Any of its codes; RANGE before anything is asked. Nothing is given in part.
        """
        _refuse_what_is_no_symbol(symbol)
        return self._history.fetch(
            symbol=symbol, resolution=resolution, start=start, end=end, on_progress=on_progress
        )

    def budget(self) -> BudgetStatus:
        """Return what is left of the requests that we allow ourselves, and the breaker's state."""
        return self._access.budget()


def _refuse_what_is_no_symbol(symbol: str) -> None:
    if _SYMBOL.fullmatch(symbol) is None:
        raise unknown_symbol(symbol=symbol)
