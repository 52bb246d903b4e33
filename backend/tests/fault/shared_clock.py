"""A clock that stands still until told, for all processes that read the same file."""

import mmap
from datetime import UTC, datetime, timedelta
from pathlib import Path

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_BYTES = 8


class SharedClock:
    """Satisfies `Clock`; the file at `path` holds the time, and is made when it is missing."""

    def __init__(self, *, path: Path) -> None:
        if not path.exists():
            path.write_bytes(bytes(_BYTES))
        with path.open("r+b") as file:
            self._time = mmap.mmap(file.fileno(), _BYTES)

    def now(self) -> datetime:
        return _EPOCH + int.from_bytes(self._time[:_BYTES]) * _MICROSECOND

    def monotonic(self) -> float:
        """Return seconds that pass as this clock's do."""
        return (self.now() - _EPOCH).total_seconds()

    def advance(self, by: timedelta) -> None:
        assert by >= timedelta(0), "time does not run backwards; use set for that"
        self.set(self.now() + by)

    def set(self, at: datetime) -> None:
        assert at.utcoffset() == timedelta(0), "the clock is set in UTC"
        self._time[:_BYTES] = ((at - _EPOCH) // _MICROSECOND).to_bytes(_BYTES)
