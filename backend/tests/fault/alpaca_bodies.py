"""The JSON bodies of the simulated broker, with the keys and forms of recorded paper accounts."""

import uuid
from decimal import Decimal

from tests.fault.broker import Broker
from tests.fault.ledger import plain
from tests.fault.moments import at_moment, microsecond_text, new_york_text, utc_text
from tests.fault.orders import End, Fill, Movement, Order, Quote

type Body = dict[str, object]

_ASSETS = uuid.UUID("3f0c1a52-6d3e-4c8e-9a55-2b6a7d1e9c40")
AVERAGE_STEP = Decimal("0.000000001")


def account_body(broker: Broker) -> Body:
    cash, worth, power = broker.cash, broker.market_value(), str(broker.buying_power())
    equity = str(cash + worth)
    return {
        "account_blocked": broker.blocked,
        "account_number": f"PA{broker.account_id[:10].upper()}",
        "accrued_fees": "0",
        "admin_configurations": {},
        "balance_asof": f"{broker.now():%Y-%m-%d}",
        "buying_power": power,
        "cash": str(cash),
        "created_at": "2026-01-05T14:30:00.000001Z",
        "crypto_status": "ACTIVE",
        "crypto_tier": 1,
        "currency": "USD",
        "effective_buying_power": power,
        "equity": equity,
        "id": broker.account_id,
        "initial_margin": str(worth / 2),
        "intraday_adjustments": "0",
        "last_equity": equity,
        "last_maintenance_margin": "0",
        "long_market_value": str(worth),
        "maintenance_margin": "0",
        "multiplier": str(broker.multiplier),
        "non_marginable_buying_power": str(max(cash, Decimal(0))),
        "options_approved_level": 3,
        "options_buying_power": str(max(cash, Decimal(0))),
        "options_trading_level": 3,
        "pending_reg_taf_fees": "0",
        "portfolio_value": equity,
        "position_market_value": str(worth),
        "regt_buying_power": str(max(2 * cash, Decimal(0))),
        "short_market_value": "0",
        "shorting_enabled": True,
        "sma": str(cash),
        "status": "ACTIVE",
        "trade_suspended_by_user": broker.suspended_by_user,
        "trading_blocked": broker.blocked,
        "transfers_blocked": broker.blocked,
        "user_configurations": None,
    }


def asset_body(symbol: str, *, whole_shares_only: bool) -> Body:
    return {
        "attributes": [
            *([] if whole_shares_only else ["fractional_eh_enabled"]),
            "has_options",
            "overnight_tradable",
        ],
        "borrow_status": "easy_to_borrow",
        "class": "us_equity",
        "easy_to_borrow": True,
        "exchange": "NYSE",
        "fractionable": not whole_shares_only,
        "id": asset_id(symbol),
        "maintenance_margin_requirement": 30,
        "margin_requirement_long": "30",
        "margin_requirement_short": "30",
        "marginable": True,
        "name": f"{symbol} Common Stock",
        "shortable": True,
        "status": "active",
        "symbol": symbol,
        "tradable": True,
    }


def asset_id(symbol: str) -> str:
    return str(uuid.uuid5(_ASSETS, symbol))


def clock_body(broker: Broker) -> Body:
    now = broker.now()
    hours = broker.hours(now)
    return {
        "timestamp": new_york_text(now),
        "is_open": hours.is_open,
        "next_open": new_york_text(hours.next_open),
        "next_close": new_york_text(hours.next_close),
    }


def order_body(order: Order) -> Body:
    ticket = order.ticket
    kind = "market" if ticket.limit is None else "limit"
    average = (order.value / order.filled).quantize(AVERAGE_STEP) if order.filled else None
    return {
        "asset_class": "us_equity",
        "asset_id": asset_id(ticket.symbol),
        "canceled_at": _time(order.ended.get(End.CANCELED)),
        "client_order_id": ticket.client_order_id,
        "created_at": utc_text(order.created_at),
        "expired_at": _time(order.ended.get(End.EXPIRED)),
        "expires_at": utc_text(order.expires_at),
        "extended_hours": ticket.extended,
        "failed_at": _time(order.ended.get(End.REJECTED)),
        "filled_at": _time(order.filled_at),
        "filled_avg_price": None if average is None else plain(average),
        "filled_qty": plain(order.filled),
        "hwm": None,
        "id": order.id,
        "legs": None,
        "limit_price": None if ticket.limit is None else plain(ticket.limit),
        "notional": None,
        "order_class": "",
        "order_type": kind,
        "position_intent": "buy_to_open" if ticket.side == "buy" else "sell_to_close",
        "qty": plain(ticket.quantity),
        "replaced_at": None,
        "replaced_by": None,
        "replaces": None,
        "side": ticket.side,
        "source": None,
        "status": str(order.status),
        "stop_price": None,
        "submitted_at": utc_text(order.submitted_at),
        "subtag": None,
        "symbol": ticket.symbol,
        "time_in_force": "day",
        "trail_percent": None,
        "trail_price": None,
        "type": kind,
        "updated_at": utc_text(order.updated_at),
    }


def _time(at: int | None) -> str | None:
    return None if at is None else utc_text(at)


def position_body(broker: Broker, symbol: str) -> Body:
    held, cost = broker.holdings(symbol), broker.cost(symbol)
    quote = broker.quote(symbol)
    price = quote.last if quote is not None else Decimal(0)
    worth = (held * price).quantize(Decimal("0.000001"))
    gain = worth - cost.quantize(Decimal("0.000001"))
    return {
        "asset_class": "us_equity",
        "asset_id": asset_id(symbol),
        "asset_marginable": True,
        "avg_entry_price": plain((cost / held).quantize(Decimal("0.000001"))),
        "change_today": "0",
        "cost_basis": plain(cost.quantize(Decimal("0.000001"))),
        "current_price": plain(price),
        "exchange": "NYSE",
        "lastday_price": plain(price),
        "market_value": plain(worth),
        "qty": plain(held),
        "qty_available": plain(broker.available(symbol)),
        "side": "long" if held > 0 else "short",
        "symbol": symbol,
        "unrealized_intraday_pl": plain(gain),
        "unrealized_intraday_plpc": "0",
        "unrealized_pl": plain(gain),
        "unrealized_plpc": "0",
    }


def activity_body(entry: Fill | Movement, broker: Broker) -> Body:
    match entry:
        case Fill():
            return _fill_body(entry, broker)
        case Movement():
            return {
                "activity_type": entry.kind,
                "date": f"{entry.id[:4]}-{entry.id[4:6]}-{entry.id[6:8]}",
                "id": entry.id,
                "net_amount": plain(entry.cash),
                "symbol": entry.symbol,
                "status": "executed",
            }


def _fill_body(fill: Fill, broker: Broker) -> Body:
    body: Body = {
        "activity_type": "FILL",
        "cum_qty": plain(fill.cumulated),
        "id": fill.id,
        "leaves_qty": plain(fill.leaves),
        "order_id": fill.order_id,
        "order_status": "filled" if fill.leaves == 0 else "partially_filled",
        "price": plain(fill.price),
        "qty": plain(fill.quantity),
        "side": fill.side,
        "symbol": fill.symbol,
        "transaction_time": microsecond_text(fill.at),
        "type": "fill" if fill.leaves == 0 else "partial_fill",
    }
    if fill.busts is not None:
        # No recording of a bust was found; these are the names of the broker's trade events.
        body |= {
            "type": "trade_bust",
            "previous_id": fill.busts,
        }
    return body


def event_body(event: str, order: Order, fill: Fill | None, held: Decimal, at: int) -> Body:
    data: Body = {
        "event": str(event),
        "execution_id": asset_id(f"{order.id}:{event}") if fill is None else fill.execution_id,
        "order": order_body(order),
        "timestamp": utc_text(at),
    }
    if fill is not None:
        data |= {
            "position_qty": plain(held),
            "price": plain(fill.price),
            "qty": plain(fill.quantity),
        }
    return {"stream": "trade_updates", "data": data}


def snapshot_body(symbol: str, quote: Quote, now: int) -> Body:
    """Return a snapshot; its prices are JSON numbers, as market data has them."""
    at = utc_text(now if quote.at is None else quote.at)
    last = float(quote.last)
    bar = {"o": last, "h": last, "l": last, "c": last, "v": 1000, "n": 10, "vw": last}
    minute = at_moment(now if quote.at is None else quote.at).replace(second=0, microsecond=0)
    day = f"{minute:%Y-%m-%d}T04:00:00Z"
    return {
        "symbol": symbol,
        "latestTrade": {
            "t": at, "x": "D", "p": last, "s": 100, "c": ["@"], "i": 1, "z": "C",
        },
        "latestQuote": {
            "t": at, "ax": "K", "ap": float(quote.ask), "as": 2,
            "bx": "K", "bp": float(quote.bid), "bs": 2, "c": ["R"], "z": "C",
        },
        "minuteBar": {"t": f"{minute:%Y-%m-%dT%H:%M:%SZ}"} | bar,
        "dailyBar": {"t": day} | bar,
        "prevDailyBar": {"t": day} | bar,
    }  # fmt: skip
