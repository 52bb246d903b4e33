"""The dividends and splits in recorded answers of Yahoo, as positions book them."""

from datetime import date, timedelta

from app.adapters.market.calendar import ExchangeCalendar
from app.adapters.market.yahoo import YahooMarket
from app.domain.corporate_action import Dividend, Split
from app.simulation.announced import AnnouncedAction, announced
from tests.builders import ticks, usd
from tests.fakes.clock import FakeClock
from tests.integration.market.recorded_charts import READ, replayed
from tests.yahoo_replay import YahooReplay, chart_path

CALENDAR = ExchangeCalendar(start=date(2020, 1, 2), end=date(2026, 12, 31))


def told(
    file: str, yahoo: YahooReplay, market: YahooMarket, clock: FakeClock
) -> tuple[AnnouncedAction, ...]:
    """Return the actions in a recorded chart of daily bars."""
    case = next(case for case in READ if case.file.endswith(file))
    clock.set(case.read_at)
    answer = replayed(case.file, symbol=case.symbol, resolution=case.resolution)
    yahoo.script(chart_path(case.symbol), answer)
    history = market.fetch(
        symbol=case.symbol,
        resolution=case.resolution,
        start=case.start,
        end=case.end,
        on_progress=lambda done, total: None,
    )
    last = case.end + timedelta(days=1)
    return announced(history, sessions=CALENDAR.sessions(start=case.start, end=last))


class TestRecordedActions:
    def test_come_with_the_close_before_them(
        self, yahoo: YahooReplay, market: YahooMarket, clock: FakeClock
    ) -> None:
        assert told("history_chart_AAPL.json", yahoo, market, clock) == (
            AnnouncedAction(
                action=a_dividend(date(2025, 5, 12), "0.26"),
                previous_close=ticks("198.53"),
                doubt=None,
            ),
            AnnouncedAction(
                action=a_dividend(date(2025, 8, 11), "0.26"),
                previous_close=ticks("229.35"),
                doubt=None,
            ),
        )

    def test_are_doubted_without_a_close_before_them(
        self, yahoo: YahooReplay, market: YahooMarket, clock: FakeClock
    ) -> None:
        split, dividend = told("2020-08-31-to-2020-11-07.json", yahoo, market, clock)
        assert split.action == Split(ex_date=date(2020, 8, 31), numerator=4, denominator=1)
        assert split.doubt == "no close before its ex-date is known"
        assert dividend.action == a_dividend(date(2020, 11, 6), "0.205")
        assert (dividend.previous_close, dividend.doubt) == (ticks("119.03"), None)


def a_dividend(ex_date: date, per_share: str) -> Dividend:
    return Dividend(ex_date=ex_date, per_share=usd(per_share), pay_date=None)
