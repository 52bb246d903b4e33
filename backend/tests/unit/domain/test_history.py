from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.history import History, HistoryBar, settled

OPENED = datetime(2024, 1, 2, 14, 30, tzinfo=UTC)
BAR = HistoryBar(
    start=OPENED, open=589400, high=599600, low=589300, close=598200, volume=18035200, final=True
)
NEXT = replace(BAR, start=OPENED + timedelta(days=1), close=598600)


def history(*bars: HistoryBar) -> History:
    return History(
        symbol="KO",
        currency="USD",
        exchange_timezone="America/New_York",
        resolution="1d",
        bars=bars,
        dividends=(),
        splits=(),
        source="yahoo",
        received_at=OPENED + timedelta(days=3),
    )


class TestSettled:
    def test_holds_what_two_reads_gave_alike(self) -> None:
        changed = replace(NEXT, close=598700)

        assert settled(first=history(BAR, NEXT), second=history(BAR, NEXT)) == (BAR, NEXT)
        assert settled(first=history(BAR, NEXT), second=history(BAR, changed)) == (BAR,)
        assert settled(first=history(BAR), second=history(BAR, NEXT)) == (BAR,)

    def test_holds_no_bar_that_was_not_final_in_both(self) -> None:
        pending = replace(BAR, final=False)

        assert settled(first=history(pending), second=history(BAR)) == ()
        assert settled(first=history(pending), second=history(pending)) == ()


class TestAHistoryBar:
    @pytest.mark.parametrize("price", [0, -1])
    def test_has_no_price_that_is_none(self, price: int) -> None:
        with pytest.raises(AssertionError):
            replace(BAR, low=price)


class TestAHistory:
    def test_has_no_bar_twice(self) -> None:
        with pytest.raises(AssertionError):
            history(BAR, BAR)
