"""Reads the body of Yahoo's quote endpoint (v7) into an observation, or says what is wrong."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from app.adapters.market.yahoo_failures import PROVIDER, no_data, unavailable, unknown_symbol
from app.adapters.market.yahoo_numbers import UnusableError, moment, parsed, ticks
from app.domain.observation import MarketPhase, Observation

_BODY_BYTES_MAX = 1_000_000
_CLOCK_SKEW_MAX = timedelta(seconds=60)
_TRADED_FROM = datetime(1990, 1, 1, tzinfo=UTC)
_NEW_YORK = ZoneInfo("America/New_York")
_TRADED_AS = ("EQUITY", "ETF")
_SESSIONS = ("regularMarket", "preMarket", "postMarket")
_DELAY_MINUTES_MAX = 24 * 60
_VOLUME_MAX = 10**15
_PHASES = {
    "REGULAR": MarketPhase.REGULAR,
    **dict.fromkeys(("PRE", "POST"), MarketPhase.EXTENDED),
    **dict.fromkeys(("PREPRE", "POSTPOST", "CLOSED"), MarketPhase.CLOSED),
}

type Quote = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trade:
    """A trade and the exchange's time of it."""

    price: int
    at: datetime


def read_quote(*, body: bytes, symbol: str, received_at: datetime) -> Observation:
    """Return the latest trade of `symbol` in a quote answer, with the quote around it.

    The price is the newest of the regular, pre-market and post-market trades, with its own time.
    Numbers are read as printed and rounded half up to ticks once. A bid or ask of zero, and a
    bid above its ask, count as none.

    Raises
    ------
    ProviderError
        UNKNOWN_SYMBOL when nothing is listed under the symbol, NO_DATA when it is not a share or
        ETF in USD on a US exchange or a number is missing or impossible, UNAVAILABLE when the
        body is not a quote answer.
    """
    quote = _listing(body=body, symbol=symbol)
    _refuse_other_instruments(quote=quote, symbol=symbol)
    try:
        return _observation(quote=quote, symbol=symbol, received_at=received_at)
    except UnusableError as error:
        raise no_data(symbol=symbol, reason=str(error)) from error


def _listing(*, body: bytes, symbol: str) -> Quote:
    match parsed(body=body, symbol=symbol, bytes_max=_BODY_BYTES_MAX):
        case {"quoteResponse": {"result": [], "error": None}}:
            raise unknown_symbol(symbol=symbol)
        case {"quoteResponse": {"result": [*entries], "error": None}}:
            for entry in entries:
                if isinstance(entry, dict) and entry.get("symbol") == symbol:
                    return entry
            raise unavailable(symbol=symbol, reason="it answered for another symbol")
        case _:
            raise unavailable(symbol=symbol, reason="its answer is not a quote")


def _refuse_other_instruments(*, quote: Quote, symbol: str) -> None:
    kind, currency, market = (quote.get(key) for key in ("quoteType", "currency", "market"))
    if kind == "NONE":  # a name that is still known, without anything traded under it
        raise unknown_symbol(symbol=symbol)
    if currency != "USD":
        raise no_data(
            symbol=symbol, reason=f"only USD symbols are supported, its currency is {currency!r}"
        )
    if kind not in _TRADED_AS or market != "us_market":
        raise no_data(
            symbol=symbol,
            reason=(
                "only shares and ETFs on US exchanges are supported,"
                f" this is {kind!r} on {market!r}"
            ),
        )


def _observation(*, quote: Quote, symbol: str, received_at: datetime) -> Observation:
    regular = _trade(quote=quote, session="regularMarket")
    if regular is None:
        raise UnusableError("it shows no trade")
    trades = [_trade(quote=quote, session=session) for session in _SESSIONS]
    latest = max((trade for trade in trades if trade is not None), key=lambda trade: trade.at)
    if latest.at > received_at + _CLOCK_SKEW_MAX:
        raise UnusableError(
            f"the trade is dated {latest.at.isoformat()}, in the future of this machine's clock"
        )
    bid, ask = _bid_and_ask(quote)
    return Observation(
        symbol=symbol,
        price=latest.price,
        bid=bid,
        ask=ask,
        previous_close=_previous_close(quote=quote, regular=regular, latest=latest),
        currency="USD",
        observed_at=latest.at,
        received_at=received_at,
        source=PROVIDER,
        volume=_whole(quote=quote, field="regularMarketVolume", most=_VOLUME_MAX),
        delay_minutes=_whole(quote=quote, field="exchangeDataDelayedBy", most=_DELAY_MINUTES_MAX),
        market_phase=_PHASES.get(str(quote.get("marketState"))),
    )


def _trade(*, quote: Quote, session: str) -> _Trade | None:
    price, at = quote.get(f"{session}Price"), quote.get(f"{session}Time")
    if price is None and at is None:
        return None
    return _Trade(
        price=ticks(value=price, field=f"{session}Price"),
        at=moment(value=at, field=f"{session}Time", earliest=_TRADED_FROM),
    )


def _previous_close(*, quote: Quote, regular: _Trade, latest: _Trade) -> int | None:
    # Before the open Yahoo's own previous close is still that of the day before yesterday.
    if latest.at.astimezone(_NEW_YORK).date() > regular.at.astimezone(_NEW_YORK).date():
        return regular.price
    return _ticks_or_none(quote=quote, field="regularMarketPreviousClose")


def _bid_and_ask(quote: Quote) -> tuple[int | None, int | None]:
    bid, ask = (_ticks_or_none(quote=quote, field=field) for field in ("bid", "ask"))
    if bid is not None and ask is not None and bid > ask:
        return None, None
    return bid, ask


def _ticks_or_none(*, quote: Quote, field: str) -> int | None:
    value = quote.get(field)
    return None if value is None or value == 0 else ticks(value=value, field=field)


def _whole(*, quote: Quote, field: str, most: int) -> int | None:
    """Return a count from 0 to `most`; None when the answer says nothing of the kind."""
    value = quote.get(field)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value <= most else None
