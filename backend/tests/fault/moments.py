"""Moments in nanoseconds since 1970, and the texts that the broker makes of them."""

from datetime import UTC, datetime, timedelta

from tests.fault.hours import NEW_YORK

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = 1_000_000_000


def wall_clock() -> datetime:
    """Return the machine's time."""
    return datetime.now(UTC)


def moment(at: datetime) -> int:
    """Return `at` in nanoseconds since 1970."""
    return (at - _EPOCH) // timedelta(microseconds=1) * 1000


def at_moment(nanoseconds: int) -> datetime:
    """Return the time of a moment, cut to microseconds."""
    return _EPOCH + timedelta(microseconds=nanoseconds // 1000)


def utc_text(nanoseconds: int) -> str:
    """Return a moment as orders print it: UTC with up to nine decimals."""
    seconds, rest = divmod(nanoseconds, _SECOND)
    fraction = f".{rest:09d}".rstrip("0").rstrip(".")
    return f"{_EPOCH + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%S}{fraction}Z"


def microsecond_text(nanoseconds: int) -> str:
    """Return a moment as fills print it: UTC, rounded to microseconds."""
    return utc_text((nanoseconds + 500) // 1000 * 1000)


def new_york_text(at: datetime) -> str:
    """Return a time as the clock prints it: with New York's offset."""
    return at.astimezone(NEW_YORK).isoformat()


def activity_id(nanoseconds: int, unique: str) -> str:
    """Return the id of an activity, which begins with New York's local time to the millisecond."""
    local = at_moment(nanoseconds).astimezone(NEW_YORK)
    return f"{local:%Y%m%d%H%M%S}{local.microsecond // 1000:03d}::{unique}"
