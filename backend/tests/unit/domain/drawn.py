"""What hypothesis draws: strategies over their whole ranges, and situations up to the maxima.

Prices lie on and beside the triggers on purpose, shares on and beside the guardrails.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from app.domain import rules
from app.domain.observation import Observation
from app.domain.position import Broker, Position
from app.domain.protection import UNPROTECTED, Marks, Protections
from app.domain.session import Day
from app.domain.step import Step, step
from app.domain.strategy import FIELDS, Policy, Sessions, Strategy, parse_strategy
from app.domain.units import PPM, VALUE_PER_MICRO
from app.domain.watch import Mark, Sight, Suspect, Watch
from tests.builders import NOW, SESSION, a_day, a_position, an_observation

PRICE_MIN = 100  # 0.01 USD
type Draw = st.DrawFn

quick = settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """The four values that a decision depends on."""

    position: Position
    observation: Observation
    strategy: Strategy
    day: Day

    @property
    def price(self) -> int:
        assert self.observation.price is not None
        return self.observation.price

    def step(self) -> Step:
        return step(self.position, self.observation, self.strategy, self.day)


@cache
def within(low: int, high: int, *usual: int) -> st.SearchStrategy[int]:
    """Return whole numbers from `low` to `high`, often one of the usual ones."""
    usual = tuple(number for number in usual if low <= number <= high)
    anything = st.integers(low, high)
    return st.one_of(st.sampled_from(usual), anything) if usual else anything


_moments = st.datetimes(
    min_value=datetime(2000, 1, 1),  # noqa: DTZ001 - made aware below
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
_trades = {"price": st.integers(1, rules.PRICE_MAX), "observed_at": _moments}
_volumes = st.none() | st.integers(0, 10**12)
watches = st.builds(
    Watch,
    squares=st.lists(st.integers(0, 8 * 10**10), max_size=30).map(tuple),
    mark=st.none() | st.builds(Mark, **_trades),
    sight=st.none() | st.builds(Sight, **_trades, volume=_volumes, since=_moments),
    suspect=st.none() | st.builds(Suspect, **_trades, confirmations=st.integers(0, 1)),
)
_values = st.integers(0, 8 * 10**18)
_marks = st.builds(
    lambda peak, reference, last, on: Marks(
        peak=max(peak, reference, last), reference=reference, last=last, on=on
    ),
    *[_values] * 3,
    st.dates(),
)
_limits = st.builds(
    Protections,
    max_drawdown=st.none() | st.integers(10_000, 900_000),
    max_daily_loss=st.none() | st.integers(5_000, 500_000),
)
# Limits, with the marks that they may have.
protected = _limits.flatmap(
    lambda limits: st.tuples(
        st.just(limits), st.none() if limits == UNPROTECTED else st.none() | _marks
    )
)
dividend_terms = st.fixed_dictionaries(
    {
        "withholding_rate": within(0, PPM, 250_000),
        "adjust_anchor": st.booleans(),
        "pay_lag_days": st.just(30),
    }
)


@st.composite
def strategies(draw: Draw) -> Strategy:
    """Draw a strategy of the whole table, with `min_notional` 0 among the rest."""
    up = draw(within(1, PPM, 30_000, 100_000))
    down = draw(within(1, 900_000, 30_000, 100_000))
    distance = min(50_000, up - 1, down - 1)
    low = draw(within(0, 980_000, 0, 250_000))
    high = draw(within(low + 20_000, PPM, low + 20_000, 750_000, PPM))
    values: dict[str, object] = {
        "up": up,
        "down": down,
        "policy": draw(st.sampled_from(Policy)),
        "ratio": draw(within(10_000, 100 * PPM, 1_666_700)),
        "target": draw(within(low, high, 500_000)),
        "fraction": draw(within(1_000, PPM, 100_000, PPM)),
        "min_stock": low,
        "max_stock": high,
        "rebalance_on_drift": draw(st.booleans()),
        "drift_tolerance": draw(within(0, 100_000, 0, 10_000)),
        "max_trade": draw(st.one_of(st.just(0), within(1_000, PPM))),
        "min_notional": draw(within(0, 10**12, 0, 0, 100 * 10**6)),
        "max_per_day": draw(within(1, 1000, 1, 5)),
        "cooldown_seconds": draw(within(0, 864_000, 0, 0)),
        "lot": 10 ** draw(st.integers(0, 6)),
        "collar": draw(within(0, distance, 0, 2_000)),
        "commission_rate": draw(within(0, 50_000, 0, 100)),
        "commission_per_share": draw(within(0, PPM, 0, 0, 5_000)),
        "commission_min": draw(within(0, 100 * PPM, 0, 0, PPM)),
        "slippage": draw(within(0, distance, 0, 500)),
        **draw(dividend_terms),
    }
    sessions = draw(st.sampled_from(Sessions))
    body: dict[str, object] = {
        group: {name: field.write(values[attribute]) for name, (attribute, field) in fields.items()}  # type: ignore[arg-type]  # the values are those of the table
        for group, fields in FIELDS.items()
    }
    return parse_strategy(body | {"sessions": sessions.value}, simulation=True)


@cache
def prices(low: int = PRICE_MIN, high: int = rules.PRICE_MAX) -> st.SearchStrategy[int]:
    """Return prices in ticks, of every magnitude."""
    magnitudes = [10**power for power in range(10) if low < 10**power < high]
    return st.one_of(*(st.integers(low, top) for top in (*magnitudes, high)))


@st.composite
def quotes(draw: Draw, price: int, collar: int) -> tuple[int | None, int | None]:
    """Draw bid and ask at most `collar` apart, around the last price or beside it, or none."""
    widest = collar * price // PPM
    if widest == 0 or draw(st.booleans()):
        return None, None
    spread = draw(st.integers(0, widest))
    bid = price - draw(st.integers(-widest, widest + spread))
    return max(bid, 1), max(bid, 1) + spread


@st.composite
def holdings(draw: Draw, price: int, strategy: Strategy, value: int) -> tuple[int, int, int]:
    """Draw shares, cash and receivable worth about `value`, the share often on a threshold."""
    low, high, tolerance = strategy.min_stock, strategy.max_stock, strategy.drift_tolerance
    edges = (0, PPM, low, high, low - tolerance, high + tolerance, (low + high) // 2)
    share = draw(within(0, PPM, *edges)) + draw(st.integers(-1, 1))
    shares = min(max(value * share // (PPM * price), 0), rules.SHARES_MAX)
    funds = max(value - shares * price, 0) // VALUE_PER_MICRO
    receivable = draw(within(0, funds, 0, 0, 0, funds // 10))
    return shares, funds - receivable, receivable


def beside_a_trigger(anchor: int, strategy: Strategy) -> st.SearchStrategy[int]:
    """Return prices on a trigger, one tick beside it, and anywhere else."""
    sell, buy = rules.sell_at(anchor, strategy.up), rules.buy_at(anchor, strategy.down)
    ties: Sequence[int] = [
        min(max(price, PRICE_MIN), rules.PRICE_MAX)
        for price in (sell - 1, sell, sell + 1, sell, buy + 1, buy, buy - 1, buy)
    ]
    beyond = st.integers(max(anchor // 2, PRICE_MIN), min(2 * anchor, rules.PRICE_MAX))
    return st.one_of(st.sampled_from(ties), beyond, prices())


@st.composite
def situations(draw: Draw, *, value: int | None = None, calm: bool = False) -> Situation:
    """Draw a situation in which every gate passes; `value` (1e-10 USD) is drawn when not given.

    A calm one has its anchor and no order of today behind it, so that more of them propose.
    """
    strategy = draw(strategies())
    anchor = draw(prices())
    price = draw(beside_a_trigger(anchor, strategy))
    if value is None:
        magnitude = 10 ** draw(st.integers(10, 17))
        value = draw(st.integers(1, 39)) * magnitude + draw(st.integers(0, magnitude))
    shares, cash, receivable = draw(holdings(price, strategy, value))
    bid, ask = draw(quotes(price, strategy.collar))
    position = a_position(
        shares=shares,
        cash=cash,
        receivable=receivable,
        anchor=anchor,
        broker=draw(st.sampled_from(Broker)),
    )
    return Situation(
        position=position if calm else draw(busy(position, strategy)),
        observation=an_observation(price, bid=bid, ask=ask),
        strategy=strategy,
        day=a_day(),
    )


@st.composite
def busy(draw: Draw, position: Position, strategy: Strategy) -> Position:
    """Draw what an order may have to wait for: its number today, the last one, an anchor."""
    waited = strategy.cooldown_seconds + draw(st.sampled_from([0, 0, -1, 1]))
    count = draw(st.sampled_from([0, strategy.max_per_day - 1, strategy.max_per_day]))
    return replace(
        position,
        anchor=draw(st.sampled_from([*[position.anchor] * 9, None])),
        orders_today=count,
        orders_on=draw(st.sampled_from([SESSION, SESSION - timedelta(days=1)])),
        last_order_done_at=NOW - timedelta(seconds=max(waited, 0)),
    )
