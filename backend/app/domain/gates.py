"""The conditions that must hold before a price may be acted on, each with its own reason."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from app.domain import rules
from app.domain.corporate_action import is_near_split
from app.domain.decision import Fall, Gate
from app.domain.observation import MarketPhase, Observation
from app.domain.position import Position, Status
from app.domain.protection import UNPROTECTED, Marks, falls, marked
from app.domain.session import AGE_LIMIT, Day
from app.domain.strategy import Sessions, Strategy
from app.domain.units import PPM
from app.domain.watch import is_confirmed, is_frozen, is_jump, is_unusual

CURRENCY = "USD"
# What they stop is the order, not the price: it was found good, and the value is marked by it.
PROTECTIONS = frozenset((Gate.MAX_DRAWDOWN, Gate.DAILY_LOSS))
_CLOCK_SKEW = timedelta(seconds=5)

type Check = Callable[[Position, Observation, Strategy, Day], bool]


def failing_gates(
    position: Position, observation: Observation, strategy: Strategy, day: Day
) -> tuple[Gate, ...]:
    """Return the gates of `day` that fail, in their order; empty when all hold."""
    return tuple(
        gate for gate in day.gates if not _CHECKS[gate](position, observation, strategy, day)
    )


def session_is_open(phase: MarketPhase, strategy: Strategy) -> bool:
    """Return whether `strategy` trades in this part of the exchange's day."""
    if phase is MarketPhase.EXTENDED:
        return strategy.sessions is Sessions.EXTENDED
    return phase is MarketPhase.REGULAR


def _running(position: Position, _o: Observation, _s: Strategy, _d: Day) -> bool:
    return position.status is Status.RUNNING


def _robot_not_halted(_p: Position, _o: Observation, _s: Strategy, day: Day) -> bool:
    return not day.trading_halted


def _session_open(_p: Position, _o: Observation, strategy: Strategy, day: Day) -> bool:
    return session_is_open(day.phase, strategy)


def _valid(position: Position, observation: Observation, _s: Strategy, _d: Day) -> bool:
    price = observation.price
    return (
        price is not None
        and 0 < price <= rules.PRICE_MAX
        and observation.symbol == position.symbol
        and observation.currency == CURRENCY
        and position.value_at(price) <= rules.VALUE_MAX
    )


def _moving(position: Position, observation: Observation, _s: Strategy, day: Day) -> bool:
    return not is_frozen(position.watch, observation, day)


def _fresh(_p: Position, observation: Observation, _s: Strategy, day: Day) -> bool:
    return -_CLOCK_SKEW <= day.now - observation.observed_at <= AGE_LIMIT


def _newer(position: Position, observation: Observation, _s: Strategy, _d: Day) -> bool:
    last = position.last_observed_at
    return last is None or observation.observed_at > last


def _not_older(position: Position, observation: Observation, _s: Strategy, _d: Day) -> bool:
    last = position.last_observed_at
    return last is None or observation.observed_at >= last


def _not_used(position: Position, observation: Observation, _s: Strategy, _d: Day) -> bool:
    return observation.observed_at != position.last_observed_at


def _plausible(position: Position, observation: Observation, _s: Strategy, day: Day) -> bool:
    price, last = observation.price, position.last_price
    if price is None or last is None:
        return True
    is_far = _is_unexplained(observation, price, last) or _is_unusual_today(
        position, observation, day, price, last
    )
    return not is_far or is_confirmed(position.watch, observation, last)


def _is_unexplained(observation: Observation, price: int, last: int) -> bool:
    """Return whether a jump from the last price used is one from the previous close as well."""
    close = observation.previous_close
    return is_jump(price, last) and (close is None or is_jump(price, close))


def _is_unusual_today(
    position: Position, observation: Observation, day: Day, price: int, last: int
) -> bool:
    """Return whether the move is unusual; what happened over a night is no move of minutes."""
    at = position.last_observed_at
    if at is None or position.last_used_on != day.date:
        return False
    return is_unusual(position.watch, price, last, observation.observed_at - at)


def _no_split_suspected(
    position: Position, observation: Observation, _s: Strategy, day: Day
) -> bool:
    price, last = observation.price, position.last_price
    if price is None or last is None or position.last_used_on in {None, day.date}:
        return True
    return not is_near_split(last, price)


def _spread_narrow(_p: Position, observation: Observation, strategy: Strategy, _d: Day) -> bool:
    bid, ask, price = observation.bid, observation.ask, observation.price
    if bid is None or ask is None or price is None:
        return True
    return 0 <= (ask - bid) * PPM <= strategy.collar * price


def _no_order_in_flight(position: Position, _o: Observation, _s: Strategy, _d: Day) -> bool:
    return not position.order_in_flight


def _above_drawdown(position: Position, observation: Observation, _s: Strategy, day: Day) -> bool:
    return not _is_too_far(Gate.MAX_DRAWDOWN, position, observation, day)


def _above_daily_loss(position: Position, observation: Observation, _s: Strategy, day: Day) -> bool:
    return not _is_too_far(Gate.DAILY_LOSS, position, observation, day)


def _is_too_far(gate: Gate, position: Position, observation: Observation, day: Day) -> bool:
    falls = falls_at(position, observation, day)
    return any(fall.gate is gate and fall.is_too_far for fall in falls)


def marks_after(position: Position, observation: Observation, day: Day) -> Marks | None:
    """Return the marks of `position` once the price of `observation` is used.

    Where nothing is protected, or the gates of a live market are not asked, nothing is marked.
    """
    price = observation.price
    if not _is_protected(position, day) or price is None or price <= 0:
        return position.marks
    return marked(position.marks, position.value_at(price), day.date)


def falls_at(position: Position, observation: Observation, day: Day) -> tuple[Fall, ...]:
    """Return how far the value would have fallen at the price of `observation`, a limit each.

    Empty where nothing is protected, no limit is asked on this day, or there is no price.
    """
    if not _is_protected(position, day) or not observation.price or observation.price < 0:
        return ()
    return falls(position.protections, marks_after(position, observation, day))


def _is_protected(position: Position, day: Day) -> bool:
    return position.protections != UNPROTECTED and not PROTECTIONS.isdisjoint(day.gates)


_CHECKS: Mapping[Gate, Check] = {
    Gate.NOT_RUNNING: _running,
    Gate.TRADING_HALTED: _robot_not_halted,
    Gate.SESSION_CLOSED: _session_open,
    Gate.PRICE_INVALID: _valid,
    Gate.PRICE_FROZEN: _moving,
    Gate.PRICE_STALE: _fresh,
    Gate.PRICE_NOT_NEWER: _newer,
    Gate.PRICE_OLDER: _not_older,
    Gate.PRICE_DUPLICATE: _not_used,
    Gate.SPLIT_SUSPECTED: _no_split_suspected,
    Gate.PRICE_IMPLAUSIBLE: _plausible,
    Gate.SPREAD_TOO_WIDE: _spread_narrow,
    Gate.ORDER_IN_FLIGHT: _no_order_in_flight,
    Gate.MAX_DRAWDOWN: _above_drawdown,
    Gate.DAILY_LOSS: _above_daily_loss,
}
