"""Where a result came from, in parts that add up to it exactly.

E_T - E_0 = whole change of the opening mix, held
          + matched trades + open trades at the last price
          + (dividends - those of holding) - (tax - that of holding) + (interest - that of holding)
          - commissions - slippage.

Everything is a `Fraction` of 1e-10 USD: nothing is rounded, so nothing is left over. Only the
texts on the wire are rounded, and in such a way that they add up as well.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from app.domain.corporate_action import Split
from app.domain.position import Position
from app.domain.units import PPM, UNITS_PER_SHARE, VALUE_PER_MICRO, VALUE_PER_USD, decimal_text
from app.simulation.bars import Bars
from app.simulation.bookings import SessionBookings, bookings_of
from app.simulation.lots import Lots
from app.simulation.replay import Replay, Trade
from app.simulation.run import SimulationRequest
from app.simulation.sessions import ExDividend, Session

_STEPS_PER_USD = 10**12  # the decimals of an amount on the wire
_STEPS_PER_VALUE = _STEPS_PER_USD // VALUE_PER_USD


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """The signed parts of a change of equity, costs negative, in 1e-10 USD.

    `hold` is the change of the opening mix, had it been held. The parts after it, which add up to
    the excess over holding, are what trading made of it: `harvest` the matched trades,
    `open_timing` those still open, the others against holding.
    """

    hold: Fraction
    harvest: Fraction
    open_timing: Fraction
    dividends: Fraction
    withholding: Fraction
    interest: Fraction
    commissions: Fraction
    slippage: Fraction
    total: int

    def __post_init__(self) -> None:
        assert sum(self.parts().values()) == self.total, "the parts add up to the total"

    def parts(self) -> Mapping[str, Fraction]:
        """Return the parts by their names on the wire, `hold` first."""
        return {
            "hold": self.hold,
            "harvest": self.harvest,
            "open_timing": self.open_timing,
            "dividends": self.dividends,
            "withholding": self.withholding,
            "interest": self.interest,
            "commissions": self.commissions,
            "slippage": self.slippage,
        }


def attribution_of(
    *, run: Replay, bars: Bars, request: SimulationRequest, since: int | None, until: int
) -> Attribution:
    """Return the parts of the change of equity from the close of bar `since` to that of `until`.

    Both are indexes in the dataset. A window starts with the position as its own opening mix, the
    dividends owed to it included, and without open lots. None for `since` starts with the run's
    opening, before its first evaluation.

    Source
    ------
    Simulation, "Attribution, zero residual".
    """
    first = run.window.start
    assert until in run.window, "a window ends inside the run"
    assert since is None or first <= since <= until, "a window starts in the run, before it ends"
    before = first - 1 if since is None else since
    opening, opening_price = run.opening, run.opened.price
    if since is not None:
        opening, opening_price = run.positions[since - first], bars.closes[since]
    trading = _Trading()
    holding = _Holding(opening)
    trades = deque(trade for trade in run.trades if before < trade.bar <= until)
    for bookings in bookings_of(run=run, bars=bars, request=request):
        opens = bookings.session.bars.start
        if opens > until:
            break
        while trades and trades[0].bar < opens:
            trading.fill(trades.popleft())
        if opens <= before:
            holding.expect(bookings)
        else:
            trading.open(bookings)
            holding.open(bookings.session, request)
    for trade in trades:
        trading.fill(trade)
    price = bars.closes[until]
    value = opening.value_at(opening_price)
    held = holding.shares * price + holding.money * VALUE_PER_MICRO
    return Attribution(
        hold=held - value,
        harvest=trading.harvest,
        open_timing=trading.lots.gain_at(price),
        dividends=(trading.dividends - holding.dividends) * VALUE_PER_MICRO,
        withholding=(holding.tax - trading.tax) * VALUE_PER_MICRO,
        interest=(trading.interest - holding.interest) * VALUE_PER_MICRO,
        commissions=Fraction(-trading.commissions * VALUE_PER_MICRO),
        slippage=-trading.slippage,
        total=run.positions[until - first].value_at(price) - value,
    )


def attribution_body(attribution: Attribution) -> dict[str, str]:
    """Return the parts and their total as texts in USD that add up to the last decimal.

    Rounding
    --------
    The running sums are rounded half even to 12 decimals, and each part is the difference of two
    of them: within 1e-12 USD of its exact amount, `hold` within half of that.
    """
    body: dict[str, str] = {}
    exact, written = Fraction(0), 0
    for name, part in attribution.parts().items():
        exact += part
        rounded = round(exact * _STEPS_PER_VALUE)
        body[name] = _text(rounded - written)
        written = rounded
    return body | {"total": _text(attribution.total * _STEPS_PER_VALUE)}


def excess_text(attribution: Attribution) -> str:
    """Return the excess over holding in USD: what the texts after `hold` add up to."""
    held = round(attribution.hold * _STEPS_PER_VALUE)
    return _text(attribution.total * _STEPS_PER_VALUE - held)


class _Trading:
    """What the robot did and was booked since the start; money in micros, the rest in 1e-10 USD."""

    def __init__(self) -> None:
        self.lots = Lots()
        self.harvest = Fraction(0)
        self.slippage = Fraction(0)
        self.commissions = 0
        self.dividends = 0
        self.tax = 0
        self.interest = 0

    def open(self, bookings: SessionBookings) -> None:
        """Take what a session's start brought; a split's remainder is a sale at the open."""
        self.interest += bookings.interest
        self.dividends += sum(dividend.gross for dividend in bookings.dividends.values())
        self.tax += sum(dividend.tax for dividend in bookings.dividends.values())
        for split in bookings.splits:
            self.lots.split(split.ratio)
            self._trade(-split.sold, Fraction(split.price), split.paid)

    def fill(self, trade: Trade) -> None:
        """Take a fill at the price that it was decided at; what else it cost is slippage."""
        self.commissions += trade.fill.commission
        self._trade(Fraction(trade.fill.shares_flow), Fraction(trade.price), trade.fill.cash_flow)

    def _trade(self, quantity: Fraction, price: Fraction, received: int) -> None:
        self.harvest += self.lots.trade(quantity, price) or 0
        self.slippage -= quantity * price + received * VALUE_PER_MICRO


class _Holding:
    """The opening mix, held: shares in units, money in micros, none of them rounded."""

    def __init__(self, opening: Position) -> None:
        self.shares = Fraction(opening.shares)
        self.dividends = Fraction(0)
        self.tax = Fraction(0)
        self._opening_money = opening.cash + opening.receivable
        self._cash = Fraction(opening.cash)
        self._growth = Fraction(1)  # of the cash since the last payment; kept apart to stay short
        self._owed: dict[int, Fraction] = {}

    @property
    def money(self) -> Fraction:
        """Return the cash and what is owed."""
        return self._cash * self._growth + sum(self._owed.values())

    @property
    def interest(self) -> Fraction:
        """Return the interest so far: the money that neither was there nor is a dividend."""
        return self.money - self._opening_money - (self.dividends - self.tax)

    def expect(self, bookings: SessionBookings) -> None:
        """Take what the opening was owed by a session before it, and no longer what was paid."""
        for number, dividend in bookings.dividends.items():
            self._owed[number] = Fraction(dividend.net)
        for number in bookings.session.payments:
            del self._owed[number]

    def open(self, session: Session, request: SimulationRequest) -> None:
        """Take interest, corporate actions and payments before the first bar of `session`."""
        if request.cash_rate:
            self._growth *= 1 + Fraction(request.cash_rate * session.idle_days, PPM * 365)
        for action in session.actions:
            match action:
                case ExDividend(number=number, dividend=dividend):
                    gross = self.shares * dividend.per_share / UNITS_PER_SHARE
                    tax = gross * request.strategy.withholding_rate / PPM
                    self.dividends += gross
                    self.tax += tax
                    self._owed[number] = gross - tax
                case Split(numerator=new, denominator=old):
                    self.shares *= Fraction(new, old)
        if session.payments:
            paid = sum(self._owed.pop(number) for number in session.payments)
            self._cash = self._cash * self._growth + paid
            self._growth = Fraction(1)


def _text(steps: int) -> str:
    return decimal_text(steps, _STEPS_PER_USD)
