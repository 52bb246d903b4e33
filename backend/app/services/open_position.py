"""Opening a position: one symbol, its own cash, paused until a person starts it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from app.domain import rules
from app.domain.book import LedgerKind, PositionRecord, StoredAnswer
from app.domain.errors import FieldError, InvalidInputError
from app.domain.events import GENESIS, EventKind
from app.domain.observation import Observation
from app.domain.opening import split_value
from app.domain.position import SYMBOL_ALLOWED, SYMBOL_PATTERN, Broker, Position, Status
from app.domain.protection import (
    UNPROTECTED,
    Protections,
    parse_protections,
    protections_body,
)
from app.domain.step import Step
from app.domain.strategy import Strategy, parse_strategy, strategy_body
from app.domain.units import (
    PPM,
    VALUE_PER_MICRO,
    money_text,
    price_text,
    ratio_text,
    shares_text,
    value_text,
)
from app.services.journal import Journal
from app.services.once import Ticket, once
from app.services.pin_account import Free, PinAccount
from app.services.ports import Book, Clock, Ids, Store
from app.services.read_position import PositionView, view_of

_SYMBOL = re.compile(SYMBOL_PATTERN)
_NAME_LENGTH_MAX = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPosition:
    """What a person asks for; money in micros, shares in units, prices in ticks, fraction in ppm.

    Either `cash` and `shares`, with an anchor or without, or `value` and `stock_fraction`.
    """

    symbol: str
    name: str | None
    broker: str
    cash: int | None
    shares: int | None
    anchor: int | None
    value: int | None
    stock_fraction: int | None
    strategy: Mapping[str, object]
    protections: Mapping[str, object] = field(default_factory=dict)


class OpenPosition:
    """Opens positions, on paper or at a broker."""

    def __init__(self, *, store: Store, clock: Clock, ids: Ids, pinning: PinAccount) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._pinning = pinning

    def open(
        self, *, wish: NewPosition, ticket: Ticket[PositionView] | None = None
    ) -> PositionView | StoredAnswer:
        """Return the new position, paused.

        Raises
        ------
        InvalidInputError
            Naming every field that is out of range; nothing was stored.
        BrokerError, ConflictError
            When the broker does not answer, or its account does not allow it.
        """
        strategy, protections = _checked(wish)
        broker, free = Broker(wish.broker), None
        if broker is not Broker.PAPER:
            free = self._pinning.look(broker=broker, symbol=wish.symbol)
        with self._store.book() as book:
            return once(book, ticket, lambda: self._open(book, wish, strategy, protections, free))

    def _open(
        self,
        book: Book,
        wish: NewPosition,
        strategy: Strategy,
        protections: Protections,
        free: Free | None,
    ) -> PositionView:
        now = self._clock.now()
        cash = wish.value if wish.cash is None else wish.cash
        shares = wish.shares or 0
        assert cash is not None
        beside = 0
        if free is not None:
            beside = self._pinning.pin(
                book,
                broker=Broker(wish.broker),
                symbol=wish.symbol,
                free=free,
                cash=cash,
                shares=shares,
            )
        record = PositionRecord(
            id=self._ids.new(),
            name=wish.name or wish.symbol,
            state=_opening_state(wish, protections),
            strategy=strategy,
            opening_cash=cash,
            opening_shares=shares,
            opening_price=None,
            opening_fraction=wish.stock_fraction,
            account_id=None if free is None else free.account_id,
            shares_beside=beside,
            halt_reason=None,
            price_source=None,
            price_received_at=None,
            price_delay_minutes=None,
            decisions=0,
            trades=0,
            ledger_entries=0,
            events=0,
            chain_head=GENESIS,
            created_at=now,
            started_at=None,
            archived_at=None,
            actions_known_at=now,
        )
        book.add_position(record=record, reason="opened")
        journal = Journal(book=book, record=record, at=now)
        journal.enter(LedgerKind.OPENING, cash=cash, shares=shares)
        journal.log(EventKind.OPENED, _opened_body(journal.record))
        return view_of(book, journal.save())


def _opening_state(wish: NewPosition, protections: Protections) -> Position:
    """Return the state before the opening balance is entered."""
    return Position(
        symbol=wish.symbol,
        broker=Broker(wish.broker),
        status=Status.PAUSED,
        shares=0,
        cash=0,
        receivable=0,
        anchor=wish.anchor,
        orders_today=0,
        orders_on=None,
        last_price=None,
        last_used_on=None,
        last_observed_at=None,
        last_order_done_at=None,
        order_in_flight=False,
        strategy_version=1,
        protections=protections,
    )


def opening_price(record: PositionRecord, observation: Observation, stepped: Step) -> int | None:
    """Return the price (ticks) that splits an opening given as a value, or None.

    It is the first one that is used, whatever `stepped` decided on it.
    """
    used = stepped.position.last_observed_at == observation.observed_at
    return observation.price if used and record.opening_fraction is not None else None


def opened_at(record: PositionRecord, price: int) -> Position:
    """Return the state with the opening value in cash and shares at `price`, without cost."""
    assert record.opening_fraction is not None, "the opening is still to be split"
    cash, shares = split_value(
        value=record.state.cash,
        fraction=record.opening_fraction,
        price=price,
        lot=record.strategy.lot,
    )
    return replace(record.state, cash=cash, shares=shares)


def _checked(wish: NewPosition) -> tuple[Strategy, Protections]:
    """Return strategy and protections when all of `wish` is in range; name all that is not."""
    errors = [*_identity_errors(wish), *_opening_errors(wish)]
    protections = UNPROTECTED
    try:
        protections = parse_protections(wish.protections, present=UNPROTECTED)
    except InvalidInputError as error:
        errors += error.errors
    try:
        strategy = parse_strategy(wish.strategy)
    except InvalidInputError as error:
        raise InvalidInputError(*errors, *error.errors) from error
    if errors:
        raise InvalidInputError(*errors)
    return strategy, protections


def _identity_errors(wish: NewPosition) -> list[FieldError]:
    errors = []
    if not _SYMBOL.fullmatch(wish.symbol):
        message = f"is {wish.symbol!r}"
        errors.append(FieldError(field="symbol", message=message, allowed=SYMBOL_ALLOWED))
    if wish.name is not None and not 1 <= len(wish.name.strip()) <= _NAME_LENGTH_MAX:
        allowed = f"1 to {_NAME_LENGTH_MAX} characters"
        errors.append(FieldError(field="name", message="is empty or too long", allowed=allowed))
    if wish.broker not in set(Broker):
        allowed = ", ".join(Broker)
        errors.append(FieldError(field="broker", message=f"is {wish.broker!r}", allowed=allowed))
    return errors


def _opening_errors(wish: NewPosition) -> list[FieldError]:
    stated = wish.cash is not None and wish.shares is not None
    if not stated and wish.broker != Broker.PAPER:
        return [
            FieldError(
                field="opening",
                message="is not cash with shares",
                allowed="{cash, shares, anchor_price?} at a broker",
            )
        ]
    valued = wish.value is not None and wish.stock_fraction is not None
    extra = (wish.value, wish.stock_fraction) if stated else (wish.cash, wish.shares, wish.anchor)
    if stated == valued or any(field is not None for field in extra):
        return [
            FieldError(
                field="opening",
                message="is neither cash with shares nor value with stock_fraction",
                allowed="{cash, shares, anchor_price?} or {value, stock_fraction}",
            )
        ]
    value_max = rules.VALUE_MAX // VALUE_PER_MICRO
    if stated:
        errors = amount_errors("opening.cash", wish.cash, 0, value_max, money_text)
        errors += amount_errors("opening.shares", wish.shares, 0, rules.SHARES_MAX, shares_text)
        errors += amount_errors("opening.anchor_price", wish.anchor, 1, rules.PRICE_MAX, price_text)
        return errors or _worth_errors(wish)
    errors = amount_errors("opening.value", wish.value, 1, value_max, money_text)
    return errors + amount_errors("opening.stock_fraction", wish.stock_fraction, 0, PPM, ratio_text)


def _worth_errors(wish: NewPosition) -> list[FieldError]:
    """Return an error when the holdings at their anchor leave the range of exact arithmetic."""
    worth = (wish.shares or 0) * (wish.anchor or 0) + (wish.cash or 0) * VALUE_PER_MICRO
    if worth <= rules.VALUE_MAX:
        return []
    allowed = f"at most {value_text(rules.VALUE_MAX)} USD in all"
    return [FieldError(field="opening", message="is worth too much", allowed=allowed)]


def amount_errors(
    field: str, amount: int | None, low: int, high: int, text: Callable[[int], str]
) -> list[FieldError]:
    """Return the error of an amount outside `low` to `high`; `text` writes its unit."""
    if amount is None or low <= amount <= high:
        return []
    allowed = f"from {text(low)} to {text(high)}"
    return [FieldError(field=field, message=f"is {text(amount)}", allowed=allowed)]


def _opened_body(record: PositionRecord) -> dict[str, object]:
    anchor = record.state.anchor
    fraction = record.opening_fraction
    body: dict[str, object] = {
        "symbol": record.state.symbol,
        "name": record.name,
        "broker": record.state.broker.value,
        "cash": money_text(record.opening_cash),
        "shares": shares_text(record.opening_shares),
        "anchor_price": None if anchor is None else price_text(anchor),
        "stock_fraction": None if fraction is None else ratio_text(fraction),
        "strategy": strategy_body(record.strategy),
    }
    if record.state.protections != UNPROTECTED:
        body["protections"] = protections_body(record.state.protections)
    return body
