"""Small runs over prices written by hand: one regular session a weekday from 2 January 2024."""

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from app.domain.corporate_action import Dividend, Split
from app.simulation.bars import Adjustment, Bars, Resolution
from app.simulation.progress import PartialCurve
from app.simulation.replay import Replay, replay
from app.simulation.request import parse_request
from app.simulation.run import SimulationRequest
from tests.builders import SYMBOL, ticks, usd

FIRST = date(2024, 1, 2)
NEW_YORK = ZoneInfo("America/New_York")


def weekday(number: int) -> date:
    """Return the session `number`, 0 for the first."""
    days = (FIRST + timedelta(days=count) for count in range(2 * number + 5))
    return next(islice((day for day in days if day.weekday() < 5), number, None))


def seconds(day: date, clock: time) -> int:
    """Return a New York time in epoch seconds."""
    return int(datetime.combine(day, clock, NEW_YORK).timestamp())


def daily(
    *closes: str,
    opens: Mapping[int, str] | None = None,
    dividends: Sequence[Dividend] = (),
    splits: Sequence[Split] = (),
    adjustment: Adjustment = Adjustment.RAW,
) -> Bars:
    """Return daily bars that open, but for `opens` by session number, at their close."""
    days = [weekday(number) for number in range(len(closes))]
    prices = array("q", [ticks(close) for close in closes])
    first = array("q", prices)
    for number, price in (opens or {}).items():
        first[number] = ticks(price)
    return Bars(
        symbol=SYMBOL,
        resolution=Resolution.DAY,
        adjustment=adjustment,
        starts=array("q", [seconds(day, time(9, 30)) for day in days]),
        ends=array("q", [seconds(day, time(16)) for day in days]),
        sessions=array("q", [day.toordinal() for day in days]),
        opens=first,
        highs=array("q", [max(pair) for pair in zip(first, prices, strict=True)]),
        lows=array("q", [min(pair) for pair in zip(first, prices, strict=True)]),
        closes=prices,
        volumes=array("q", [1000] * len(prices)),
        dividends=tuple(dividends),
        splits=tuple(splits),
    )


def candles(
    *bars: tuple[str, str, str, str],
    dividends: Sequence[Dividend] = (),
    splits: Sequence[Split] = (),
) -> Bars:
    """Return daily bars, each an open, high, low and close."""
    opens, highs, lows, closes = (
        array("q", [ticks(price) for price in column]) for column in zip(*bars, strict=True)
    )
    flat = daily(*(close for *_, close in bars), dividends=dividends, splits=splits)
    return replace(flat, opens=opens, highs=highs, lows=lows, closes=closes)


def hourly(*bars: tuple[int, int, str]) -> Bars:
    """Return hourly bars, each a session number, a New York hour and a close."""
    starts = array("q", [seconds(weekday(session), time(hour)) for session, hour, _ in bars])
    prices = array("q", [ticks(close) for _, _, close in bars])
    return Bars(
        symbol=SYMBOL,
        resolution=Resolution.HOUR,
        adjustment=Adjustment.RAW,
        starts=starts,
        ends=array("q", [start + 3600 for start in starts]),
        sessions=array("q", [weekday(session).toordinal() for session, _, _ in bars]),
        opens=prices,
        highs=prices,
        lows=prices,
        closes=prices,
        volumes=array("q", [1000] * len(prices)),
        dividends=(),
        splits=(),
    )


def dividend(session: int, per_share: str, *, paid: int | None = None) -> Dividend:
    """Return a dividend with its ex-date, and its pay date if known, as session numbers."""
    pay_date = None if paid is None else weekday(paid)
    return Dividend(ex_date=weekday(session), per_share=usd(per_share), pay_date=pay_date)


def split(session: int, numerator: int, denominator: int) -> Split:
    """Return a split with its ex-date as a session number."""
    return Split(ex_date=weekday(session), numerator=numerator, denominator=denominator)


def body(bars: Bars, **changes: object) -> dict[str, object]:
    """Return a request over all of `bars`: 100 shares and 10,000 USD, overridden by `changes`."""
    return {
        "start": bars.session(0).isoformat(),
        "end": bars.session(len(bars) - 1).isoformat(),
        "opening": {"cash": "10000", "shares": "100"},
        "execution": {"model": "close"},
        **changes,
    }


def request(bars: Bars, **changes: object) -> SimulationRequest:
    """Return the parsed request over all of `bars`."""
    return parse_request(body(bars, **changes))


def run(bars: Bars, **changes: object) -> Replay:
    """Return the replay of the request over all of `bars`."""
    return replay(
        bars=bars, request=request(bars, **changes), source="dataset:test", on_progress=unheard
    )


def unheard(_done: int, _total: int, _curve: PartialCurve = ()) -> None:
    """Take a report of progress and do nothing."""


def utc(day: date, hour: int, minute: int = 0) -> datetime:
    """Return a moment in UTC."""
    return datetime.combine(day, time(hour, minute), UTC)
