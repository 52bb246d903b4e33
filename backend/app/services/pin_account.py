"""Giving a new position its account: what it opens with has to be there, and belongs to nobody."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from app.domain.errors import ConflictError, FieldError, InvalidInputError
from app.domain.position import Broker
from app.domain.trading import BrokerAccountRecord
from app.domain.units import money_text, shares_text
from app.services.ports import Book, Clock
from app.services.venues import Venues


@dataclass(frozen=True, slots=True, kw_only=True)
class Free:
    """What the account shows: its cash in micros, and its shares of the symbol in units."""

    account_id: str
    cash: int
    shares: int


class PinAccount:
    """Looks at an account, and gives a position the part of it that nobody else has."""

    def __init__(self, *, venues: Venues, clock: Clock) -> None:
        self._venues = venues
        self._clock = clock

    def look(self, *, broker: Broker, symbol: str) -> Free:
        """Return what the account holds, before the transaction that opens a position there.

        Raises
        ------
        BrokerError
            When the broker does not answer.
        ConflictError
            When it is not connected, or its account may not trade.
        """
        brokerage = self._venues.at(broker).brokerage
        account = brokerage.account()
        if account.blocked is not None:
            raise ConflictError(reason="account_blocked", message=account.blocked)
        return Free(
            account_id=account.id, cash=account.cash, shares=brokerage.shares(symbol=symbol)
        )

    def pin(
        self, book: Book, *, broker: Broker, symbol: str, free: Free, cash: int, shares: int
    ) -> int:
        """Keep the account, and return how many shares it holds besides all of our positions.

        Raises
        ------
        ConflictError
            When the broker's account changed since its first position, or real money is not
            armed, or has a position of the symbol already.
        InvalidInputError
            When the opening is more than what is free in the account.
        """
        require_armed(book, broker)
        kept = keep_account(book, broker, account_id=free.account_id, at=self._clock.now())
        if kept.account_id != free.account_id:
            raise ConflictError(
                reason="another_account",
                message=f"The keys of {broker.value} belong to another account than its positions.",
            )
        states = [
            book.get_position(position_id=position_id).state
            for position_id in book.positions_at(broker=broker)
        ]
        same = [state for state in states if state.symbol == symbol]
        if broker is Broker.ALPACA_LIVE and same:
            raise ConflictError(
                reason="symbol_taken",
                message=f"With real money, one account has one position of {symbol}.",
            )
        left_cash = free.cash - sum(state.cash for state in states)
        left_shares = free.shares - sum(state.shares for state in same)
        errors = [
            *_above("opening.cash", cash, left_cash, money_text),
            *_above("opening.shares", shares, left_shares, shares_text),
        ]
        if errors:
            raise InvalidInputError(*errors)
        return left_shares - shares


def keep_account(
    book: Book, broker: Broker, *, account_id: str, at: datetime
) -> BrokerAccountRecord:
    """Return the account that is kept for a broker: from now on this one, if there is none yet."""
    kept = book.broker_account(broker=broker)
    if kept is None:
        kept = BrokerAccountRecord(
            broker=broker, account_id=account_id, armed=False, fills_since=at
        )
        book.add_broker_account(account=kept)
    return kept


def require_armed(book: Book, broker: Broker) -> None:
    """Return unless the broker trades real money that is not armed.

    Raises
    ------
    ConflictError
        When it does (reason `broker_not_armed`).
    """
    if broker is not Broker.ALPACA_LIVE:
        return
    kept = book.broker_account(broker=broker)
    if kept is None or not kept.armed:
        raise ConflictError(
            reason="broker_not_armed",
            message="Trading with real money is not armed. Arm the account first.",
        )


def _above(field: str, wish: int, left: int, text: Callable[[int], str]) -> list[FieldError]:
    if wish <= left:
        return []
    allowed = f"at most {text(max(left, 0))}, which is free in the account"
    return [FieldError(field=field, message=f"is {text(wish)}", allowed=allowed)]
