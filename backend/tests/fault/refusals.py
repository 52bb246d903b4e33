"""Why the simulated broker refuses a request: the recorded statuses, codes and messages."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from tests.fault.orders import Ticket

CLIENT_ID_MAX = 128


@dataclass(eq=False)
class RefusalError(Exception):
    """An answer that is not success; `more` are further fields of the body."""

    status: int
    code: int
    message: str
    more: Mapping[str, object] = field(default_factory=dict)


def not_found(what: str) -> RefusalError:
    return RefusalError(404, 40410000, what)


def invalid(message: str) -> RefusalError:
    return RefusalError(422, 40010001, message)


def unprocessable(message: str) -> RefusalError:
    return RefusalError(422, 42210000, message)


def forbidden(message: str, **more: object) -> RefusalError:
    return RefusalError(403, 40310000, message, more)


def read_ticket(body: object, *, own_id: str) -> Ticket:
    """Return the order that a request asks for; `own_id` is its client id if it names none."""
    if not isinstance(body, dict):
        raise invalid("request body format is invalid")
    if body.get("side") not in ("buy", "sell"):
        raise invalid("side is invalid")
    quantity = _decimal(body.get("qty"), "qty")
    if quantity is None or quantity <= 0:
        raise invalid("qty must be > 0")
    if body.get("time_in_force") != "day":
        raise unprocessable("fractional orders must be DAY orders")
    limit = _limit(body)
    extended = body.get("extended_hours", False)
    if extended and limit is None:
        raise unprocessable("extended hours order must be DAY limit orders")
    client_order_id = str(body.get("client_order_id") or own_id)
    if len(client_order_id) > CLIENT_ID_MAX:
        raise invalid(f"client_order_id must be no more than {CLIENT_ID_MAX} characters")
    return Ticket(
        client_order_id=client_order_id,
        symbol=str(body.get("symbol")),
        side=body["side"],
        quantity=quantity,
        limit=limit,
        extended=bool(extended),
    )


def _limit(body: Mapping[str, object]) -> Decimal | None:
    limit = _decimal(body.get("limit_price"), "limit_price")
    match body.get("type"):
        case "market":
            return None
        case "limit":
            return _priced(limit)
        case _:
            raise invalid("invalid order type")


def _priced(limit: Decimal | None) -> Decimal:
    if limit is None:
        raise invalid("limit orders require a limit price")
    step = Decimal("0.01") if limit >= 1 else Decimal("0.0001")
    if limit <= 0 or limit % step:
        raise unprocessable(
            f"invalid limit_price {limit}. sub-penny increment does not fulfill minimum pricing"
            " criteria"
        )
    return limit


def _decimal(value: object, name: str) -> Decimal | None:
    if value is None:
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise invalid(f"{name} is invalid") from None
    if not number.is_finite():
        raise invalid(f"{name} is invalid")
    return number
