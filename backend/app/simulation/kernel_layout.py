"""Where each number stands in the arrays that the kernel reads and writes.

A strategy is an int64 vector in the order of STRATEGY. A run is a table of int64 rows, one for
each change of the position: `MOMENT` is twice the index of the bar, plus 1 where the change comes
with the evaluation at its close and not before it.
"""

from app.domain import rules
from app.domain.decision import Gate, HoldReason, ProposalReason, RefusalReason
from app.domain.strategy import Policy, Strategy

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
) = range(12)
ROW_WIDTH = 12
NO_ANCHOR = 0
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

# What is booked before the first bar of a session: its kind, then its three numbers.
SPLIT, DIVIDEND, PAYMENT = range(3)

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
