"""Bars and the price files that hold them, for tests of the import."""

from array import array
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.domain.corporate_action import Dividend, Split
from app.domain.units import MICROS_PER_USD, TICKS_PER_USD, decimal_text
from app.simulation.bars import Adjustment, Bars, Resolution
from tests.builders import ticks

NEW_YORK = ZoneInfo("America/New_York")
COLUMNS = ("open", "high", "low", "close", "volume", "dividend", "pay_date", "split_ratio")
MONDAY = date(2020, 1, 6)

type Row = tuple[str, str, str, str]
"""Open, high, low and close in USD."""


def daily_bars(
    rows: Sequence[Row],
    *,
    first: date = MONDAY,
    adjustment: Adjustment = Adjustment.RAW,
    dividends: Sequence[Dividend] = (),
    splits: Sequence[Split] = (),
) -> Bars:
    """Return daily bars on the weekdays from `first` on."""
    dates = weekdays(first, len(rows))
    starts = [_epoch(datetime.combine(on, time(9, 30), NEW_YORK)) for on in dates]
    return _bars(
        rows,
        starts=starts,
        seconds=23_400,
        sessions=[on.toordinal() for on in dates],
        resolution=Resolution.DAY,
        adjustment=adjustment,
        dividends=tuple(dividends),
        splits=tuple(splits),
    )


def minute_bars(rows: Sequence[Row], *, first: datetime) -> Bars:
    """Return minute bars from `first` (with an offset) on, all in its New York session."""
    session = first.astimezone(NEW_YORK).toordinal()
    return _bars(
        rows,
        starts=[_epoch(first) + 60 * minute for minute in range(len(rows))],
        seconds=60,
        sessions=[session] * len(rows),
        resolution=Resolution.MINUTE,
        adjustment=Adjustment.RAW,
        dividends=(),
        splits=(),
    )


def minutes_at(*moments: str, rows: Sequence[Row] = (), early_closes: Sequence[str] = ()) -> Bars:
    """Return a minute bar at each New York time, as 2025-11-28 12:59; flat ones without `rows`."""
    times = [datetime.fromisoformat(moment).replace(tzinfo=NEW_YORK) for moment in moments]
    closes = [datetime.fromisoformat(moment).replace(tzinfo=NEW_YORK) for moment in early_closes]
    bars = _bars(
        rows or [flat("10")] * len(times),
        starts=[_epoch(at) for at in times],
        seconds=60,
        sessions=[at.toordinal() for at in times],
        resolution=Resolution.MINUTE,
        adjustment=Adjustment.RAW,
        dividends=(),
        splits=(),
    )
    return replace(bars, early_closes={at.toordinal(): _epoch(at) for at in closes})


def flat(price: str) -> Row:
    """Return a bar at one price."""
    return (price, price, price, price)


def weekdays(first: date, count: int) -> list[date]:
    """Return so many dates from `first` on, without weekends."""
    days = (first + timedelta(days=offset) for offset in range(2 * count + 2))
    return [on for on in days if on.weekday() < 5][:count]


def write_csv(
    bars: Bars,
    *,
    columns: Sequence[str] = COLUMNS,
    upper: bool = False,
    line_end: str = "\n",
    bom: bool = False,
) -> bytes:
    """Return the price file of `bars`, with `columns` in that order after the time."""
    header = ",".join((_time_name(bars), *columns))
    lines = [header.upper() if upper else header]
    lines += [
        ",".join((_time(bars, index), *(_cell(bars, index, name) for name in columns)))
        for index in range(len(bars))
    ]
    return b"\xef\xbb\xbf" * bom + (line_end.join(lines) + line_end).encode()


def _bars(
    rows: Sequence[Row],
    *,
    starts: Sequence[int],
    seconds: int,
    sessions: Sequence[int],
    resolution: Resolution,
    adjustment: Adjustment,
    dividends: tuple[Dividend, ...],
    splits: tuple[Split, ...],
) -> Bars:
    opens, highs, lows, closes = (
        array("q", (ticks(row[column]) for row in rows)) for column in range(4)
    )
    return Bars(
        symbol="KO",
        resolution=resolution,
        adjustment=adjustment,
        starts=array("q", starts),
        ends=array("q", (start + seconds for start in starts)),
        sessions=array("q", sessions),
        opens=opens,
        highs=highs,
        lows=lows,
        closes=closes,
        volumes=array("q", [100] * len(rows)),
        dividends=dividends,
        splits=splits,
    )


def _time_name(bars: Bars) -> str:
    return "date" if bars.resolution is Resolution.DAY else "timestamp"


def _time(bars: Bars, index: int) -> str:
    if bars.resolution is Resolution.DAY:
        return bars.session(index).isoformat()
    return datetime.fromtimestamp(bars.starts[index], UTC).isoformat()


def _cell(bars: Bars, index: int, name: str) -> str:
    on = bars.session(index)
    is_first = index == 0 or bars.session(index - 1) != on
    dividend = next((d for d in bars.dividends if is_first and d.ex_date == on), None)
    split = next((s for s in bars.splits if is_first and s.ex_date == on), None)
    match name:
        case "volume":
            return str(bars.volumes[index])
        case "dividend":
            return decimal_text(dividend.per_share, MICROS_PER_USD) if dividend else ""
        case "pay_date":
            return str(dividend.pay_date or "") if dividend else ""
        case "split_ratio":
            return f"{split.numerator}/{split.denominator}" if split else ""
        case _:
            return decimal_text(bars.columns()[f"{name}s"][index], TICKS_PER_USD)


def _epoch(moment: datetime) -> int:
    return int(moment.timestamp())
