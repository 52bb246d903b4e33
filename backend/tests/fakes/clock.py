"""A clock that stands still until told."""

from datetime import datetime, timedelta


class FakeClock:
    """Satisfies `Clock`; `at` is in UTC."""

    def __init__(self, *, at: datetime) -> None:
        assert at.utcoffset() == timedelta(0), "the clock is set in UTC"
        self._at = at

    def now(self) -> datetime:
        return self._at

    def advance(self, by: timedelta) -> None:
        assert by >= timedelta(0), "time does not run backwards; use set for that"
        self._at += by

    def set(self, at: datetime) -> None:
        assert at.utcoffset() == timedelta(0), "the clock is set in UTC"
        self._at = at
