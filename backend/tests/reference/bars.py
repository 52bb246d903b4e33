"""Bars and their readers for the two shapes of daily price files."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.reference.rounding import MICRO, TICK, half_up

NEW_YORK = ZoneInfo("America/New_York")
OPEN, CLOSE = time(9, 30), time(16)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar, prices in USD; the actions are those of its session, on its first bar only.

    `start` and `end` are in UTC. `split` is new shares for one old share, 1 where prices already
    contain it.
    """

    session: date
    start: datetime
    end: datetime
    open: Fraction
    high: Fraction
    low: Fraction
    close: Fraction
    dividend: Fraction = Fraction(0)
    pay_date: date | None = None
    split: Fraction = Fraction(1)

    def __post_init__(self) -> None:
        assert self.start < self.end
        assert 0 < self.low <= min(self.open, self.close)
        assert self.high >= max(self.open, self.close)


def read_raw(
    path: Path, *, start: date, end: date, closes: Mapping[date, time] | None = None
) -> tuple[Bar, ...]:
    """Return the sessions from `start` to `end`, both included, of as-traded daily prices.

    `closes` names the sessions that close at another New York time than 16:00.
    """
    return tuple(
        _bar(row, row["close"], row["dividend"], Fraction(row["split_ratio"]), closes or {})
        for row in _rows(path, start, end)
    )


def read_split_adjusted(
    path: Path, *, start: date, end: date, closes: Mapping[date, time] | None = None
) -> tuple[Bar, ...]:
    """Return the sessions from `start` to `end` of daily prices that contain their splits."""
    return tuple(
        _bar(
            row,
            row["close_splitadj"],
            row["dividend_splitadj_derived"],
            Fraction(1),
            closes or {},
        )
        for row in _rows(path, start, end)
    )


def _rows(path: Path, start: date, end: date) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return [
            row for row in csv.DictReader(file) if start <= date.fromisoformat(row["date"]) <= end
        ]


def _bar(
    row: dict[str, str], close: str, dividend: str, split: Fraction, closes: Mapping[date, time]
) -> Bar:
    session = date.fromisoformat(row["date"])
    return Bar(
        session=session,
        start=datetime.combine(session, OPEN, NEW_YORK).astimezone(UTC),
        end=datetime.combine(session, closes.get(session, CLOSE), NEW_YORK).astimezone(UTC),
        open=half_up(Fraction(row["open"]), TICK),
        high=half_up(Fraction(row["high"]), TICK),
        low=half_up(Fraction(row["low"]), TICK),
        close=half_up(Fraction(close), TICK),
        dividend=half_up(Fraction(dividend), MICRO),
        split=split,
    )
