"""Where each number stands in the arrays that the kernel reads and writes.

A strategy is an int64 vector in the order of STRATEGY. A run is a table of int64 rows: the
position at the opening, then after each of its changes, oldest first. MOMENT is PLACES times the
index of the bar, plus the place in the bar at which the change comes: what is booked BEFORE a
session, an order that fills or ends AT_OPEN, one that fills on the way INSIDE the bar, or what is
decided AT_CLOSE. Only INSIDE there are several at one moment.

CODE tells what was decided there, 0 where something was booked. Of an order, QUANTITY is what was
filled at PRICE for COMMISSION, decided on the bar DECIDED and asked at the price ASKED; where
WAITING is its code and not 0, QUANTITY is what waits for the next open.
"""

from app.domain import rules
from app.domain.decision import Gate, HoldReason, ProposalReason, RefusalReason
from app.domain.strategy import Policy, Strategy
from app.simulation.run import ExecutionModel, SimulationRequest, TouchPath

STRATEGY = (
    "up",
    "down",
    "policy",
    "ratio",
    "target",
    "fraction",
    "min_stock",
    "max_stock",
    "rebalance_on_drift",
    "drift_tolerance",
    "max_trade",
    "min_notional",
    "max_per_day",
    "cooldown_seconds",
    "lot",
    "commission_rate",
    "commission_per_share",
    "commission_min",
    "slippage",
    "withholding_rate",
    "adjust_anchor",
)
(
    UP,
    DOWN,
    POLICY,
    RATIO,
    TARGET,
    FRACTION,
    MIN_STOCK,
    MAX_STOCK,
    REBALANCE,
    TOLERANCE,
    MAX_TRADE,
    MIN_NOTIONAL,
    MAX_PER_DAY,
    COOLDOWN,
    LOT,
    RATE,
    PER_SHARE,
    MINIMUM,
    SLIPPAGE,
    WITHHOLDING,
    ADJUST_ANCHOR,
) = range(len(STRATEGY))

(
    MOMENT,
    SHARES,
    CASH,
    RECEIVABLE,
    ANCHOR,
    ORDERS_TODAY,
    ORDERS_ON,
    DONE_AT,
    CODE,
    QUANTITY,
    PRICE,
    COMMISSION,
    ASKED,
    DECIDED,
    WAITING,
) = range(15)
ROW_WIDTH = 15
BEFORE, AT_OPEN, INSIDE, AT_CLOSE = range(4)
PLACES = 4
NO_ANCHOR = 0
NO_ORDER = 0  # as WAITING
NEVER = -(1 << 61)  # as DONE_AT: no order was done, and no cooldown reaches so far

# What a decision is: its reason, plus SELLS for the side where it has one.
REASONS: tuple[HoldReason | Gate | RefusalReason | ProposalReason, ...] = (
    HoldReason.INSIDE_BAND,
    HoldReason.ANCHOR_SET,
    HoldReason.NOTHING_TO_TRADE,
    Gate.SESSION_CLOSED,
    RefusalReason.MAX_PER_DAY,
    RefusalReason.COOLDOWN,
    RefusalReason.TRIMMED_TO_ZERO,
    RefusalReason.COST_EXCEEDS_PROCEEDS,
    RefusalReason.BELOW_MIN_NOTIONAL,
    ProposalReason.TRIGGER,
    ProposalReason.DRIFT,
)
(
    INSIDE_BAND,
    ANCHOR_SET,
    NOTHING_TO_TRADE,
    SESSION_CLOSED,
    AT_MAX_PER_DAY,
    COOLING_DOWN,
    TRIMMED_TO_ZERO,
    COST_EXCEEDS_PROCEEDS,
    BELOW_MIN_NOTIONAL,
    BY_TRIGGER,
    BY_DRIFT,
) = range(len(REASONS))
SELLS = 16

# The numbers that a decision compared, beside its price.
NUMBER_ANCHOR, NUMBER_SELL_AT, NUMBER_BUY_AT, NUMBER_VALUE, NUMBER_SHARE = range(5)
NUMBERS = 5

# How an order was sized, for the record RECORD: the bounds of the rules, UNBOUNDED where one does
# not apply, and what each rule in turn left; FUNDS is cash or holdings, ALLOWED is left in the end.
(
    RECORD,
    CAUSE,
    WORST,
    RAW,
    BY_MAX_TRADE,
    BY_FUNDS,
    BY_GUARDRAIL,
    LEFT_BY_MAX_TRADE,
    LEFT_BY_FUNDS,
    LEFT_BY_GUARDRAIL,
    LEFT_BY_LOT,
    ALLOWED,
    PAID,
    NOTIONAL,
) = range(14)
SIZING = 14

# What is booked before the first bar of a session: its kind, then its three numbers.
SPLIT, DIVIDEND, PAYMENT = range(3)

# The execution models; the paths of `touch` in the order of TouchPath.
CLOSE, NEXT_OPEN, PESSIMISTIC, OPTIMISTIC, OLHC, OHLC = range(2 + len(TouchPath))
TOUCH = PESSIMISTIC

_POLICIES = {
    Policy.PROPORTIONAL: rules.PROPORTIONAL,
    Policy.TARGET: rules.TARGET,
    Policy.FIXED_FRACTION: rules.FIXED_FRACTION,
    Policy.TO_BOUND: rules.TO_BOUND,
}


def strategy_vector(strategy: Strategy) -> tuple[int, ...]:
    """Return the numbers of `strategy` in the order of STRATEGY."""
    values = {name: getattr(strategy, name) for name in STRATEGY}
    return tuple(int(value) for value in (values | {"policy": _POLICIES[strategy.policy]}).values())


def model_number(request: SimulationRequest) -> int:
    """Return the number of the execution model; each path of `touch` is one of its own."""
    if request.path is not None:
        return TOUCH + list(TouchPath).index(request.path)
    return NEXT_OPEN if request.model is ExecutionModel.NEXT_OPEN else CLOSE
