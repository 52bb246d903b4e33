"""Returns by month and year, by hand."""

from datetime import date

from app.simulation.metrics import Undefined
from app.simulation.months import MONTH, YEAR, calendar_returns

DATES = (
    date(2023, 11, 15),
    date(2023, 11, 30),
    date(2023, 12, 29),
    date(2024, 1, 31),
    date(2024, 3, 28),
)


class TestCalendarReturns:
    def test_runs_from_the_last_value_before_to_the_last_of_the_month(self) -> None:
        returns = calendar_returns(dates=DATES, values=(100, 110, 99, 198, 99), period=MONTH)
        assert returns == {"2023-11": 0.1, "2023-12": -0.1, "2024-01": 1.0, "2024-03": -0.5}

    def test_does_the_same_for_years(self) -> None:
        returns = calendar_returns(dates=DATES, values=(100, 110, 80, 198, 120), period=YEAR)
        assert returns == {"2023": -0.2, "2024": 0.5}

    def test_is_undefined_after_nothing_was_left(self) -> None:
        returns = calendar_returns(dates=DATES, values=(100, 100, 0, 0, 0), period=YEAR)
        assert returns == {"2023": -1.0, "2024": Undefined(reason="the equity was zero before it")}
