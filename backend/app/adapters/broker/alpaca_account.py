"""Alpaca's account, clock and assets."""

from collections.abc import Callable
from dataclasses import dataclass

from app.adapters.broker.alpaca_json import (
    Record,
    UnreadableError,
    flag,
    moment,
    rounded_down,
    text,
)
from app.domain.brokerage import BrokerAccount, BrokerClock
from app.domain.observation import MarketPhase
from app.domain.units import MICROS_PER_USD, UNITS_PER_SHARE

_BLOCKS = (
    ("account_blocked", "Alpaca has blocked the account"),
    ("trading_blocked", "Alpaca has blocked trading in the account"),
    ("trade_suspended_by_user", "trading was suspended in the settings of the Alpaca account"),
)
_EXTENDED_FRACTIONS = "fractional_eh_enabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lots:
    """The smallest quantities of an asset, in share units, inside and outside regular hours."""

    regular: int
    extended: int

    def at(self, phase: MarketPhase) -> int:
        """Return the smallest quantity in a part of the exchange's day."""
        return self.regular if phase is MarketPhase.REGULAR else self.extended


def read_account(account: Record) -> BrokerAccount:
    """Return the account; of its cash, not of the buying power that a loan would add.

    Raises
    ------
    UnreadableError
        When a value is not what it should be, or the account is not in USD.
    """
    if text(account, "currency") != "USD":
        raise UnreadableError("the account is not in USD")
    return BrokerAccount(
        id=text(account, "account_number" if account.get("account_number") else "id"),
        cash=rounded_down(account, "cash", MICROS_PER_USD),
        blocked=_blocked(account),
    )


def read_clock(clock: Record) -> BrokerClock:
    """Return the exchange's clock.

    Raises
    ------
    UnreadableError
        When a value is not what it should be.
    """
    return BrokerClock(
        at=moment(clock, "timestamp"),
        is_open=flag(clock, "is_open"),
        next_open=moment(clock, "next_open"),
        next_close=moment(clock, "next_close"),
    )


def read_lots(asset: Record, *, symbol: str, refused: Callable[[str], Exception]) -> Lots:
    """Return in which quantities an asset trades; raise `refused` with why it does not.

    Raises
    ------
    UnreadableError
        When a value is not what it should be.
    """
    if text(asset, "symbol") != symbol:
        raise UnreadableError("it speaks of another symbol")
    if text(asset, "class") != "us_equity":
        raise refused("it is not a stock of a US exchange there")
    if text(asset, "status") != "active" or not flag(asset, "tradable"):
        raise refused("it is not open for trading there")
    if not flag(asset, "fractionable"):
        return Lots(regular=UNITS_PER_SHARE, extended=UNITS_PER_SHARE)
    attributes = asset.get("attributes")
    extended = isinstance(attributes, list) and _EXTENDED_FRACTIONS in attributes
    return Lots(regular=1, extended=1 if extended else UNITS_PER_SHARE)


def _blocked(account: Record) -> str | None:
    # All of them are read, so that one that is missing counts as unreadable, not as "no".
    reasons = [reason for field, reason in _BLOCKS if flag(account, field)]
    if text(account, "status") != "ACTIVE":
        reasons.append("the account is not active")
    if not reasons:
        return None
    return f"No order can be sent: {' and '.join(reasons)}. Look at the account on Alpaca's pages."
