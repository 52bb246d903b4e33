"""How findings are named, placed and grouped: one for each kind, with its first places."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from enum import StrEnum

from app.simulation.bars import Bars, Finding, Resolution, Severity

PLACES_LISTED_MAX = 10


class Code(StrEnum):
    """What a quality check can find."""

    TIMES_OUT_OF_ORDER = "times_out_of_order"
    BARS_OVERLAP = "bars_overlap"
    LATER_THAN_NOW = "later_than_now"
    PRICE_OUT_OF_RANGE = "price_out_of_range"
    RANGE_INCONSISTENT = "range_inconsistent"
    SESSIONS_UNCHECKED = "sessions_unchecked"
    MISSING_SESSIONS = "missing_sessions"
    EXTRA_SESSIONS = "extra_sessions"
    SHORT_SESSIONS = "short_sessions"
    AFTER_EARLY_CLOSE = "after_early_close"
    OUTSIDE_HOURS = "outside_hours"
    ZERO_VOLUME = "zero_volume"
    COARSE_PRICES = "coarse_prices"
    UNIT_JUMP = "unit_jump"
    STRAY_PRINT = "stray_print"
    NEAR_SPLIT = "near_split"
    JUMP = "jump"
    RESCALED_PRICES = "rescaled_prices"
    DIVIDEND_IMPLAUSIBLE = "dividend_implausible"
    DIVIDEND_ABOVE_PRICE = "dividend_above_price"
    DIVIDEND_REPEATED = "dividend_repeated"
    DIVIDEND_CONTRADICTED = "dividend_contradicted"
    ODD_SPLIT = "odd_split"
    SPLIT_NOT_IN_PRICES = "split_not_in_prices"
    ACTION_OFF_SESSION = "action_off_session"
    ACTION_WITHOUT_BAR = "action_without_bar"
    QUARANTINED = "quarantined"
    PENDING = "pending"
    UNUSABLE_ROWS = "unusable_rows"
    READ_ONCE = "read_once"


def grouped[T](
    code: Code,
    severity: Severity,
    spots: Sequence[T],
    *,
    place: Callable[[T], str],
    message: str,
    detail: Callable[[T], str] = lambda _: "",
) -> Iterator[Finding]:
    """Yield one finding for all `spots`, or none for none.

    In `message`, {count} is their number, and {detail} what `detail` says of the first one.
    """
    if not spots:
        return
    listed = ", ".join(place(spot) for spot in spots[:PLACES_LISTED_MAX])
    others = len(spots) - PLACES_LISTED_MAX
    yield Finding(
        code=code.value,
        place=f"{listed} and {others} more" if others > 0 else listed,
        severity=severity,
        message=message.format(count=len(spots), detail=detail(spots[0])),
    )


def bar_place(bars: Bars) -> Callable[[int], str]:
    """Return how to name a bar by its index: the date, for shorter bars the start in UTC."""
    if bars.resolution is Resolution.DAY:
        return lambda index: bars.session(index).isoformat()
    return lambda index: f"{datetime.fromtimestamp(bars.starts[index], UTC):%Y-%m-%dT%H:%MZ}"
