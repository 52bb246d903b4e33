"""The schedule of the exchange in a file, so that a start needs neither pandas nor a second."""

from collections.abc import Mapping
from datetime import date, time
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from app.adapters.market.kept_file import keep, read_kept
from app.adapters.market.schedule import Hours, Schedule, build_schedule

# The number rises when the file is written in another way.
_FORMAT = 1


def kept_schedule(*, file: Path, start: date, end: date) -> Schedule:
    """Return the schedule from `start` to `end`, out of `file` if it holds just that one."""
    heading = {
        "format": _FORMAT,
        "start": start.isoformat(),
        "end": end.isoformat(),
        # Other versions may know another holiday, or compute it in another way.
        **{name: version(name) for name in ("exchange_calendars", "pandas")},
    }
    kept = read_kept(file, heading=heading)
    if kept is not None:
        return _read(kept)
    schedule = build_schedule(start=start, end=end)
    keep(
        file,
        heading=heading,
        body=_body(schedule),
        meanwhile="each start takes a second longer, for the exchange calendar.",
    )
    return schedule


def _body(schedule: Schedule) -> Mapping[str, Mapping[str, str]]:
    sessions = {
        on.isoformat(): f"{hours.opens:%H:%M}-{hours.closes:%H:%M}"
        for on, hours in zip(schedule.dates, schedule.hours, strict=True)
    }
    holidays = {on.isoformat(): name for on, name in schedule.holidays.items()}
    return {"sessions": sessions, "holidays": holidays}


def _read(kept: Any) -> Schedule:
    return Schedule(
        dates=tuple(map(date.fromisoformat, kept["sessions"])),
        hours=tuple(map(_hours, kept["sessions"].values())),
        holidays={date.fromisoformat(on): name for on, name in kept["holidays"].items()},
    )


@cache
def _hours(text: str) -> Hours:
    opens, _, closes = text.partition("-")
    return Hours(opens=time.fromisoformat(opens), closes=time.fromisoformat(closes))
