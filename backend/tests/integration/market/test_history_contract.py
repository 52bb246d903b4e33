"""What every provider of past bars promises, the one of the tests included."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

import pytest

from app.adapters.market.yahoo import YahooMarket
from app.domain.corporate_action import Dividend, Split
from app.domain.errors import ProviderError, ProviderFailure
from app.domain.history import History
from app.services.ports import HistoryProvider
from app.simulation.bars import Adjustment, Bars, Resolution
from tests.fakes.clock import FakeClock
from tests.fakes.history import FakeHistory
from tests.yahoo_replay import Answer, YahooReplay, chart_answer, chart_path

NEW_YORK = ZoneInfo("America/New_York")
FIRST, SECOND, THIRD = date(2026, 7, 29), date(2026, 7, 30), date(2026, 7, 31)
DAYS = (FIRST, SECOND, THIRD)
CLOSES = ("59.82", "59.860001", "58.94")  # of KO on 2024-01-02 to 04
TICKS = (598200, 598600, 589400)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(at=datetime.combine(THIRD, time(16, 10), NEW_YORK).astimezone(UTC))


class Stage(Protocol):
    @property
    def provider(self) -> HistoryProvider: ...

    def give(self) -> None: ...

    def refuse(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class YahooStage:
    yahoo: YahooReplay
    provider: HistoryProvider

    def give(self) -> None:
        at = [datetime.combine(day, time(9, 30), NEW_YORK) for day in DAYS]
        stamps = [int(each.timestamp()) for each in at]
        answer = chart_answer(
            "KO",
            interval="1d",
            rows=[
                (when, price, price, price, price, 100)
                for when, price in zip(at, CLOSES, strict=True)
            ],
            events={
                "dividends": {str(each): {"amount": 0.485, "date": each} for each in stamps},
                "splits": {"a": {"date": stamps[1], "numerator": 2, "denominator": 1}},
            },
        )
        self.yahoo.script(chart_path("KO"), answer)

    def refuse(self) -> None:
        refusal = Answer(status=429, body=b"", headers={"Retry-After": "900"})
        self.yahoo.script(chart_path("KO"), refusal)


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeStage:
    provider: FakeHistory

    def give(self) -> None:
        starts = [datetime.combine(day, time(9, 30), NEW_YORK) for day in DAYS]
        seconds = [int(start.timestamp()) for start in starts]
        self.provider.give(
            Bars(
                symbol="KO",
                resolution=Resolution.DAY,
                adjustment=Adjustment.SPLIT,
                starts=array("q", seconds),
                ends=array("q", [each + 23_400 for each in seconds]),
                sessions=array("q", [day.toordinal() for day in DAYS]),
                opens=array("q", TICKS),
                highs=array("q", TICKS),
                lows=array("q", TICKS),
                closes=array("q", TICKS),
                volumes=array("q", [100] * 3),
                dividends=tuple(
                    Dividend(ex_date=day, per_share=485_000, pay_date=None) for day in DAYS
                ),
                splits=(Split(ex_date=SECOND, numerator=2, denominator=1),),
            )
        )

    def refuse(self) -> None:
        self.provider.fail(code=ProviderFailure.RATE_LIMITED)


@pytest.fixture(params=["yahoo", "fake"])
def stage(
    request: pytest.FixtureRequest, yahoo: YahooReplay, market: YahooMarket, clock: FakeClock
) -> Stage:
    if request.param == "yahoo":
        return YahooStage(yahoo=yahoo, provider=market)
    return FakeStage(provider=FakeHistory(now=clock.now))


def fetch(
    stage: Stage,
    *,
    start: date = FIRST,
    end: date = THIRD,
    symbol: str = "KO",
    progress: list[tuple[int, int]] | None = None,
) -> History:
    return stage.provider.fetch(
        symbol=symbol,
        resolution=Resolution.DAY,
        start=start,
        end=end,
        on_progress=lambda done, total: (
            None if progress is None else progress.append((done, total))
        ),
    )


def days(moments: Sequence[datetime]) -> list[date]:
    return [moment.astimezone(NEW_YORK).date() for moment in moments]


class TestAProviderOfHistory:
    def test_gives_bars_in_ticks_with_their_provenance(
        self, stage: Stage, clock: FakeClock
    ) -> None:
        stage.give()

        history = fetch(stage)

        assert [bar.close for bar in history.bars] == list(TICKS)
        assert days([bar.start for bar in history.bars]) == list(DAYS)
        assert {bar.start.astimezone(NEW_YORK).time() for bar in history.bars} == {time(9, 30)}
        assert (history.symbol, history.currency, history.source) == ("KO", "USD", "yahoo")
        assert (history.resolution, history.received_at) == ("1d", clock.now())
        assert history.exchange_timezone == "America/New_York"

    def test_gives_both_ends_of_the_span_and_nothing_else(self, stage: Stage) -> None:
        stage.give()

        history = fetch(stage, start=SECOND, end=THIRD)

        assert days([bar.start for bar in history.bars]) == [SECOND, THIRD]
        assert [each.ex_date for each in history.dividends] == [SECOND, THIRD]
        assert [each.ex_date for each in history.splits] == [SECOND]

    def test_calls_a_bar_final_a_while_after_its_end(self, stage: Stage, clock: FakeClock) -> None:
        stage.give()
        assert [bar.final for bar in fetch(stage).bars] == [True, True, False]

        clock.advance(timedelta(minutes=5))

        assert [bar.final for bar in fetch(stage).bars] == [True, True, True]

    def test_tells_how_far_it_is_until_it_is_done(self, stage: Stage) -> None:
        stage.give()
        progress: list[tuple[int, int]] = []

        fetch(stage, progress=progress)

        assert progress[0][0] == 0
        assert progress[-1][0] == progress[-1][1]

    def test_knows_no_symbol_that_is_not_listed(self, stage: Stage) -> None:
        stage.give()

        with pytest.raises(ProviderError) as caught:
            fetch(stage, symbol="NOPE")

        assert caught.value.code is ProviderFailure.UNKNOWN_SYMBOL

    def test_refuses_a_span_that_ends_before_it_begins(self, stage: Stage) -> None:
        with pytest.raises(ProviderError) as caught:
            fetch(stage, start=THIRD, end=FIRST)

        assert caught.value.code is ProviderFailure.RANGE

    def test_says_that_there_is_nothing(self, stage: Stage) -> None:
        stage.give()

        with pytest.raises(ProviderError) as caught:
            fetch(stage, start=date(2026, 7, 27), end=date(2026, 7, 28))

        assert caught.value.code is ProviderFailure.NO_DATA

    def test_passes_a_refusal_on(self, stage: Stage) -> None:
        stage.refuse()

        with pytest.raises(ProviderError) as caught:
            fetch(stage)

        assert caught.value.code is ProviderFailure.RATE_LIMITED
