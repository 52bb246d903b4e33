"""What earlier looks at the market left behind, for judging the next price by.

A provider may stand still, repeat itself or print a wrong price. What tells such a price from a
real one is kept with the position, in whole numbers, so that a recorded decision can be made again
from its record alone.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from app.domain.decision import Gate
from app.domain.observation import MarketPhase, Observation
from app.domain.session import Day
from app.domain.units import PPM

FROZEN_AFTER = timedelta(minutes=5)
CONFIRMATIONS = 2  # further trades near a far price that make it believed
_SIGMAS = 8
_MOVES_ENOUGH = 10  # fewer moves tell nothing about what is usual
_MOVES_MAX = 30
_QUIET = 5_000  # ppm; a move up to here is never far, however calm the last half hour was
_JUMP = 200_000  # ppm; a move beyond is far, however wild it was
_NEAR = 20_000  # ppm; as far as a confirming trade may be from the price that it confirms
_SUSPECT_LASTS = timedelta(minutes=15)
_MINUTE = timedelta(minutes=1)
_SECOND = timedelta(seconds=1)
# The span over which a move is measured; it is then brought to one minute.
_SPAN_MIN = timedelta(seconds=30)
_SPAN_MAX = timedelta(minutes=10)
# Stopped by one of these, a look says nothing about the price.
_BEFORE_THE_PRICE = frozenset(
    (Gate.NOT_RUNNING, Gate.TRADING_HALTED, Gate.SESSION_CLOSED, Gate.PRICE_INVALID)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """The used price (ticks) from which the next move is measured, and its time."""

    price: int
    observed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """The trade that is shown, and since when (UTC) this regular session shows nothing else."""

    price: int
    observed_at: datetime
    volume: int | None
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A price (ticks) far from the last one used, with the further trades near it so far.

    `observed_at` is the time of the newest of them.
    """

    price: int
    observed_at: datetime
    confirmations: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """The recent moves, the trade on show, and a price that waits to be confirmed.

    `squares` are the squares of the latest moves a minute, in ppm², oldest first.
    """

    squares: tuple[int, ...] = ()
    mark: Mark | None = None
    sight: Sight | None = None
    suspect: Suspect | None = None

    def __post_init__(self) -> None:
        assert len(self.squares) <= _MOVES_MAX, "the oldest moves are forgotten"
        assert all(square >= 0 for square in self.squares), "a square is not negative"


UNWATCHED = Watch()


def is_frozen(watch: Watch, observation: Observation, day: Day) -> bool:
    """Return whether the session has been shown the same trade for longer than `FROZEN_AFTER`."""
    sight = watch.sight
    return (
        sight is not None
        and _still_shows(sight, observation, day)
        and day.now - sight.since > FROZEN_AFTER
    )


def is_jump(price: int, reference: int) -> bool:
    """Return whether `price` is more than a fifth away from `reference`, both in ticks."""
    return not within(price, reference, _JUMP)


def is_unusual(watch: Watch, price: int, last: int, elapsed: timedelta) -> bool:
    """Return whether the move from `last` to `price` (ticks) is beyond what was usual of late.

    Usual is up to 8 standard deviations of the latest moves a minute, for the time `elapsed`.
    The comparison is of squares, exact: (price - last)² / last² against 64 · mean · minutes.
    """
    count = len(watch.squares)
    if count < _MOVES_ENOUGH or within(price, last, _QUIET):
        return False
    minutes = max(1, -(-elapsed // _MINUTE))
    usual = _SIGMAS**2 * sum(watch.squares) * minutes * last**2
    return ((price - last) * PPM) ** 2 * count > usual


def is_confirmed(watch: Watch, observation: Observation, last: int) -> bool:
    """Return whether this trade is the last confirmation that the suspected price needed."""
    suspect = watch.suspect
    return (
        suspect is not None
        and _confirms(suspect, observation, last)
        and suspect.confirmations + 1 >= CONFIRMATIONS
    )


def within(price: int, reference: int, tolerance: int) -> bool:
    """Return whether `price` is within `tolerance` ppm of `reference`."""
    return abs(price - reference) * PPM <= tolerance * reference


def watched(
    watch: Watch, observation: Observation, day: Day, last: int | None, stopped_by: Gate | None
) -> Watch:
    """Return the watch after a look that the gate `stopped_by` stopped, or none did.

    `last` is the last used price before this look. Where the gates of a live market are not
    asked, as in a replay, nothing is watched.
    """
    price = observation.price
    if Gate.PRICE_FROZEN not in day.gates or stopped_by in _BEFORE_THE_PRICE or price is None:
        return watch
    seen = replace(watch, sight=_sight(watch.sight, observation, price, day))
    if stopped_by is None:
        return _used(seen, observation, price)
    if stopped_by is Gate.PRICE_IMPLAUSIBLE and last is not None:
        return replace(seen, suspect=_suspect(watch.suspect, observation, price, last))
    return seen


def _still_shows(sight: Sight, observation: Observation, day: Day) -> bool:
    """Return whether a regular session is still shown `sight`: price and time, or volume, stand.

    A provider that stands still may go on stamping the time; its volume then stands still too.
    """
    same_volume = sight.volume is not None and sight.volume == observation.volume
    return (
        day.phase is MarketPhase.REGULAR
        and sight.since.date() == day.now.date()  # a regular session lies within one date in UTC
        and sight.price == observation.price
        and (sight.observed_at == observation.observed_at or same_volume)
    )


def _sight(sight: Sight | None, observation: Observation, price: int, day: Day) -> Sight | None:
    if day.phase is not MarketPhase.REGULAR:
        return None
    if sight is not None and _still_shows(sight, observation, day):
        return sight
    return Sight(
        price=price,
        observed_at=observation.observed_at,
        volume=observation.volume,
        since=day.now,
    )


def _confirms(suspect: Suspect, observation: Observation, last: int) -> bool:
    """Return whether a newer trade is near the suspect: within 2 %, and half of its jump."""
    price = observation.price
    return (
        price is not None
        and timedelta(0) < observation.observed_at - suspect.observed_at <= _SUSPECT_LASTS
        and within(price, suspect.price, _NEAR)
        and 2 * abs(price - suspect.price) <= abs(suspect.price - last)
    )


def _suspect(
    suspect: Suspect | None, observation: Observation, price: int, last: int
) -> Suspect | None:
    if suspect is not None:
        if observation.observed_at <= suspect.observed_at:
            return suspect  # the same trade again, or an older one, tells nothing new
        if _confirms(suspect, observation, last):
            return replace(
                suspect,
                observed_at=observation.observed_at,
                confirmations=suspect.confirmations + 1,
            )
    return Suspect(price=price, observed_at=observation.observed_at, confirmations=0)


def _used(watch: Watch, observation: Observation, price: int) -> Watch:
    """Return the watch after `price` was used: a move more, once enough time has passed for one."""
    at = observation.observed_at
    here = Mark(price=price, observed_at=at)
    mark = watch.mark
    if mark is None or not timedelta(0) <= at - mark.observed_at <= _SPAN_MAX:
        return replace(watch, mark=here, suspect=None)
    if at - mark.observed_at < _SPAN_MIN:
        return replace(watch, suspect=None)
    if is_jump(price, mark.price):  # a split, or news: one such move would make all others usual
        return replace(watch, mark=here, suspect=None)
    squares = (*watch.squares, _square(mark, price, at))[-_MOVES_MAX:]
    return replace(watch, squares=squares, mark=here, suspect=None)


def _square(mark: Mark, price: int, at: datetime) -> int:
    """Return the square of the move from `mark` in ppm², brought to one minute, rounded down."""
    seconds = (at - mark.observed_at) // _SECOND
    moved = (price - mark.price) * PPM
    return moved**2 * 60 // (mark.price**2 * seconds)
