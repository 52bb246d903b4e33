"""Hour bars and runs for figures worked out by hand, and the recorded bars beside them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from pathlib import Path as File
from typing import Any

from tests.reference.bars import Bar, read_raw
from tests.reference.exact import Holdings, Result, simulate
from tests.reference.terms import Model, Path, Strategy

F = Fraction
DAY, NEXT, THIRD = date(2024, 1, 2), date(2024, 1, 3), date(2024, 1, 4)


def bar(
    session: date,
    close: str,
    *,
    opens: str | None = None,
    high: str | None = None,
    low: str | None = None,
    hour: int = 21,
    **more: Any,
) -> Bar:
    """Return the bar of the hour that ends at `hour` UTC; a price left out is the nearest given."""
    end = datetime.combine(session, time(hour), UTC)
    ends = (F(opens or close), F(close))
    return Bar(
        session=session,
        start=end - timedelta(hours=1),
        end=end,
        open=ends[0],
        high=F(high) if high else max(ends),
        low=F(low) if low else min(ends),
        close=ends[1],
        **more,
    )


def recorded(
    symbol: str, *, start: date = date(2018, 1, 2), end: date = date(2020, 12, 31)
) -> tuple[Bar, ...]:
    """Return bundled daily bars, which contain their splits."""
    bars = read_raw(File(__file__).parents[2] / f"data/{symbol}.csv", start=start, end=end)
    return tuple(replace(one, split=F(1)) for one in bars)


def run(
    bars: Sequence[Bar],
    *,
    model: Model = "close",
    path: Path = "pessimistic",
    cash: str = "10000",
    shares: str = "100",
    **strategy: Any,
) -> Result:
    """Return a run that opens with the anchor at 100."""
    return simulate(
        bars=bars,
        opening=Holdings(cash=F(cash), shares=F(shares), anchor=F(100)),
        strategy=Strategy(**strategy),
        model=model,
        path=path,
    )
