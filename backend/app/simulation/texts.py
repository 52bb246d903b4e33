"""The texts of moments and computed numbers on the wire."""

from datetime import datetime
from decimal import Decimal


def moment_text(at: datetime) -> str:
    """Return RFC 3339 in UTC, to the second, such as "2010-01-04T21:00:00Z"."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def amount_text(amount: Decimal) -> str:
    """Return an amount as a plain decimal, rounded half even to 12 decimals."""
    return _shortest(f"{amount:.12f}")


def statistic_text(number: float) -> str:
    """Return the shortest plain decimal that reads back as the same float, such as "-0.19"."""
    return _shortest(f"{Decimal(repr(number)):f}")


def _shortest(text: str) -> str:
    shorter = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if shorter == "-0" else shorter
