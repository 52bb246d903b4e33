"""A provider of past bars to whom nothing happened: no bars, no dividends, no splits."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time

from app.domain.history import History, HistoryLimits
from app.simulation.bars import Resolution


class QuietHistory:
    """Satisfies `HistoryProvider`."""

    def limits(self, *, resolution: Resolution) -> HistoryLimits:
        return HistoryLimits(max_span=None, max_age=None)

    def fetch(
        self,
        *,
        symbol: str,
        resolution: Resolution,
        start: date,
        end: date,
        on_progress: Callable[[int, int], None],
    ) -> History:
        return History(
            symbol=symbol,
            currency="USD",
            exchange_timezone="America/New_York",
            resolution=resolution.value,
            bars=(),
            dividends=(),
            splits=(),
            source="test",
            received_at=datetime.combine(end, time(23), UTC),
        )
