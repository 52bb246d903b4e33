"""What each path of the simulated Alpaca API answers when nothing goes wrong on the way."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from tests.fault.alpaca_bodies import (
    account_body,
    activity_body,
    asset_body,
    clock_body,
    order_body,
    position_body,
    snapshot_body,
)
from tests.fault.broker import Broker
from tests.fault.faults import Lag
from tests.fault.moments import moment
from tests.fault.orders import Fill, Movement
from tests.fault.refusals import RefusalError, invalid, not_found, unprocessable

ORDERS_MAX, ORDERS_USUAL = 500, 50
PAGE_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A response; `extra` are further header lines."""

    status: int = 200
    body: bytes = b""
    kind: str = "application/json; charset=UTF-8"
    extra: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request: its path below /v2, the query and the body."""

    method: str
    path: str
    query: Mapping[str, str]
    body: bytes = b""


type Route = Callable[[Broker, Asked, str], Answer]


def answer(broker: Broker, asked: Asked) -> Answer:
    """Return what the broker answers to `asked`; a refusal is an answer too."""
    for method, pattern, route in ROUTES:
        if method == asked.method and (match := pattern.fullmatch(asked.path)):
            try:
                with broker.lock:
                    broker.advance()
                    return route(broker, asked, match.group(1) if match.groups() else "")
            except RefusalError as refusal:
                return _refused(refusal)
    return Answer(status=404, body=b'{"message": "Not Found"}')


def failure(status: int, *, message: str, extra: Mapping[str, str] | None = None) -> Answer:
    """Return an answer of what stands before the broker: HTML, except for 429."""
    if status == 429:
        return _json({"message": message}, status=status, extra=extra)
    page = f"<html><head><title>{status} {message}</title></head><body></body></html>"
    return Answer(status=status, body=page.encode(), kind="text/html")


def _json(content: object, *, status: int = 200, extra: Mapping[str, str] | None = None) -> Answer:
    text = json.dumps(content, separators=(",", ":"))
    return Answer(status=status, body=text.encode(), extra=extra)


def _refused(refusal: RefusalError) -> Answer:
    body = {"code": refusal.code, "message": refusal.message} | dict(refusal.more)
    return _json(dict(sorted(body.items())), status=refusal.status)


def _account(broker: Broker, _asked: Asked, _name: str) -> Answer:
    return _json(account_body(broker))


def _clock(broker: Broker, _asked: Asked, _name: str) -> Answer:
    return _json(clock_body(broker))


def _asset(broker: Broker, _asked: Asked, symbol: str) -> Answer:
    if broker.quote(symbol) is None:
        raise not_found(f"asset not found for {symbol}")
    return _json(asset_body(symbol, whole_shares_only=symbol in broker.whole_shares_only))


def _position(broker: Broker, _asked: Asked, symbol: str) -> Answer:
    if not broker.holdings(symbol):
        raise not_found("position does not exist")
    return _json(position_body(broker, symbol))


def _positions(broker: Broker, _asked: Asked, _name: str) -> Answer:
    return _json([position_body(broker, symbol) for symbol in broker.symbols_held()])


def _submit(broker: Broker, asked: Asked, _name: str) -> Answer:
    try:
        body = json.loads(asked.body)
    except ValueError:
        raise invalid("request body format is invalid") from None
    return _json(order_body(broker.submit(body)))


def _orders(broker: Broker, asked: Asked, _name: str) -> Answer:
    orders = broker.visible_orders()
    status = asked.query.get("status", "open")
    if status not in ("open", "closed", "all"):
        raise invalid(f"invalid status: {status}")
    if status != "all":
        orders = [order for order in orders if order.is_live == (status == "open")]
    if "after" in asked.query:
        after = _moment(asked.query["after"])
        orders = [order for order in orders if order.submitted_at > after]
    if "until" in asked.query:
        until = _moment(asked.query["until"])
        orders = [order for order in orders if order.submitted_at <= until]
    if "symbols" in asked.query:
        symbols = asked.query["symbols"].split(",")
        orders = [order for order in orders if order.ticket.symbol in symbols]
    if _descends(asked):
        orders.reverse()
    limit = _count(asked, "limit", usual=ORDERS_USUAL, most=ORDERS_MAX)
    return _json([order_body(order) for order in orders[:limit]])


def _order(broker: Broker, _asked: Asked, order_id: str) -> Answer:
    return _json(order_body(broker.order(order_id)))


def _order_by_client_id(broker: Broker, asked: Asked, _name: str) -> Answer:
    return _json(order_body(broker.order_by_client_id(asked.query.get("client_order_id", ""))))


def _cancel(broker: Broker, _asked: Asked, order_id: str) -> Answer:
    broker.cancel(order_id)
    return Answer(status=204)


def _cancel_all(broker: Broker, _asked: Asked, _name: str) -> Answer:
    results: list[object] = []
    for order in broker.live_orders:
        try:
            broker.cancel(order.id)
        except RefusalError as refusal:
            body = {"code": refusal.code, "message": refusal.message}
            results.append({"id": order.id, "status": refusal.status, "body": body})
        else:
            results.append({"id": order.id, "status": 200})
    return _json(results, status=207)


def _activities(broker: Broker, asked: Asked, kind: str) -> Answer:
    named = kind or asked.query.get("activity_types", "")
    entries = broker.visible_activities()
    if named:
        entries = [entry for entry in entries if _kind(entry) in named.split(",")]
    if "after" in asked.query:
        after = _moment(asked.query["after"])
        entries = [entry for entry in entries if entry.at > after]
    if "until" in asked.query:
        until = _moment(asked.query["until"])
        entries = [entry for entry in entries if entry.at < until]
    if _descends(asked):
        entries.reverse()
    begin = 0
    if token := asked.query.get("page_token"):
        begin = next((n + 1 for n, entry in enumerate(entries) if entry.id == token), -1)
        if begin < 0:
            raise unprocessable(f"page_token {token} is invalid")
    size = _count(asked, "page_size", usual=PAGE_MAX, most=PAGE_MAX)
    page = _disturbed(broker, entries, begin=begin, size=size)
    return _json([activity_body(entry, broker) for entry in page])


def _disturbed(
    broker: Broker, entries: list[Fill | Movement], *, begin: int, size: int
) -> list[Fill | Movement]:
    """Return a page, in which an entry may be listed again or the order be another."""
    page = entries[begin : begin + size]
    if page and (random := broker.faults.happens(Lag.TWICE)):
        page.insert(random.randrange(len(page) + 1), random.choice(entries[: begin + len(page)]))
        page = page[:size]
        broker.faults.count(Lag.TWICE)
    if len(page) > 1 and (random := broker.faults.happens(Lag.SHUFFLED)):
        random.shuffle(page)
        broker.faults.count(Lag.SHUFFLED)
    return page


def _snapshot(broker: Broker, _asked: Asked, symbol: str) -> Answer:
    quote = broker.quote(symbol)
    if quote is None:
        raise not_found(f"symbol not found: {symbol}")
    return _json(snapshot_body(symbol, quote, broker.moment()))


def _kind(entry: Fill | Movement) -> str | None:
    return "FILL" if isinstance(entry, Fill) else entry.kind


def _descends(asked: Asked) -> bool:
    direction = asked.query.get("direction", "desc")
    if direction not in ("asc", "desc"):
        raise invalid(f"invalid direction: {direction}")
    return direction == "desc"


def _count(asked: Asked, name: str, *, usual: int, most: int) -> int:
    text = asked.query.get(name, str(usual))
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise invalid(f"{name} must be between 1 and {most}")
    return int(text)


def _moment(text: str) -> int:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise invalid(f"invalid time: {text}") from None
    if at.tzinfo is None:
        raise invalid(f"invalid time: {text}")
    return moment(at)


ROUTES: tuple[tuple[str, re.Pattern[str], Route], ...] = tuple(
    (method, re.compile(pattern), route)
    for method, pattern, route in (
        ("GET", "/account", _account),
        ("GET", "/clock", _clock),
        ("GET", "/assets/([^/]+)", _asset),
        ("GET", "/positions", _positions),
        ("GET", "/positions/([^/]+)", _position),
        ("POST", "/orders", _submit),
        ("GET", "/orders", _orders),
        ("GET", "/orders:by_client_order_id", _order_by_client_id),
        ("GET", "/orders/([^/]+)", _order),
        ("DELETE", "/orders/([^/]+)", _cancel),
        ("DELETE", "/orders", _cancel_all),
        ("GET", "/account/activities", _activities),
        ("GET", "/account/activities/([A-Z]+)", _activities),
        ("GET", "/stocks/([^/]+)/snapshot", _snapshot),
    )
)
