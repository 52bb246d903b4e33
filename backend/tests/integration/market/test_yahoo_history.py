from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest

from app.adapters.market.calendar import ExchangeCalendar
from app.adapters.market.yahoo import YahooMarket
from app.domain.errors import ProviderError
from app.domain.history import History
from app.services.ports import HistoryProvider
from app.simulation.bars import Resolution
from tests.fakes.clock import FakeClock
from tests.yahoo_replay import (
    Answer,
    ChartRow,
    YahooReplay,
    chart_answer,
    chart_path,
    ko_closes,
)

NEW_YORK = ZoneInfo("America/New_York")
CHART = chart_path("KO")
# In the week before, the clocks went back; Thursday 2025-11-27 is a holiday.
NOW = datetime(2025, 11, 25, 3, tzinfo=UTC)
TODAY = date(2025, 11, 24)  # in New York


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(at=NOW)


def fetch(
    market: HistoryProvider,
    *,
    start: date,
    end: date = TODAY,
    resolution: Resolution = Resolution.DAY,
) -> History:
    return market.fetch(
        symbol="KO",
        resolution=resolution,
        start=start,
        end=end,
        on_progress=lambda done, total: None,
    )


def error_of(market: HistoryProvider, **span: object) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        fetch(market, **span)  # type: ignore[arg-type]
    return caught.value


def rows_of(days: Sequence[date], *, step: timedelta, first: time = time(9, 30)) -> list[ChartRow]:
    """Return rows from 09:30 to 16:00 of `days`, with the recorded closes of KO in turn."""
    closes = ko_closes()
    rows: list[ChartRow] = []
    for day in days:
        at = datetime.combine(day, first, NEW_YORK)
        while at.date() == day and at.time() < time(16):
            price = closes[len(rows) % len(closes)]
            rows.append((at, price, price, price, price, 100 + len(rows)))
            at += step
    return rows


def daily(days: Sequence[date]) -> list[ChartRow]:
    return rows_of(days, step=timedelta(days=1))


def spans(yahoo: YahooReplay) -> list[timedelta]:
    queries = [parse_qs(urlsplit(path).query) for path in yahoo.charts("KO")]
    return [timedelta(seconds=int(q["period2"][0]) - int(q["period1"][0])) for q in queries]


class TestAHistory:
    @pytest.mark.parametrize(
        ("resolution", "step", "days", "requests", "longest"),
        [
            (Resolution.MINUTE, timedelta(minutes=1), 29, 5, 8),
            (Resolution.FIVE_MINUTES, timedelta(minutes=5), 59, 1, 60),
            (Resolution.QUARTER_HOUR, timedelta(minutes=15), 59, 1, 60),
            (Resolution.HOUR, timedelta(hours=1), 729, 1, 730),
            (Resolution.DAY, timedelta(days=1), 3000, 1, None),
        ],
    )
    def test_holds_every_bar_once_however_many_requests_it_took(
        self,
        yahoo: YahooReplay,
        market: YahooMarket,
        calendar: ExchangeCalendar,
        resolution: Resolution,
        step: timedelta,
        days: int,
        requests: int,
        longest: int | None,
    ) -> None:
        start = TODAY - timedelta(days=days)
        rows = rows_of(calendar.sessions(start=start, end=TODAY), step=step)
        yahoo.script(CHART, chart_answer("KO", interval=resolution, rows=rows))

        history = fetch(market, start=start, resolution=resolution)

        assert [bar.start for bar in history.bars] == [row[0] for row in rows]
        assert [bar.volume for bar in history.bars] == [row[5] for row in rows]
        assert len(yahoo.charts("KO")) == requests
        assert longest is None or max(spans(yahoo)) <= timedelta(days=longest)

    def test_tells_how_far_it_is(self, yahoo: YahooReplay, market: YahooMarket) -> None:
        yahoo.script(CHART, chart_answer("KO", interval="1m", rows=daily([TODAY])))
        steps: list[tuple[int, int]] = []

        market.fetch(
            symbol="KO",
            resolution=Resolution.MINUTE,
            start=TODAY - timedelta(days=20),
            end=TODAY,
            on_progress=lambda done, total: steps.append((done, total)),
        )

        assert steps == [(0, 3), (1, 3), (2, 3), (3, 3)]

    @pytest.mark.parametrize(
        ("resolution", "days"),
        [("1m", 30), ("5m", 60), ("15m", 60), ("30m", 60), ("1h", 730)],
    )
    def test_is_not_asked_for_further_back_than_yahoo_serves(
        self, yahoo: YahooReplay, market: YahooMarket, resolution: str, days: int
    ) -> None:
        start = TODAY - timedelta(days=days)

        error = error_of(market, start=start, resolution=Resolution(resolution))

        assert error.code == "RANGE"
        assert f"go back {days} days" in str(error)
        assert f"the earliest start is {start + timedelta(days=1)}" in str(error)
        assert yahoo.requests == ()
        assert market.limits(resolution=Resolution(resolution)).max_age == timedelta(days=days)

    def test_is_not_asked_for_the_future_or_backwards(
        self, yahoo: YahooReplay, market: YahooMarket
    ) -> None:
        tomorrow = TODAY + timedelta(days=1)

        assert "future" in str(error_of(market, start=TODAY, end=tomorrow))
        assert "after its end" in str(error_of(market, start=tomorrow, end=TODAY))
        assert yahoo.requests == ()

    def test_is_not_asked_for_what_is_no_symbol(
        self, yahoo: YahooReplay, market: YahooMarket
    ) -> None:
        with pytest.raises(ProviderError) as caught:
            market.fetch(
                symbol="../KO",
                resolution=Resolution.DAY,
                start=TODAY,
                end=TODAY,
                on_progress=lambda done, total: None,
            )

        assert caught.value.code == "UNKNOWN_SYMBOL"
        assert yahoo.requests == ()

    def test_asks_for_a_symbol_with_special_signs(
        self, yahoo: YahooReplay, market: YahooMarket
    ) -> None:
        rows = daily([TODAY])
        yahoo.script(chart_path("BRK-B"), chart_answer("BRK-B", interval="1d", rows=rows))

        history = market.fetch(
            symbol="BRK-B",
            resolution=Resolution.DAY,
            start=TODAY,
            end=TODAY,
            on_progress=lambda done, total: None,
        )

        assert (history.symbol, len(history.bars)) == ("BRK-B", 1)

    def test_keeps_a_null_as_none(self, yahoo: YahooReplay, market: YahooMarket) -> None:
        at = datetime.combine(TODAY, time(9, 30), NEW_YORK)
        rows: list[ChartRow] = [(at, None, "60", None, "59", None)]
        yahoo.script(CHART, chart_answer("KO", interval="1d", rows=rows))

        bar = fetch(market, start=TODAY).bars[0]

        assert (bar.open, bar.high, bar.low, bar.close) == (None, 600000, None, 590000)
        assert bar.volume is None

    def test_begins_where_the_listing_does(self, yahoo: YahooReplay, market: YahooMarket) -> None:
        before = Answer(
            status=400,
            body=b'{"chart":{"result":null,"error":{"code":"Bad Request","description":'
            b'"Data doesn\'t exist for startDate = 1, endDate = 2"}}}',
        )
        rows = rows_of([TODAY], step=timedelta(minutes=1))
        yahoo.script(CHART, before, chart_answer("KO", interval="1m", rows=rows))

        start = TODAY - timedelta(days=10)
        assert len(fetch(market, start=start, resolution=Resolution.MINUTE).bars) == 390

    def test_says_that_there_is_nothing_on_trading_days(
        self, yahoo: YahooReplay, market: YahooMarket
    ) -> None:
        yahoo.script(CHART, chart_answer("KO", interval="1d", rows=[]))

        assert error_of(market, start=TODAY - timedelta(days=7)).code == "NO_DATA"

    def test_says_that_the_exchange_was_closed(
        self, yahoo: YahooReplay, market: YahooMarket
    ) -> None:
        yahoo.script(CHART, chart_answer("KO", interval="1d", rows=[]))
        weekend = (date(2025, 11, 22), date(2025, 11, 23))

        error = error_of(market, start=weekend[0], end=weekend[1])

        assert (error.code, "was closed" in str(error)) == ("CLOSED", True)

    def test_holds_the_actions_of_its_span_only(
        self, yahoo: YahooReplay, market: YahooMarket
    ) -> None:
        days = [date(2025, 9, 12), date(2025, 9, 15), date(2025, 9, 16)]
        stamps = [int(datetime.combine(day, time(9, 30), NEW_YORK).timestamp()) for day in days]
        events = {
            "dividends": {str(at): {"amount": 0.51, "date": at} for at in stamps},
            "splits": {str(at): {"numerator": 2, "denominator": 1, "date": at} for at in stamps},
        }
        yahoo.script(CHART, chart_answer("KO", interval="1d", rows=daily(days), events=events))

        history = fetch(market, start=days[1], end=days[1])

        assert [each.ex_date for each in history.dividends] == [days[1]]
        assert [each.ex_date for each in history.splits] == [days[1]]


class TestPartsOfAHistory:
    def test_that_contradict_each_other_are_not_joined(
        self, yahoo: YahooReplay, market: YahooMarket
    ) -> None:
        first, shared = TODAY - timedelta(days=10), TODAY - timedelta(days=3)
        rows = rows_of([first, shared, TODAY], step=timedelta(minutes=1))
        changed = [(at, *[f"{float(o or 0) + 1}"] * 4, v) for at, o, *_, v in rows]
        yahoo.script(
            CHART,
            chart_answer("KO", interval="1m", rows=rows),
            chart_answer("KO", interval="1m", rows=changed),  # type: ignore[arg-type]
        )

        error = error_of(market, start=first, resolution=Resolution.MINUTE)

        assert error.code == "UNAVAILABLE"
        assert f"contradict each other about the bar of {shared}" in str(error)

    def test_wait_out_a_short_refusal(
        self, yahoo: YahooReplay, market: YahooMarket, clock: FakeClock
    ) -> None:
        rows = rows_of([TODAY], step=timedelta(minutes=1))
        bars = chart_answer("KO", interval="1m", rows=rows)
        refusal = Answer(status=429, body=b"", headers={"Retry-After": "7"})
        yahoo.script(CHART, bars, refusal, bars)
        start = TODAY - timedelta(days=10)

        assert len(fetch(market, start=start, resolution=Resolution.MINUTE).bars) == 390
        assert clock.now() - NOW >= timedelta(seconds=7)

    def test_can_be_given_up_while_a_refusal_is_waited_out(
        self, yahoo: YahooReplay, market: YahooMarket, clock: FakeClock
    ) -> None:
        yahoo.script(CHART, Answer(status=429, body=b"", headers={"Retry-After": "60"}))

        def enough(_done: int, _total: int) -> None:
            if clock.now() > NOW:
                raise InterruptedError

        with pytest.raises(InterruptedError):
            market.fetch(
                symbol="KO",
                resolution=Resolution.DAY,
                start=TODAY,
                end=TODAY,
                on_progress=enough,
            )

        assert clock.now() - NOW == timedelta(seconds=1)

    def test_are_given_up_together_at_a_long_refusal(
        self, yahoo: YahooReplay, market: YahooMarket, clock: FakeClock
    ) -> None:
        yahoo.script(CHART, Answer(status=429, body=b"", headers={"Retry-After": "900"}))

        error = error_of(market, start=TODAY)

        assert (error.code, error.retry_after_seconds) == ("RATE_LIMITED", 900)
        assert len(yahoo.charts("KO")) == 1


class TestABar:
    @pytest.mark.parametrize(
        ("read_at", "final"), [(time(16, 14, 59), False), (time(16, 15), True)]
    )
    def test_of_a_day_is_final_when_it_had_time_to_settle(
        self,
        yahoo: YahooReplay,
        market: YahooMarket,
        clock: FakeClock,
        read_at: time,
        *,
        final: bool,
    ) -> None:
        clock.set(datetime.combine(TODAY, read_at, NEW_YORK).astimezone(UTC))
        yahoo.script(CHART, chart_answer("KO", interval="1d", rows=daily([TODAY])))

        assert fetch(market, start=TODAY).bars[0].final is final

    def test_of_a_day_under_way_is_not_final_however_old_the_answer(
        self, yahoo: YahooReplay, market: YahooMarket
    ) -> None:
        days = [TODAY - timedelta(days=3), TODAY]
        rows = daily(days)
        rows[1] = (datetime.combine(TODAY, time(15, 59, 58), NEW_YORK), *rows[1][1:])
        yahoo.script(CHART, chart_answer("KO", interval="1d", rows=rows))

        bars = fetch(market, start=days[0]).bars

        assert [bar.start for bar in bars] == [row[0] for row in daily(days)]
        assert [bar.final for bar in bars] == [True, False]

    def test_is_there_once_when_the_day_under_way_has_a_second_row(
        self, yahoo: YahooReplay, market: YahooMarket
    ) -> None:
        [row] = daily([TODAY])
        live = (datetime.combine(TODAY, time(15, 59, 58), NEW_YORK), "1", "1", "1", "1", 1)
        yahoo.script(CHART, chart_answer("KO", interval="1d", rows=[row, live]))

        [bar] = fetch(market, start=TODAY).bars

        assert bar.volume == row[5]

    def test_is_no_trade_of_this_moment_and_none_before_or_after_hours(
        self, yahoo: YahooReplay, market: YahooMarket
    ) -> None:
        rows = rows_of([TODAY], step=timedelta(minutes=5), first=time(8))
        session = rows[18:]  # from 09:30
        rows.append((datetime.combine(TODAY, time(16), NEW_YORK), "1", "1", "1", "1", 0))
        rows.append((datetime.combine(TODAY, time(16, 5), NEW_YORK), "1", "1", "1", "1", 0))
        rows.insert(30, (datetime.combine(TODAY, time(10, 27, 3), NEW_YORK), *rows[30][1:]))
        yahoo.script(CHART, chart_answer("KO", interval="5m", rows=rows))

        bars = fetch(market, start=TODAY, resolution=Resolution.FIVE_MINUTES).bars

        assert [(bar.start, bar.volume) for bar in bars] == [(row[0], row[5]) for row in session]

    @pytest.mark.parametrize("day", [date(2025, 10, 31), date(2025, 11, 3)])
    def test_starts_by_the_clock_of_new_york_on_both_sides_of_its_change(
        self, yahoo: YahooReplay, market: YahooMarket, day: date
    ) -> None:
        rows = rows_of([day], step=timedelta(minutes=1))
        yahoo.script(CHART, chart_answer("KO", interval="1m", rows=rows))

        bars = fetch(market, start=day, end=day, resolution=Resolution.MINUTE).bars

        assert bars[0].start.astimezone(NEW_YORK).time() == time(9, 30)
        assert len(bars) == 390

    def test_of_half_an_hour_is_made_of_two_quarters(
        self, yahoo: YahooReplay, market: YahooMarket
    ) -> None:
        at = datetime.combine(TODAY, time(9, 30), NEW_YORK)
        quarter = timedelta(minutes=15)
        rows: list[ChartRow] = [
            (at, "59", "61", "58", "60", 10),
            (at + quarter, "60", "63", "59.5", "62", 5),
            (at + 2 * quarter, "62", "62.5", "61", "61.5", 7),
            (at + 3 * quarter, None, None, None, None, None),
        ]
        yahoo.script(CHART, chart_answer("KO", interval="15m", rows=rows))

        bars = fetch(market, start=TODAY, resolution=Resolution.HALF_HOUR).bars

        assert [(b.open, b.high, b.low, b.close, b.volume) for b in bars] == [
            (590000, 630000, 580000, 620000, 15),
            (620000, 625000, 610000, 615000, 7),
        ]
        assert [bar.start for bar in bars] == [at, at + 2 * quarter]
