"""The market on the wire: every price with its source, its times and its age."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Literal

from app.domain.observation import LastPrice, Observation
from app.domain.record import observation_body
from app.domain.session import AGE_LIMIT, TradingSession
from app.domain.units import price_text
from app.routes.v1.schemas.wire import DecimalText, WireModel
from app.services.read_market import MarketClock

STALE_AFTER_SECONDS = int(AGE_LIMIT.total_seconds())


class Provenance(WireModel):
    """Where a price came from, and how old it was when this was answered, or decided.

    `delay` is that of the source against the exchange, `delay_minutes` how much where it is known.
    A stale price is older than the limit up to which the robot acts on one.
    """

    source: str
    observed_at: datetime
    age_seconds: int
    delay: Literal["real_time", "delayed", "unknown"]
    delay_minutes: int | None
    stale: bool


class PriceOut(Provenance):
    """A price and where it came from; an earlier version did not keep when it was received."""

    price: DecimalText
    received_at: datetime | None


class ObservationOut(Provenance):
    """What the market showed; times in UTC."""

    symbol: str
    price: DecimalText | None
    bid: DecimalText | None
    ask: DecimalText | None
    previous_close: DecimalText | None
    currency: str
    received_at: datetime
    volume: int | None
    market_phase: Literal["regular", "extended", "closed"] | None


class QuoteOut(ObservationOut):
    """The latest observation, and the age from which on a price is stale."""

    stale_after_seconds: int


class TicksOut(WireModel):
    """The latest prices that were seen, oldest first; empty when the cache was lost."""

    symbol: str
    stale_after_seconds: int
    items: list[PriceOut]


class SessionOut(WireModel):
    """A session of the exchange; `early_close` says why it is a half day."""

    date: date
    extended_opens_at: datetime
    opens_at: datetime
    closes_at: datetime
    extended_closes_at: datetime
    early_close: str | None


class MarketStatusOut(WireModel):
    """The exchange's clock: what part of its day it is in, and what comes next.

    `holiday` says why there is no session today. `sessions` are the next ones, one under way
    included.
    """

    exchange: str
    at: datetime
    phase: Literal["regular", "extended", "closed"]
    next_phase: Literal["regular", "extended", "closed"]
    next_change_at: datetime
    holiday: str | None
    sessions: list[SessionOut]


def market_status_out(clock: MarketClock) -> MarketStatusOut:
    """Return the exchange's clock as the wire writes it."""
    return MarketStatusOut(
        exchange="XNYS",
        at=clock.at,
        phase=clock.phase.value,
        next_phase=clock.next_phase.value,
        next_change_at=clock.next_change_at,
        holiday=clock.holiday,
        sessions=[_session(session) for session in clock.sessions],
    )


def observation_fields(body: Mapping[str, object], *, at: datetime) -> dict[str, object]:
    """Return the fields of an ObservationOut from a recorded body, with its age at `at`.

    Bodies of an earlier version lack what was not kept then.
    """
    observed_at = datetime.fromisoformat(str(body["observed_at"]))
    kept = {"volume": None, "delay_minutes": None, "market_phase": None, **body}
    return {**kept, **_age(observed_at, at), "delay": _delay(kept["delay_minutes"])}


def quote_out(observation: Observation, *, at: datetime) -> QuoteOut:
    """Return an observation with its age at `at`."""
    fields = observation_fields(observation_body(observation), at=at)
    return QuoteOut.model_validate(fields | {"stale_after_seconds": STALE_AFTER_SECONDS})


def ticks_out(symbol: str, ticks: tuple[Observation, ...], *, at: datetime) -> TicksOut:
    """Return the prices that were seen, with their age at `at`."""
    items = []
    for tick in ticks:
        fields = observation_fields(observation_body(tick), at=at)
        items.append(
            PriceOut.model_validate({name: fields[name] for name in PriceOut.model_fields})
        )
    return TicksOut(symbol=symbol, stale_after_seconds=STALE_AFTER_SECONDS, items=items)


def price_out(last: LastPrice, *, at: datetime) -> PriceOut:
    """Return a last price with its age at `at`."""
    return PriceOut.model_validate(
        {
            "price": price_text(last.price),
            "source": last.source,
            "observed_at": last.observed_at,
            "received_at": last.received_at,
            "delay": _delay(last.delay_minutes),
            "delay_minutes": last.delay_minutes,
            **_age(last.observed_at, at),
        }
    )


def _age(observed_at: datetime, at: datetime) -> dict[str, object]:
    age = max(at - observed_at, timedelta(0))
    return {"age_seconds": age // timedelta(seconds=1), "stale": age > AGE_LIMIT}


def _delay(minutes: object) -> str:
    if minutes is None:
        return "unknown"
    return "delayed" if minutes else "real_time"


def _session(session: TradingSession) -> SessionOut:
    return SessionOut(
        date=session.date,
        extended_opens_at=session.extended_opens_at,
        opens_at=session.opens_at,
        closes_at=session.closes_at,
        extended_closes_at=session.extended_closes_at,
        early_close=session.early_close,
    )
