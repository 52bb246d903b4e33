"""Dividends and splits, each booked once by symbol, kind and ex-date."""

from dataclasses import dataclass, replace
from datetime import date

from app.domain import entitlement
from app.domain.position import Position
from app.domain.strategy import Strategy
from app.domain.units import PPM

_NEARNESS = 30_000  # ppm of the ratio
_USUAL_RATIOS = (
    (3, 2),
    *((n, 1) for n in (2, 3, 4, 5, 6, 7, 8, 10, 15, 20, 25, 30, 40, 50, 100)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dividend:
    """A cash dividend: micros a share, after that day's split; the pay date may be unknown."""

    ex_date: date
    per_share: int
    pay_date: date | None

    def __post_init__(self) -> None:
        assert self.per_share > 0, "a dividend is positive"
        assert self.pay_date is None or self.pay_date >= self.ex_date, "paid after the ex-date"


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """A split of `numerator` new shares for `denominator` old ones."""

    ex_date: date
    numerator: int
    denominator: int

    def __post_init__(self) -> None:
        assert self.numerator > 0, "a split gives new shares"
        assert self.denominator > 0, "a split takes old shares"


@dataclass(frozen=True, slots=True, kw_only=True)
class DividendBooking:
    """What a dividend brought, in micros: gross = tax + net; net became a receivable."""

    gross: int
    tax: int
    net: int


def book_dividend(
    position: Position, dividend: Dividend, strategy: Strategy, *, previous_close: int
) -> tuple[Position, DividendBooking]:
    """Return the position at the ex-date's opening, and what is owed to it.

    `previous_close` is the last session's close in ticks, split-adjusted to the ex-date. The
    anchor moves so that the distance to both triggers stays: a * (P0 - D) / P0.

    Rounding
    --------
    Gross and net down to a micro, the anchor half up to a tick.
    """
    gross = entitlement.dividend(position.shares, dividend.per_share, 0)
    net = entitlement.dividend(position.shares, dividend.per_share, strategy.withholding_rate)
    anchor = position.anchor
    if strategy.adjust_anchor and anchor is not None:
        anchor = entitlement.ex_dividend_anchor(anchor, previous_close, dividend.per_share)
    booked = replace(position, receivable=position.receivable + net, anchor=anchor)
    return booked, DividendBooking(gross=gross, tax=gross - net, net=net)


def settle_receivable(position: Position, amount: int) -> Position:
    """Return the position on the pay date: `amount` micros move from receivable to cash."""
    return replace(position, receivable=position.receivable - amount, cash=position.cash + amount)


def book_split(
    position: Position, split: Split, strategy: Strategy, *, opening_price: int
) -> tuple[Position, int]:
    """Return the position after `split`, and the micros paid for what is left below the lot.

    The remainder is sold at `opening_price` (ticks, after the split) without cost, rounded down.
    """
    ratio = (split.numerator, split.denominator)
    shares = entitlement.split_shares(position.shares, *ratio, strategy.lot)
    paid = entitlement.split_remainder(position.shares, shares, *ratio, opening_price)
    anchor = position.anchor
    if anchor is not None:
        anchor = entitlement.split_anchor(anchor, split.numerator, split.denominator)
    last = position.last_price
    if last is not None:
        last = entitlement.split_anchor(last, split.numerator, split.denominator)
    moved = replace(
        position, shares=shares, cash=position.cash + paid, anchor=anchor, last_price=last
    )
    return moved, paid


def is_near_split(before: int, after: int) -> bool:
    """Return whether two prices are apart by about the ratio of a usual split, either way."""
    larger, smaller = max(before, after), min(before, after)
    return any(
        abs(larger * old - smaller * new) * PPM <= _NEARNESS * smaller * new
        for new, old in _USUAL_RATIOS
    )
