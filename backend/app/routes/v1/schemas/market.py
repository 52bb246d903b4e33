"""The market on the wire."""

from datetime import datetime
from typing import Literal

from app.routes.v1.schemas.wire import WireModel
from app.services.read_market import MarketClock


class MarketStatusOut(WireModel):
    """The exchange's clock: what part of its day it is in, and what comes next."""

    exchange: str
    at: datetime
    phase: Literal["regular", "extended", "closed"]
    next_phase: Literal["regular", "extended", "closed"]
    next_change_at: datetime


def market_status_out(clock: MarketClock) -> MarketStatusOut:
    """Return the exchange's clock as the wire writes it."""
    return MarketStatusOut(
        exchange="XNYS",
        at=clock.at,
        phase=clock.phase.value,
        next_phase=clock.next_phase.value,
        next_change_at=clock.next_change_at,
    )
