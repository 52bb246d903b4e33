"""Four ways to have done without the robot, from the same opening value, in exact arithmetic.

Amounts are decimals in USD with 60 digits: exact where the result is finite, and far closer than
1e-12 elsewhere. Nothing is rounded to cents or lots.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext

from app.domain.corporate_action import Split
from app.domain.units import (
    MICROS_PER_USD,
    PPM,
    UNITS_PER_SHARE,
    VALUE_PER_USD,
)
from app.simulation.bars import Bars
from app.simulation.curve import closing_bars
from app.simulation.held import DIGITS, HeldCurve, Holding, usd
from app.simulation.replay import Replay
from app.simulation.run import SimulationRequest
from app.simulation.sessions import ExDividend, Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmarks:
    """The equity of each benchmark in USD at the close of every bar of the run."""

    hold_opening_mix: HeldCurve
    all_stock: HeldCurve
    constant_mix: HeldCurve
    cash: HeldCurve

    def by_name(self) -> Mapping[str, HeldCurve]:
        """Return the curves by their names on the wire."""
        return {
            "hold_opening_mix": self.hold_opening_mix,
            "all_stock": self.all_stock,
            "constant_mix": self.constant_mix,
            "cash": self.cash,
        }


type _AtClose = Callable[[Holding, Decimal], Holding]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Terms:
    """What every benchmark shares with the run; fractions of one."""

    withholding: Decimal
    cash_rate: Decimal
    buy_cost: Decimal
    sell_cost: Decimal


def benchmarks_of(*, run: Replay, bars: Bars, request: SimulationRequest) -> Benchmarks:
    """Return what the opening value became in each benchmark.

    `hold_opening_mix` and `cash` never trade. `all_stock` buys with each net dividend at the
    close of its pay date. `constant_mix` returns to the opening share at each session's close,
    after paying, from spendable cash. The last two pay commission rate and slippage.

    Source
    ------
    Simulation, "Benchmarks".
    """
    with localcontext(prec=DIGITS):
        terms = _terms(request)
        price = usd(run.opened.price)
        opening = Holding(
            shares=Decimal(run.opening.shares) / UNITS_PER_SHARE,
            cash=Decimal(run.opening.cash) / MICROS_PER_USD,
            owed={},
        )
        value = Decimal(run.opening.value_at(run.opened.price)) / VALUE_PER_USD
        share = opening.shares * price / value
        nothing = replace(opening, shares=Decimal(0), cash=value)
        everything = replace(opening, shares=value / price, cash=Decimal(0))
        return Benchmarks(
            hold_opening_mix=_curve(opening, run, bars, terms, _hold),
            all_stock=_curve(everything, run, bars, terms, _spend(terms)),
            constant_mix=_curve(opening, run, bars, terms, _return_to(share, terms)),
            cash=_curve(nothing, run, bars, terms, _hold),
        )


def _terms(request: SimulationRequest) -> _Terms:
    strategy = request.strategy
    rate = Decimal(strategy.commission_rate) / PPM
    slippage = Decimal(strategy.slippage) / PPM
    return _Terms(
        withholding=Decimal(strategy.withholding_rate) / PPM,
        cash_rate=Decimal(request.cash_rate) / PPM,
        buy_cost=(1 + slippage) * (1 + rate) - 1,
        sell_cost=1 - (1 - slippage) * (1 - rate),
    )


def _curve(
    holding: Holding, run: Replay, bars: Bars, terms: _Terms, at_close: _AtClose
) -> HeldCurve:
    holdings: list[tuple[int, Holding]] = []
    trading = set(closing_bars(run=run, bars=bars))
    for session in run.sessions:
        opened = _opened(holding, session, terms)
        if not holdings or opened != holding:
            holdings.append((session.bars.start, opened))
        holding = opened
        if session.close in trading:
            holding = at_close(opened, usd(bars.closes[session.close]))
            if holding != opened:
                holdings.append((session.close, holding))
    return HeldCurve(bars=bars, window=run.window, holdings=holdings)


def _opened(holding: Holding, session: Session, terms: _Terms) -> Holding:
    """Return the holding after interest, actions and payments, before the first bar."""
    shares, owed = holding.shares, dict(holding.owed)
    cash = holding.cash * (1 + terms.cash_rate * session.idle_days / 365)
    for action in session.actions:
        match action:
            case Split(numerator=new, denominator=old):
                shares = shares * new / old
            case ExDividend(number=number, dividend=dividend):
                gross = shares * dividend.per_share / MICROS_PER_USD
                owed[number] = gross * (1 - terms.withholding)
    cash += sum(owed.pop(number) for number in session.payments)
    return Holding(shares=shares, cash=cash, owed=owed)


def _hold(holding: Holding, _price: Decimal) -> Holding:
    return holding


def _spend(terms: _Terms) -> _AtClose:
    def at_close(holding: Holding, price: Decimal) -> Holding:
        bought = holding.cash / (price * (1 + terms.buy_cost))
        return replace(holding, shares=holding.shares + bought, cash=Decimal(0))

    return at_close


def _return_to(share: Decimal, terms: _Terms) -> _AtClose:
    """Return the rebalancing after which, its cost paid, the stock share is `share` again.

    Buy x: (q + x)P = w(V - x·P·b); sell x: (q - x)P = w(V - x·P·s), b and s the cost of a USD.
    """

    def at_close(holding: Holding, price: Decimal) -> Holding:
        missing = share * holding.value_at(price) - holding.shares * price
        if missing > 0:
            affordable = holding.cash / (1 + terms.buy_cost)
            spent = min(missing / (1 + share * terms.buy_cost), affordable)
            cash = holding.cash - spent * (1 + terms.buy_cost)
            return replace(holding, shares=holding.shares + spent / price, cash=cash)
        sold = -missing / (1 - share * terms.sell_cost)
        cash = holding.cash + sold * (1 - terms.sell_cost)
        return replace(holding, shares=holding.shares - sold / price, cash=cash)

    return at_close
