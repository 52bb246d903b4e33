"""The sentence of a decision: what was decided and the number that decided it."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal

from app.domain.decision import Gate, HoldReason, RefusalReason

_GATES: Mapping[str, str] = {
    Gate.NOT_RUNNING: "the position is not running; start it first",
    Gate.TRADING_HALTED: "all trading is stopped",
    Gate.SESSION_CLOSED: "the exchange is closed for this strategy's sessions",
    Gate.PRICE_INVALID: "there is no valid price within the range of 0.0001 to 200,000 USD",
    Gate.PRICE_FROZEN: (
        "the provider has shown the same trade for more than 5 min of this session; "
        "it may stand still"
    ),
    Gate.PRICE_STALE: "the price is more than 60 s old",
    Gate.PRICE_NOT_NEWER: "this price is not newer than the one used before",
    Gate.PRICE_OLDER: "this price is older than the one used before",
    Gate.PRICE_DUPLICATE: "this price was used before; waiting for the next trade",
    Gate.SPLIT_SUSPECTED: "the price moved overnight by about a split's ratio",
    Gate.PRICE_IMPLAUSIBLE: (
        "the price is unusually far from the last one, by more than 20 % or 8 standard "
        "deviations of the recent moves; two further trades near it would confirm it"
    ),
    Gate.SPREAD_TOO_WIDE: "bid and ask are further apart than the collar allows",
    Gate.ORDER_IN_FLIGHT: "an order is still open",
    Gate.MAX_DRAWDOWN: "the value has fallen further from its peak than max_drawdown allows",
    Gate.DAILY_LOSS: "the value has fallen further today than max_daily_loss allows",
}
# What a limit is taken from, and what lets orders through again.
_FALLS: Mapping[str, tuple[str, str]] = {
    Gate.MAX_DRAWDOWN: ("below its peak of", "or once the peak is reset"),
    Gate.DAILY_LOSS: ("below what the day began with,", "or on the next day"),
}
_RULES: Mapping[str, str] = {
    "max_trade": "the largest trade",
    "cash": "the cash",
    "holdings": "the shares held",
    "guardrail": "the guardrail",
    "lot": "the lot",
}


def distance(outcome: Mapping[str, object]) -> str | None:
    """Return how far the price is from the anchor, as a fraction of it, to six decimals."""
    price, anchor = outcome["reference_price"], outcome["anchor_price"]
    if price is None or anchor is None:
        return None
    moved = Decimal(str(price)) / Decimal(str(anchor)) - 1
    return str(moved.quantize(Decimal("0.000001"), rounding=ROUND_HALF_UP))


def sentence(outcome: Mapping[str, object]) -> str:
    """Return one plain sentence; `outcome` is the body of `app.domain.record.decision_body`."""
    match outcome["kind"]:
        case "hold":
            return f"Hold: {_hold(outcome)}."
        case "refused":
            return f"Refused: {_refused(outcome)}."
        case _:
            return f"{_proposed(outcome)}."


def _hold(outcome: Mapping[str, object]) -> str:
    price = outcome["reference_price"]
    match outcome["reason"]:
        case HoldReason.ANCHOR_SET:
            return f"the first price, {price}, is now the anchor"
        case HoldReason.INSIDE_BAND:
            low, high = outcome["buy_at"], outcome["sell_at"]
            return f"{price} lies between buy at {low} and sell at {high}"
        case _:
            return f"at {price} the size rule asks for no order"


def _refused(outcome: Mapping[str, object]) -> str:
    reason = str(outcome["reason"])
    if reason in _GATES:
        return _fallen(outcome, reason) or _GATES[reason]
    side, price = outcome["side"], outcome["reference_price"]
    match reason:
        case RefusalReason.MAX_PER_DAY:
            return f"{side} at {price} called for, but today's number of orders is used up"
        case RefusalReason.COOLDOWN:
            return f"{side} at {price} called for, but the cool-down since the last order runs"
        case RefusalReason.TRIMMED_TO_ZERO:
            rule = _RULES[str(outcome["binding"])]
            return f"{side} at {price} called for, but {rule} leaves nothing to trade"
        case RefusalReason.BELOW_MIN_NOTIONAL:
            quantity = outcome["quantity"]
            return f"{side} {quantity} at {price} is below the smallest order"
        case _:
            return f"{side} at {price} would cost more commission than there is cash for"


def _fallen(outcome: Mapping[str, object], reason: str) -> str | None:
    """Return by which numbers a protection stops orders, or None for every other gate."""
    falls = outcome.get("falls", ())
    assert isinstance(falls, list | tuple)
    fall = next((fall for fall in falls if fall["gate"] == reason), None)
    if fall is None:
        return None
    below, again = _FALLS[reason]
    percent = f"{(Decimal(fall['limit']) * 100).normalize():f} %"
    return (
        f"the value is {fall['value']}; {reason.removeprefix('max_').replace('_', ' ')} may be "
        f"{percent} {below} {fall['mark']}: orders go on from {fall['lowest']} up, {again}"
    )


def _proposed(outcome: Mapping[str, object]) -> str:
    side = str(outcome["side"]).capitalize()
    order = f"{side} {outcome['quantity']} at {outcome['reference_price']}"
    if outcome["reason"] == "drift":
        return f"{order}: the stock share left the guardrails, back to the bound"
    moved = distance(outcome)
    direction = "above" if moved and not moved.startswith("-") else "below"
    cause = f"{_percent(moved)} {direction} the anchor {outcome['anchor_price']}"
    return f"{order}: {cause}{_cut(outcome)}"


def _cut(outcome: Mapping[str, object]) -> str:
    """Return which rule cut the order most, other than the rounding to the lot."""
    trims = outcome["trims"]
    assert isinstance(trims, list | tuple)
    cuts = [trim for trim in trims if trim["rule"] != "lot"]
    return f", cut by {_RULES[cuts[-1]['rule']]}" if cuts else ""


def _percent(fraction: str | None) -> str:
    moved = abs(Decimal(fraction or "0")) * 100
    places = "0.1" if moved >= 1 else "0.01"
    return f"{moved.quantize(Decimal(places), rounding=ROUND_HALF_UP)} %"
