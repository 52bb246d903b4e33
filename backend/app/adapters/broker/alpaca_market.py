"""The market as Alpaca shows it: the last trade and quote of one exchange, IEX, in real time."""

from collections.abc import Callable
from datetime import date, datetime
from urllib.parse import quote
from zoneinfo import ZoneInfo

from app.adapters.broker.alpaca_client import AlpacaClient, Answer
from app.adapters.broker.alpaca_credentials import Credentials
from app.adapters.broker.alpaca_json import (
    Record,
    UnreadableError,
    counted,
    decimal,
    is_not_found,
    moment,
    parsed,
    record,
    refusal,
    rounded_half_up,
)
from app.domain.errors import ProviderError, ProviderFailure
from app.domain.observation import Observation
from app.domain.units import TICKS_PER_USD

_SOURCE = "Alpaca (iex)"
_NEW_YORK = ZoneInfo("America/New_York")
_PRICE_USD_MAX = 1_000_000
_UNKNOWN_RETRY_SECONDS = 3600
_NO_DATA_RETRY_SECONDS = 60
_RETRY_SECONDS = 30


class AlpacaMarket:
    """Observes stocks through Alpaca's market data; `timeout_seconds` limits one request."""

    def __init__(
        self,
        *,
        data_url: str,
        credentials: Credentials,
        timeout_seconds: float,
        now: Callable[[], datetime],
    ) -> None:
        self._client = AlpacaClient(
            base_url=data_url, credentials=credentials, timeout_seconds=timeout_seconds
        )
        self._now = now

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def observe(self, *, symbol: str) -> Observation:
        """Return the latest observation of `symbol`.

        Raises
        ------
        ProviderError
            UNKNOWN_SYMBOL, NO_DATA, RATE_LIMITED or UNAVAILABLE, with the reason for people.
        """
        answer = self._client.get(f"/v2/stocks/{quote(symbol, safe='')}/snapshot", {"feed": "iex"})
        received_at = self._now()
        if answer.status != 200:
            raise _outage(answer, symbol=symbol)
        try:
            return _observation(record(parsed(answer.body)), symbol=symbol, received_at=received_at)
        except UnreadableError as error:
            raise _failure(
                ProviderFailure.UNAVAILABLE,
                f"Alpaca's answer about {symbol} cannot be relied on: {error}.",
            ) from error


def _observation(snapshot: Record, *, symbol: str, received_at: datetime) -> Observation:
    if snapshot.get("symbol", symbol) != symbol:
        raise UnreadableError("it speaks of another symbol")
    if snapshot.get("latestTrade") is None:
        raise _failure(
            ProviderFailure.NO_DATA,
            f"Alpaca knows no trade of {symbol} on IEX.",
            retry_after_seconds=_NO_DATA_RETRY_SECONDS,
        )
    trade = record(snapshot["latestTrade"])
    observed_at = moment(trade, "t")
    traded_on = observed_at.astimezone(_NEW_YORK).date()
    bid, ask = _bid_and_ask(snapshot)
    return Observation(
        symbol=symbol,
        price=_ticks(trade, "p"),
        bid=bid,
        ask=ask,
        previous_close=_previous_close(snapshot, traded_on=traded_on),
        currency="USD",
        observed_at=observed_at,
        received_at=received_at,
        source=_SOURCE,
        volume=_volume(snapshot, traded_on=traded_on),
        delay_minutes=0,
    )


def _bid_and_ask(snapshot: Record) -> tuple[int | None, int | None]:
    """Return the quote; a price of 0 is none, and a crossed quote is no quote."""
    if snapshot.get("latestQuote") is None:
        return None, None
    found = record(snapshot["latestQuote"])
    bid, ask = (_ticks(found, field) if decimal(found, field) else None for field in ("bp", "ap"))
    if bid is not None and ask is not None and bid > ask:
        return None, None
    return bid, ask


def _previous_close(snapshot: Record, *, traded_on: date) -> int | None:
    # Before the first trade of a day in regular hours, the "daily bar" is still that of the day
    # before, and the bar before it is too old.
    for field in ("dailyBar", "prevDailyBar"):
        bar = _bar(snapshot, field)
        if bar is not None and _day(bar) < traded_on:
            return _ticks(bar, "c")
    return None


def _volume(snapshot: Record, *, traded_on: date) -> int | None:
    bar = _bar(snapshot, "dailyBar")
    if bar is None or _day(bar) != traded_on:
        return None
    volume = counted(bar, "v", 1)
    if volume < 0:
        raise UnreadableError("v is negative")
    return volume


def _bar(snapshot: Record, field: str) -> Record | None:
    return None if snapshot.get(field) is None else record(snapshot[field])


def _day(bar: Record) -> date:
    return moment(bar, "t").astimezone(_NEW_YORK).date()


def _ticks(given: Record, field: str) -> int:
    ticks = rounded_half_up(given, field, TICKS_PER_USD)
    if not 0 < ticks <= _PRICE_USD_MAX * TICKS_PER_USD:
        raise UnreadableError(f"{field} is not a price")
    return ticks


def _outage(answer: Answer, *, symbol: str) -> ProviderError:
    words = refusal(answer) or ""
    match answer.status:
        case None:
            return _failure(
                ProviderFailure.UNAVAILABLE, f"Alpaca was asked for {symbol}: {answer.problem}."
            )
        case 400 | 404 | 422 if is_not_found(answer) or "symbol" in words:
            return _failure(
                ProviderFailure.UNKNOWN_SYMBOL,
                f"Alpaca lists no stock {symbol}. Check the spelling, and whether it was renamed"
                " or delisted.",
                retry_after_seconds=_UNKNOWN_RETRY_SECONDS,
            )
        case 401 | 403 as status:
            return _failure(
                ProviderFailure.UNAVAILABLE,
                f"Alpaca does not let these keys read the price of {symbol} ({status}). Check the"
                " keys in the credentials file.",
            )
        case 429:
            return _failure(
                ProviderFailure.RATE_LIMITED,
                f"Alpaca takes no more requests for now (429), so there is no new price for"
                f" {symbol}.",
                retry_after_seconds=answer.retry_after_seconds or _RETRY_SECONDS,
            )
        case status:
            return _failure(
                ProviderFailure.UNAVAILABLE,
                f"Alpaca was asked for {symbol} and answered with status {status}.",
            )


def _failure(
    code: ProviderFailure, message: str, *, retry_after_seconds: int = _RETRY_SECONDS
) -> ProviderError:
    return ProviderError(
        provider="alpaca",
        code=code,
        message=f"{message} It is asked again in {retry_after_seconds} seconds at the earliest.",
        retry_after_seconds=retry_after_seconds,
    )
