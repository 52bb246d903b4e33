"""Which bars a run has, and what happens before the first of each session."""

from datetime import date

import pytest

from app.domain.errors import InvalidInputError
from app.domain.observation import MarketPhase
from app.simulation.bars import Adjustment
from app.simulation.sessions import ExDividend, phase_of, sessions_of, window_of
from tests.builders import ticks
from tests.unit.simulation.runs import daily, dividend, hourly, request, split, weekday

FIVE = ("100", "101", "102", "103", "104")


class TestWindowOf:
    def test_includes_both_dates(self) -> None:
        bars = daily(*FIVE)
        dates = {"start": weekday(1).isoformat(), "end": weekday(3).isoformat()}
        assert window_of(bars=bars, request=request(bars, **dates)) == range(1, 4)

    def test_allows_dates_without_a_session(self) -> None:
        bars = daily(*FIVE)
        dates = {"start": "2024-01-06", "end": "2024-01-08"}  # Saturday to Monday
        assert window_of(bars=bars, request=request(bars, **dates)) == range(4, 5)

    def test_starts_with_the_first_bar_of_an_open_session(self) -> None:
        bars = hourly((0, 8, "100"), (0, 10, "101"), (0, 16, "102"))
        assert window_of(bars=bars, request=request(bars)) == range(1, 3)
        extended = request(bars, strategy={"sessions": "extended"})
        assert window_of(bars=bars, request=extended) == range(3)

    @pytest.mark.parametrize(
        ("dates", "field", "allowed"),
        [
            ({"start": "2024-01-01"}, "start", "from 2024-01-02 to 2024-01-08"),
            ({"end": "2024-01-09"}, "end", "from 2024-01-02 to 2024-01-08"),
            ({"start": "2024-01-06", "end": "2024-01-07"}, "end", "the sessions of the dataset"),
        ],
    )
    def test_refuses_dates_that_the_dataset_does_not_cover(
        self, dates: dict[str, str], field: str, allowed: str
    ) -> None:
        bars = daily(*FIVE)
        with pytest.raises(InvalidInputError) as raised:
            window_of(bars=bars, request=request(bars, **dates))
        (error,) = raised.value.errors
        assert error.field == field
        assert allowed in error.allowed


class TestPhaseOf:
    def test_goes_by_the_start_of_a_bar_in_new_york(self) -> None:
        bars = hourly((0, 9, "100"), (0, 10, "100"), (0, 15, "100"), (0, 16, "100"))
        phases = [phase_of(bars, index) for index in range(4)]
        extended, regular = MarketPhase.EXTENDED, MarketPhase.REGULAR
        assert phases == [extended, regular, regular, extended]


class TestSessionsOf:
    def test_groups_bars_and_finds_the_regular_close(self) -> None:
        bars = hourly((0, 10, "100"), (0, 15, "101"), (0, 16, "102"), (1, 16, "103"))
        first, second = sessions_of(bars=bars, window=range(4), pay_lag_days=30)
        assert (first.bars, first.close) == (range(3), 1)
        assert (second.bars, second.close) == (range(3, 4), None)

    def test_counts_calendar_days_between_sessions(self) -> None:
        sessions = sessions_of(bars=daily(*FIVE), window=range(5), pay_lag_days=30)
        assert [session.idle_days for session in sessions] == [0, 1, 1, 1, 3]

    def test_leaves_out_the_actions_of_the_openings_own_date(self) -> None:
        bars = daily(*FIVE, dividends=[dividend(0, "1"), dividend(1, "2")], splits=[split(0, 2, 1)])
        sessions = sessions_of(bars=bars, window=range(5), pay_lag_days=30)
        assert [len(session.actions) for session in sessions] == [0, 1, 0, 0, 0]

    def test_puts_splits_before_dividends_and_adjusts_the_close_before(self) -> None:
        bars = daily(*FIVE, dividends=[dividend(1, "1")], splits=[split(1, 3, 2)])
        booked = sessions_of(bars=bars, window=range(2), pay_lag_days=0)[1]
        first, second = booked.actions
        assert first == split(1, 3, 2)
        assert isinstance(second, ExDividend)
        assert second.previous_close == ticks("66.6667")  # 100 / 1.5, half up
        assert booked.payments == (second.number,)

    def test_does_not_apply_splits_to_adjusted_prices(self) -> None:
        bars = daily(
            *FIVE,
            dividends=[dividend(1, "1")],
            splits=[split(1, 2, 1)],
            adjustment=Adjustment.SPLIT,
        )
        (only,) = sessions_of(bars=bars, window=range(2), pay_lag_days=0)[1].actions
        assert isinstance(only, ExDividend)
        assert only.previous_close == ticks("100")

    def test_pays_in_the_first_session_on_or_after_the_day(self) -> None:
        # ex 3 January; 4 days later is Sunday the 7th, so Monday the 8th
        bars = daily(*FIVE, dividends=[dividend(1, "1")])
        sessions = sessions_of(bars=bars, window=range(5), pay_lag_days=4)
        assert [session.date for session in sessions if session.payments] == [date(2024, 1, 8)]

    def test_prefers_a_known_pay_date(self) -> None:
        bars = daily(*FIVE, dividends=[dividend(1, "1", paid=2)])
        sessions = sessions_of(bars=bars, window=range(5), pay_lag_days=30)
        assert [session.date for session in sessions if session.payments] == [weekday(2)]

    def test_books_an_action_on_a_date_without_bars_before_the_next_session(self) -> None:
        bars = daily(*FIVE, dividends=[dividend(1, "1"), dividend(3, "2")])
        window = range(4, 5)
        assert sessions_of(bars=bars, window=window, pay_lag_days=0)[0].actions == ()
        gap = daily("100", dividends=[dividend(1, "1"), dividend(3, "2")])
        assert len(sessions_of(bars=gap, window=range(1), pay_lag_days=0)) == 1
