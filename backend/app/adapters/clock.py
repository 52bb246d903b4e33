"""The wall clock of this machine."""

from datetime import UTC, datetime


class SystemClock:
    """The machine's clock, read in UTC."""

    def now(self) -> datetime:
        """Return the present moment in UTC."""
        return datetime.now(UTC)
