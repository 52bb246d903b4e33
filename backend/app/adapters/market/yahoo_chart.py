"""Reads the body of Yahoo's chart endpoint (v8) into bars and actions, or says what is wrong."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from app.adapters.market.yahoo_failures import no_data, out_of_range, unavailable, unknown_symbol
from app.adapters.market.yahoo_numbers import UnusableError, decimal, moment, parsed, ticks
from app.domain.corporate_action import Dividend, Split
from app.domain.errors import ProviderError
from app.domain.units import MICROS_PER_USD, half_up

NEW_YORK = ZoneInfo("America/New_York")
CURRENCY = "USD"

_BODY_BYTES_MAX = 32_000_000
_ROWS_MAX = 200_000
_TRADED_AS = ("EQUITY", "ETF")
_LISTED_FROM = datetime(1900, 1, 1, tzinfo=UTC)
_VOLUME_MAX = 10**15
_DIVIDEND_USD_MIN = Decimal("0.0000005")  # rounds up to a micro
_DIVIDEND_USD_MAX = 1_000_000
_SPLIT_TERM_MAX = 10**6
_PRICES = ("open", "high", "low", "close")
_COLUMNS = (*_PRICES, "volume")
_NOTHING_THERE = "Data doesn't exist"

type Fields = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of a chart: the moment it names, prices in ticks, volume in shares; None for null."""

    at: datetime
    open: int | None
    high: int | None
    low: int | None
    close: int | None
    volume: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """What one answer holds, oldest first; no rows when nothing was traded."""

    rows: tuple[Row, ...]
    dividends: tuple[Dividend, ...]
    splits: tuple[Split, ...]


def read_chart(*, status: int, body: bytes, symbol: str, interval: str) -> Chart:
    """Return the rows, dividends and splits of `symbol` in a chart answer.

    Numbers are read as printed and rounded half up, once: prices to ticks, dividends to micros. A
    null is None, and so is a zero where a price should be.

    Raises
    ------
    ProviderError
        UNKNOWN_SYMBOL when nothing is listed under the symbol; RANGE when Yahoo does not serve the
        span; NO_DATA when this is not a share or ETF in USD traded in New York, or when a number is
        impossible; UNAVAILABLE when the body is no chart of the symbol.
    """
    result = _result(status=status, body=body, symbol=symbol)
    if result is None:
        return Chart(rows=(), dividends=(), splits=())
    meta = result.get("meta")
    if not isinstance(meta, dict):
        raise unavailable(symbol=symbol, reason="its answer does not say what it is about")
    _refuse_other_instruments(meta=meta, symbol=symbol, interval=interval)
    try:
        actions = _named(result, name="events")
        return Chart(
            rows=tuple(_rows(result)),
            dividends=tuple(sorted(_dividends(actions), key=lambda each: each.ex_date)),
            splits=tuple(sorted(_splits(actions), key=lambda each: each.ex_date)),
        )
    except UnusableError as error:
        raise no_data(symbol=symbol, reason=str(error)) from error


def _result(*, status: int, body: bytes, symbol: str) -> Fields | None:
    """Return what the answer says; None when it says that there is nothing in the span."""
    try:
        answer = parsed(body=body, symbol=symbol, bytes_max=_BODY_BYTES_MAX)
    except ProviderError:
        if status == 200:
            raise
        answer = None
    match answer:
        case {"chart": {"result": [dict(result)], "error": None}} if status == 200:
            return result
        case {"chart": {"error": {"code": "Bad Request", "description": str(why)}}} if (
            why.startswith(_NOTHING_THERE)
        ):
            return None
        case {"chart": {"error": {"code": str(code), "description": str(why)}}}:
            raise _refusal(code=code, why=why[:300].rstrip("."), symbol=symbol)
        case _ if status == 404:
            raise unknown_symbol(symbol=symbol)
        case _:
            raise unavailable(symbol=symbol, reason=f"its answer is not a chart (status {status})")


def _refusal(*, code: str, why: str, symbol: str) -> ProviderError:
    match code:
        case "Not Found":
            return unknown_symbol(symbol=symbol)
        case "Bad Request":
            return no_data(symbol=symbol, reason=f"it says {why!r}")
        case "Unprocessable Entity":
            return out_of_range(symbol=symbol, reason=f"it says {why!r}")
        case _:
            return unavailable(symbol=symbol, reason=f"it says {why!r} ({code[:100]!r})")


def _refuse_other_instruments(*, meta: Fields, symbol: str, interval: str) -> None:
    if meta.get("symbol") != symbol:
        raise unavailable(symbol=symbol, reason="it answered for another symbol")
    currency, kind, zone = (
        meta.get(key) for key in ("currency", "instrumentType", "exchangeTimezoneName")
    )
    if currency != CURRENCY:
        raise no_data(
            symbol=symbol, reason=f"only USD symbols are supported, its currency is {currency!r}"
        )
    if kind not in _TRADED_AS or zone != NEW_YORK.key:
        raise no_data(
            symbol=symbol,
            reason=(
                "only shares and ETFs on US exchanges are supported,"
                f" this is {kind!r} in the time zone {zone!r}"
            ),
        )
    given = meta.get("dataGranularity")
    if given != interval:
        raise unavailable(symbol=symbol, reason=f"it gave bars of {given!r} instead of {interval}")


def _rows(result: Fields) -> Iterator[Row]:
    given = result.get("timestamp")
    moments = [] if given is None else given
    if not isinstance(moments, list) or len(moments) > _ROWS_MAX:
        raise UnusableError("its list of times is not one")
    columns = _columns(result, length=len(moments))
    last = _LISTED_FROM
    for index, value in enumerate(moments):
        at = moment(value=value, field=f"time {index}", earliest=_LISTED_FROM)
        if at <= last:
            raise UnusableError(f"its times do not ascend at {at.isoformat()}")
        last = at
        named = f"of {at.isoformat()}"
        prices = {
            name: _price(value=columns[name][index], field=f"the {name} {named}")
            for name in _PRICES
        }
        volume = _volume(value=columns["volume"][index], field=f"the volume {named}")
        yield Row(at=at, volume=volume, **prices)


def _columns(result: Fields, *, length: int) -> Mapping[str, list[object]]:
    """Return prices and volumes by name, each as long as the list of times."""
    if length == 0:
        return {}
    match result.get("indicators"):
        case {"quote": [dict(given)]}:
            columns = {name: given.get(name) for name in _COLUMNS}
        case _:
            columns = {}
    lists = {name: column for name, column in columns.items() if isinstance(column, list)}
    if len(lists) < len(_COLUMNS) or any(len(column) != length for column in lists.values()):
        raise UnusableError("its prices and times are not of one length")
    return lists


def _price(*, value: object, field: str) -> int | None:
    return None if value is None or value == 0 else ticks(value=value, field=field)


def _volume(*, value: object, field: str) -> int | None:
    if value is None:
        return None
    shares = decimal(value=value, field=field)
    if not 0 <= shares <= _VOLUME_MAX or shares != int(shares):
        raise UnusableError(f"{field} is not a number of shares")
    return int(shares)


def _dividends(actions: Fields) -> Iterator[Dividend]:
    for ex_date, event in _events(actions, name="dividends"):
        if event.get("currency") not in {None, CURRENCY}:
            raise UnusableError(
                f"its dividend of {ex_date} is in {event['currency']!r}, not in {CURRENCY}"
            )
        amount = decimal(value=event.get("amount"), field=f"the dividend of {ex_date}")
        if not _DIVIDEND_USD_MIN <= amount <= _DIVIDEND_USD_MAX:
            raise UnusableError(f"its dividend of {ex_date} is not a positive amount")
        per_share = half_up(amount, MICROS_PER_USD)
        yield Dividend(ex_date=ex_date, per_share=per_share, pay_date=None)


def _splits(actions: Fields) -> Iterator[Split]:
    for ex_date, event in _events(actions, name="splits"):
        new, old = (
            decimal(value=event.get(key), field=f"the {key} of the split of {ex_date}")
            for key in ("numerator", "denominator")
        )
        if not (_is_term(new) and _is_term(old)):
            raise UnusableError(f"its split of {ex_date} is not a ratio of shares")
        ratio = Fraction(new) / Fraction(old)
        if max(ratio.numerator, ratio.denominator) > _SPLIT_TERM_MAX:
            raise UnusableError(f"its split of {ex_date} is not a ratio of shares")
        if ratio != 1:
            yield Split(ex_date=ex_date, numerator=ratio.numerator, denominator=ratio.denominator)


def _is_term(term: Decimal) -> bool:
    return Decimal("0.000001") <= term <= _SPLIT_TERM_MAX


def _events(actions: Fields, *, name: str) -> Iterator[tuple[date, Fields]]:
    for event in _named(actions, name=name).values():
        if not isinstance(event, dict):
            raise UnusableError(f"its {name} are not events")
        at = moment(value=event.get("date"), field=f"a date in its {name}", earliest=_LISTED_FROM)
        yield at.astimezone(NEW_YORK).date(), event


def _named(fields: Fields, *, name: str) -> Fields:
    """Return the fields below `name`; none when there is no such name."""
    below = fields.get(name)
    if below is not None and not isinstance(below, dict):
        raise UnusableError(f"its {name} are not what they are called")
    return below or {}
