"""When the market data are said to be down."""

from datetime import UTC, datetime

import pytest

from app.domain.budget import Breaker, BudgetStatus
from app.domain.errors import ProviderFailure
from app.routes.v1.schemas.system import data_out
from app.services.read_market import CacheUse, Outage
from app.services.read_status import DataState

NOW = datetime(2025, 6, 2, 14, tzinfo=UTC)
OUTAGE = Outage(
    since=NOW,
    asked_at=NOW,
    code=ProviderFailure.UNAVAILABLE,
    message="It is away.",
    retry_at=NOW,
)


class TestTheState:
    @pytest.mark.parametrize(
        ("outage", "breaker", "state"),
        [
            (None, Breaker.CLOSED, "ok"),
            (OUTAGE, Breaker.CLOSED, "down"),
            (None, Breaker.OPEN, "down"),
            (None, Breaker.HALF_OPEN, "ok"),
        ],
    )
    def test_is_down_in_an_outage_or_while_another_process_left_the_breaker_open(
        self, outage: Outage | None, breaker: Breaker, state: str
    ) -> None:
        shown = data_out(
            DataState(
                at=NOW,
                budget=BudgetStatus(left=1, burst=60, breaker=breaker, cause=None, until=None),
                outage=outage,
                cache=CacheUse(hits=0, misses=0),
                prices={},
            )
        )
        assert shown.state == state
