"""A paper or live account at Alpaca, by its trading API."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import quote
from zoneinfo import ZoneInfo

from app.adapters.broker.alpaca_account import Lots, read_account, read_clock, read_lots
from app.adapters.broker.alpaca_activities import CASH_KINDS, read_cash, read_fill
from app.adapters.broker.alpaca_client import AlpacaClient, Answer
from app.adapters.broker.alpaca_credentials import Credentials
from app.adapters.broker.alpaca_failures import endless, not_traded, reading, unanswered, unreadable
from app.adapters.broker.alpaca_json import (
    Record,
    UnreadableError,
    is_not_found,
    moment,
    parsed,
    record,
    records,
    rounded_down,
    text,
)
from app.adapters.broker.alpaca_orders import read_order
from app.adapters.broker.alpaca_submission import order_body, read_submission
from app.domain.book import OrderRecord
from app.domain.brokerage import (
    BrokerAccount,
    BrokerCash,
    BrokerClock,
    BrokerFill,
    BrokerOrder,
    BrokerOrderState,
    Submission,
)
from app.domain.observation import MarketPhase
from app.domain.units import UNITS_PER_SHARE

_ORDERS = "/v2/orders"
_ACTIVITIES = "/v2/account/activities"
_ORDERS_A_PAGE = 500
_ACTIVITIES_A_PAGE = 100
_PAGES_MAX = 1000
# Alpaca's "after" leaves out the moment itself, and may know it to the millisecond only.
_MARGIN = timedelta(seconds=1)
_INSTANT = timedelta(microseconds=1)
_LOTS_KEPT = timedelta(days=1)
_NEW_YORK = ZoneInfo("America/New_York")


class AlpacaBrokerage:
    """An account at Alpaca; safe to share between threads.

    `base_url` says whether it is the paper or the live one, `timeout_seconds` limits one request.
    """

    def __init__(
        self,
        *,
        base_url: str,
        credentials: Credentials,
        timeout_seconds: float,
        now: Callable[[], datetime],
    ) -> None:
        self._client = AlpacaClient(
            base_url=base_url, credentials=credentials, timeout_seconds=timeout_seconds
        )
        self._credentials = credentials
        self._now = now
        self._lots: dict[str, tuple[datetime, Lots]] = {}

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def account(self) -> BrokerAccount:
        """Return the account."""
        return self._read("/v2/account", what="the account", reader=read_account)

    def clock(self) -> BrokerClock:
        """Return Alpaca's clock."""
        return self._read("/v2/clock", what="its clock", reader=read_clock)

    def smallest_lot(self, *, symbol: str, phase: MarketPhase) -> int:
        """Return the smallest quantity, in share units; what an asset allows is kept for a day.

        Raises
        ------
        BrokerError
            Also when Alpaca does not trade `symbol`.
        """
        now = self._now()
        kept = self._lots.get(symbol)
        if kept is None or now - kept[0] >= _LOTS_KEPT:
            kept = (now, self._ask_lots(symbol))
            self._lots[symbol] = kept
        return kept[1].at(phase)

    def submit(
        self, *, order: OrderRecord, symbol: str, extended: bool, in_time: Callable[[], bool]
    ) -> Submission:
        """Send `order` once, as a limit order for this day, and return what became of it."""
        body = order_body(order=order, symbol=symbol, extended=extended)
        answer = self._client.post(_ORDERS, body, in_time=in_time)
        return read_submission(answer, order_id=order.id, credentials=self._credentials)

    def find(self, *, order_id: str) -> BrokerOrder | None:
        """Return the order that was sent under our id, or None when Alpaca knows none."""
        found = self._find_order(
            f"{_ORDERS}:by_client_order_id", parameters={"client_order_id": order_id}
        )
        if found is not None and found.order_id != order_id:
            raise unreadable(what="an order", reason="it speaks of another order")
        return found

    def order(self, *, broker_order_id: str) -> BrokerOrder | None:
        """Return an order by Alpaca's own id, or None when it knows none."""
        found = self._find_order(_order_path(broker_order_id))
        if found is not None and found.broker_order_id != broker_order_id:
            raise unreadable(what="an order", reason="it speaks of another order")
        return found

    def live_orders(self) -> tuple[BrokerOrder, ...]:
        """Return every order of the account that can still fill."""
        orders = self._orders({"status": "open"})
        return tuple(order for order in orders if order.state is BrokerOrderState.LIVE)

    def orders_since(self, *, at: datetime) -> tuple[BrokerOrder, ...]:
        """Return every order that was sent at `at` or later, whatever became of it."""
        return self._orders({"status": "all", "after": _text_of(at - _INSTANT)})

    def cancel(self, *, broker_order_id: str) -> None:
        """Ask for the end of an order; one that ended, or never was, is no error."""
        answer = self._client.delete(_order_path(broker_order_id))
        is_done = answer.status in {200, 202, 204, 207, 422}
        if not is_done and not is_not_found(answer):
            raise unanswered(answer, what="the end of an order")

    def fills(self, *, since: datetime) -> tuple[BrokerFill, ...]:
        """Return every fill, and taking back of one, from `since` on, oldest first."""
        found = self._activities(
            f"{_ACTIVITIES}/FILL",
            parameters={"after": _text_of(since - _MARGIN)},
            what="the trades",
            reader=read_fill,
        )
        return tuple(sorted((fill for fill in found if fill.at >= since), key=lambda fill: fill.at))

    def cash_movements(self, *, since: datetime) -> tuple[BrokerCash, ...]:
        """Return the dividends, taxes and fees of the New York date of `since` and later ones."""
        found = self._activities(
            _ACTIVITIES,
            parameters={
                "activity_types": ",".join(CASH_KINDS),
                "after": _text_of(since - timedelta(days=2)),
            },
            what="the dividends, taxes and fees",
            reader=read_cash,
        )
        first = since.astimezone(_NEW_YORK).date()
        booked = (cash for cash in found if cash is not None and cash.on >= first)
        return tuple(sorted(booked, key=lambda cash: cash.on))

    def shares(self, *, symbol: str) -> int:
        """Return how many share units the account holds; 0 for none, negative when it is short.

        Rounding: down.
        """
        answer = self._client.get(f"/v2/positions/{quote(symbol, safe='')}")
        if is_not_found(answer):
            return 0
        return _readable(answer, what=f"the shares of {symbol}", reader=_shares_of(symbol))

    def _ask_lots(self, symbol: str) -> Lots:
        answer = self._client.get(f"/v2/assets/{quote(symbol, safe='')}")
        if is_not_found(answer):
            raise not_traded(symbol=symbol, reason="it does not list it")
        return _readable(
            answer,
            what=f"the asset {symbol}",
            reader=lambda asset: read_lots(
                asset,
                symbol=symbol,
                refused=lambda reason: not_traded(symbol=symbol, reason=reason),
            ),
        )

    def _find_order(
        self, path: str, *, parameters: Mapping[str, str] | None = None
    ) -> BrokerOrder | None:
        answer = self._client.get(path, parameters)
        return (
            None if is_not_found(answer) else _readable(answer, what="an order", reader=read_order)
        )

    def _orders(self, parameters: Mapping[str, str]) -> tuple[BrokerOrder, ...]:
        """Return a list of orders, oldest first; a page begins where the one before ended."""
        asked = {
            **parameters,
            "limit": str(_ORDERS_A_PAGE),
            "direction": "asc",
            "nested": "false",
        }
        found: dict[str, BrokerOrder] = {}
        for _ in range(_PAGES_MAX):
            page = self._page(_ORDERS, asked, what="the orders")
            known = len(found)
            with reading(what="the orders"):
                found |= {order.broker_order_id: order for order in map(read_order, page)}
                if len(page) < _ORDERS_A_PAGE:
                    return tuple(found.values())
                # Several orders may share a moment, so that it is asked for once more.
                asked["after"] = _text_of(moment(page[-1], "submitted_at") - _INSTANT)
            if len(found) == known:
                break
        raise endless(what="the orders")

    def _activities[T](
        self,
        path: str,
        *,
        parameters: Mapping[str, str],
        what: str,
        reader: Callable[[Record], T],
    ) -> tuple[T, ...]:
        """Return what all pages hold, each id once, until a page brings nothing new."""
        asked = {**parameters, "direction": "asc", "page_size": str(_ACTIVITIES_A_PAGE)}
        found: dict[str, T] = {}
        for _ in range(_PAGES_MAX):
            page = self._page(path, asked, what=what)
            known = len(found)
            with reading(what=what):
                for activity in page:
                    identity, value = text(activity, "id"), reader(activity)
                    if found.setdefault(identity, value) != value:
                        raise UnreadableError("one id has two different contents")
            if len(found) == known:
                return tuple(found.values())
            asked["page_token"] = text(page[-1], "id")
        raise endless(what=what)

    def _page(self, path: str, parameters: Mapping[str, str], *, what: str) -> tuple[Record, ...]:
        answer = self._client.get(path, parameters)
        if answer.status != 200:
            raise unanswered(answer, what=what)
        with reading(what=what):
            return records(parsed(answer.body))

    def _read[T](self, path: str, *, what: str, reader: Callable[[Record], T]) -> T:
        return _readable(self._client.get(path), what=what, reader=reader)


def _readable[T](answer: Answer, *, what: str, reader: Callable[[Record], T]) -> T:
    if answer.status != 200:
        raise unanswered(answer, what=what)
    with reading(what=what):
        return reader(record(parsed(answer.body)))


def _shares_of(symbol: str) -> Callable[[Record], int]:
    def shares(position: Record) -> int:
        if text(position, "symbol") != symbol:
            raise UnreadableError("it speaks of another symbol")
        return rounded_down(position, "qty", UNITS_PER_SHARE)

    return shares


def _order_path(broker_order_id: str) -> str:
    # Without an id, the path would be that of all orders: canceling it would end every one.
    assert broker_order_id.strip("./ "), "an order of the broker has an id"
    return f"{_ORDERS}/{quote(broker_order_id, safe='')}"


def _text_of(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
