"""Requests drawn from a seed: all policies, costs, lots and limits, over 500 sessions."""

from decimal import Decimal
from random import Random
from typing import Any

from app.simulation.bars import Bars

WINDOW = 500


def drawn_request(random: Random, bars: Bars, first: int) -> dict[str, Any]:
    """Return a request over the `WINDOW` bars from `first`, as on the wire."""
    up, down = _trigger(random), _trigger(random)
    return {
        "start": bars.session(first).isoformat(),
        "end": bars.session(first + WINDOW - 1).isoformat(),
        "opening": _opening(random, Decimal(bars.closes[first]) / 10_000),
        "strategy": _strategy(random, up, down),
        "execution": {"model": "close"},
        "cash_rate": random.choice(["0", "0.03"]),
    }


def _strategy(random: Random, up: str, down: str) -> dict[str, dict[str, object]]:
    low = random.choice(["0", "0.25", "0.4", _between(random, "0", "0.6")])
    high = random.choice(["1", _between(random, str(Decimal(low) + Decimal("0.02")), "1")])
    slippage = random.choice(["0", "0", _between(random, "0", "0.99", decimals=4)])
    return {
        "trigger": {"up": up, "down": down},
        "sizing": {
            "policy": random.choice(["proportional", "target", "fixed_fraction", "to_bound"]),
            "ratio": random.choice(["1.6667", "0.5", _between(random, "0.01", "100")]),
            "target": _between(random, low, high),
            "fraction": _between(random, "0.001", "1"),
        },
        "guardrails": {
            "min_stock": low,
            "max_stock": high,
            "rebalance_on_drift": random.random() < 0.6,
            "drift_tolerance": random.choice(["0", "0.01", _between(random, "0", "0.1")]),
            "max_trade": random.choice([None, None, "0.01", _between(random, "0.001", "1")]),
        },
        "orders": {
            "min_notional": random.choice(["0", "1", "100"]),
            "max_per_day": random.choice([1, 5]),
            "cooldown_seconds": random.choice([0, 0, 86_400, 300_000]),
            "lot": random.choice(["1", "0.1", "0.01", "0.0001", "0.0001", "0.000001"]),
            "collar_bps": "0",
        },
        "costs": {
            "commission_rate": random.choice(["0", "0.0001", _between(random, "0", "0.05")]),
            "commission_per_share": random.choice(["0", "0", "0.005", _between(random, "0", "1")]),
            "commission_min": random.choice(["0", "0", "1", _between(random, "0", "100")]),
            "slippage_bps": _below_triggers(slippage, up, down),
        },
        "dividends": {
            "withholding_rate": random.choice(["0.25", "0", _between(random, "0", "1")]),
            "adjust_anchor": random.random() < 0.7,
            "pay_lag_days": random.choice([0, 30, 60]),
        },
    }


def _opening(random: Random, price: Decimal) -> dict[str, str]:
    value = random.choice([1_000, 10_000, 1_000_000])
    fraction = random.choice(["0", "0.5", "1", _between(random, "0", "1")])
    if random.random() < 0.5:
        return {"value": str(value), "stock_fraction": fraction}
    shares = (value * Decimal(fraction) / price).quantize(Decimal("0.000001"))
    opening = {"cash": str(value * (1 - Decimal(fraction))), "shares": str(shares)}
    if random.random() < 0.5:
        opening["anchor_price"] = str(
            (price * Decimal(_between(random, "0.9", "1.1"))).quantize(Decimal("0.0001"))
        )
    return opening


def _trigger(random: Random) -> str:
    return random.choice(["0.03", "0.01", "0.005", "0.1", _between(random, "0.002", "0.15")])


# A fraction of the nearer trigger, in basis points.
def _below_triggers(fraction: str, up: str, down: str) -> str:
    nearest = min(Decimal(up), Decimal(down)) * 10_000
    return str(min(nearest * Decimal(fraction), Decimal(500)).quantize(Decimal("0.01")))


def _between(random: Random, low: str, high: str, *, decimals: int = 6) -> str:
    unit = 10**decimals
    return str(Decimal(random.randint(int(Decimal(low) * unit), int(Decimal(high) * unit))) / unit)
