"""Bars beyond the hours in which the exchange trades."""

from collections.abc import Iterator

from app.simulation.bars import Bars, Finding, Resolution, Severity
from app.simulation.findings import Code, bar_place, grouped
from app.simulation.hours import extended_hours


def hours_findings(bars: Bars) -> Iterator[Finding]:
    """Yield what begins after an early close, and what begins when nobody trades."""
    if bars.resolution is Resolution.DAY:
        return
    hours = {session: extended_hours(bars, session) for session in set(bars.sessions)}
    late: list[int] = []
    outside: list[int] = []
    for index, (start, session) in enumerate(zip(bars.starts, bars.sessions, strict=True)):
        opens, closes = hours[session]
        if not opens <= start < closes:
            outside.append(index)
        elif start >= bars.early_closes.get(session, closes):
            late.append(index)
    yield from grouped(
        Code.AFTER_EARLY_CLOSE,
        Severity.INFO,
        late,
        place=bar_place(bars),
        message="On a session that closed early, after its close: {count} of"
        f" {len(bars)} bars. They are extended trading, which a strategy of regular sessions"
        " leaves out.",
    )
    yield from grouped(
        Code.OUTSIDE_HOURS,
        Severity.WARNING,
        outside,
        place=bar_place(bars),
        message="Outside of extended trading, 04:00 to 20:00 in New York and 17:00 on half days:"
        f" {{count}} of {len(bars)} bars. Check the time zone of the import; a strategy of"
        " extended sessions trades on them.",
    )
