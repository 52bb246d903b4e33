"""The faults and habits of a life, by its seed: each kind of trouble is the rule in some lives."""

from tests.fault.faults import Fault, Faults, Lag
from tests.fault.orders import Habits

PEACEFUL = Habits(fill_seconds=(0.5, 6), part_seconds=(0.5, 6))
USUAL = Habits(
    fill_seconds=(0.5, 12),
    part_seconds=(0.5, 12),
    in_parts=0.3,
    rejected_later=0.03,
    expired_early=0.03,
    canceled_by_broker=0.03,
)
# Most orders outlive the robot's patience, and their end takes its time.
STUBBORN = Habits(
    fill_seconds=(30, 150), part_seconds=(5, 60), in_parts=0.5, cancel_seconds=(0.0, 6.0)
)
# So many are refused in a row that the robot halts, and a person has to let it go on.
REFUSING = Habits(fill_seconds=(0.5, 12), part_seconds=(0.5, 12), rejected_later=0.7)
SEVERITIES = (0.0, 0.1, 0.25, 0.4)
# After these nobody knows whether the broker took the order.
LOST = (
    Fault.DROP_BEFORE, Fault.DROP_AFTER, Fault.HELD_BACK, Fault.ERROR_BEFORE, Fault.ERROR_AFTER,
    Fault.GATEWAY_TIMEOUT, Fault.GARBAGE, Fault.TRUNCATED,
)  # fmt: skip


def is_stubborn(seed: int) -> bool:
    """Whether orders are left lying in this life."""
    return seed % 5 == 2


def habits(seed: int) -> Habits:
    """Return the habits of the exchange in a life."""
    if is_stubborn(seed):
        return STUBBORN
    return REFUSING if seed % 11 == 3 else USUAL


def storm(seed: int) -> Faults:
    """Return the faults of a life: some calm, some wild, in some most orders get lost."""
    kind = seed % 7
    if kind == 4:
        faults = Faults(
            seed=seed,
            writes=dict.fromkeys(Fault, 0.07) | dict.fromkeys(LOST, 0.08),
            lags={Lag.CLIENT_ID: 0.5, Lag.ORDER: 0.3},
            lag_seconds=8.0,
            held_back_seconds=10.0,
        )
    elif kind == 5:
        faults = Faults(
            seed=seed,
            writes=dict.fromkeys(Fault, 0.075),
            lags=dict.fromkeys(Lag, 0.6),
            lag_seconds=8.0,
        )
    else:
        severity = SEVERITIES[seed % 4]
        faults = Faults.storm(seed=seed, severity=severity)
        # There are many questions to an order, which alone can be lost or doubled.
        faults.writes = dict.fromkeys(Fault, severity / 5)
    faults.slow_seconds = 0.3
    return faults
