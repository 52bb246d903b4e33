"""Small builders: a valid value of each domain type, with what a test cares about replaced."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from app.domain import units
from app.domain.observation import MarketPhase, Observation
from app.domain.position import Broker, Position, Status
from app.domain.session import LIVE_GATES, Day
from app.domain.strategy import Strategy, parse_strategy

SYMBOL = "KO"
SESSION = date(2024, 6, 11)
NOW = datetime(2024, 6, 11, 14, 30, tzinfo=UTC)


def ticks(usd: str) -> int:
    """Return a price in ticks."""
    return units.exact(Decimal(usd), units.TICKS_PER_USD)


def shares(number: str) -> int:
    """Return a number of shares in units."""
    return units.exact(Decimal(number), units.UNITS_PER_SHARE)


def usd(amount: str) -> int:
    """Return an amount of money in micros."""
    return units.exact(Decimal(amount), units.MICROS_PER_USD)


def ppm(ratio: str) -> int:
    """Return a ratio in parts per million."""
    return units.exact(Decimal(ratio), units.PPM)


def a_strategy(
    *, simulation: bool = False, sessions: str = "regular", **groups: Mapping[str, object]
) -> Strategy:
    """Return the default strategy, overridden by groups as on the wire: `trigger={"up": "0.05"}`.

    A simulation may set `min_notional` to 0.
    """
    return parse_strategy({**groups, "sessions": sessions}, simulation=simulation)


def a_position(**changes: Any) -> Position:
    """Return a running paper position of 100 shares and 6,000 USD with its anchor at 60 USD."""
    position = Position(
        symbol=SYMBOL,
        broker=Broker.PAPER,
        status=Status.RUNNING,
        shares=shares("100"),
        cash=usd("6000"),
        receivable=0,
        anchor=ticks("60"),
        orders_today=0,
        orders_on=None,
        last_price=None,
        last_used_on=None,
        last_observed_at=None,
        last_order_done_at=None,
        order_in_flight=False,
        strategy_version=1,
    )
    return replace(position, **changes)


def an_observation(price: str | int | None = "60", **changes: Any) -> Observation:
    """Return a trade of this moment at `price` (USD as text, or ticks), without bid and ask."""
    observation = Observation(
        symbol=SYMBOL,
        price=ticks(price) if isinstance(price, str) else price,
        bid=None,
        ask=None,
        previous_close=None,
        currency="USD",
        observed_at=NOW,
        received_at=NOW,
        source="test",
    )
    return replace(observation, **changes)


def a_day(**changes: Any) -> Day:
    """Return a regular session in which every live gate is asked."""
    day = Day(
        date=SESSION,
        phase=MarketPhase.REGULAR,
        now=NOW,
        trading_halted=False,
        gates=LIVE_GATES,
        what_if=False,
    )
    return replace(day, **changes)


def later(seconds: float) -> datetime:
    """Return the moment so many seconds after `NOW`."""
    return NOW + timedelta(seconds=seconds)
