"""The cells of a price file: whole numbers, ratios and moments from text, or what is wrong."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from fractions import Fraction
from functools import lru_cache
from zoneinfo import ZoneInfo

from app.domain import rules
from app.domain.units import MICROS_PER_USD, TICKS_PER_USD

NEW_YORK = ZoneInfo("America/New_York")

_OPENING = time(9, 30)
_FIRST_YEAR, _LAST_YEAR = 1900, 2100
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_DATE_LENGTH = len("2020-01-02")
_SPLIT_TERM_MAX = 10**6
_SHOWN_MAX = 40

_PRICE_MAX = rules.PRICE_MAX // TICKS_PER_USD
_DATES_ALLOWED = f"a date as 2020-01-02, {_FIRST_YEAR} to {_LAST_YEAR}"
_TIMES_ALLOWED = (
    f"a date and time to the second as 2020-01-02T09:30:00-05:00, {_FIRST_YEAR} to {_LAST_YEAR};"
    " without an offset it is in the time zone of the import"
)
_SPLITS_ALLOWED = (
    "empty, or new shares for one old share as a decimal or fraction, such as 2, 0.05 or 1/3,"
    " with terms up to 1000000; 1 for none"
)

type Moment = tuple[int, int]
"""Start of a bar in epoch seconds, and its session as a proleptic ordinal."""


class CellError(ValueError):
    """A cell that its column does not allow; the message completes "line 17, close ..."."""

    def __init__(self, message: str, *, allowed: str) -> None:
        super().__init__(message)
        self.message = message
        self.allowed = allowed


def _counted(*, per_one: int, low: str, high: int, allowed: str) -> Callable[[str], int]:
    step, least, most = Decimal(1) / per_one, Decimal(low), Decimal(high)

    def count(text: str) -> int:
        try:
            number = Decimal(text)
            is_allowed = least <= number <= most
        except InvalidOperation:  # not a number, in words or as NaN
            raise CellError(_read_as(text), allowed=allowed) from None
        if _has_exponent(text):
            raise CellError(_read_as(text) + ", with an exponent", allowed=allowed)
        if not is_allowed:
            raise CellError(_read_as(text), allowed=allowed)
        return int(number.quantize(step, ROUND_HALF_UP) * per_one)

    return count


price = _counted(
    per_one=TICKS_PER_USD,
    low="0.0001",
    high=_PRICE_MAX,
    allowed=f"a decimal from 0.0001 to {_PRICE_MAX}",
)
"""Return a price in ticks, rounded half up."""

_volume = _counted(
    per_one=1, low="0", high=10**15, allowed="empty, or a number of shares from 0 to 10^15"
)
_dividend = _counted(
    per_one=MICROS_PER_USD,
    low="0.000001",
    high=_PRICE_MAX,
    allowed=f"empty, 0, or a decimal from 0.000001 to {_PRICE_MAX}",
)


def volume(text: str) -> int:
    """Return a volume in whole shares, rounded half up; 0 for an empty cell."""
    return _volume(text) if text else 0


def dividend(text: str) -> int:
    """Return a dividend in micros a share, rounded half up; 0 for none."""
    return 0 if text in {"", "0", "0.0"} else _dividend(text)


def split_ratio(text: str) -> Fraction | None:
    """Return new shares for one old share, exactly as written; None for none."""
    if text in {"", "1", "1.0"}:
        return None
    try:
        ratio = Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise CellError(_read_as(text), allowed=_SPLITS_ALLOWED) from None
    if _has_exponent(text):
        raise CellError(_read_as(text) + ", with an exponent", allowed=_SPLITS_ALLOWED)
    if ratio <= 0 or max(ratio.numerator, ratio.denominator) > _SPLIT_TERM_MAX:
        raise CellError(_read_as(text), allowed=_SPLITS_ALLOWED)
    return None if ratio == 1 else ratio


def day(text: str) -> date:
    """Return a date."""
    try:
        on = date.fromisoformat(text)
    except ValueError:
        raise CellError(_read_as(text), allowed=_DATES_ALLOWED) from None
    if not _FIRST_YEAR <= on.year <= _LAST_YEAR:
        raise CellError(_read_as(text), allowed=_DATES_ALLOWED)
    return on


def pay_date(text: str) -> date | None:
    """Return a date; None for an empty cell."""
    return day(text) if text else None


def daily(text: str) -> Moment:
    """Return the start of a daily bar: 09:30 New York time of its date."""
    on = day(text)
    return _epoch_seconds(datetime.combine(on, _OPENING, NEW_YORK)), on.toordinal()


class BarStarts:
    """Reads the starts of bars, all from one clock.

    That is one without offsets, whose times are local to `zone`, one with the same offset in
    every row, or one with the offsets of `zone`.
    """

    def __init__(self, *, zone: ZoneInfo) -> None:
        self._zone = zone
        self._first: datetime | None = None
        self._is_constant = self._is_local = True

    def read(self, text: str) -> Moment:
        """Return the start that `text` is."""
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise CellError(_read_as(text), allowed=_TIMES_ALLOWED) from None
        is_complete = len(text) > _DATE_LENGTH and moment.microsecond == 0
        if not is_complete or not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
            raise CellError(_read_as(text), allowed=_TIMES_ALLOWED)
        self._check_clock(text, moment)
        if moment.tzinfo is not None:
            return _epoch_seconds(moment), moment.astimezone(NEW_YORK).toordinal()
        offset = _steady_offset(moment.date(), self._zone) or _offset(moment, self._zone)
        utc = (moment - offset).replace(tzinfo=UTC)
        local = moment if self._zone is NEW_YORK else utc.astimezone(NEW_YORK)
        return _epoch_seconds(utc), local.toordinal()

    def _check_clock(self, text: str, moment: datetime) -> None:
        first = self._first = self._first or moment
        offset, expected = moment.utcoffset(), first.utcoffset()
        if (offset is None) != (expected is None):
            message = f"is {text}, {'without' if offset is None else 'with'} an offset"
            message += ", unlike the rows before"
            raise CellError(message, allowed="an offset in every row, or in none")
        if offset is None:
            return
        is_constant = self._is_constant and offset == expected
        is_local = self._is_local and offset == _local_offset(moment, self._zone)
        if not is_constant and not is_local:
            message = f"is {text}, by another clock than the rows before"
            allowed = f"one offset in all rows, or the offsets of the time zone, {self._zone.key}"
            raise CellError(message, allowed=allowed)
        self._is_constant, self._is_local = is_constant, is_local


@lru_cache(maxsize=8)  # bars of one day come together
def _steady_offset(on: date, zone: ZoneInfo) -> timedelta | None:
    """Return the offset from UTC of a date on which clocks do not change; None when they do."""
    first = datetime.combine(on, time.min, zone).utcoffset()
    last = datetime.combine(on, time.max, zone).replace(fold=1).utcoffset()
    return first if first == last else None


def _local_offset(moment: datetime, zone: ZoneInfo) -> timedelta | None:
    return _steady_offset(moment.date(), zone) or moment.astimezone(zone).utcoffset()


def _offset(moment: datetime, zone: ZoneInfo) -> timedelta:
    before = moment.replace(tzinfo=zone).utcoffset()
    after = moment.replace(tzinfo=zone, fold=1).utcoffset()
    assert before is not None, "a zone has an offset at every moment"
    assert after is not None, "a zone has an offset at every moment"
    if before != after:
        times = "twice" if before > after else "never"
        raise CellError(
            f"is {moment}, which happens {times} in {zone.key} as its clocks change",
            allowed="a time with an offset, such as 2020-11-01T01:30:00-04:00",
        )
    return before


def _has_exponent(text: str) -> bool:
    return "e" in text or "E" in text


def _epoch_seconds(moment: datetime) -> int:
    return (moment - _EPOCH) // _SECOND


def _read_as(text: str) -> str:
    """Return what was read, completing "line 17, close ..."."""
    shown = text if len(text) <= _SHOWN_MAX else text[:_SHOWN_MAX] + "…"
    return f"is {shown!r}" if text else "is empty"
