"""Returns by calendar month and by calendar year."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import groupby

from app.simulation.metrics import Statistic, Undefined

MONTH = len("2010-01")
YEAR = len("2010")


def calendar_returns[N: (int, Decimal)](
    *, dates: Sequence[date], values: Sequence[N], period: int
) -> Mapping[str, Statistic]:
    """Return the return of each MONTH or YEAR, such as "2010-01", oldest first.

    It runs from the last value of the period before, in the first period from the first value of
    all, to the last value of its own.
    """
    marks = zip(dates, values, strict=True)
    returns: dict[str, Statistic] = {}
    opening = values[0]
    for name, inside in groupby(marks, key=lambda mark: mark[0].isoformat()[:period]):
        *_, (_, closing) = inside
        if opening:
            returns[name] = float((closing - opening) / opening)
        else:
            returns[name] = Undefined(reason="the equity was zero before it")
        opening = closing
    return returns
