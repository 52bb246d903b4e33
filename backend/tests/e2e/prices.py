"""Price files to import: the recorded closes of KO, one after another, as minutes."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import cycle, islice
from zoneinfo import ZoneInfo

from tests.yahoo_replay import ko_closes

_NEW_YORK = ZoneInfo("America/New_York")
_MINUTES = 390


def minute_csv(*, sessions: int) -> bytes:
    """Return a file of so many full sessions of one-minute bars."""
    closes = cycle(ko_closes())
    lines = ["timestamp,open,high,low,close,volume"]
    for on in islice(_weekdays(date(2023, 1, 3)), sessions):
        opens = datetime.combine(on, time(9, 30), _NEW_YORK).astimezone(UTC)
        for minute in range(_MINUTES):
            at, price = opens + timedelta(minutes=minute), next(closes)
            lines.append(f"{at.isoformat()},{price},{price},{price},{price},100")
    return "\n".join(lines).encode()


def _weekdays(first: date) -> Iterator[date]:
    on = first
    while True:
        if on.weekday() < 5:
            yield on
        on += timedelta(days=1)
