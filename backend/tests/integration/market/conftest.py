from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from app.adapters.market.calendar import ExchangeCalendar
from app.adapters.market.yahoo import YahooMarket
from tests.fakes.clock import FakeClock
from tests.yahoo_market import yahoo_market
from tests.yahoo_replay import YahooReplay

AFTER_EVERY_RECORDING = datetime(2026, 8, 1, tzinfo=UTC)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(at=AFTER_EVERY_RECORDING)


@pytest.fixture(scope="session")
def calendar() -> ExchangeCalendar:
    return ExchangeCalendar(start=date(1990, 1, 2), end=date(2026, 12, 31))


@pytest.fixture
def yahoo() -> Iterator[YahooReplay]:
    with YahooReplay() as server:
        yield server


type Opens = Callable[..., YahooMarket]


@pytest.fixture
def opens(tmp_path: Path, clock: FakeClock, calendar: ExchangeCalendar) -> Opens:
    def opens(*, base_url: str, timeout_seconds: float = 5.0) -> YahooMarket:
        return yahoo_market(
            base_url=base_url,
            cache_dir=tmp_path / "yahoo",
            clock=clock,
            calendar=calendar,
            timeout_seconds=timeout_seconds,
        )

    return opens


@pytest.fixture
def market(yahoo: YahooReplay, opens: Opens) -> YahooMarket:
    return opens(base_url=yahoo.base_url)
