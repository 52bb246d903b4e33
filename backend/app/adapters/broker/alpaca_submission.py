"""An order as Alpaca wants it, and what its answer says about it."""

import re
from collections.abc import Mapping

from app.adapters.broker.alpaca_client import Answer
from app.adapters.broker.alpaca_credentials import Credentials
from app.adapters.broker.alpaca_json import UnreadableError, parsed, record, refusal, text
from app.domain.book import OrderRecord
from app.domain.brokerage import (
    Accepted,
    AlreadyThere,
    Rejected,
    Submission,
    Throttled,
    Uncertain,
    Unsent,
)
from app.domain.decision import Side
from app.domain.units import TICKS_PER_USD, price_text, shares_text

_TICKS_PER_CENT = TICKS_PER_USD // 100
_RETRY_SECONDS = 5
_MESSAGE_CHARS_MAX = 200
_DUPLICATE = "client_order_id must be unique"
# The same code covers an account and an order, so that only the words tell them apart.
_ACCOUNT_TROUBLE = re.compile(
    r"rejected by user request|unauthori[sz]ed|not authori[sz]ed|forbidden"
    r"|(account|trading) (is |has been |was )?(currently )?"
    r"(blocked|restricted|suspended|closed|inactive|not active)",
    re.IGNORECASE,
)


def legal_limit(*, side: Side, worst_price: int) -> int:
    """Return the limit in ticks that Alpaca takes: whole cents from 1 USD on, never worse.

    Rounding: a buy down, a sell up.
    """
    assert worst_price > 0, "a limit is a price"
    if worst_price < TICKS_PER_USD:
        return worst_price
    match side:
        case Side.BUY:
            return worst_price // _TICKS_PER_CENT * _TICKS_PER_CENT
        case Side.SELL:
            return -(-worst_price // _TICKS_PER_CENT) * _TICKS_PER_CENT


def order_body(*, order: OrderRecord, symbol: str, extended: bool) -> Mapping[str, str | bool]:
    """Return the body of a limit order for this day, with decimals as text."""
    assert order.quantity > 0, "an order has a quantity"
    return {
        "symbol": symbol,
        "side": order.side.value,
        "type": "limit",
        "time_in_force": "day",
        "qty": shares_text(order.quantity),
        "limit_price": price_text(legal_limit(side=order.side, worst_price=order.limit_price)),
        "extended_hours": extended,
        "client_order_id": order.id,
    }


def read_submission(answer: Answer, *, order_id: str, credentials: Credentials) -> Submission:
    """Return what became of the order that was sent under `order_id`.

    Only Alpaca's own words count as a refusal: an answer without them may come from a proxy that
    had passed the order on.
    """
    words = refusal(answer)
    message = None if words is None else _shortened(credentials.hidden_in(words))
    match answer.status:
        case None if not answer.begun:
            return Unsent(message=f"It was not sent: {answer.problem}.")
        case None:
            return Uncertain(message=f"Alpaca was sent the order: {answer.problem}.")
        case 401:
            return Rejected(
                message=message or "Alpaca does not accept the keys (401).", account_trouble=True
            )
        case 429:
            return Throttled(
                message=message or "Alpaca takes no more requests for now (429).",
                retry_after_seconds=answer.retry_after_seconds or _RETRY_SECONDS,
            )
        case 400 | 403 | 422 as status if message is not None:
            return _refused(message, status=status)
        case status if 200 <= status < 300:
            return _accepted(answer, order_id=order_id)
        case status:
            return Uncertain(
                message=f"Alpaca was sent the order, and status {status} came back, which does"
                " not say whether it was accepted."
            )


def _refused(message: str, *, status: int) -> Submission:
    if status == 422 and _DUPLICATE in message.lower():
        return AlreadyThere()
    trouble = status == 403 and _ACCOUNT_TROUBLE.search(message) is not None
    return Rejected(message=message, account_trouble=trouble)


def _accepted(answer: Answer, *, order_id: str) -> Submission:
    try:
        order = record(parsed(answer.body))
        own_id, broker_order_id = text(order, "client_order_id"), text(order, "id")
    except UnreadableError as error:
        return _unclear(str(error))
    if own_id != order_id:
        return _unclear("its answer speaks of another order")
    return Accepted(broker_order_id=broker_order_id)


def _unclear(reason: str) -> Uncertain:
    return Uncertain(message=f"Alpaca was sent the order and did not refuse it, but {reason}.")


def _shortened(message: str) -> str:
    line = " ".join("".join(c if c.isprintable() else " " for c in message).split())
    return line if len(line) <= _MESSAGE_CHARS_MAX else f"{line[: _MESSAGE_CHARS_MAX - 1]}…"
