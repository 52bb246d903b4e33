from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.adapters.market.yahoo import YahooMarket
from tests.fakes.clock import FakeClock
from tests.yahoo_replay import YahooReplay

AFTER_EVERY_RECORDING = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="session")
def clock() -> FakeClock:
    return FakeClock(at=AFTER_EVERY_RECORDING)


@pytest.fixture
def yahoo() -> Iterator[YahooReplay]:
    with YahooReplay() as server:
        yield server


type Opens = Callable[..., YahooMarket]


@pytest.fixture
def opens(tmp_path: Path, clock: FakeClock) -> Opens:
    def opens(*, base_url: str, timeout_seconds: float = 5.0) -> YahooMarket:
        return YahooMarket(
            base_url=base_url,
            cache_dir=tmp_path / "yahoo",
            now=clock.now,
            timeout_seconds=timeout_seconds,
        )

    return opens


@pytest.fixture
def market(yahoo: YahooReplay, opens: Opens) -> YahooMarket:
    return opens(base_url=yahoo.base_url)
