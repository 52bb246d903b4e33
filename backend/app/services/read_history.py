"""Bars of a provider, asked for once by all who want the same at the same time."""

from collections.abc import Callable
from datetime import date

from app.domain.history import History, HistoryLimits
from app.services.ports import HistoryCache, HistoryProvider
from app.simulation.bars import Resolution

# Shorter than the wait before the second read of a bar, which has to reach the provider.
SHARED_SECONDS = 30


class SharedHistory:
    """Satisfies `HistoryProvider`: an equal question within `SHARED_SECONDS` gets the same answer.

    Raw and split-adjusted datasets of one symbol are made of the same answers.
    """

    def __init__(self, *, provider: HistoryProvider, cache: HistoryCache) -> None:
        self._provider = provider
        self._cache = cache

    def limits(self, *, resolution: Resolution) -> HistoryLimits:
        """Return the limits of the provider."""
        return self._provider.limits(resolution=resolution)

    def fetch(
        self,
        *,
        symbol: str,
        resolution: Resolution,
        start: date,
        end: date,
        on_progress: Callable[[int, int], None],
    ) -> History:
        """Return the bars of the exchange dates `start` to `end`, both included.

        Raises
        ------
        ProviderError
            When they are not at hand and the provider cannot answer; no failure is kept.
        """
        question = f"{symbol}:{resolution.value}:{start}:{end}"
        kept = self._cache.get(question=question)
        if kept is not None:
            on_progress(1, 1)
            return kept
        history = self._provider.fetch(
            symbol=symbol, resolution=resolution, start=start, end=end, on_progress=on_progress
        )
        self._cache.put(question=question, history=history, ttl_seconds=SHARED_SECONDS)
        return history
