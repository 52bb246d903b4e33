"""Yahoo Finance as the product asks it, at a local server and by a clock that a test sets."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from app.adapters.market.calendar import ExchangeCalendar
from app.adapters.market.yahoo import YahooMarket
from app.adapters.market.yahoo_access import ALLOWANCE
from app.adapters.memory.budget import MemoryBudget
from app.domain.budget import Allowance
from tests.fakes.clock import FakeClock

# So that a test that is about something else is not held back.
PLENTY = replace(ALLOWANCE, burst=100_000, failures_max=100_000, rest=timedelta(seconds=1))


def yahoo_market(
    *,
    base_url: str,
    cache_dir: Path,
    clock: FakeClock,
    calendar: ExchangeCalendar,
    timeout_seconds: float = 5.0,
    allowance: Allowance = PLENTY,
) -> YahooMarket:
    """Return a market of this process alone; its pauses advance the clock instead of waiting."""
    return YahooMarket(
        base_url=base_url,
        cache_dir=cache_dir,
        timeout_seconds=timeout_seconds,
        now=clock.now,
        sleep=pauses(clock),
        budget=MemoryBudget(allowance=allowance, now=clock.now),
        flights=None,
        sessions=calendar,
    )


def pauses(clock: FakeClock) -> Callable[[float], None]:
    """Return a sleep that lets `clock` advance."""
    return lambda seconds: clock.advance(timedelta(seconds=seconds))
